//! Votes by the epoch from which on they earn.
//!
//! A ranking is fixed three epochs ahead, so votes cast in an epoch begin to earn three or four epochs later, and at most
//! four later epochs can have lots at a time: a ring of four holds them all, and no lot ever waits for another.

use super::broken;
use crate::SystemError;
use althing_primitives::{Calendar, Epoch, Height, calendar::ELECTION_LEAD_EPOCHS};

/// Epochs, after the present one, in which votes may begin to earn.
pub(super) const WINDOW: u64 = ELECTION_LEAD_EPOCHS + 1;

/// The first epoch whose ranking counts votes that are cast in a block.
pub(super) fn start_of(calendar: Calendar, epoch: Epoch, height: Height) -> Epoch {
    let is_ranked = height <= calendar.ranking_block(epoch);
    epoch.saturating_add(if is_ranked { ELECTION_LEAD_EPOCHS } else { WINDOW })
}

/// Votes of a bucket, or of all buckets of a candidate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Lots {
    /// Votes that earn at the end of epoch `rolled`.
    pub(super) earning: u128,
    /// Votes that begin later, by their first epoch modulo [`WINDOW`].
    pub(super) starting: [u128; WINDOW as usize],
    /// The epoch for which this was brought up to date.
    pub(super) rolled: Epoch,
}

fn place(epoch: Epoch) -> usize {
    (epoch % WINDOW) as usize
}

impl Lots {
    /// Lots that begin later, earliest first.
    pub(super) fn later(&self) -> Vec<(Epoch, u128)> {
        let first = self.rolled.saturating_add(1);
        let all = (first..first.saturating_add(WINDOW)).map(|epoch| (epoch, self.starting[place(epoch)]));
        all.filter(|(_, votes)| *votes > 0).collect()
    }

    /// Brings it up to an epoch; gives the lots that began since, earliest first.
    pub(super) fn roll(&mut self, epoch: Epoch) -> Vec<(Epoch, u128)> {
        let mut begun = self.later();
        begun.retain(|(start, _)| *start <= epoch);
        for (start, votes) in &begun {
            self.starting[place(*start)] = 0;
            self.earning = self.earning.saturating_add(*votes);
        }
        self.rolled = self.rolled.max(epoch);
        begun
    }

    /// Adds votes that earn from a later epoch on.
    pub(super) fn raise(&mut self, start: Epoch, votes: u128) {
        let lot = &mut self.starting[place(start)];
        *lot = lot.saturating_add(votes);
    }

    /// Takes votes from the latest lots first, and the same out of `total`. Both are up to date.
    pub(super) fn lower(&mut self, total: &mut Self, votes: u128) -> Result<(), SystemError> {
        let mut left = votes;
        for (start, _) in self.later().into_iter().rev() {
            let place = place(start);
            take(&mut self.starting[place], &mut total.starting[place], &mut left)?;
        }
        take(&mut self.earning, &mut total.earning, &mut left)?;
        if left == 0 { Ok(()) } else { Err(broken("a bucket has fewer votes than were taken from it")) }
    }
}

fn take(own: &mut u128, total: &mut u128, left: &mut u128) -> Result<(), SystemError> {
    let part = (*own).min(*left);
    let rest = total.checked_sub(part);
    *total = rest.ok_or_else(|| broken("a candidate has fewer votes than one of its buckets"))?;
    *own = own.saturating_sub(part);
    *left = left.saturating_sub(part);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn votes_earn_from_the_epoch_for_whose_ranking_they_counted() {
        let calendar = Calendar { epoch_blocks: 32 };
        for (epoch, height, start) in [(0, 0, 3), (0, 8, 3), (0, 9, 4), (5, 168, 8), (5, 169, 9), (5, 191, 9)]
        {
            assert_eq!(start_of(calendar, epoch, height), start, "epoch {epoch}, height {height}");
        }
    }

    #[test]
    fn the_latest_votes_are_taken_first() {
        let mut lots = Lots { earning: 10, rolled: 7, ..Lots::default() };
        lots.raise(11, 3);
        lots.raise(9, 5);
        let mut total = lots;
        lots.lower(&mut total, 4).unwrap();
        assert_eq!((lots.earning, lots.later()), (10, vec![(9, 4)]));
        assert_eq!(lots, total);
        lots.lower(&mut total, 6).unwrap();
        assert_eq!((lots.earning, lots.later()), (8, vec![]));
        assert!(lots.lower(&mut total, 9).is_err());
    }

    #[test]
    fn a_lot_begins_once_however_late_one_looks() {
        for epoch in [10, 11, 14, 1_000] {
            let mut lots = Lots { earning: 1, rolled: 7, ..Lots::default() };
            lots.raise(10, 2);
            assert_eq!(lots.roll(9), []);
            assert_eq!(lots.roll(epoch), [(10, 2)]);
            assert_eq!(lots.roll(epoch), []);
            assert_eq!((lots.earning, lots.rolled, lots.later()), (3, epoch, vec![]));
        }
    }
}
