//! The way out of a stake: unstake, wait, withdraw.

use super::{
    bucket::{Bucket, Unstake},
    chain_epoch,
    change::{check_free, matures_at},
    create::owned,
    emit, refused,
    storage::ADDRESS,
    votes::count,
};
use crate::{Host, SystemError, params};
use alloy_primitives::U256;
use althing_abi::Staking::{
    BucketAutoStakes, BucketIsStaked, BucketIsUnstaked, LeavesLater, TooEarly, Unstaked, Withdrawn,
};
use althing_primitives::Param;

/// Takes a bucket's votes back.
pub(super) fn unstake(host: &mut impl Host, index: u64) -> Result<(), SystemError> {
    let before = owned(host, index)?;
    if before.unstaked.is_some() {
        return Err(refused(BucketIsUnstaked { bucketIndex: index }));
    }
    check_free(&before)?;
    if before.is_auto {
        return Err(refused(BucketAutoStakes { bucketIndex: index }));
    }
    if chain_epoch(host)? < before.locked_until {
        return Err(refused(LeavesLater { epoch: before.locked_until }));
    }
    let (now, earliest) = (host.block().timestamp, matures_at(host, &before)?);
    if now < earliest {
        return Err(refused(TooEarly { bucketIndex: index, earliest }));
    }
    let withdrawable_at = now.saturating_add(params::seconds(host, Param::WithdrawDays)?);
    let unstaked = Some(Unstake { at: now, withdrawable_at });
    let after = Bucket { unstaked, locked_until: 0, ..before.clone() };
    count(host, Some(&before), Some(&after))?;
    let (owner, amount) = (after.owner, U256::from(after.amount));
    emit(host, &Unstaked { bucketIndex: index, owner, amount, withdrawableAt: withdrawable_at })
}

/// Pays an unstaked bucket out and deletes it.
pub(super) fn withdraw(host: &mut impl Host, index: u64) -> Result<(), SystemError> {
    let bucket = owned(host, index)?;
    let unstaked = bucket.unstaked.ok_or_else(|| refused(BucketIsStaked { bucketIndex: index }))?;
    let earliest = unstaked.withdrawable_at;
    if host.block().timestamp < earliest {
        return Err(refused(TooEarly { bucketIndex: index, earliest }));
    }
    count(host, Some(&bucket), None)?;
    bucket.delete(host)?;
    let (owner, amount) = (bucket.owner, U256::from(bucket.amount));
    host.transfer(ADDRESS, owner, amount)?;
    emit(host, &Withdrawn { bucketIndex: index, owner, amount })
}
