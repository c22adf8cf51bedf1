//! How the votes of a candidate or of a bucket, and what they earned, lie in storage.

use super::lots::Lots;
use crate::{
    Host, SystemError,
    storage::{Pair, Quad, Record, Word},
};
use alloy_primitives::U256;

/// Bits by which sums per vote are scaled. A vote is a Rau's, so no bucket has more than 2^96 of them, and what is cut off
/// in an epoch is less than 2^-16 Rau a bucket. A sum stays below 2^256 until 2^144 Rau were shared with a single vote.
pub(super) const PER_VOTE_BITS: u32 = 112;

/// Slots that it fills, the first of a record.
const SLOTS: usize = 5;

/// Votes and what they earned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Holding {
    /// The votes.
    pub(super) lots: Lots,
    /// Of a candidate: what one vote would have earned since genesis. Of a bucket: that, when it was settled last.
    pub(super) per_vote: U256,
    /// Of a candidate: what its voters got since genesis. Of a bucket: credited coins that were not taken.
    pub(super) coins: u128,
    /// Of a bucket: whether anybody may put them into it.
    pub(super) compounds: bool,
}

impl Holding {
    /// Reads it from a record.
    pub(super) fn load(host: &mut impl Host, record: &Record) -> Result<Self, SystemError> {
        record.prefetch(host, 0..SLOTS as u64)?;
        let [earning, coins] = record.slot::<Pair>(0).get(host)?;
        let [rolled, compounds, _, _] = record.slot::<Quad>(1).get(host)?;
        let per_vote = record.slot(2).get(host)?;
        let [first, second] = record.slot::<Pair>(3).get(host)?;
        let [third, fourth] = record.slot::<Pair>(4).get(host)?;
        let lots = Lots { earning, starting: [first, second, third, fourth], rolled };
        Ok(Self { lots, per_vote, coins, compounds: compounds != 0 })
    }

    /// Writes what differs from `before`.
    pub(super) fn store(
        &self,
        host: &mut impl Host,
        record: &Record,
        before: &Self,
    ) -> Result<(), SystemError> {
        for (offset, (word, old)) in (0..).zip(self.words().into_iter().zip(before.words())) {
            if word != old {
                record.slot(offset).set(host, word)?;
            }
        }
        Ok(())
    }

    fn words(&self) -> [U256; SLOTS] {
        let [first, second, third, fourth] = self.lots.starting;
        [
            [self.lots.earning, self.coins].to_word(),
            [self.lots.rolled, self.compounds.into(), 0, 0].to_word(),
            self.per_vote,
            [first, second].to_word(),
            [third, fourth].to_word(),
        ]
    }
}
