//! Whose votes count: none that came for the vote, and none twice.

use super::*;
use alloy_primitives::aliases::U48;
use althing_abi::Governance::{ERC5805FutureLookup, NoVotes};

#[test]
fn a_stake_of_the_same_second_does_not_count() {
    let mut world = World::new();
    let number = world.submit(&[], "A text");
    world.stake(11, coins(50_000));
    let refusal = NoVotes { account: account(11), timepoint: 999 };
    world.refused(11, abi::supportCall { number }, refusal);
    world.wait(5);
    world.stake(12, coins(50_000));
    world.call(9, abi::supportCall { number });
    assert_eq!(world.vote(11, number, 1), coins(50_000), "it came before the vote");
    let id = world.shown(number).id;
    let refusal = NoVotes { account: account(12), timepoint: 1_004 };
    world.refused(12, abi::castVoteCall { proposalId: id, support: 1 }, refusal);
}

#[test]
fn votes_do_not_follow_a_stake_that_is_handed_on_split_or_merged() {
    let mut world = World::new();
    let number = world.open(&[], "A text");
    world.vote(9, number, 1);
    let bucket = world.bucket_of(9);
    world.wait(1);
    world.staking(
        9,
        staking_abi::transferStakeCall { bucketIndex: bucket, voterAddress: account(11), data: vec![] },
    );
    let id = world.shown(number).id;
    let refusal = NoVotes { account: account(11), timepoint: 999 };
    world.refused(11, abi::castVoteCall { proposalId: id, support: 1 }, refusal);
    let now = |world: &mut World, of: u8| world.read(abi::getVotes_1Call { account: account(of) });
    assert_eq!([now(&mut world, 9), now(&mut world, 11)], [U256::ZERO, coins(9_000_000)]);
    assert_eq!(world.shown(number).yes, coins(9_000_000));
    // The former owner still has the say that it had.
    world.vote(9, number, 0);
    assert_eq!(world.shown(number).no, coins(9_000_000));
}

#[test]
fn an_unstaked_bucket_has_no_votes() {
    let mut world = World::new();
    let bucket = world.bucket_of(9);
    world.wait(DAY);
    world.staking(9, staking_abi::unstakeCall { bucketIndex: bucket, data: Vec::new() });
    world.wait(1);
    let number = world.submit(&[], "A text");
    let timepoint = world.host.block.timestamp - 1;
    world.refused(9, abi::supportCall { number }, NoVotes { account: account(9), timepoint });
}

#[test]
fn past_votes_are_those_at_the_end_of_a_second() {
    let mut world = World::new();
    let mut expected = vec![(999, 0)];
    for step in 1..=40_u64 {
        world.stake(15, coins(100));
        world.stake(15, coins(100));
        expected.push((world.host.block.timestamp, step * 200));
        world.wait(1 + step % 3);
    }
    for (time, votes) in &expected {
        let question = abi::getPastVotesCall { account: account(15), timepoint: U256::from(*time) };
        assert_eq!(world.read(question), coins(*votes), "at {time}");
        let question = abi::getPastTotalSupplyCall { timepoint: U256::from(*time) };
        assert_eq!(world.read(question), coins(45_000_000 + votes) + U256::ONE, "at {time}");
    }
    let now = world.host.block.timestamp;
    let question = abi::getPastVotesCall { account: account(15), timepoint: U256::from(now) };
    let clock = U48::saturating_from(now);
    world.refused(1, question, ERC5805FutureLookup { timepoint: U256::from(now), clock });
}
