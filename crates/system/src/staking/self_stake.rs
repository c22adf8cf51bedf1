//! What makes a candidate active: its self-stake, own or endorsed.

use super::{
    SELF_STAKE_LOCK_EPOCHS,
    bucket::{Bucket, Endorsement},
    candidate::{Candidate, Exit},
    chain_epoch, check_answered,
    create::owned,
    emit, refused, storage as at,
    votes::count,
};
use crate::{Host, SystemError, params};
use alloy_primitives::U256;
use althing_abi::Staking::{
    AmountTooSmall, BucketIsEndorsed, BucketIsNotEndorsed, BucketIsSelfStake, BucketIsUnstaked,
    CandidateActivated, Endorsed, EndorsementEnding, EndorsementRevoked, HasSelfStake, LeavesLater, Leaving,
    NotBucketOwner, OtherCandidate, SelfStakeCleared, TooEarly, TooManyActive,
};
use althing_primitives::Param;

/// Most active candidates: an election looks at each.
pub(super) const MAX_ACTIVE_CANDIDATES: u64 = 4_096;

/// Makes a bucket the self-stake of the caller's candidate.
pub(super) fn activate(host: &mut impl Host, index: u64) -> Result<(), SystemError> {
    let candidate = Candidate::of_caller(host)?;
    let bucket = Bucket::load(host, index)?;
    if candidate.exit != Exit::No {
        return Err(refused(Leaving {}));
    }
    if let Some(present) = candidate.self_bucket {
        return Err(refused(HasSelfStake { bucketIndex: present }));
    }
    if bucket.candidate != candidate.number {
        return Err(refused(OtherCandidate { bucketIndex: index }));
    }
    if bucket.unstaked.is_some() {
        return Err(refused(BucketIsUnstaked { bucketIndex: index }));
    }
    if bucket.owner != candidate.owner && bucket.endorsement != Endorsement::Active {
        return Err(refused(NotBucketOwner { bucketIndex: index, owner: bucket.owner }));
    }
    if matches!(bucket.endorsement, Endorsement::Ending(_)) {
        return Err(refused(BucketIsNotEndorsed { bucketIndex: index }));
    }
    let least = params::get(host, Param::MinSelfStake)?;
    if bucket.amount < least {
        let (amount, least) = (U256::from(bucket.amount), U256::from(least));
        return Err(refused(AmountTooSmall { amount, least }));
    }
    bind(host, candidate, bucket)
}

/// Binds a suitable bucket to a candidate that has no self-stake, and enters the candidate among the active ones.
pub(super) fn bind(
    host: &mut impl Host,
    mut candidate: Candidate,
    before: Bucket,
) -> Result<(), SystemError> {
    let after = Bucket { is_self_stake: true, ..before.clone() };
    count(host, Some(&before), Some(&after))?;
    candidate.self_bucket = Some(after.index);
    enter_active(host, &mut candidate)?;
    candidate.store(host)?;
    emit(host, &CandidateActivated { candidate: candidate.id, bucketIndex: after.index })
}

fn enter_active(host: &mut impl Host, candidate: &mut Candidate) -> Result<(), SystemError> {
    if at::ACTIVE_CANDIDATES.len(host)? >= MAX_ACTIVE_CANDIDATES {
        return Err(refused(TooManyActive { most: MAX_ACTIVE_CANDIDATES }));
    }
    candidate.enter_active(host)
}

/// Frees a candidate's self-stake; the bucket votes on as an ordinary one.
pub(super) fn release(host: &mut impl Host, candidate: &mut Candidate) -> Result<(), SystemError> {
    let Some(index) = candidate.self_bucket.take() else { return Ok(()) };
    let before = Bucket::load(host, index)?;
    let after = Bucket { is_self_stake: false, ..before.clone() };
    count(host, Some(&before), Some(&after))?;
    candidate.leave_active(host)?;
    candidate.store(host)?;
    emit(host, &SelfStakeCleared { candidate: candidate.id, bucketIndex: index })
}

