//! Changes of a stake that stays: its terms, its candidate, its owner.

use super::{
    bucket::{Bucket, Endorsement},
    candidate::Candidate,
    create::{check_days, owned},
    emit, refused,
    votes::count,
};
use crate::{Host, SystemError, governance, params, rewards};
use alloy_primitives::Address;
use althing_abi::Staking::{
    BucketIsEndorsed, BucketIsSelfStake, BucketIsUnstaked, BucketTransferred, CandidateChanged,
    CannotShorten, Restaked, SameCandidate, UnknownCandidateAddress,
};

/// The caller's bucket, staked.
fn staked(host: &mut impl Host, index: u64) -> Result<Bucket, SystemError> {
    let bucket = owned(host, index)?;
    if bucket.unstaked.is_some() {
        return Err(refused(BucketIsUnstaked { bucketIndex: index }));
    }
    Ok(bucket)
}

/// Refuses buckets that a candidate relies on.
pub(super) fn check_free(bucket: &Bucket) -> Result<(), SystemError> {
    if bucket.is_self_stake {
        return Err(refused(BucketIsSelfStake { bucketIndex: bucket.index }));
    }
    if bucket.endorsement != Endorsement::None {
        return Err(refused(BucketIsEndorsed { bucketIndex: bucket.index }));
    }
    Ok(())
}

/// Time at which a bucket's duration is over.
pub(super) fn matures_at(host: &mut impl Host, bucket: &Bucket) -> Result<u64, SystemError> {
    Ok(bucket.staked_at.saturating_add(params::days(host, u64::from(bucket.days))?))
}

/// Changes duration and renewal; the duration starts anew.
pub(super) fn restake(host: &mut impl Host, index: u64, days: u32, is_auto: bool) -> Result<(), SystemError> {
    let before = staked(host, index)?;
    check_days(host, days)?;
    let now = host.block().timestamp;
    let may_shorten = !before.is_auto && now >= matures_at(host, &before)?;
    if days < before.days && !may_shorten {
        return Err(refused(CannotShorten { bucketIndex: index, duration: days, least: before.days }));
    }
    let after = Bucket { days, is_auto, staked_at: now, ..before.clone() };
    count(host, Some(&before), Some(&after))?;
    emit(host, &Restaked { bucketIndex: index, duration: days, autoStake: is_auto })
}

/// Lets a bucket vote for another candidate.
pub(super) fn change_candidate(host: &mut impl Host, index: u64, name: &str) -> Result<(), SystemError> {
    let before = staked(host, index)?;
    check_free(&before)?;
    let to = Candidate::named(host, name)?;
    if to.number == before.candidate {
        return Err(refused(SameCandidate { bucketIndex: index }));
    }
    let from = Candidate::id_of(host, before.candidate)?;
    let mut after = before.clone();
    after.change_candidate(host, to.number)?;
    count(host, Some(&before), Some(&after))?;
    emit(host, &CandidateChanged { bucketIndex: index, from, to: to.id })
}

/// Gives a bucket to another owner.
pub(super) fn transfer(host: &mut impl Host, index: u64, to: Address) -> Result<(), SystemError> {
    let mut bucket = owned(host, index)?;
    check_free(&bucket)?;
    if to.is_zero() {
        return Err(refused(UnknownCandidateAddress { account: to }));
    }
    rewards::release(host, bucket.vote())?;
    let (from, votes) = (bucket.owner, bucket.votes());
    bucket.change_owner(host, to)?;
    bucket.store(host)?;
    governance::votes_changed(host, Some((from, votes)), Some((to, votes)))?;
    emit(host, &BucketTransferred { bucketIndex: index, from, to })
}
