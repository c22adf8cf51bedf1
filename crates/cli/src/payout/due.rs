//! Who is owed what for an epoch: the protocol's own rule of sharing with voters, applied to what a candidate was paid.
//!
//! A vote earns in an epoch if it was there at the ranking for that epoch and ever since (docs/spec/rewards.md): the contract
//! takes what a bucket loses from its latest votes, so the least it had from the ranking's block to the epoch's end earns.

use super::memo::Terms;
use crate::history::{Moment, Stake};
use alloy_primitives::U256;
use althing_primitives::calendar::ELECTION_LEAD_EPOCHS;
use althing_primitives::{Address, Calendar, Epoch, Height};
use std::collections::BTreeMap;

/// What the protocol paid for an epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Paid {
    /// To the candidate's reward account: block, epoch and bonus.
    pub(super) own: [U256; 3],
    /// To its voters, by its plan.
    pub(super) to_voters: U256,
}

/// Everything about a candidate that dues follow from.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    pub(super) calendar: Calendar,
    /// Of each bucket that ever voted for the candidate, what it was, in order of the chain.
    pub(super) moments: BTreeMap<u64, Vec<Moment>>,
    /// Votes of each stake among the moments, as the contract counts them.
    pub(super) votes: BTreeMap<Stake, U256>,
    /// What was paid, by epoch.
    pub(super) paid: BTreeMap<Epoch, Paid>,
}

/// What a bucket is owed for an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) bucket: u64,
    pub(super) owner: Address,
    pub(super) votes: U256,
    pub(super) amount: U256,
}

impl Facts {
    /// Buckets with votes that earn at the end of a range of blocks whose first is that of a ranking, with their owners then.
    pub(super) fn earning(&self, ranked: Height, last: Height) -> Vec<(u64, Address, U256)> {
        let earns = |(bucket, moments): (&u64, &Vec<Moment>)| {
            let end = moments.partition_point(|moment| moment.height <= last);
            let begin = moments.partition_point(|moment| moment.height <= ranked).checked_sub(1)?;
            let window = moments.get(begin..end)?;
            let votes = |moment: &Moment| {
                moment.stake.map_or(U256::ZERO, |stake| self.votes.get(&stake).copied().unwrap_or_default())
            };
            let least = window.iter().map(votes).min()?;
            (!least.is_zero()).then_some((*bucket, window.last()?.owner, least))
        };
        self.moments.iter().filter_map(earns).collect()
    }

    /// What each bucket is owed for an epoch on terms. Nobody is, in epochs before the first ranking.
    pub(super) fn due(&self, epoch: Epoch, terms: Terms) -> Vec<Share> {
        let Some(elected_in) = epoch.checked_sub(ELECTION_LEAD_EPOCHS) else { return Vec::new() };
        let part = terms.of_voters(self.paid.get(&epoch).copied().unwrap_or_default().own);
        let earning = self.earning(self.calendar.ranking_block(elected_in), self.calendar.last_block(epoch));
        let total: U256 = earning.iter().map(|(_, _, votes)| *votes).sum();
        let share = |(bucket, owner, votes): (u64, Address, U256)| {
            // A part is below 2^128 Rau, and so are votes.
            let amount = (part * votes).checked_div(total).unwrap_or_default();
            Share { bucket, owner, votes, amount }
        };
        earning.into_iter().map(share).collect()
    }
}