/// Endorses: the candidate may use the caller's bucket. Takes an intent to revoke back.
pub(super) fn endorse(host: &mut impl Host, index: u64) -> Result<(), SystemError> {
    let mut bucket = owned(host, index)?;
    if bucket.unstaked.is_some() {
        return Err(refused(BucketIsUnstaked { bucketIndex: index }));
    }
    if bucket.endorsement == Endorsement::Active {
        return Err(refused(BucketIsEndorsed { bucketIndex: index }));
    }
    if bucket.is_self_stake && bucket.endorsement == Endorsement::None {
        return Err(refused(BucketIsSelfStake { bucketIndex: index }));
    }
    bucket.endorsement = Endorsement::Active;
    bucket.store(host)?;
    let mut candidate = Candidate::load(host, bucket.candidate)?;
    if bucket.is_self_stake && candidate.exit == Exit::No && !candidate.is_active() {
        enter_active(host, &mut candidate)?;
        candidate.store(host)?;
    }
    emit(host, &Endorsed { bucketIndex: index, candidate: candidate.id })
}

/// The former owner's self-stake stays the candidate's until it is revoked in due time.
pub(super) fn endorse_by_former_owner(
    host: &mut impl Host,
    candidate: &Candidate,
) -> Result<(), SystemError> {
    let Some(index) = candidate.self_bucket else { return Ok(()) };
    let mut bucket = Bucket::load(host, index)?;
    if bucket.endorsement == Endorsement::None && bucket.owner != candidate.owner {
        bucket.endorsement = Endorsement::Active;
        bucket.store(host)?;
        emit(host, &Endorsed { bucketIndex: index, candidate: candidate.id })?;
    }
    Ok(())
}

/// Begins to take an endorsement back: the candidate is not elected with it any more, but answers with it for the
/// terms that it was drawn for.
pub(super) fn begin_revocation(host: &mut impl Host, index: u64) -> Result<(), SystemError> {
    let mut bucket = owned(host, index)?;
    if bucket.endorsement != Endorsement::Active {
        return Err(refused(BucketIsNotEndorsed { bucketIndex: index }));
    }
    let wait = params::seconds(host, Param::EndorsementDays)?;
    let revocable_at = host.block().timestamp.saturating_add(wait);
    bucket.endorsement = Endorsement::Ending(revocable_at);
    if bucket.is_self_stake {
        bucket.locked_until = chain_epoch(host)?.saturating_add(SELF_STAKE_LOCK_EPOCHS);
        let mut candidate = Candidate::load(host, bucket.candidate)?;
        candidate.leave_active(host)?;
        candidate.store(host)?;
    }
    bucket.store(host)?;
    emit(host, &EndorsementEnding { bucketIndex: index, revocableAt: revocable_at })
}

/// Takes an endorsement back when its time has come.
pub(super) fn revoke(host: &mut impl Host, index: u64) -> Result<(), SystemError> {
    let bucket = owned(host, index)?;
    let Endorsement::Ending(earliest) = bucket.endorsement else {
        return Err(refused(BucketIsNotEndorsed { bucketIndex: index }));
    };
    if host.block().timestamp < earliest {
        return Err(refused(TooEarly { bucketIndex: index, earliest }));
    }
    if chain_epoch(host)? < bucket.locked_until {
        return Err(refused(LeavesLater { epoch: bucket.locked_until }));
    }
    if bucket.is_self_stake {
        check_answered(host, bucket.candidate)?;
        let mut candidate = Candidate::load(host, bucket.candidate)?;
        release(host, &mut candidate)?;
    }
    let mut bucket = Bucket::load(host, index)?;
    bucket.endorsement = Endorsement::None;
    bucket.store(host)?;
    emit(host, &EndorsementRevoked { bucketIndex: index })
}
