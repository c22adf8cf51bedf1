//! What is refused, with the reason, and changes nothing; and ballots that somebody else brings.

use super::*;
use crate::governance::dispatch::INTERFACES;
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use alloy_sol_types::{Eip712Domain, SolStruct, eip712_domain, sol};
use althing_abi::{
    Governance::{
        CallsGovernance, EmptyDescription, GovernorInvalidProposalLength, GovernorInvalidSignature,
        GovernorInvalidVoteType, GovernorNonexistentProposal, GovernorQueueNotImplemented,
        GovernorRestrictedProposer, OnlyItself, PledgedBefore, TooLong, UnknownProposal, VotesStay,
    },
    Params::{OutOfBounds, Unchangeable, UnknownParam},
    SystemErrors::{InsufficientBalance, OnlyGovernance},
};

#[test]
fn a_proposal_that_cannot_be_is_refused_when_it_is_submitted() {
    let mut world = World::new();
    let before = world.host.slots.clone();
    let short = abi::proposeCall { values: Vec::new(), ..propose(&[pay(1, 1)], "Uneven") };
    let lengths = [1, 1, 0].map(U256::from);
    let error =
        GovernorInvalidProposalLength { targets: lengths[0], calldatas: lengths[1], values: lengths[2] };
    world.refused(10, short, error);
    world.refused(10, propose(&[], " \n"), EmptyDescription {});
    let many = vec![pay(1, 1); 33];
    let long = |what: &str, size: usize, most: usize| TooLong {
        what: what.into(),
        size: U256::from(size),
        most: U256::from(most),
    };
    world.refused(10, propose(&many, "Many"), long("calls", 33, 32));
    let large = [Act(account(1), U256::ZERO, vec![1; 65_537].into())];
    world.refused(10, propose(&large, "Large"), long("call data", 65_537, 65_536));
    world.refused(10, propose(&[], &"x".repeat(16_385)), long("description", 16_385, 16_384));
    let itself = [pay(1, 1), Act(ADDRESS, U256::ZERO, Bytes::new())];
    world.refused(10, propose(&itself, "Itself"), CallsGovernance { index: U256::from(1) });
    world.refused(10, propose(&[set_param("colour", 1)], "Colour"), UnknownParam { name: "colour".into() });
    let bounds = |name: &str, value: u64, least: u64, most: u64| {
        let [value, least, most] = [value, least, most].map(U256::from);
        OutOfBounds { name: name.into(), value, least, most }
    };
    for (name, value, least, most) in [
        ("quorumBps", 99, 100, 9_000),
        ("quorumBps", 9_001, 100, 9_000),
        ("committeeSeats", 9, 1, 8),
        ("minBaseFee", 1_000_000_000_001, 0, 1_000_000_000_000),
        ("blockGasLimit", 19_999_999, 20_000_000, 2_000_000_000),
        ("blockGasLimit", 2_000_000_001, 20_000_000, 2_000_000_000),
    ] {
        world.refused(10, propose(&[set_param(name, value)], "Bounds"), bounds(name, value, least, most));
    }
    let fixed = Unchangeable { name: "daySeconds".into() };
    world.refused(10, propose(&[set_param("daySeconds", 5)], "Days"), fixed);
    let description = format!("Mine #proposer={}", account(11));
    let error = GovernorRestrictedProposer { proposer: account(10) };
    world.refused(10, propose(&[], &description), error);
    world.host.balances.insert(account(30), coins(999));
    let (balance, needed) = (coins(999), coins(1_000));
    let error = InsufficientBalance { account: account(30), balance, needed };
    world.refused(30, propose(&[], "Poor"), error);
    assert_eq!(world.host.slots, before);
    world.host.balances.remove(&account(30));
    world.call(11, propose(&[], &description));
    world.check();
}

