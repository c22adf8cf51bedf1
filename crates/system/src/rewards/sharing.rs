//! Who shares in what: votes come and go, and what they earned until then is credited.
//!
//! Nothing here depends on how many buckets a candidate has: its earning votes and the sum per vote are kept, and a bucket
//! looks at that sum when it is settled.

use super::{
    broken, emit,
    holding::{Holding, PER_VOTE_BITS},
    lots::start_of,
    storage as at,
};
use crate::{Host, SystemError, chain_info, storage::Record};
use alloy_primitives::{Address, U256};
use althing_abi::Rewards::Settled;
use althing_primitives::Epoch;

/// A bucket, as far as rewards go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Vote {
    /// Number of the bucket.
    pub(crate) bucket: u64,
    /// Who gets what it earns.
    pub(crate) owner: Address,
    /// Number of the candidate.
    pub(crate) candidate: u64,
    /// Weighted votes.
    pub(crate) votes: u128,
}

/// Takes note of a bucket's change; `None` is a bucket that is not there. What it earned so far stays its owner's.
pub(crate) fn votes_changed(
    host: &mut impl Host,
    before: Option<Vote>,
    after: Option<Vote>,
) -> Result<(), SystemError> {
    let votes = |vote: Option<Vote>| vote.map_or(0, |vote| vote.votes);
    match (before, after) {
        (Some(old), Some(new)) if old.candidate != new.candidate => {
            shift(host, old, old.votes, 0)?;
            shift(host, new, 0, new.votes)
        }
        (_, Some(vote)) => shift(host, vote, votes(before), vote.votes),
        (Some(vote), None) => {
            shift(host, vote, vote.votes, 0)?;
            release(host, vote)?;
            let record = at::BUCKET.at(host, vote.bucket)?;
            let last = Holding::load(host, &record)?;
            Holding::default().store(host, &record, &last)
        }
        (None, None) => Ok(()),
    }
}

/// Changes how many votes a bucket has for its candidate.
fn shift(host: &mut impl Host, vote: Vote, from: u128, to: u128) -> Result<(), SystemError> {
    if from == to {
        return Ok(());
    }
    let epoch = chain_info::epoch(host)?;
    let mut candidate = Side::candidate(host, vote.candidate)?;
    candidate.begin(host, vote.candidate, epoch)?;
    let mut bucket = Side::bucket(host, vote.bucket)?;
    bucket.settle(host, &candidate, vote, epoch)?;
    let (own, all) = (&mut bucket.now.lots, &mut candidate.now.lots);
    if let Some(more) = to.checked_sub(from) {
        let calendar = chain_info::calendar(host)?;
        let start = start_of(calendar, epoch, host.block().number);
        own.raise(start, more);
        all.raise(start, more);
    } else {
        own.lower(all, from.saturating_sub(to))?;
    }
    candidate.store(host)?;
    bucket.store(host)
}

/// A record with what it held when it was read.
pub(super) struct Side {
    record: Record,
    before: Holding,
    pub(super) now: Holding,
}

impl Side {
    fn load(host: &mut impl Host, record: Record) -> Result<Self, SystemError> {
        let before = Holding::load(host, &record)?;
        Ok(Self { record, before, now: before })
    }

    pub(super) fn candidate(host: &mut impl Host, number: u64) -> Result<Self, SystemError> {
        let record = at::CANDIDATE.at(host, number)?;
        Self::load(host, record)
    }

    pub(super) fn bucket(host: &mut impl Host, index: u64) -> Result<Self, SystemError> {
        let record = at::BUCKET.at(host, index)?;
        Self::load(host, record)
    }

    pub(super) fn store(&self, host: &mut impl Host) -> Result<(), SystemError> {
        self.now.store(host, &self.record, &self.before)
    }

    /// Of a candidate: lets votes begin to earn whose epoch has come. The sum per vote did not change since they could have
    /// begun, because sharing begins with this.
    pub(super) fn begin(
        &mut self,
        host: &mut impl Host,
        number: u64,
        epoch: Epoch,
    ) -> Result<(), SystemError> {
        for (start, _) in self.now.lots.roll(epoch) {
            at::per_vote_at(host, number, start)?.set(host, self.now.per_vote)?;
        }
        Ok(())
    }

