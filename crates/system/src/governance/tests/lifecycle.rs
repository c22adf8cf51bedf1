//! From submission to effect, and every other end.

use super::*;
use althing_abi::Governance::{
    BondSettled, GovernorUnableToCancel, GovernorUnexpectedProposalState, NoBond, ProposalExists, TooEarly,
    TreasuryShort, VoteOpened, WrongStage,
};

/// A state that a function does not expect, and the one that it does.
fn unexpected(id: U256, current: u8, expected: u8) -> GovernorUnexpectedProposalState {
    let states = B256::from(U256::from(1) << expected);
    GovernorUnexpectedProposalState { proposalId: id, current, expectedStates: states }
}

#[test]
fn a_policy_goes_from_submission_to_effect_in_an_announced_epoch() {
    let mut world = World::new();
    let acts = [set_param("blockRewardPerDay", 7), set_param("epochRewardPerDay", 9)];
    let number = world.submit(&acts, "Split the rewards anew");
    assert_eq!(world.host.coins(account(10)), coins(99_000));
    assert_eq!(world.read(abi::bondsCall {}), coins(1_000));
    let proposal = world.shown(number);
    assert_eq!((proposal.kind, proposal.stage, proposal.supportUntil), (1, 0, 1_000 + SUPPORT));
    assert_eq!(proposal.supportNeeded, coins(450_000) + U256::ONE);
    world.call(1, abi::supportCall { number });
    assert_eq!(world.host.coins(account(10)), coins(100_000), "the bond goes back when the vote opens");
    let opened = world.host.logs_of::<VoteOpened>(SystemContract::Governance);
    assert_eq!((opened[0].snapshot, opened[0].voteUntil), (999, 1_000 + VOTE));
    for (voter, support) in [(1, 0), (5, 1), (6, 2)] {
        assert_eq!(world.vote(voter, number, support), coins(u64::from(voter) * 1_000_000));
    }
    world.wait(VOTE);
    assert_eq!(world.stage(number), 1, "the last second counts");
    world.wait(1);
    assert_eq!(world.stage(number), 2);
    let early = world.begin(&acts, "Split the rewards anew");
    let from = 1_000 + VOTE + LOCK + 1;
    assert_eq!(early, Err(SystemError::revert(TooEarly { number, executableFrom: from })));
    world.wait(LOCK);
    let id = world.begin(&acts, "Split the rewards anew").unwrap();
    assert_eq!(world.read(abi::stateCall { proposalId: id }), 7);
    for Act(target, _, data) in acts {
        world.host.call = CallInfo { caller: ADDRESS, ..CallInfo::default() };
        call(&mut world.host, SystemContract::at(&target).unwrap(), &data).unwrap();
    }
    let value = |world: &mut World| crate::params::get(&mut world.host, Param::BlockRewardPerDay).unwrap();
    let before = value(&mut world);
    let changes = world
        .host
        .transact(SystemContract::Params, account(0), U256::ZERO, params_abi::changesCall {})
        .unwrap();
    assert_eq!(changes.iter().map(|change| change.fromEpoch).collect::<Vec<_>>(), [2, 2]);
    world.next_epoch();
    assert_eq!(value(&mut world), before, "notice is one whole epoch");
    world.next_epoch();
    assert_eq!(value(&mut world), 7);
    let changes = world
        .host
        .transact(SystemContract::Params, account(0), U256::ZERO, params_abi::changesCall {})
        .unwrap();
    assert!(changes.is_empty());
}

/// Calls, their kind, votes by account (its number is its millions of votes, of 45 in all), and the stage after the vote.
type Case<'a> = (&'a [Act], u8, &'a [(u8, u8)], u8);

#[test]
fn quorum_and_majorities_decide() {
    let text: &[Act] = &[];
    let policy = &[pay(20, 1)][..];
    let technical = &[Act(account(20), U256::ZERO, vec![1, 2, 3, 4].into())][..];
    let cases: [Case<'_>; 10] = [
        (text, 0, &[(9, 1)], 5),
        (text, 0, &[(8, 1)], 9),
        (text, 0, &[(4, 1), (5, 2)], 5),
        (text, 0, &[(5, 2), (4, 2)], 9),
        (policy, 1, &[(5, 1), (5, 0), (4, 1)], 9),
        (policy, 1, &[(5, 1), (4, 0)], 2),
        (policy, 1, &[(9, 1), (9, 2)], 9),
        (technical, 2, &[(6, 1), (3, 0)], 2),
        (technical, 2, &[(8, 1), (5, 0)], 9),
        (technical, 2, &[], 9),
    ];
    for (index, (acts, kind, votes, stage)) in cases.into_iter().enumerate() {
        let mut world = World::new();
        let number = world.open(acts, "A proposal");
        assert_eq!(world.shown(number).kind, kind, "case {index}");
        for (voter, support) in votes {
            world.vote(*voter, number, *support);
        }
        world.wait(VOTE + 1);
        assert_eq!(world.stage(number), stage, "case {index}");
    }
}

