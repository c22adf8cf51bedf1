//! What is paid at the end of an epoch, to whom, and out of what.

use super::*;
use crate::rewards::{fund, storage as at};

/// Per block of half a second in a day of a minute, and per epoch of 32 such blocks.
const BLOCK_REWARD: u64 = 138_240 / 120;
const EPOCH_REWARD: u64 = 450_000 / 120 * 32;

fn rewarded(world: &World, epoch: u64) -> Vec<(Address, u8, Address, U256)> {
    let all = world
        .host
        .logs_of::<abi::Rewarded>(SystemContract::Rewards)
        .into_iter()
        .filter(|log| log.epoch == epoch);
    all.map(|log| (log.candidate, log.kind, log.to, log.amount)).collect()
}

#[test]
fn bootstrap_delegates_are_paid_for_their_blocks_only() {
    let mut world = World::new(spec(vec![candidate(1, vec![vote(11, 3)])]));
    world.enter_epoch(2);
    let paid = world.paid(1);
    assert_eq!((paid.blockRewards, paid.epochRewards), (coins(32 * BLOCK_REWARD), U256::ZERO));
    for number in 200..204 {
        // Epoch 0 has one block less: genesis is nobody's.
        let blocks = if number == 200 { 15 } else { 16 };
        assert_eq!(world.host.coins(account(number)), coins(blocks * BLOCK_REWARD), "{number}");
        let log = (Address::ZERO, 0, account(number), coins(8 * BLOCK_REWARD));
        assert!(rewarded(&world, 1).contains(&log));
    }
    assert_eq!(world.call(1, abi::totalBalanceCall {}), coins(1_000_000_000 - 63 * BLOCK_REWARD));
}

#[test]
fn candidates_are_paid_for_blocks_and_by_their_votes_in_the_ranking() {
    let candidates = vec![candidate(1, vec![vote(11, 3)]), candidate(2, vec![vote(12, 7)])];
    let mut world = World::new(spec(candidates));
    world.enter_epoch(4);
    let paid = world.paid(3);
    let ranking = election::ranking(&mut world.host, 3).unwrap();
    let total: u128 = ranking.iter().map(|place| place.votes).sum();
    let mut epoch_rewards = U256::ZERO;
    for place in &ranking {
        let number = place.candidate as u8;
        let blocks = world.members(3).iter().position(|m| m.who.candidate() == Some(place.candidate));
        let by_blocks = blocks.map(|_| coins(8 * BLOCK_REWARD)).unwrap_or_default();
        let by_votes = coins(EPOCH_REWARD) * U256::from(place.votes) / U256::from(total);
        assert_eq!(world.host.coins(reward_account(number)), by_blocks + by_votes);
        assert!(rewarded(&world, 3).contains(&(account(number), 1, reward_account(number), by_votes)));
        epoch_rewards += by_votes;
    }
    assert_eq!((paid.blockRewards, paid.epochRewards), (coins(32 * BLOCK_REWARD), epoch_rewards));
    assert_eq!((paid.bonuses, paid.toVoters, paid.short), (U256::ZERO, U256::ZERO, false));
    assert_eq!(paid.fundAfter, world.call(1, abi::availableBalanceCall {}));
}

#[test]
fn the_foundation_bonus_goes_to_the_best_until_its_epoch() {
    let mut spec = spec(vec![candidate(1, vec![vote(11, 3)]), candidate(2, vec![vote(12, 7)])]);
    spec.params.set(Param::FoundationBonus, 80 * RAU_PER_COIN).unwrap();
    spec.params.set(Param::FoundationBonusUntil, 4).unwrap();
    let mut world = World::new(spec);
    world.enter_epoch(5);
    assert_eq!([2, 3, 4].map(|epoch| world.paid(epoch).bonuses), [coins(0), coins(160), coins(0)]);
    assert!(rewarded(&world, 3).contains(&(account(2), 2, reward_account(2), coins(80))));
}

#[test]
fn a_short_fund_pays_what_it_has_and_says_so() {
    let blocks = coins(32 * BLOCK_REWARD);
    for (held, for_blocks) in [(coins(0), coins(0)), (coins(10), coins(10)), (blocks + coins(9), blocks)] {
        let mut world = World::new(spec(vec![candidate(1, vec![vote(11, 3)])]));
        world.enter_epoch(3);
        world.call(1, abi::setPlanCall { blockShare: 0, epochShare: 0, bonusShare: 0 });
        world.supply = world.supply - world.host.coins(ADDRESS) + held;
        world.host.balances.insert(ADDRESS, held);
        world.enter_epoch(4);
        let paid = world.paid(3);
        let dust = U256::from(4);
        assert!(paid.short && paid.blockRewards <= for_blocks && paid.blockRewards + dust >= for_blocks);
        assert!(paid.epochRewards <= held - for_blocks && paid.epochRewards + dust >= held - for_blocks);
        assert_eq!(paid.due, blocks + coins(EPOCH_REWARD));
        let log = world.host.logs_of::<abi::FundShort>(SystemContract::Rewards).pop().unwrap();
        assert_eq!((log.epoch, log.due, log.fund), (3, paid.due, held));
        world.enter_epoch(6);
    }
}

#[test]
fn without_a_reward_account_the_coins_stay_in_the_fund() {
    let mut nobody = candidate(1, vec![vote(11, 3)]);
    nobody.reward = Address::ZERO;
    let mut world = World::new(spec(vec![nobody]));
    world.enter_epoch(4);
    assert_eq!(world.host.coins(Address::ZERO), U256::ZERO);
    assert_eq!(world.paid(3).epochRewards, U256::ZERO);
}

#[test]
fn whatever_raises_the_balance_is_the_funds() {
    let mut world = World::new(spec(Vec::new()));
    let before = world.call(1, abi::availableBalanceCall {});
    world.call(5, abi::depositCall { amount: coins(7), data: Vec::new() });
    let log = world.host.logs_of::<abi::Transfer>(SystemContract::Rewards).pop().unwrap();
    assert_eq!((log.from, log.to, log.kind, log.amount), (account(5), ADDRESS, 8, coins(7)));
    assert_eq!(fund(&mut world.host).map(U256::from), Ok(before + coins(7)));
    assert_eq!(at::POOL.get(&mut world.host), Ok(0));
    world.refused(5, abi::grantRewardCall { rewardType: 0, height: 1 }, abi::GrantedByProtocol {});
}

#[test]
fn rewards_of_long_ago_are_forgotten() {
    let mut world = World::new(spec(Vec::new()));
    world.enter_epoch(258);
    for epoch in [0, 1, 258] {
        world.refused(1, abi::epochRewardsCall { epoch }, abi::UnknownEpoch { epoch });
    }
    assert_eq!(world.paid(2).blockRewards, coins(32 * BLOCK_REWARD));
}
