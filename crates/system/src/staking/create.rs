//! New stakes, deposits and mergers: everything that puts coins into a bucket.

use super::{
    bucket::{Bucket, Endorsement},
    candidate::Candidate,
    emit, refused,
    storage::{self as at},
    votes::count,
};
use crate::{Host, SystemError, params};
use alloy_primitives::{Address, U256};
use althing_abi::Staking::{
    AmountTooLarge, AmountTooSmall, BucketDoesNotAutoStake, BucketIsUnstaked, BucketMerged, CannotMerge,
    Deposited, DurationTooLong, NotBucketOwner, Staked, TooMany,
};
use althing_primitives::Param;

/// Most buckets that one merger may take in.
const MAX_MERGED: usize = 32;

/// The terms of a new stake.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    pub(super) amount: u128,
    pub(super) days: u32,
    pub(super) is_auto: bool,
}

/// Makes a bucket of coins that the contract holds already.
pub(super) fn create(
    host: &mut impl Host,
    owner: Address,
    candidate: &Candidate,
    terms: Terms,
) -> Result<Bucket, SystemError> {
    let Terms { amount, days, is_auto } = terms;
    let least = params::get(host, Param::MinBucket)?;
    if amount < least {
        return Err(refused(AmountTooSmall { amount: U256::from(amount), least: U256::from(least) }));
    }
    check_days(host, days)?;
    let index = at::NEXT_BUCKET.get(host)?;
    at::NEXT_BUCKET.set(host, index.saturating_add(1))?;
    let now = host.block().timestamp;
    let bucket = Bucket {
        index,
        owner,
        candidate: candidate.number,
        amount,
        days,
        is_auto,
        is_self_stake: false,
        created_at: now,
        staked_at: now,
        unstaked: None,
        endorsement: Endorsement::None,
        locked_until: 0,
    };
    count(host, None, Some(&bucket))?;
    bucket.list(host)?;
    let event = Staked {
        voter: owner,
        candidate: candidate.id,
        bucketIndex: index,
        amount: U256::from(amount),
        duration: days,
        autoStake: is_auto,
    };
    emit(host, &event)?;
    Ok(bucket)
}

/// Refuses durations beyond the longest.
pub(super) fn check_days(host: &mut impl Host, days: u32) -> Result<(), SystemError> {
    let most = params::get_u64(host, Param::MaxStakeDays)?;
    if u64::from(days) > most {
        let most = u32::try_from(most).unwrap_or(u32::MAX);
        return Err(refused(DurationTooLong { duration: days, most }));
    }
    Ok(())
}

/// Adds coins that the contract holds already to a bucket.
pub(super) fn deposit(
    host: &mut impl Host,
    index: u64,
    amount: u128,
    payer: Address,
) -> Result<(), SystemError> {
    let before = Bucket::load(host, index)?;
    if before.unstaked.is_some() {
        return Err(refused(BucketIsUnstaked { bucketIndex: index }));
    }
    if !before.is_auto {
        return Err(refused(BucketDoesNotAutoStake { bucketIndex: index }));
    }
    let after = Bucket { amount: sum(before.amount, amount)?, ..before.clone() };
    count(host, Some(&before), Some(&after))?;
    emit(host, &Deposited { bucketIndex: index, payer, amount: U256::from(amount) })
}

fn sum(amount: u128, more: u128) -> Result<u128, SystemError> {
    let too_large = || refused(AmountTooLarge { amount: U256::from(more) });
    amount.checked_add(more).ok_or_else(too_large)
}

/// Moves the coins of the caller's buckets `from` into its bucket `into`.
pub(super) fn merge(host: &mut impl Host, into: u64, from: &[u64]) -> Result<(), SystemError> {
    if from.len() > MAX_MERGED {
        return Err(refused(TooMany { count: U256::from(from.len()), most: U256::from(MAX_MERGED) }));
    }
    let mut target = owned(host, into)?;
    for index in from {
        let source = owned(host, *index)?;
        if !can_merge(&target, &source) {
            return Err(refused(CannotMerge { into, from: *index }));
        }
        let merged = Bucket { amount: sum(target.amount, source.amount)?, ..target.clone() };
        count(host, Some(&source), None)?;
        source.delete(host)?;
        count(host, Some(&target), Some(&merged))?;
        emit(host, &BucketMerged { into, from: *index, amount: U256::from(source.amount) })?;
        target = merged;
    }
    Ok(())
}

/// Merging must not free coins earlier than they would be, nor touch a stake that others rely on.
fn can_merge(target: &Bucket, source: &Bucket) -> bool {
    let renews = target.is_auto || (!source.is_auto && target.staked_at >= source.staked_at);
    target.index != source.index
        && target.unstaked.is_none()
        && source.unstaked.is_none()
        && target.candidate == source.candidate
        && target.days >= source.days
        && renews
        && !source.is_self_stake
        && source.endorsement == Endorsement::None
        && source.locked_until <= target.locked_until
}

/// The caller's bucket with a number; reverts when it is another's or none.
pub(super) fn owned(host: &mut impl Host, index: u64) -> Result<Bucket, SystemError> {
    let bucket = Bucket::load(host, index)?;
    if bucket.owner != host.call().caller {
        return Err(refused(NotBucketOwner { bucketIndex: index, owner: bucket.owner }));
    }
    Ok(bucket)
}