/// The network's epochs of 32 blocks have room for 8 members; it begins with 36 and 24 seats.
#[test]
fn no_order_of_two_changes_gives_more_seats_than_an_epoch_has_room_for() {
    let both = ["committeeSeats", "delegateSeats"];
    for (first, second) in [(both[0], both[1]), (both[1], both[0])] {
        let mut world = World::new();
        let too_many = |name: &str| OutOfBounds {
            name: name.into(),
            value: U256::from(9),
            least: U256::from(1),
            most: U256::from(8),
        };
        let set = |world: &mut World, name: &str, value: u64| {
            let set = params_abi::setCall { name: name.into(), value: U256::from(value) };
            world.host.transact(SystemContract::Params, ADDRESS, U256::ZERO, set).map(drop)
        };
        set(&mut world, first, 8).unwrap();
        // The first is not in force yet: both would be large until then.
        assert_eq!(set(&mut world, second, 9), Err(SystemError::revert(too_many(second))));
        world.next_epoch();
        world.next_epoch();
        set(&mut world, second, 9).unwrap();
        // Now the second is 24 or 36 and will be 9: the first must not grow before, nor after.
        assert_eq!(set(&mut world, first, 9), Err(SystemError::revert(too_many(first))));
        set(&mut world, second, 8).unwrap();
        assert_eq!(set(&mut world, first, 9), Err(SystemError::revert(too_many(first))));
        world.next_epoch();
        world.next_epoch();
        // Both are small: whichever is decided to grow first keeps the other small, before it is in force too.
        set(&mut world, second, 9).unwrap();
        assert_eq!(set(&mut world, first, 9), Err(SystemError::revert(too_many(first))));
        let refused = Err(SystemError::revert(too_many(first)));
        let question = propose(&[set_param(first, 9)], "Too many seats");
        assert_eq!(world.act(10, question).map(drop), refused, "refused when it is submitted");
    }
}

#[test]
fn what_belongs_to_governance_or_to_nobody_is_refused() {
    let mut world = World::new();
    let set = params_abi::setCall { name: "quorumBps".into(), value: U256::from(500) };
    let refused = world.host.transact(SystemContract::Params, account(9), U256::ZERO, set).map(drop);
    assert_eq!(refused, Err(SystemError::revert(OnlyGovernance { caller: account(9) })));
    let release = althing_abi::Conduct::releaseCall { candidate: account(100) };
    let refused = world.host.transact(SystemContract::Conduct, account(9), U256::ZERO, release).map(drop);
    assert_eq!(refused, Err(SystemError::revert(OnlyGovernance { caller: account(9) })));
    let begin = abi::beginCall {
        targets: Vec::new(),
        values: Vec::new(),
        calldatas: Vec::new(),
        descriptionHash: B256::ZERO,
    };
    world.refused(9, begin, OnlyItself { caller: account(9) });
    world.refused(9, abi::delegateCall { delegatee: account(1) }, VotesStay {});
    let queue = abi::queueCall {
        targets: Vec::new(),
        values: Vec::new(),
        calldatas: Vec::new(),
        descriptionHash: B256::ZERO,
    };
    world.refused(9, queue, GovernorQueueNotImplemented {});
    world.refused(9, abi::supportCall { number: 1 }, UnknownProposal { number: 1 });
    let unknown = U256::from(7);
    let error = GovernorNonexistentProposal { proposalId: unknown };
    world.refused(9, abi::castVoteCall { proposalId: unknown, support: 1 }, error);
    let number = world.submit(&[], "A text");
    world.call(1, abi::markSpamCall { number });
    let error = PledgedBefore { number, account: account(1) };
    world.refused(1, abi::supportCall { number }, error);
    world.call(9, abi::supportCall { number });
    let id = world.shown(number).id;
    world.refused(9, abi::castVoteCall { proposalId: id, support: 3 }, GovernorInvalidVoteType {});
}

