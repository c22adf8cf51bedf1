//! Every storage slot of `Rewards`. Append only.

use crate::{
    Host, SystemError,
    election::EPOCHS_KEPT,
    storage::{Map, Pair, Quad, Record, Records, Slot},
};
use alloy_primitives::{Address, U256};
use althing_abi::REWARD_FUND;
use althing_primitives::Epoch;

/// Where the contract answers, and whose balance is the fund and the voters' pool.
pub(super) const ADDRESS: Address = REWARD_FUND;

/// Coins that belong to voters.
pub(super) const POOL: Slot<u128> = Slot::new(ADDRESS, 0);
/// Credited coins of former and present owners of buckets, beside those of their buckets.
pub(super) const ACCOUNT: Map<Address, u128> = Map::new(ADDRESS, 1);
/// Candidates by number: `holding.rs`, then the plan.
pub(super) const CANDIDATE: Records<u64> = Records::new(ADDRESS, 2);
/// Buckets by number: `holding.rs`.
pub(super) const BUCKET: Records<u64> = Records::new(ADDRESS, 3);
/// A candidate's sum per vote before the end of an epoch in which votes began to earn, by number and epoch.
const PER_VOTE_AT: Map<Quad, U256> = Map::new(ADDRESS, 4);
/// Rewards of epochs, in a ring.
const PAID: Records<u64> = Records::new(ADDRESS, 5);

/// Offset of the plan in a candidate's record.
const PLAN_AT: u64 = 5;

pub(super) fn per_vote_at(
    host: &mut impl Host,
    candidate: u64,
    epoch: Epoch,
) -> Result<Slot<U256>, SystemError> {
    PER_VOTE_AT.at(host, [candidate, epoch, 0, 0])
}

/// Present shares, next shares, epoch from which on the next are in force, whether there are next ones.
pub(super) fn plan(host: &mut impl Host, candidate: u64) -> Result<Slot<Quad>, SystemError> {
    Ok(CANDIDATE.at(host, candidate)?.slot(PLAN_AT))
}

/// The rewards of an epoch as paid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Paid {
    /// By kind.
    pub(super) amounts: [u128; 3],
    pub(super) to_voters: u128,
    pub(super) due: u128,
    pub(super) is_short: bool,
    pub(super) fund_after: u128,
}

impl Paid {
    fn record(host: &mut impl Host, epoch: Epoch) -> Result<Record, SystemError> {
        PAID.at(host, epoch % EPOCHS_KEPT)
    }

    /// Those of an epoch; `None` when it is not over or too long ago.
    pub(super) fn load(host: &mut impl Host, epoch: Epoch) -> Result<Option<Self>, SystemError> {
        let record = Self::record(host, epoch)?;
        let [tag, short, _, _] = record.slot::<Quad>(0).get(host)?;
        if tag != epoch.saturating_add(1) {
            return Ok(None);
        }
        let [block, by_votes] = record.slot::<Pair>(1).get(host)?;
        let [bonus, to_voters] = record.slot::<Pair>(2).get(host)?;
        let [due, fund_after] = record.slot::<Pair>(3).get(host)?;
        let amounts = [block, by_votes, bonus];
        Ok(Some(Self { amounts, to_voters, due, is_short: short != 0, fund_after }))
    }

    pub(super) fn store(&self, host: &mut impl Host, epoch: Epoch) -> Result<(), SystemError> {
        let record = Self::record(host, epoch)?;
        let [block, by_votes, bonus] = self.amounts;
        record.slot::<Quad>(0).set(host, [epoch.saturating_add(1), self.is_short.into(), 0, 0])?;
        record.slot::<Pair>(1).set(host, [block, by_votes])?;
        record.slot::<Pair>(2).set(host, [bonus, self.to_voters])?;
        record.slot::<Pair>(3).set(host, [self.due, self.fund_after])
    }
}
