//! The calls of `Governance`, one arm each: writes here, reads in `answer`.

use super::{
    ballot,
    eip712::{self, Signed},
    execute,
    payload::Payload,
    power,
    proposal::{Proposal, Rules, Stage},
    refused,
    storage::{self as at, ADDRESS},
    submit, support, treasury,
    vote::{self, Cast},
};
use crate::{Host, SystemError, host::CallResult, params};
use alloy_primitives::{Address, U256, aliases::U48};
use alloy_sol_types::SolCall;
use althing_abi::Governance::{
    self as abi, GovernanceCalls as Calls, GovernorQueueNotImplemented, OnlyItself, VotesStay,
};
use althing_primitives::Param;

/// Most proposals of a page; a longer page is cut.
const MAX_PAGE: u64 = 100;

/// How pages understand the votes (OpenZeppelin) and the clock (ERC-6372).
const COUNTING_MODE: &str = "support=bravo&quorum=for,against,abstain";
const CLOCK_MODE: &str = "mode=timestamp";

/// Interfaces that a caller may ask for (ERC-165): that one, `IGovernor`, `IVotes` and `IERC6372`.
pub(super) const INTERFACES: [u32; 4] = [0x01ff_c9a7, 0xcdbd_fcee, 0xe90f_b3f6, 0xda28_7a1d];

/// Takes a payload out of a call.
macro_rules! payload {
    ($call:ident) => {
        Payload { targets: $call.targets, values: $call.values, calldatas: $call.calldatas }
    };
}

pub(crate) fn dispatch(host: &mut impl Host, call: Calls) -> CallResult {
    let bytes = match call {
        Calls::propose(c) => {
            let id = submit::propose(host, payload!(c), c.description)?;
            abi::proposeCall::abi_encode_returns(&id)
        }
        Calls::support(c) => {
            support::pledge(host, c.number, support::SUPPORT)?;
            Vec::new()
        }
        Calls::markSpam(c) => {
            support::pledge(host, c.number, support::SPAM)?;
            Vec::new()
        }
        Calls::settleBond(c) => {
            let proposal = Proposal::load(host, c.number)?;
            submit::settle_bond(host, proposal)?;
            Vec::new()
        }
        Calls::cancel_0(c) => {
            let description = c.descriptionHash;
            let id = payload!(c).id(host, description)?;
            let proposal = Proposal::by_id(host, id)?;
            submit::cancel(host, proposal)?;
            abi::cancel_0Call::abi_encode_returns(&id)
        }
        Calls::cancel_1(c) => {
            let proposal = Proposal::by_id(host, c.proposalId)?;
            submit::cancel(host, proposal)?;
            Vec::new()
        }
        Calls::begin(c) => {
            let description = c.descriptionHash;
            abi::beginCall::abi_encode_returns(&execute::begin(host, &payload!(c), description)?)
        }
        // Nodes never get here: EVM code answers it.
        Calls::execute(_) => return Err(refused(OnlyItself { caller: host.call().caller })),
        Calls::queue(_) => return Err(refused(GovernorQueueNotImplemented {})),
        Calls::delegate(_) | Calls::delegateBySig(_) => return Err(refused(VotesStay {})),
        Calls::castVote(_)
        | Calls::castVoteWithReason(_)
        | Calls::castVoteWithReasonAndParams(_)
        | Calls::castVoteBySig(_)
        | Calls::castVoteWithReasonAndParamsBySig(_) => {
            abi::castVoteCall::abi_encode_returns(&cast_vote(host, call)?)
        }
        question => return answer(host, question),
    };
    Ok(bytes.into())
}

/// Casts the vote of a call; gives its weight, which all of them return.
fn cast_vote(host: &mut impl Host, call: Calls) -> Result<U256, SystemError> {
    let caller = host.call().caller;
    match call {
        Calls::castVote(c) => {
            vote::cast(host, caller, Cast { id: c.proposalId, choice: c.support, ..Cast::default() })
        }
        Calls::castVoteWithReason(c) => {
            let cast = Cast { id: c.proposalId, choice: c.support, reason: c.reason, ..Cast::default() };
            vote::cast(host, caller, cast)
        }
        Calls::castVoteWithReasonAndParams(c) => {
            let cast = Cast { id: c.proposalId, choice: c.support, reason: c.reason, params: c.params };
            vote::cast(host, caller, cast)
        }
        Calls::castVoteBySig(c) => {
            let cast = Cast { id: c.proposalId, choice: c.support, ..Cast::default() };
            eip712::check(host, c.voter, &cast, Signed::Plain, &c.signature)?;
            vote::cast(host, c.voter, cast)
        }
        Calls::castVoteWithReasonAndParamsBySig(c) => {
            let cast = Cast { id: c.proposalId, choice: c.support, reason: c.reason, params: c.params };
            eip712::check(host, c.voter, &cast, Signed::Extended, &c.signature)?;
            vote::cast(host, c.voter, cast)
        }
        _ => Err(SystemError::Fatal("a vote has no arm".into())),
    }
}