#[test]
fn governor_interfaces_have_the_ids_of_their_functions() {
    let ids = |abi: &[&[u8; 4]]| abi.iter().fold(0, |id, selector| id ^ u32::from_be_bytes(**selector));
    let governor = ids(&[
        &abi::nameCall::SELECTOR,
        &abi::versionCall::SELECTOR,
        &abi::COUNTING_MODECall::SELECTOR,
        &abi::hashProposalCall::SELECTOR,
        &abi::getProposalIdCall::SELECTOR,
        &abi::stateCall::SELECTOR,
        &abi::proposalThresholdCall::SELECTOR,
        &abi::proposalSnapshotCall::SELECTOR,
        &abi::proposalDeadlineCall::SELECTOR,
        &abi::proposalProposerCall::SELECTOR,
        &abi::proposalEtaCall::SELECTOR,
        &abi::proposalNeedsQueuingCall::SELECTOR,
        &abi::votingDelayCall::SELECTOR,
        &abi::votingPeriodCall::SELECTOR,
        &abi::quorumCall::SELECTOR,
        &abi::getVotes_0Call::SELECTOR,
        &abi::getVotesWithParamsCall::SELECTOR,
        &abi::hasVotedCall::SELECTOR,
        &abi::proposeCall::SELECTOR,
        &abi::queueCall::SELECTOR,
        &abi::executeCall::SELECTOR,
        &abi::cancel_0Call::SELECTOR,
        &abi::castVoteCall::SELECTOR,
        &abi::castVoteWithReasonCall::SELECTOR,
        &abi::castVoteWithReasonAndParamsCall::SELECTOR,
        &abi::castVoteBySigCall::SELECTOR,
        &abi::castVoteWithReasonAndParamsBySigCall::SELECTOR,
    ]);
    let votes = ids(&[
        &abi::getVotes_1Call::SELECTOR,
        &abi::getPastVotesCall::SELECTOR,
        &abi::getPastTotalSupplyCall::SELECTOR,
        &abi::delegatesCall::SELECTOR,
        &abi::delegateCall::SELECTOR,
        &abi::delegateBySigCall::SELECTOR,
    ]);
    let clock = ids(&[&abi::clockCall::SELECTOR, &abi::CLOCK_MODECall::SELECTOR]);
    let this = ids(&[&abi::supportsInterfaceCall::SELECTOR]);
    assert_eq!(
        [this, governor, votes, clock].map(|id| format!("{id:08x}")),
        INTERFACES.map(|id| format!("{id:08x}"))
    );
}

sol! {
    struct Ballot {
        uint256 proposalId;
        uint8 support;
        address voter;
        uint256 nonce;
    }
}

#[test]
fn a_signed_ballot_counts_once_for_its_signer_only() {
    let mut world = World::new();
    let key = PrivateKeySigner::from_bytes(&B256::repeat_byte(7)).unwrap();
    let voter = key.address();
    world.host.balances.insert(account(16), U256::ZERO);
    world.host.balances.insert(voter, coins(100_000));
    let question = unlocked_stake("c1", coins(500), false);
    world.host.transact(SystemContract::Staking, voter, U256::ZERO, question).unwrap();
    world.host.block.timestamp += 1;
    let number = world.open(&[], "A text");
    let id = world.shown(number).id;
    let domain: Eip712Domain = eip712_domain! {
        name: "Althing", version: "1", chain_id: 930_931, verifying_contract: ADDRESS,
    };
    let sign = |support: u8, nonce: u64| {
        let ballot = Ballot { proposalId: id, support, voter, nonce: U256::from(nonce) };
        let signature = key.sign_hash_sync(&ballot.eip712_signing_hash(&domain)).unwrap();
        Bytes::copy_from_slice(&signature.as_bytes())
    };
    let bring =
        |support: u8, signature: Bytes| abi::castVoteBySigCall { proposalId: id, support, voter, signature };
    let error = || GovernorInvalidSignature { voter };
    world.refused(3, bring(0, sign(1, 0)), error());
    world.refused(3, bring(1, sign(1, 1)), error());
    world.refused(3, bring(1, Bytes::from(vec![1; 64])), error());
    assert_eq!(world.call(3, bring(1, sign(1, 0))), coins(500));
    world.refused(3, bring(1, sign(1, 0)), error());
    assert_eq!(world.read(abi::noncesCall { owner: voter }), U256::from(1));
    world.call(3, bring(0, sign(0, 1)));
    assert_eq!(world.shown(number).no, coins(500));
}
