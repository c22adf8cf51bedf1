//! Plans, and which votes share in what a candidate gives.

use super::*;

/// A world whose only candidate gives its voters everything from epoch 2 on.
fn generous(votes: Vec<GenesisVote>) -> World {
    let mut world = World::new(spec(vec![candidate(1, votes)]));
    world.share_all(1, 10_000);
    world
}

/// What voters got at the end of an epoch.
fn shared(world: &World, epoch: u64) -> U256 {
    let all = world.host.logs_of::<abi::Rewarded>(SystemContract::Rewards).into_iter();
    all.filter(|log| log.epoch == epoch && log.kind == 3).map(|log| log.amount).sum()
}

#[test]
fn a_plan_is_in_force_after_its_notice_and_the_last_announcement_counts() {
    let mut world = World::new(spec(vec![candidate(1, vec![vote(11, 3)])]));
    let plan = |share| abi::Plan { blockShare: share, epochShare: share, bonusShare: share };
    world.refused(
        1,
        abi::setPlanCall { blockShare: 0, epochShare: 10_001, bonusShare: 0 },
        abi::ShareTooLarge { share: 10_001 },
    );
    world.refused(
        2,
        abi::setPlanCall { blockShare: 0, epochShare: 0, bonusShare: 0 },
        abi::NotCandidateOwner { caller: account(2) },
    );
    let nobody = account(9);
    world.refused(1, abi::planOfCall { candidate: nobody }, abi::UnknownCandidateAddress { account: nobody });
    world.share_all(1, 5_000);
    world.enter_epoch(1);
    world.share_all(1, 4_000);
    let plans = world.call(1, abi::planOfCall { candidate: account(1) });
    assert_eq!(
        (plans.present, plans.announced, plans.next, plans.fromEpoch),
        (plan(0), true, plan(4_000), 3)
    );
    let log = world.host.logs_of::<abi::PlanAnnounced>(SystemContract::Rewards).pop().unwrap();
    assert_eq!((log.candidate, log.epochShare, log.fromEpoch), (account(1), 4_000, 3));
    world.enter_epoch(3);
    let plans = world.call(1, abi::planOfCall { candidate: account(1) });
    assert_eq!((plans.present, plans.announced), (plan(4_000), false));
    world.enter_epoch(4);
    let paid = world.paid(3);
    let own = own_blocks(&mut world) + paid.epochRewards;
    assert_eq!(paid.toVoters, own * U256::from(4) / U256::from(10));
    assert_eq!(paid.toVoters, shared(&world, 3));
}

/// Block rewards of candidate 1 in epoch 3.
fn own_blocks(world: &mut World) -> U256 {
    let is_member = world.members(3).iter().any(|member| member.who.candidate() == Some(1));
    if is_member { coins(8 * 1_152) } else { U256::ZERO }
}

#[test]
fn voters_share_in_proportion_to_their_votes_and_the_self_stake_too() {
    let mut world = generous(vec![vote(11, 1), vote(12, 3)]);
    world.enter_epoch(4);
    let total = shared(&world, 3);
    let votes: Vec<_> = [1, 11, 12]
        .map(|owner| staking::buckets_of(&mut world.host, account(owner), 9).unwrap()[0])
        .map(|bucket| staking::vote_of(&mut world.host, bucket).unwrap().votes)
        .to_vec();
    let all: u128 = votes.iter().sum();
    let mut paid = U256::ZERO;
    for (owner, votes) in [1, 11, 12].into_iter().zip(votes) {
        let due = total * U256::from(votes) / U256::from(all);
        let found = world.unclaimed(owner);
        assert!(found <= due && found + U256::ONE >= due, "account {owner}: {found} of {due}");
        paid += found;
    }
    assert!(paid <= total && total - paid <= U256::from(3));
    assert_eq!(world.host.coins(reward_account(1)), U256::ZERO);
    let shares = world.call(1, abi::sharesCall { candidate: account(1) });
    assert_eq!((shares.earning, shares.shared), (U256::from(all), total));
}

#[test]
fn votes_earn_from_the_epoch_for_whose_ranking_they_counted_until_they_leave() {
    let mut world = generous(vec![vote(11, 3)]);
    // The last block whose votes count in the ranking for epoch 3, and the one after it.
    world.enter_block(8);
    let early = world.stake(12, "c1", coins(1_000_000), false);
    world.enter_block(9);
    let late = world.stake(13, "c1", coins(1_000_000), false);
    let starting = world.call(1, abi::sharesCall { candidate: account(1) }).starting;
    assert_eq!(starting.iter().map(|lot| lot.epoch).collect::<Vec<_>>(), [3, 4]);
    world.enter_epoch(4);
    assert!(world.pending(early) > U256::ZERO);
    assert_eq!(world.pending(late), U256::ZERO);
    world.enter_epoch(5);
    assert!(world.pending(late) > U256::ZERO);
    let before = world.pending(early);
    world.staking(12, staking_abi::unstakeCall { bucketIndex: early, data: Vec::new() });
    world.enter_epoch(6);
    assert_eq!(world.pending(early), before);
}

#[test]
fn a_deposit_by_a_stranger_delays_nothing_that_was_there() {
    let mut world = generous(vec![vote(11, 3)]);
    let bucket = world.stake(12, "c1", coins(1_000_000), true);
    let mut other = world.clone();
    for height in [9, 33, 41, 65, 73] {
        world.enter_block(height);
        world.staking(
            13,
            staking_abi::depositToStakeCall { bucketIndex: bucket, amount: U256::from(5), data: Vec::new() },
        );
    }
    world.enter_epoch(4);
    other.enter_epoch(4);
    assert_eq!(world.pending(bucket), other.pending(bucket));
    assert!(world.pending(bucket) > U256::ZERO);
}

#[test]
fn what_a_bucket_earned_is_its_former_owners() {
    let mut world = generous(vec![vote(11, 3)]);
    let bucket = world.stake(12, "c1", coins(1_000_000), false);
    world.call(12, abi::setAutoCompoundCall { bucketIndex: bucket, on: true });
    world.enter_epoch(4);
    let earned = world.pending(bucket);
    let to =
        staking_abi::transferStakeCall { voterAddress: account(13), bucketIndex: bucket, data: Vec::new() };
    world.staking(12, to);
    assert!(!world.call(1, abi::compoundsCall { bucketIndex: bucket }));
    assert_eq!(
        (world.unclaimed(12), world.unclaimed(13), world.pending(bucket)),
        (earned, U256::ZERO, U256::ZERO)
    );
    world.enter_epoch(5);
    assert_eq!(world.unclaimed(12), earned);
    assert!(world.unclaimed(13) > U256::ZERO);
}

#[test]
fn without_earning_votes_the_voters_part_is_the_candidates() {
    let mut world = generous(vec![vote(11, 3)]);
    world.enter_epoch(3);
    // The only voter leaves, and the self-stake is slashed away: both counted in the ranking, nobody is left to share.
    let bucket = staking::buckets_of(&mut world.host, account(11), 1).unwrap()[0];
    world.staking(11, staking_abi::unstakeCall { bucketIndex: bucket, data: Vec::new() });
    let all = 1_200_000 * RAU_PER_COIN;
    world.host.call = CallInfo::default();
    assert_eq!(staking::slash(&mut world.host, 1, all, ADDRESS, 0), Ok(all));
    world.enter_epoch(4);
    let paid = world.paid(3);
    assert_eq!(paid.toVoters, U256::ZERO);
    assert_eq!(world.host.coins(reward_account(1)), paid.epochRewards + own_blocks(&mut world));
}