fn answer(host: &mut impl Host, call: Calls) -> CallResult {
    let now = host.block().timestamp;
    let bytes = match call {
        Calls::name(_) => abi::nameCall::abi_encode_returns(&eip712::NAME.into()),
        Calls::version(_) => abi::versionCall::abi_encode_returns(&eip712::VERSION.into()),
        Calls::COUNTING_MODE(_) => abi::COUNTING_MODECall::abi_encode_returns(&COUNTING_MODE.into()),
        Calls::CLOCK_MODE(_) => abi::CLOCK_MODECall::abi_encode_returns(&CLOCK_MODE.into()),
        Calls::clock(_) => abi::clockCall::abi_encode_returns(&U48::saturating_from(now)),
        Calls::token(_) => abi::tokenCall::abi_encode_returns(&ADDRESS),
        Calls::proposalThreshold(_) => abi::proposalThresholdCall::abi_encode_returns(&U256::ZERO),
        Calls::votingDelay(_) => {
            let seconds = params::seconds(host, Param::SupportDays)?;
            abi::votingDelayCall::abi_encode_returns(&U256::from(seconds))
        }
        Calls::votingPeriod(_) => {
            let seconds = params::seconds(host, Param::VoteDays)?;
            abi::votingPeriodCall::abi_encode_returns(&U256::from(seconds))
        }
        Calls::quorum(c) => abi::quorumCall::abi_encode_returns(&quorum(host, c.timepoint)?),
        Calls::eip712Domain(_) => abi::eip712DomainCall::abi_encode_returns(&eip712::shown(host)?),
        Calls::nonces(c) => {
            let nonce = at::NONCE.at(host, c.owner)?.get(host)?;
            abi::noncesCall::abi_encode_returns(&U256::from(nonce))
        }
        Calls::supportsInterface(c) => {
            let known = INTERFACES.iter().any(|id| id.to_be_bytes() == c.interfaceId.0);
            abi::supportsInterfaceCall::abi_encode_returns(&known)
        }
        Calls::getVotes_1(c) => {
            abi::getVotes_1Call::abi_encode_returns(&U256::from(power::present(host, c.account)?))
        }
        Calls::getVotes_0(c) => votes_at(host, c.account, c.timepoint)?,
        Calls::getVotesWithParams(c) => votes_at(host, c.account, c.timepoint)?,
        Calls::getPastVotes(c) => votes_at(host, c.account, c.timepoint)?,
        Calls::getPastTotalSupply(c) => votes_at(host, power::ALL, c.timepoint)?,
        Calls::delegates(c) => abi::delegatesCall::abi_encode_returns(&c.account),
        Calls::proposalCount(_) => {
            abi::proposalCountCall::abi_encode_returns(&U256::from(at::COUNT.get(host)?))
        }
        Calls::treasury(_) => abi::treasuryCall::abi_encode_returns(&treasury(host)?),
        Calls::bonds(_) => abi::bondsCall::abi_encode_returns(&U256::from(at::BONDS.get(host)?)),
        question => return of_proposal(host, question),
    };
    Ok(bytes.into())
}

