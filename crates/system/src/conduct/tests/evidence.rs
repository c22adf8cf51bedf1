//! Double proposals: punished once, and only when proven.

use super::*;
use alloy_sol_types::SolError;

/// Four candidates that serve, in the first block of epoch 3.
fn serving() -> World {
    let mut world = World::new(spec(4, 4));
    world.finish_epoch(2);
    world.block(0);
    world
}

#[test]
fn a_double_proposal_costs_a_part_of_the_self_stake_and_freedom_and_is_punished_once() {
    let mut world = serving();
    let proof = world.proof(1, (3, 9));
    let question = abi::punishedCall { epoch: 3, viewNumber: 9, operatorKey: key(1) };
    assert_eq!(world.ask(question.clone()), Ok(false));
    let fault = proof.verify(&world.spec.namespace()).unwrap();
    let due = |world: &mut World, epoch| is_punishable(&mut world.host, epoch, fault).unwrap();
    assert!(due(&mut world, 3) && due(&mut world, 4) && !due(&mut world, 5));
    assert_eq!(world.report(&proof), Ok(()));
    assert!(!due(&mut world, 3));
    assert_eq!(world.ask(question), Ok(true));
    assert_eq!(world.self_stake(1), coins(1_140_000));
    assert_eq!((world.host.coins(account(77)), world.host.coins(REWARD_FUND)), (coins(6_000), coins(54_000)));
    let record = world.conduct_of(1);
    assert_eq!((record.doubleProposals, record.slashed), (1, coins(60_000)));
    assert_eq!(record.jailedUntil, world.host.block.timestamp + 30 * 60);

    let again = abi::AlreadyPunished { epoch: 3, viewNumber: 9, operatorKey: key(1) };
    assert_eq!(world.report(&proof), Err(SystemError::revert(again.clone())));
    let swapped = DoubleProposal { first: proof.second, second: proof.first };
    assert_eq!(world.report(&swapped), Err(SystemError::revert(again)));
    // Whoever is in jail for one view does not pay for the next, until it is free again.
    let proof = world.proof(1, (3, 10));
    let next = proof.verify(&world.spec.namespace()).unwrap();
    let jailed = abi::AlreadyPunished { epoch: 3, viewNumber: 10, operatorKey: key(1) };
    assert!(!is_punishable(&mut world.host, 3, next).unwrap());
    assert_eq!(world.report(&proof), Err(SystemError::revert(jailed)));
    assert_eq!(world.self_stake(1), coins(1_140_000));
    world.host.block.timestamp = record.jailedUntil;
    assert!(is_punishable(&mut world.host, 3, next).unwrap());
    assert_eq!(world.report(&proof), Ok(()));
    assert_eq!(world.self_stake(1), coins(1_083_000));
    assert_eq!(world.self_stake(2), coins(1_200_000));
}

#[test]
fn what_is_not_proven_or_too_late_is_refused_with_the_reason_and_changes_nothing() {
    let mut world = serving();
    let good = world.proof(1, (3, 9));
    let same = DoubleProposal { first: good.first.clone(), second: good.first.clone() };
    let other = DoubleProposal { first: good.first.clone(), second: world.proof(2, (3, 9)).first };
    let mut forged = good.clone();
    forged.second.header.number = 5;
    let mut foreign = World::new(spec(4, 4));
    foreign.spec.chain_id = 1;
    let foreign = foreign.proof(1, (3, 9));
    let stranger = world.proof(100, (3, 9));
    let early = world.proof(1, (4, 9));
    let old = world.proof(100, (1, 9));
    let not_member = |epoch, number| abi::NotMember { epoch, operatorKey: key(number) }.abi_encode();
    let cases = [
        (same.encode(), abi::SameProposal {}.abi_encode()),
        (other.encode(), abi::DifferentTurns {}.abi_encode()),
        (forged.encode(), abi::BadSignature {}.abi_encode()),
        (foreign.encode(), abi::BadSignature {}.abi_encode()),
        (stranger.encode(), not_member(3, 100)),
        (early.encode(), not_member(4, 1)),
        (old.encode(), abi::TooOld { epoch: 1, oldest: 2 }.abi_encode()),
        (vec![], abi::MalformedEvidence {}.abi_encode()),
        (good.encode()[1..].to_vec(), abi::MalformedEvidence {}.abi_encode()),
        (vec![0; 100_000], abi::MalformedEvidence {}.abi_encode()),
    ];
    for (evidence, reason) in cases {
        let report = abi::reportDoubleProposalCall { evidence: evidence.clone().into() };
        let found = world.call(account(77), SystemContract::Conduct, report).map(drop);
        assert_eq!(found, Err(SystemError::Revert(reason.into())));
        // A block that carries it is as one that carries nothing.
        let (slots, logs) = (world.host.slots.clone(), world.host.logs.len());
        let proposer = world.members(3).first().map(|member| member.operator);
        let inputs = BlockInputs {
            epoch: 3,
            epoch_start: 96,
            proposer,
            evidence: evidence.into(),
            ..Default::default()
        };
        begin_block(&mut world.host, &inputs).unwrap();
        assert_eq!((&world.host.slots, world.host.logs.len()), (&slots, logs));
    }
    // The epoch after is early enough, the next but one is not.
    world.finish_epoch(3);
    world.block(0);
    assert_eq!(world.report(&good), Ok(()));
    let good = world.proof(2, (3, 9));
    world.finish_epoch(4);
    world.block(0);
    let late = abi::TooOld { epoch: 3, oldest: 4 };
    assert_eq!(world.report(&good), Err(SystemError::revert(late)));
}