    /// Of a candidate: gives coins to those votes that earn. Says whether there are any.
    pub(super) fn share(&mut self, amount: u128) -> bool {
        let scaled = U256::from(amount) << PER_VOTE_BITS;
        let Some(per_vote) = scaled.checked_div(U256::from(self.now.lots.earning)) else { return false };
        self.now.per_vote = self.now.per_vote.saturating_add(per_vote);
        self.now.coins = self.now.coins.saturating_add(amount);
        true
    }

    /// Of a bucket: adds to its coins what it earned since it was settled last.
    pub(super) fn settle(
        &mut self,
        host: &mut impl Host,
        candidate: &Self,
        vote: Vote,
        epoch: Epoch,
    ) -> Result<(), SystemError> {
        let earned = self.earn(host, &candidate.now, vote.candidate, epoch)?;
        if earned == 0 {
            return Ok(());
        }
        emit(host, &Settled { bucketIndex: vote.bucket, owner: vote.owner, amount: U256::from(earned) })
    }

    /// The same without a log, for questions too; gives what was earned.
    fn earn(
        &mut self,
        host: &mut impl Host,
        candidate: &Holding,
        number: u64,
        epoch: Epoch,
    ) -> Result<u128, SystemError> {
        let own = &mut self.now;
        let mut grown = growth(own.lots.earning, own.per_vote, candidate.per_vote)?;
        for (start, votes) in own.lots.roll(epoch) {
            // A candidate that was not brought up to date since has shared nothing since.
            let from = match start > candidate.lots.rolled {
                true => candidate.per_vote,
                false => at::per_vote_at(host, number, start)?.get(host)?,
            };
            grown = grown.saturating_add(growth(votes, from, candidate.per_vote)?);
        }
        if own.lots.earning > 0 {
            own.per_vote = candidate.per_vote;
        }
        let grown: U256 = grown >> PER_VOTE_BITS;
        let sum = u128::try_from(grown).ok().and_then(|earned| own.coins.checked_add(earned));
        let sum = sum.ok_or_else(|| broken("a bucket earned more coins than there are"))?;
        let before = std::mem::replace(&mut own.coins, sum);
        Ok(sum.saturating_sub(before))
    }
}

/// What votes earned while the sum per vote grew, scaled as it is.
fn growth(votes: u128, from: U256, to: U256) -> Result<U256, SystemError> {
    if votes == 0 {
        return Ok(U256::ZERO);
    }
    let product = to.checked_sub(from).and_then(|grown| grown.checked_mul(U256::from(votes)));
    product.ok_or_else(|| broken("what a vote earned shrank"))
}

/// Credits a bucket with what it has earned.
pub(super) fn settle(host: &mut impl Host, vote: Vote) -> Result<Side, SystemError> {
    let epoch = chain_info::epoch(host)?;
    let candidate = Side::candidate(host, vote.candidate)?;
    let mut bucket = Side::bucket(host, vote.bucket)?;
    bucket.settle(host, &candidate, vote, epoch)?;
    Ok(bucket)
}

/// What a bucket could be paid now.
pub(super) fn pending(host: &mut impl Host, vote: Vote) -> Result<u128, SystemError> {
    let epoch = chain_info::epoch(host)?;
    let candidate = Side::candidate(host, vote.candidate)?;
    let mut bucket = Side::bucket(host, vote.bucket)?;
    bucket.earn(host, &candidate.now, vote.candidate, epoch)?;
    Ok(bucket.now.coins)
}

/// Before a bucket leaves its owner: what it earned goes to the owner's account, and its next owner decides anew whether it
/// compounds.
pub(crate) fn release(host: &mut impl Host, vote: Vote) -> Result<(), SystemError> {
    let mut bucket = settle(host, vote)?;
    let coins = std::mem::take(&mut bucket.now.coins);
    bucket.now.compounds = false;
    bucket.store(host)?;
    credit(host, vote.owner, coins)
}

/// Adds coins of the pool to an owner's account.
pub(super) fn credit(host: &mut impl Host, owner: Address, coins: u128) -> Result<(), SystemError> {
    if coins == 0 {
        return Ok(());
    }
    let account = at::ACCOUNT.at(host, owner)?;
    let sum = account.get(host)?.checked_add(coins);
    account.set(host, sum.ok_or_else(|| broken("an account has more coins than there are"))?)
}
