//! The way of voters' coins out of the pool: to their owners, or into their buckets.

use super::{
    broken, emit, refused,
    sharing::{credit, pending, settle},
    storage::{self as at, ADDRESS},
};
use crate::{
    Host, SystemError,
    staking::{self, storage::ADDRESS as STAKING},
};
use alloy_primitives::{Address, U256};
use althing_abi::Rewards::{
    AutoCompoundSet, Compounded, DoesNotCompound, NotBucketOwner, NothingToClaim, TooFewRewards, TooMany,
    Transfer,
};

/// Most buckets that a call settles.
const MAX_SETTLED: u64 = 100;

/// Most buckets that a question about an account looks at.
const MAX_ASKED: u64 = 1_000;

/// Kinds of movement, as IoTeX's tools number them.
const DEPOSIT: u8 = 8;
const CLAIM: u8 = 9;

/// Moves coins of the caller into the fund.
pub(super) fn deposit(host: &mut impl Host, amount: U256) -> Result<(), SystemError> {
    let from = host.call().caller;
    host.transfer(from, ADDRESS, amount)?;
    emit(host, &Transfer { from, to: ADDRESS, kind: DEPOSIT, amount })
}

/// What an owner could claim.
pub(super) fn unclaimed(host: &mut impl Host, owner: Address) -> Result<u128, SystemError> {
    let mut sum = at::ACCOUNT.at(host, owner)?.get(host)?;
    for index in staking::buckets_of(host, owner, MAX_ASKED)? {
        let vote = staking::vote_of(host, index)?;
        sum = sum.saturating_add(pending(host, vote)?);
    }
    Ok(sum)
}

/// Settles an owner's first buckets and brings their coins to its account; gives what is there.
fn collect(host: &mut impl Host, owner: Address) -> Result<u128, SystemError> {
    let is_owner = host.call().caller == owner;
    let mut coins = 0_u128;
    for index in staking::buckets_of(host, owner, MAX_SETTLED)? {
        let vote = staking::vote_of(host, index)?;
        let mut bucket = settle(host, vote)?;
        if is_owner || !bucket.now.compounds {
            coins = coins.saturating_add(std::mem::take(&mut bucket.now.coins));
        }
        bucket.store(host)?;
    }
    credit(host, owner, coins)?;
    at::ACCOUNT.at(host, owner)?.get(host)
}

/// Pays an owner an amount.
pub(super) fn claim(host: &mut impl Host, owner: Address, amount: U256) -> Result<(), SystemError> {
    let available = collect(host, owner)?;
    match u128::try_from(amount) {
        Ok(0) => Err(refused(NothingToClaim { account: owner })),
        Ok(amount) if amount <= available => pay(host, owner, amount, available),
        _ => Err(refused(TooFewRewards { account: owner, amount, available: U256::from(available) })),
    }
}

/// Pays the caller all it has; gives the amount.
pub(super) fn claim_all(host: &mut impl Host) -> Result<u128, SystemError> {
    let owner = host.call().caller;
    let available = collect(host, owner)?;
    if available == 0 {
        return Err(refused(NothingToClaim { account: owner }));
    }
    pay(host, owner, available, available)?;
    Ok(available)
}

fn pay(host: &mut impl Host, owner: Address, amount: u128, available: u128) -> Result<(), SystemError> {
    at::ACCOUNT.at(host, owner)?.set(host, available.saturating_sub(amount))?;
    take_from_pool(host, owner, amount)?;
    emit(host, &Transfer { from: ADDRESS, to: owner, kind: CLAIM, amount: U256::from(amount) })
}

fn take_from_pool(host: &mut impl Host, to: Address, amount: u128) -> Result<(), SystemError> {
    let rest = at::POOL.get(host)?.checked_sub(amount);
    at::POOL.set(host, rest.ok_or_else(|| broken("voters have more coins than the pool"))?)?;
    host.transfer(ADDRESS, to, U256::from(amount))
}

fn check_count(indexes: &[u64]) -> Result<(), SystemError> {
    if indexes.len() as u64 > MAX_SETTLED {
        let (count, most) = (U256::from(indexes.len()), U256::from(MAX_SETTLED));
        return Err(refused(TooMany { count, most }));
    }
    Ok(())
}

/// Credits buckets with what they have earned.
pub(super) fn settle_all(host: &mut impl Host, indexes: &[u64]) -> Result<(), SystemError> {
    check_count(indexes)?;
    for index in indexes {
        let vote = staking::vote_of(host, *index)?;
        let bucket = settle(host, vote)?;
        bucket.store(host)?;
    }
    Ok(())
}

/// Lets anybody compound the caller's bucket, or nobody.
pub(super) fn set_compounding(host: &mut impl Host, index: u64, on: bool) -> Result<(), SystemError> {
    let vote = staking::vote_of(host, index)?;
    if vote.owner != host.call().caller {
        return Err(refused(NotBucketOwner { bucketIndex: index, owner: vote.owner }));
    }
    let mut bucket = settle(host, vote)?;
    bucket.now.compounds = on;
    bucket.store(host)?;
    emit(host, &AutoCompoundSet { bucketIndex: index, on })
}

/// Puts the coins of buckets into them, as a deposit by anybody would.
pub(super) fn compound(host: &mut impl Host, indexes: &[u64]) -> Result<(), SystemError> {
    check_count(indexes)?;
    for index in indexes {
        let vote = staking::vote_of(host, *index)?;
        let mut bucket = settle(host, vote)?;
        if !bucket.now.compounds {
            return Err(refused(DoesNotCompound { bucketIndex: *index }));
        }
        let coins = std::mem::take(&mut bucket.now.coins);
        bucket.store(host)?;
        if coins > 0 {
            take_from_pool(host, STAKING, coins)?;
            staking::add(host, *index, coins, ADDRESS)?;
            let amount = U256::from(coins);
            emit(host, &Compounded { bucketIndex: *index, owner: vote.owner, amount })?;
        }
    }
    Ok(())
}
