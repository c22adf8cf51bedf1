//! A proposal: how it lies in storage, and in which stage it is.

use super::{refused, storage as at};
use crate::{
    Host, SystemError, params,
    storage::{Pair, Quad, Record, Slot, Tagged},
};
use alloy_primitives::{Address, B256, U256};
use althing_abi::Governance::{
    GovernorNonexistentProposal, GovernorUnexpectedProposalState, UnknownProposal,
};
use althing_primitives::{Param, WHOLE_BPS};

/// What a proposal consists of, as the interface numbers it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    /// No calls.
    #[default]
    Text = 0,
    /// Parameters and payments.
    Policy = 1,
    /// Any calls.
    Technical = 2,
}

/// Where a proposal stands, as the interface numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    Support = 0,
    Voting = 1,
    Waiting = 2,
    Executable = 3,
    Executed = 4,
    Adopted = 5,
    Cancelled = 6,
    Expired = 7,
    Spam = 8,
    Defeated = 9,
    Lapsed = 10,
}

impl Stage {
    /// The state that OpenZeppelin's interface knows.
    pub(super) fn state(self) -> u8 {
        match self {
            Self::Support => 0,
            Self::Voting => 1,
            Self::Cancelled => 2,
            Self::Defeated | Self::Spam => 3,
            Self::Adopted => 4,
            Self::Waiting | Self::Executable => 5,
            Self::Expired | Self::Lapsed => 6,
            Self::Executed => 7,
        }
    }
}

/// What ended a proposal before the clock did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum End {
    #[default]
    None = 0,
    Cancelled = 1,
    Executed = 2,
}

/// The numbers under which a proposal was submitted: no later change of parameters touches it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Rules {
    pub(super) support_bps: u16,
    pub(super) quorum_bps: u16,
    pub(super) majority_bps: u16,
    pub(super) spam_bps: u16,
    pub(super) vote_seconds: u64,
    pub(super) lock_seconds: u64,
    pub(super) execution_seconds: u64,
}

impl Rules {
    /// Those of today.
    pub(super) fn present(host: &mut impl Host, kind: Kind) -> Result<Self, SystemError> {
        let majority = match kind {
            Kind::Technical => Param::TechnicalMajorityBps,
            Kind::Text | Kind::Policy => Param::PolicyMajorityBps,
        };
        Ok(Self {
            support_bps: params::bps(host, Param::SupportBps)?,
            quorum_bps: params::bps(host, Param::QuorumBps)?,
            majority_bps: params::bps(host, majority)?,
            spam_bps: params::bps(host, Param::SpamMajorityBps)?,
            vote_seconds: params::seconds(host, Param::VoteDays)?,
            lock_seconds: params::seconds(host, Param::TimeLockDays)?,
            execution_seconds: params::seconds(host, Param::ExecutionDays)?,
        })
    }

    fn to_word(self) -> Quad {
        let Self { support_bps, quorum_bps, majority_bps, spam_bps, .. } = self;
        let shares = [support_bps, quorum_bps, majority_bps, spam_bps];
        let packed = shares.into_iter().rev().fold(0, |word, share| word << 16 | u64::from(share));
        [packed, self.vote_seconds, self.lock_seconds, self.execution_seconds]
    }

    fn from_word([packed, vote_seconds, lock_seconds, execution_seconds]: Quad) -> Self {
        let [support_bps, quorum_bps, majority_bps, spam_bps] =
            [0, 16, 32, 48].map(|place| (packed >> place) as u16);
        Self {
            support_bps,
            quorum_bps,
            majority_bps,
            spam_bps,
            vote_seconds,
            lock_seconds,
            execution_seconds,
        }
    }
}

