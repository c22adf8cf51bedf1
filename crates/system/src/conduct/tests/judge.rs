//! Probation, and the price of missed blocks.

use super::*;
use crate::conduct::judge::{judge, productivity_bps};

/// Four candidates that serve from epoch 3 on, at the end of epoch 2.
fn serving() -> World {
    let mut world = World::new(spec(4, 4));
    world.finish_epoch(2);
    world
}

/// Epochs of the next twelve in whose rankings a candidate is on probation.
fn probation(world: &mut World, candidate: u64) -> Vec<u64> {
    (3..15).filter(|epoch| is_on_probation(&mut world.host, candidate, *epoch).unwrap()).collect()
}

#[test]
fn productivity_is_the_part_of_its_turns_that_a_member_used() {
    for (produced, missed, expected) in [
        (0, 0, 10_000),
        (1, 0, 10_000),
        (0, 1, 0),
        (17, 3, 8_500),
        (16, 3, 8_421),
        (2, 1, 6_666),
        (u32::MAX.into(), u32::MAX.into(), 5_000),
    ] {
        assert_eq!(productivity_bps(Turns { produced, missed }), expected, "{produced} and {missed}");
    }
}

#[test]
fn who_misses_too_many_turns_is_on_probation_and_pays_out_of_its_self_stake() {
    let mut world = serving();
    world.absent.insert(key(1));
    world.finish_epoch(3);
    let rows = world.ask(abi::productivityCall { epoch: 3 }).unwrap();
    let row = rows.iter().find(|row| row.candidate == account(1)).unwrap();
    assert_eq!((row.name.as_str(), row.produced, row.basisPoints), ("c1", 0, 0));
    assert!(row.missed >= 10, "{row:?}");
    assert!(rows.iter().filter(|row| row.candidate != account(1)).all(|row| row.basisPoints == 10_000));
    assert_eq!(rows.iter().map(|row| row.produced).sum::<u64>(), 32);
    // It pays for its share of the epoch's 32 blocks, though it missed more.
    let record = world.conduct_of(1);
    assert_eq!(record.slashed, coins(8));
    assert_eq!((record.probationUntil, record.missed, record.jailedUntil), (10, row.missed, 0));
    assert_eq!(world.self_stake(1), coins(1_199_992));
    assert_eq!(world.host.coins(REWARD_FUND), coins(8));
    assert_eq!(probation(&mut world, 1), [3, 4, 5, 6, 7, 8, 9]);
    assert_eq!(probation(&mut world, 2), [0u64; 0]);
    let page = |offset| abi::probationListCall { offset, limit: 10 };
    assert_eq!(world.ask(page(0)).unwrap(), std::slice::from_ref(&record));
    assert_eq!(world.ask(page(1)).unwrap(), []);
    assert_eq!(world.ask(abi::recordsCall { offset: 0, limit: u32::MAX }).unwrap(), [record]);
    assert_eq!(world.ask(abi::recordsCountCall {}), Ok(1));
}

#[test]
fn a_probation_grows_with_new_faults_and_ends_by_itself() {
    let mut world = serving();
    world.absent.insert(key(1));
    world.finish_epoch(4);
    assert_eq!(world.conduct_of(1).probationUntil, 11);
    world.absent.clear();
    world.finish_epoch(11);
    assert_eq!(world.conduct_of(1).probationUntil, 11);
    assert_eq!(world.ask(abi::probationListCall { offset: 0, limit: 10 }).unwrap(), []);
    assert_eq!(world.ask(abi::recordsCountCall {}), Ok(1));
}

#[test]
fn a_few_missed_turns_cost_coins_but_no_probation() {
    let mut world = serving();
    world.block(1);
    world.finish_epoch(3);
    let records = world.ask(abi::recordsCall { offset: 0, limit: 10 }).unwrap();
    assert_eq!(records.len(), 1);
    let record = &records[0];
    // One of eight or nine turns is less than 15 %.
    assert_eq!((record.missed, record.slashed, record.probationUntil), (1, coins(1), 0));
}

#[test]
fn an_outage_of_all_costs_nobody_more_than_its_share_of_the_blocks() {
    let mut world = serving();
    world.block(100_000);
    world.finish_epoch(3);
    for number in 1..=4 {
        let record = world.conduct_of(number);
        assert!(record.missed >= 25_000);
        assert_eq!(record.slashed, coins(8));
    }
    assert_eq!(world.host.coins(REWARD_FUND), coins(32));
}

#[test]
fn a_bootstrap_delegate_is_counted_and_loses_nothing() {
    let mut world = World::new(spec(4, 0));
    world.absent.insert(key(100));
    world.finish_epoch(0);
    let rows = world.ask(abi::productivityCall { epoch: 0 }).unwrap();
    let row = rows.iter().find(|row| row.name == "robot0").unwrap();
    assert_eq!((row.candidate, row.produced, row.basisPoints), (Address::ZERO, 0, 0));
    assert_eq!(world.ask(abi::recordsCountCall {}), Ok(0));
    assert_eq!(world.host.coins(REWARD_FUND), U256::ZERO);
}

#[test]
fn a_member_without_any_turn_is_not_judged() {
    let mut world = serving();
    let before = world.host.slots.clone();
    judge(&mut world.host, 3).unwrap();
    assert_eq!(world.host.slots, before);
}

#[test]
fn questions_about_nobody_are_refused_with_the_reason() {
    let mut world = serving();
    let unknown = SystemError::revert(abi::UnknownEpoch { epoch: 9 });
    assert_eq!(world.ask(abi::productivityCall { epoch: 9 }), Err(unknown));
    let unknown = SystemError::revert(abi::UnknownCandidate { candidate: account(9) });
    assert_eq!(world.ask(abi::conductOfCall { candidate: account(9) }), Err(unknown));
}