#[test]
fn a_proposal_without_support_expires_and_its_bond_goes_back_or_is_burned() {
    for (spam, support, stage, state, to) in [
        (&[][..], &[][..], 7, 6, account(10)),
        (&[9], &[], 8, 3, Address::ZERO),
        (&[1], &[], 8, 3, Address::ZERO),
    ] {
        let mut world = World::new();
        let number = world.submit(&[], "Buy now");
        for voter in spam {
            world.call(*voter, abi::markSpamCall { number });
        }
        for voter in support {
            world.call(*voter, abi::supportCall { number });
        }
        world.refused(1, abi::settleBondCall { number }, NoBond { number });
        world.wait(SUPPORT + 1);
        let id = world.shown(number).id;
        assert_eq!((world.stage(number), world.read(abi::stateCall { proposalId: id })), (stage, state));
        world.refused(9, abi::supportCall { number }, WrongStage { number, stage });
        world.call(3, abi::settleBondCall { number });
        let settled = world.host.logs_of::<BondSettled>(SystemContract::Governance);
        assert_eq!((settled.len(), settled[0].to, settled[0].amount), (1, to, coins(1_000)));
        world.refused(3, abi::settleBondCall { number }, NoBond { number });
        world.check();
    }
}

#[test]
fn only_its_proposer_cancels_it_and_only_before_the_vote() {
    let mut world = World::new();
    let number = world.submit(&[], "A thought");
    let id = world.shown(number).id;
    world.refused(
        11,
        abi::cancel_1Call { proposalId: id },
        GovernorUnableToCancel { proposalId: id, account: account(11) },
    );
    world.call(10, abi::cancel_1Call { proposalId: id });
    assert_eq!((world.stage(number), world.host.coins(account(10))), (6, coins(100_000)));
    world.refused(10, propose(&[], "A thought"), ProposalExists { proposalId: id });
    let number = world.open(&[], "Another");
    let id = world.shown(number).id;
    world.refused(10, abi::cancel_1Call { proposalId: id }, unexpected(id, 1, 0));
}

#[test]
fn what_is_not_executed_in_time_lapses_and_what_is_executed_is_done_once() {
    let mut world = World::new();
    let acts = [pay(20, 600)];
    let pass = |world: &mut World, description: &str| {
        let number = world.open(&acts, description);
        world.vote(9, number, 1);
        world.wait(VOTE + LOCK + 1);
        assert_eq!(world.stage(number), 3);
        number
    };
    let number = pass(&mut world, "Pay once");
    world.begin(&acts, "Pay once").unwrap();
    let again = world.begin(&acts, "Pay once");
    let id = world.shown(number).id;
    assert_eq!(again, Err(SystemError::revert(unexpected(id, 7, 5))));
    let late = pass(&mut world, "Pay late");
    world.wait(EXECUTION);
    assert_eq!(world.stage(late), 3, "the last second counts");
    world.wait(1);
    let id = world.shown(late).id;
    let error = SystemError::revert(unexpected(id, 6, 5));
    assert_eq!(world.begin(&acts, "Pay late"), Err(error));
    let acts = [pay(20, 1_001)];
    let number = world.open(&acts, "Pay more than there is");
    world.vote(9, number, 1);
    world.wait(VOTE + LOCK + 1);
    let short = SystemError::revert(TreasuryShort { needed: coins(1_001), treasury: coins(1_000) });
    assert_eq!(world.begin(&acts, "Pay more than there is"), Err(short));
}

#[test]
fn a_vote_counts_once_may_be_changed_and_ends_with_the_vote() {
    let mut world = World::new();
    let number = world.open(&[], "A text");
    let votes = |world: &mut World| {
        let shown = world.shown(number);
        [shown.no, shown.yes, shown.abstain].map(|votes| votes / coins(1_000_000))
    };
    for (voter, support, sums) in
        [(5, 1, [0, 5, 0]), (5, 1, [0, 5, 0]), (5, 0, [5, 0, 0]), (4, 1, [5, 4, 0]), (5, 2, [0, 4, 5])]
    {
        world.vote(voter, number, support);
        assert_eq!(votes(&mut world), sums.map(U256::from));
    }
    world.wait(VOTE + 1);
    let proposal_id = world.shown(number).id;
    let over = unexpected(proposal_id, 4, 1);
    world.refused(5, abi::castVoteCall { proposalId: proposal_id, support: 1 }, over);
}

#[test]
fn changed_parameters_leave_open_proposals_alone() {
    let mut world = World::new();
    let number = world.open(&[], "Under old rules");
    let before = world.shown(number);
    for (param, value) in [(Param::VoteDays, 1), (Param::QuorumBps, 9_000), (Param::TimeLockDays, 300)] {
        crate::storage::Slot::<u128>::new(SystemContract::Params.address(), param as u64)
            .set(&mut world.host, value)
            .unwrap();
    }
    assert_eq!(world.shown(number), before);
}