#[test]
fn a_block_punishes_what_it_proves_and_its_proposer_gets_the_reporters_part() {
    let mut world = serving();
    let next = world.leader(3, world.view + 1);
    let number = (1..=4).find(|number| key(*number) == next).unwrap();
    let guilty = if number == 1 { 2 } else { 1 };
    world.evidence = world.proof(guilty, (3, 9)).encode().into();
    world.block(0);
    assert_eq!(world.self_stake(guilty.into()), coins(1_140_000));
    assert_eq!(world.host.coins(account(50 + number)), coins(6_000));
    assert_eq!(world.conduct_of(guilty).doubleProposals, 1);
}

#[test]
fn a_bootstrap_delegate_that_proposes_twice_is_recorded_and_loses_nothing() {
    let mut world = World::new(spec(4, 0));
    world.block(0);
    let proof = world.proof(100, (0, 9));
    assert_eq!(world.report(&proof), Ok(()));
    let question = abi::punishedCall { epoch: 0, viewNumber: 9, operatorKey: key(100) };
    assert_eq!(world.ask(question), Ok(true));
    assert_eq!(world.host.logs.len(), 1);
    assert_eq!((world.host.coins(account(77)), world.host.coins(REWARD_FUND)), (U256::ZERO, U256::ZERO));
}

#[test]
fn a_candidate_in_jail_is_not_elected_until_its_time_or_its_release() {
    let mut spec = spec(4, 4);
    spec.params.set(Param::DaySeconds, 5).unwrap();
    let mut world = World::new(spec);
    world.finish_epoch(2);
    world.block(0);
    // Jailed for 150 seconds in second 96: in the rankings of epochs 3 to 7, not in that of second 264.
    let proof = world.proof(1, (3, 9));
    assert_eq!(world.report(&proof), Ok(()));
    let ranked = |world: &mut World, epoch| {
        let ranking = election::ranking(&mut world.host, epoch).unwrap();
        ranking.iter().map(|place| place.candidate).collect::<BTreeSet<_>>()
    };
    world.finish_epoch(7);
    assert_eq!(ranked(&mut world, 6), BTreeSet::from([2, 3, 4]));
    assert_eq!(ranked(&mut world, 10), BTreeSet::from([2, 3, 4]));
    world.finish_epoch(8);
    assert_eq!(ranked(&mut world, 11), BTreeSet::from([1, 2, 3, 4]));
    let (proof, guilty) = (world.proof(2, (8, 1)), 2);
    assert_eq!(world.report(&proof), Ok(()));
    let candidate = world.conduct_of(2).candidate;
    world.host.call.caller = SystemContract::Governance.address();
    release(&mut world.host, candidate).unwrap();
    assert!(release(&mut world.host, candidate).is_err(), "it is free");
    assert_eq!(world.conduct_of(2).jailedUntil, 0);
    world.finish_epoch(9);
    assert!(ranked(&mut world, 12).contains(&guilty));
}

#[test]
fn reporting_costs_gas_for_signatures_and_hashes() {
    let mut world = serving();
    let report = abi::reportDoubleProposalCall { evidence: world.proof(1, (3, 9)).encode().into() };
    world.host.gas = 8_000;
    assert_eq!(
        world.call(account(77), SystemContract::Conduct, report).map(drop),
        Err(SystemError::OutOfGas)
    );
}