/// A proposal in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Proposal {
    pub(super) number: u64,
    pub(super) id: U256,
    pub(super) proposer: Address,
    pub(super) submitted_at: u64,
    pub(super) kind: Kind,
    pub(super) end: End,
    pub(super) support_until: u64,
    /// 0 while the vote has not begun.
    pub(super) opened_at: u64,
    pub(super) submitted_height: u64,
    pub(super) opened_height: u64,
    pub(super) rules: Rules,
    pub(super) support: u128,
    pub(super) spam: u128,
    pub(super) yes: u128,
    pub(super) no: u128,
    pub(super) abstain: u128,
    /// All votes at its submission.
    pub(super) all_at_submission: u128,
    /// All votes when the vote began.
    pub(super) all_at_opening: u128,
    /// What is held.
    pub(super) bond: u128,
    pub(super) description_hash: B256,
}

struct Fields(Record);

/// Slots of a proposal.
const FIELDS: u64 = 9;

impl Fields {
    fn id(&self) -> Slot<U256> {
        self.0.slot(0)
    }
    /// Proposer and time of submission.
    fn proposer(&self) -> Slot<Tagged> {
        self.0.slot(1)
    }
    /// Last time of support, time of opening, kind with end, and heights of submission and opening (32 bits each).
    fn times(&self) -> Slot<Quad> {
        self.0.slot(2)
    }
    fn rules(&self) -> Slot<Quad> {
        self.0.slot(3)
    }
    /// Support and spam.
    fn pledges(&self) -> Slot<Pair> {
        self.0.slot(4)
    }
    /// Yes and no.
    fn votes(&self) -> Slot<Pair> {
        self.0.slot(5)
    }
    /// Abstentions and bond.
    fn rest(&self) -> Slot<Pair> {
        self.0.slot(6)
    }
    /// All votes at submission and at opening.
    fn totals(&self) -> Slot<Pair> {
        self.0.slot(7)
    }
    fn description(&self) -> Slot<B256> {
        self.0.slot(8)
    }
}

impl Proposal {
    /// The proposal with a number; reverts when there is none.
    pub(super) fn load(host: &mut impl Host, number: u64) -> Result<Self, SystemError> {
        let record = at::PROPOSAL.at(host, number)?;
        record.prefetch(host, 0..FIELDS)?;
        let fields = Fields(record);
        let (proposer, submitted_at) = fields.proposer().get(host)?;
        if submitted_at == 0 {
            return Err(refused(UnknownProposal { number }));
        }
        let [support_until, opened_at, marks, heights] = fields.times().get(host)?;
        let [support, spam] = fields.pledges().get(host)?;
        let [yes, no] = fields.votes().get(host)?;
        let [abstain, bond] = fields.rest().get(host)?;
        let [all_at_submission, all_at_opening] = fields.totals().get(host)?;
        Ok(Self {
            number,
            id: fields.id().get(host)?,
            proposer,
            submitted_at,
            kind: match marks & 0xff {
                0 => Kind::Text,
                1 => Kind::Policy,
                _ => Kind::Technical,
            },
            end: match marks >> 8 & 0xff {
                0 => End::None,
                1 => End::Cancelled,
                _ => End::Executed,
            },
            support_until,
            opened_at,
            submitted_height: heights & u64::from(u32::MAX),
            opened_height: heights >> 32,
            rules: Rules::from_word(fields.rules().get(host)?),
            support,
            spam,
            yes,
            no,
            abstain,
            all_at_submission,
            all_at_opening,
            bond,
            description_hash: fields.description().get(host)?,
        })
    }

    /// The proposal with an id; reverts when there is none.
    pub(super) fn by_id(host: &mut impl Host, id: U256) -> Result<Self, SystemError> {
        match at::NUMBER.at(host, id)?.get(host)? {
            0 => Err(refused(GovernorNonexistentProposal { proposalId: id })),
            number => Self::load(host, number),
        }
    }

