//! A bucket's life, and every refusal on its way.

use super::*;
use althing_abi::Staking as e;

fn unstake(index: u64) -> abi::unstakeCall {
    abi::unstakeCall { bucketIndex: index, data: vec![] }
}

fn withdraw(index: u64) -> abi::withdrawStakeCall {
    abi::withdrawStakeCall { bucketIndex: index, data: vec![] }
}

fn restake(index: u64, duration: u32, auto: bool) -> abi::restakeCall {
    abi::restakeCall { bucketIndex: index, duration, autoStake: auto, data: vec![] }
}

fn change(index: u64, name: &str) -> abi::changeCandidateCall {
    abi::changeCandidateCall { candName: name.into(), bucketIndex: index, data: vec![] }
}

#[test]
fn a_stake_is_made_topped_up_freed_and_paid_out() {
    let mut world = World::new();
    world.register(1, "alpha", 1_200_000);
    let question = abi::createStakeCall {
        candName: "alpha".into(),
        amount: coins(1_000),
        duration: 14,
        autoStake: true,
        data: vec![],
    };
    world.call(account(2), question);
    let index = 1;
    let bucket = world.bucket(index).unwrap();
    assert_eq!((bucket.owner, bucket.stakedAmount, bucket.autoStake), (account(2), coins(1_000), true));
    let deposit = abi::depositToStakeCall { bucketIndex: index, amount: coins(500), data: vec![] };
    world.call(account(3), deposit);
    world.pay(account(4), coins(1), abi::depositCall { bucketIndex: index });
    assert_eq!(world.bucket(index).unwrap().stakedAmount, coins(1_501));
    world.check();

    world.refused(account(2), unstake(index), e::BucketAutoStakes { bucketIndex: index });
    world.call(account(2), restake(index, 14, false));
    let matures = world.host.block.timestamp + 14 * 60;
    world.refused(account(2), unstake(index), e::TooEarly { bucketIndex: index, earliest: matures });
    world.refused(account(2), withdraw(index), e::BucketIsStaked { bucketIndex: index });
    world.pass_days(14);
    world.call(account(2), unstake(index));
    assert_eq!(world.call(account(1), abi::votesOfBucketCall { bucketIndex: index }), U256::ZERO);
    world.check();
    world.refused(account(2), unstake(index), e::BucketIsUnstaked { bucketIndex: index });
    let earliest = world.host.block.timestamp + 3 * 60;
    world.refused(account(2), withdraw(index), e::TooEarly { bucketIndex: index, earliest });
    world.pass_days(3);
    world.call(account(2), withdraw(index));
    assert_eq!(world.bucket(index), None);
    assert_eq!(world.host.coins(account(2)), coins(RICH + 501));
    world.refused(account(2), withdraw(index), e::UnknownBucket { bucketIndex: index });
    world.check();
}

#[test]
fn a_wait_for_withdrawal_is_that_of_the_moment_of_unstaking() {
    for (days, changed) in [(3, 10), (3, 0)] {
        let mut world = World::new();
        world.register(1, "alpha", 1_200_000);
        let index = world.stake(2, "alpha", 200, 0, false);
        world.call(account(2), unstake(index));
        let unstaked_at = world.host.block.timestamp;
        world.set_param("withdrawDays", changed);
        let shown = world.bucket(index).unwrap();
        assert_eq!(u64::try_from(shown.unstakeStartTime), Ok(unstaked_at), "the tuple stays IoTeX's");
        let earliest = unstaked_at + days * 60;
        world.host.block.timestamp = earliest - 1;
        world.refused(account(2), withdraw(index), e::TooEarly { bucketIndex: index, earliest });
        world.host.block.timestamp = earliest;
        world.call(account(2), withdraw(index));
        world.check();

        let index = world.stake(2, "alpha", 200, 0, false);
        world.call(account(2), unstake(index));
        let earliest = world.host.block.timestamp + changed * 60;
        world.host.block.timestamp = earliest.saturating_sub(1);
        if changed > 0 {
            world.refused(account(2), withdraw(index), e::TooEarly { bucketIndex: index, earliest });
        }
        world.host.block.timestamp = earliest;
        world.call(account(2), withdraw(index));
    }
}