/// Questions about proposals.
fn of_proposal(host: &mut impl Host, call: Calls) -> CallResult {
    let now = host.block().timestamp;
    let bytes = match call {
        Calls::hashProposal(c) => {
            let description = c.descriptionHash;
            abi::hashProposalCall::abi_encode_returns(&payload!(c).id(host, description)?)
        }
        Calls::getProposalId(c) => {
            let description = c.descriptionHash;
            abi::getProposalIdCall::abi_encode_returns(&payload!(c).id(host, description)?)
        }
        Calls::state(c) => {
            let stage = Proposal::by_id(host, c.proposalId)?.stage(now);
            abi::stateCall::abi_encode_returns(&stage.state())
        }
        Calls::proposalSnapshot(c) => {
            let proposal = Proposal::by_id(host, c.proposalId)?;
            let time = if proposal.opened_at == 0 { proposal.support_until } else { proposal.snapshot() };
            abi::proposalSnapshotCall::abi_encode_returns(&U256::from(time))
        }
        Calls::proposalDeadline(c) => {
            let proposal = Proposal::by_id(host, c.proposalId)?;
            let latest = proposal.support_until.saturating_add(proposal.rules.vote_seconds);
            let time = if proposal.opened_at == 0 { latest } else { proposal.vote_until() };
            abi::proposalDeadlineCall::abi_encode_returns(&U256::from(time))
        }
        Calls::proposalProposer(c) => {
            abi::proposalProposerCall::abi_encode_returns(&Proposal::by_id(host, c.proposalId)?.proposer)
        }
        Calls::proposalEta(c) => {
            let proposal = Proposal::by_id(host, c.proposalId)?;
            let eta = if proposal.is_due(now) { proposal.executable_from() } else { 0 };
            abi::proposalEtaCall::abi_encode_returns(&U256::from(eta))
        }
        Calls::proposalNeedsQueuing(c) => {
            Proposal::by_id(host, c.proposalId)?;
            abi::proposalNeedsQueuingCall::abi_encode_returns(&false)
        }
        Calls::hasVoted(c) => {
            let number = Proposal::by_id(host, c.proposalId)?.number;
            let vote = ballot::vote(host, number, c.account)?.get(host)?;
            abi::hasVotedCall::abi_encode_returns(&vote.is_some())
        }
        Calls::proposalVotes(c) => {
            let proposal = Proposal::by_id(host, c.proposalId)?;
            abi::proposalVotesCall::abi_encode_returns(&abi::proposalVotesReturn {
                againstVotes: U256::from(proposal.no),
                forVotes: U256::from(proposal.yes),
                abstainVotes: U256::from(proposal.abstain),
            })
        }
        Calls::numberOf(c) => {
            abi::numberOfCall::abi_encode_returns(&Proposal::by_id(host, c.proposalId)?.number)
        }
        Calls::proposal(c) => {
            abi::proposalCall::abi_encode_returns(&Proposal::load(host, c.number)?.shown(now))
        }
        Calls::proposals(c) => {
            let end = at::COUNT.get(host)?.min(c.offset.saturating_add(c.limit.min(MAX_PAGE)));
            let numbers = c.offset.saturating_add(1)..=end;
            let page: Result<Vec<_>, _> =
                numbers.map(|number| Ok(Proposal::load(host, number)?.shown(now))).collect();
            abi::proposalsCall::abi_encode_returns(&page?)
        }
        Calls::ballotOf(c) => abi::ballotOfCall::abi_encode_returns(&ballot_of(host, c.number, c.account)?),
        _ => return Err(SystemError::Fatal("a function of Governance has no arm".into())),
    };
    Ok(bytes.into())
}

fn votes_at(host: &mut impl Host, account: Address, timepoint: U256) -> Result<Vec<u8>, SystemError> {
    let votes = power::past(host, account, timepoint.saturating_to())?;
    Ok(abi::getPastVotesCall::abi_encode_returns(&U256::from(votes)))
}

fn quorum(host: &mut impl Host, timepoint: U256) -> Result<U256, SystemError> {
    let all_at_opening = power::past(host, power::ALL, timepoint.saturating_to())?;
    let rules = Rules::present(host, Default::default())?;
    Ok(U256::from(Proposal { all_at_opening, rules, ..Proposal::default() }.quorum()))
}

fn ballot_of(host: &mut impl Host, number: u64, account: Address) -> Result<abi::Ballot, SystemError> {
    Proposal::load(host, number)?;
    let pledge = ballot::pledge(host, number, account)?.get(host)?;
    let vote = ballot::vote(host, number, account)?.get(host)?;
    Ok(abi::Ballot {
        pledge: pledge.map_or(0, |made| made.choice),
        pledged: U256::from(pledge.map_or(0, |made| made.votes)),
        voted: vote.is_some(),
        vote: vote.map_or(0, |made| made.choice),
        votes: U256::from(vote.map_or(0, |made| made.votes)),
    })
}

impl Proposal {
    /// Whether it has passed and has calls to make.
    fn is_due(&self, now: u64) -> bool {
        matches!(self.stage(now), Stage::Waiting | Stage::Executable | Stage::Executed | Stage::Lapsed)
    }

    /// As the contract shows it.
    fn shown(self, now: u64) -> abi::Proposal {
        let (is_open, is_due) = (self.opened_at != 0, self.is_due(now));
        let when = |is: bool, time: u64| if is { time } else { 0 };
        abi::Proposal {
            number: self.number,
            id: self.id,
            proposer: self.proposer,
            kind: self.kind as u8,
            stage: self.stage(now) as u8,
            submittedAt: self.submitted_at,
            supportUntil: self.support_until,
            openedAt: self.opened_at,
            voteUntil: when(is_open, self.vote_until()),
            executableFrom: when(is_due, self.executable_from()),
            executableUntil: when(is_due, self.executable_until()),
            submittedHeight: self.submitted_height,
            openedHeight: self.opened_height,
            support: U256::from(self.support),
            spam: U256::from(self.spam),
            supportNeeded: U256::from(self.support_needed()),
            yes: U256::from(self.yes),
            no: U256::from(self.no),
            abstain: U256::from(self.abstain),
            quorum: if is_open { U256::from(self.quorum()) } else { U256::ZERO },
            majorityBps: self.rules.majority_bps.into(),
            bond: U256::from(self.bond),
            descriptionHash: self.description_hash,
        }
    }
}