    /// Writes it.
    pub(super) fn store(&self, host: &mut impl Host) -> Result<(), SystemError> {
        let fields = Fields(at::PROPOSAL.at(host, self.number)?);
        let marks = self.kind as u64 | (self.end as u64) << 8;
        // A height of 2^32 is centuries away, and only for people to look up.
        let heights = self.submitted_height & u64::from(u32::MAX) | self.opened_height << 32;
        fields.id().set(host, self.id)?;
        fields.proposer().set(host, (self.proposer, self.submitted_at))?;
        fields.times().set(host, [self.support_until, self.opened_at, marks, heights])?;
        fields.rules().set(host, self.rules.to_word())?;
        fields.pledges().set(host, [self.support, self.spam])?;
        fields.votes().set(host, [self.yes, self.no])?;
        fields.rest().set(host, [self.abstain, self.bond])?;
        fields.totals().set(host, [self.all_at_submission, self.all_at_opening])?;
        fields.description().set(host, self.description_hash)
    }

    /// Where it stands at a time.
    pub(super) fn stage(&self, now: u64) -> Stage {
        match self.end {
            End::Cancelled => return Stage::Cancelled,
            End::Executed => return Stage::Executed,
            End::None => {}
        }
        if self.opened_at == 0 {
            return match now > self.support_until {
                false => Stage::Support,
                true if self.is_spam() => Stage::Spam,
                true => Stage::Expired,
            };
        }
        if now <= self.vote_until() {
            return Stage::Voting;
        }
        match (self.has_passed(), self.kind) {
            (false, _) => Stage::Defeated,
            (true, Kind::Text) => Stage::Adopted,
            _ if now < self.executable_from() => Stage::Waiting,
            _ if now <= self.executable_until() => Stage::Executable,
            _ => Stage::Lapsed,
        }
    }

    /// Refuses when it is in another stage.
    pub(super) fn check_stage(&self, host: &impl Host, stage: Stage) -> Result<(), SystemError> {
        let found = self.stage(host.block().timestamp);
        let wrong = GovernorUnexpectedProposalState {
            proposalId: self.id,
            current: found.state(),
            expectedStates: B256::from(U256::from(1) << stage.state()),
        };
        if found == stage { Ok(()) } else { Err(refused(wrong)) }
    }

    /// The second whose votes count for support.
    pub(super) fn support_snapshot(&self) -> u64 {
        self.submitted_at.saturating_sub(1)
    }

    /// The second whose votes count in the vote, once it has begun.
    pub(super) fn snapshot(&self) -> u64 {
        self.opened_at.saturating_sub(1)
    }

    /// Last second of the vote, once it has begun.
    pub(super) fn vote_until(&self) -> u64 {
        self.opened_at.saturating_add(self.rules.vote_seconds)
    }

    /// First second in which it can be executed, if it passes.
    pub(super) fn executable_from(&self) -> u64 {
        self.vote_until().saturating_add(self.rules.lock_seconds).saturating_add(1)
    }

    /// Last second in which it can be executed.
    pub(super) fn executable_until(&self) -> u64 {
        self.executable_from().saturating_add(self.rules.execution_seconds)
    }

    /// Votes that must support it, or call it spam: at least one.
    pub(super) fn support_needed(&self) -> u128 {
        part(self.all_at_submission, self.rules.support_bps).max(1)
    }

    /// Votes that must take part in the vote: at least one.
    pub(super) fn quorum(&self) -> u128 {
        part(self.all_at_opening, self.rules.quorum_bps).max(1)
    }

    fn is_spam(&self) -> bool {
        self.spam >= self.support_needed() && exceeds(self.spam, self.support, self.rules.spam_bps)
    }

    fn has_passed(&self) -> bool {
        let took_part = self.yes.saturating_add(self.no).saturating_add(self.abstain);
        took_part >= self.quorum() && exceeds(self.yes, self.no, self.rules.majority_bps)
    }
}

/// A part of votes, rounded up. At most 2^128 / 10^4 votes exist: the product fits.
fn part(votes: u128, bps: u16) -> u128 {
    votes.saturating_mul(bps.into()).div_ceil(WHOLE_BPS.into())
}

/// Whether `of` is more than a part of both.
fn exceeds(of: u128, other: u128, bps: u16) -> bool {
    of.saturating_mul(WHOLE_BPS.into()) > of.saturating_add(other).saturating_mul(bps.into())
}