#[test]
fn only_the_owner_changes_a_bucket() {
    let mut world = World::new();
    world.register(1, "alpha", 0);
    world.register(2, "beta", 0);
    let index = world.stake(3, "alpha", 200, 0, false);
    let not_yours = || e::NotBucketOwner { bucketIndex: index, owner: account(3) };
    world.refused(account(4), unstake(index), not_yours());
    world.refused(account(4), withdraw(index), not_yours());
    world.refused(account(4), restake(index, 1, true), not_yours());
    world.refused(account(4), change(index, "beta"), not_yours());
    let transfer = abi::transferStakeCall { voterAddress: account(4), bucketIndex: index, data: vec![] };
    world.refused(account(4), transfer.clone(), not_yours());
    world.refused(account(4), abi::endorseCandidateCall { bucketIndex: index }, not_yours());
    world.refused(account(4), abi::mergeStakeCall { into: index, from: vec![] }, not_yours());
    world.call(account(3), transfer);
    assert_eq!(world.bucket(index).unwrap().owner, account(4));
    world.call(account(4), unstake(index));
    world.check();
}

#[test]
fn terms_are_kept_within_their_bounds() {
    let mut world = World::new();
    world.register(1, "alpha", 0);
    world.register(2, "beta", 0);
    let stake = |amount: U256, days| abi::createStakeCall {
        candName: "alpha".into(),
        amount,
        duration: days,
        autoStake: false,
        data: vec![],
    };
    world.refused(
        account(3),
        stake(coins(99), 1),
        e::AmountTooSmall { amount: coins(99), least: coins(100) },
    );
    world.refused(account(3), stake(U256::MAX, 1), e::AmountTooLarge { amount: U256::MAX });
    world.refused(account(3), stake(coins(100), 1_051), e::DurationTooLong { duration: 1_051, most: 1_050 });
    let nobody = abi::createStakeCall { candName: "nobody".into(), ..stake(coins(100), 1) };
    world.refused(account(3), nobody, e::UnknownCandidate { name: "nobody".into() });
    let poor = althing_abi::SystemErrors::InsufficientBalance {
        account: account(3),
        balance: coins(RICH),
        needed: coins(RICH + 1),
    };
    world.refused(account(3), stake(coins(RICH + 1), 1), poor);

    let index = world.stake(3, "alpha", 100, 30, false);
    world.refused(
        account(3),
        restake(index, 29, false),
        e::CannotShorten { bucketIndex: index, duration: 29, least: 30 },
    );
    let closed = e::BucketDoesNotAutoStake { bucketIndex: index };
    world.refused(
        account(3),
        abi::depositToStakeCall { bucketIndex: index, amount: coins(1), data: vec![] },
        closed,
    );
    world.pass_days(30);
    world.call(account(3), restake(index, 5, true));
    world.refused(
        account(3),
        restake(index, 4, false),
        e::CannotShorten { bucketIndex: index, duration: 4, least: 5 },
    );
    world.refused(account(3), change(index, "alpha"), e::SameCandidate { bucketIndex: index });
    world.call(account(3), change(index, "beta"));
    world.refused(account(3), abi::migrateStakeCall { bucketIndex: index }, e::NothingToMigrate {});
    world.check();
}

#[test]
fn merging_adds_up_and_frees_nothing_early() {
    let mut world = World::new();
    world.register(1, "alpha", 0);
    world.register(2, "beta", 0);
    let short = world.stake(3, "alpha", 100, 10, false);
    let long = world.stake(3, "alpha", 200, 20, false);
    let auto = world.stake(3, "alpha", 300, 20, true);
    let other = world.stake(3, "beta", 400, 20, true);
    let foreign = world.stake(4, "alpha", 500, 5, true);
    let cannot = |into, from| e::CannotMerge { into, from };
    let merge = |into, from: u64| abi::mergeStakeCall { into, from: vec![from] };
    world.refused(account(3), merge(short, long), cannot(short, long));
    world.refused(account(3), merge(long, auto), cannot(long, auto));
    world.refused(account(3), merge(auto, other), cannot(auto, other));
    world.refused(account(3), merge(auto, auto), cannot(auto, auto));
    world.refused(
        account(3),
        merge(auto, foreign),
        e::NotBucketOwner { bucketIndex: foreign, owner: account(4) },
    );
    let most = abi::mergeStakeCall { into: auto, from: vec![short; 33] };
    world.refused(account(3), most, e::TooMany { count: U256::from(33), most: U256::from(32) });
    world.call(account(3), abi::mergeStakeCall { into: auto, from: vec![short, long] });
    assert_eq!(world.bucket(auto).unwrap().stakedAmount, coins(600));
    assert_eq!((world.bucket(short), world.bucket(long)), (None, None));
    world.check();
}
