//! The one place where votes and staked coins are counted.

use super::{bucket::Bucket, candidate::Candidate, storage as at};
use crate::{Host, SystemError, governance, rewards, storage::Slot};

/// Moves a bucket's weight from what it was to what it is; `None` is a bucket that is not there. Stores the bucket.
pub(super) fn count(
    host: &mut impl Host,
    before: Option<&Bucket>,
    after: Option<&Bucket>,
) -> Result<(), SystemError> {
    if let Some(bucket) = after {
        bucket.store(host)?;
    }
    rewards::votes_changed(host, before.map(Bucket::vote), after.map(Bucket::vote))?;
    let of_owner = |bucket: &Bucket| (bucket.owner, bucket.votes());
    governance::votes_changed(host, before.map(of_owner), after.map(of_owner))?;
    let same = before.map(|bucket| bucket.candidate) == after.map(|bucket| bucket.candidate);
    if same {
        weigh(host, before, after)?;
    } else {
        weigh(host, before, None)?;
        weigh(host, None, after)?;
    }
    let amount = |bucket: Option<&Bucket>| bucket.map_or(0, |bucket| bucket.amount);
    let votes = |bucket: Option<&Bucket>| bucket.map_or(0, Bucket::votes);
    adjust(host, at::TOTAL_STAKED, amount(before), amount(after))?;
    adjust(host, at::TOTAL_VOTES, votes(before), votes(after))
}

/// Adjusts the candidate of a bucket that did not change its candidate.
fn weigh(host: &mut impl Host, before: Option<&Bucket>, after: Option<&Bucket>) -> Result<(), SystemError> {
    let Some(number) = before.or(after).map(|bucket| bucket.candidate) else { return Ok(()) };
    let votes = |bucket: Option<&Bucket>| bucket.map_or(0, Bucket::votes);
    let self_stake =
        |bucket: Option<&Bucket>| bucket.filter(|bucket| bucket.is_self_stake).map_or(0, |b| b.amount);
    let weights = Candidate::weights(host, number)?;
    let [all, own] = weights.get(host)?;
    let all = moved(all, votes(before), votes(after))?;
    weights.set(host, [all, moved(own, self_stake(before), self_stake(after))?])
}

fn moved(total: u128, before: u128, after: u128) -> Result<u128, SystemError> {
    total
        .checked_sub(before)
        .and_then(|rest| rest.checked_add(after))
        .ok_or_else(|| SystemError::Fatal(format!("a total of {total} cannot go from {before} to {after}")))
}

fn adjust(host: &mut impl Host, slot: Slot<u128>, before: u128, after: u128) -> Result<(), SystemError> {
    if before == after {
        return Ok(());
    }
    let total = slot.get(host)?;
    slot.set(host, moved(total, before, after)?)
}
