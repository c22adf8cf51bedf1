//! The way of voters' coins to their owners and into their buckets.

use super::*;
use althing_primitives::AddressExt as _;

/// A world in epoch 4 whose voter, account 12, has earned something; its bucket renews itself.
fn earned() -> (World, u64, U256) {
    let mut world = World::new(spec(vec![candidate(1, vec![vote(11, 3)])]));
    world.share_all(1, 5_000);
    let bucket = world.stake(12, "c1", coins(1_000_000), true);
    world.enter_epoch(4);
    let amount = world.pending(bucket);
    assert!(amount > coins(1));
    (world, bucket, amount)
}

#[test]
fn a_claim_pays_exactly_what_was_asked_for() {
    let (mut world, bucket, amount) = earned();
    let before = world.host.coins(account(12));
    let claim = |amount| abi::claimCall { amount, data: Vec::new() };
    let too_much = amount + U256::ONE;
    let error = abi::TooFewRewards { account: account(12), amount: too_much, available: amount };
    world.refused(12, claim(too_much), error);
    world.refused(12, claim(U256::ZERO), abi::NothingToClaim { account: account(12) });
    world.call(12, claim(coins(1)));
    let log = world.host.logs_of::<abi::Transfer>(SystemContract::Rewards).pop().unwrap();
    assert_eq!((log.from, log.to, log.kind, log.amount), (ADDRESS, account(12), 9, coins(1)));
    assert_eq!((world.unclaimed(12), world.pending(bucket)), (amount - coins(1), U256::ZERO));
    assert_eq!(world.call(12, abi::claimAllCall {}), amount - coins(1));
    assert_eq!(world.host.coins(account(12)), before + amount);
    world.refused(12, abi::claimAllCall {}, abi::NothingToClaim { account: account(12) });
}

#[test]
fn anybody_may_let_an_owner_be_paid_in_either_form_of_its_address() {
    let (mut world, _, amount) = earned();
    let before = world.host.coins(account(12));
    for text in [account(12).to_string(), account(12).to_io()] {
        world.call(5, abi::claimForCall { amount: coins(1), account: text, data: Vec::new() });
    }
    assert_eq!(world.host.coins(account(12)), before + coins(2));
    assert_eq!(world.unclaimed(12), amount - coins(2));
    let bad = abi::claimForCall { amount: coins(1), account: "io1".into(), data: Vec::new() };
    world.refused(5, bad, abi::BadAddress { account: "io1".into() });
}

#[test]
fn anybody_compounds_what_its_owner_lets_compound() {
    let (mut world, bucket, amount) = earned();
    let compound = || abi::compoundCall { bucketIndexes: vec![bucket] };
    world.refused(5, compound(), abi::DoesNotCompound { bucketIndex: bucket });
    let switch = abi::setAutoCompoundCall { bucketIndex: bucket, on: true };
    world.refused(5, switch.clone(), abi::NotBucketOwner { bucketIndex: bucket, owner: account(12) });
    world.call(12, switch);
    // Neither a stranger's settlement nor its claim for the owner takes the coins away from the bucket.
    world.call(5, abi::settleCall { bucketIndexes: vec![bucket] });
    let claim = abi::claimForCall { amount, account: account(12).to_string(), data: Vec::new() };
    let none = abi::TooFewRewards { account: account(12), amount, available: U256::ZERO };
    world.refused(5, claim, none);
    let before = staking::vote_of(&mut world.host, bucket).unwrap().votes;
    let staked = world.host.coins(SystemContract::Staking.address());
    world.call(5, compound());
    assert_eq!(world.host.coins(SystemContract::Staking.address()), staked + amount);
    assert_eq!(world.unclaimed(12), U256::ZERO);
    assert!(staking::vote_of(&mut world.host, bucket).unwrap().votes > before);
    let log = world.host.logs_of::<abi::Compounded>(SystemContract::Rewards).pop().unwrap();
    assert_eq!((log.bucketIndex, log.owner, log.amount), (bucket, account(12), amount));
    world.call(5, compound());
    assert_eq!(world.host.logs_of::<abi::Compounded>(SystemContract::Rewards).len(), 1);
}

#[test]
fn a_bucket_that_takes_no_deposits_does_not_compound() {
    let mut world = World::new(spec(vec![candidate(1, vec![vote(11, 3)])]));
    world.share_all(1, 5_000);
    let bucket = world.stake(12, "c1", coins(1_000_000), false);
    world.call(12, abi::setAutoCompoundCall { bucketIndex: bucket, on: true });
    world.enter_epoch(4);
    let compound = || abi::compoundCall { bucketIndexes: vec![bucket] };
    world.refused(5, compound(), abi::BucketDoesNotAutoStake { bucketIndex: bucket });
    world.staking(12, staking_abi::unstakeCall { bucketIndex: bucket, data: Vec::new() });
    world.refused(5, compound(), abi::BucketIsUnstaked { bucketIndex: bucket });
}

#[test]
fn calls_name_at_most_a_hundred_buckets_and_known_ones() {
    let (mut world, ..) = earned();
    let error = || abi::TooMany { count: U256::from(101), most: U256::from(100) };
    world.refused(1, abi::settleCall { bucketIndexes: vec![0; 101] }, error());
    world.refused(1, abi::compoundCall { bucketIndexes: vec![0; 101] }, error());
    let unknown = || abi::UnknownBucket { bucketIndex: 77 };
    world.refused(1, abi::settleCall { bucketIndexes: vec![0, 77] }, unknown());
    world.refused(1, abi::compoundCall { bucketIndexes: vec![77] }, unknown());
    world.refused(1, abi::pendingCall { bucketIndex: 77 }, unknown());
    world.refused(1, abi::setAutoCompoundCall { bucketIndex: 77, on: true }, unknown());
}

#[test]
fn an_owner_of_many_buckets_settles_the_rest_and_claims_again() {
    let mut world = World::new(spec(vec![candidate(1, vec![vote(11, 3)])]));
    world.share_all(1, 5_000);
    let buckets: Vec<_> = (0..103).map(|_| world.stake(12, "c1", coins(1_000), false)).collect();
    world.enter_epoch(4);
    let all = world.unclaimed(12);
    let each = world.pending(buckets[0]);
    assert_eq!(all, each * U256::from(103));
    assert_eq!(world.call(12, abi::claimAllCall {}), each * U256::from(100));
    assert_eq!(world.unclaimed(12), each * U256::from(3));
}
