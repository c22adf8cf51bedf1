//! When in an epoch the committee of a later one is made: the calendar of elections.
//!
//! In epoch `e` the committee of epoch `e + 3` is elected: the ranking is fixed, then a view is announced whose beacon will
//! be the seed, then a block carries the beacon, then the draw follows. Nobody knows the seed before the ranking is fixed,
//! and nobody can choose it: the view is fixed before its beacon exists, and a view has one beacon only.

use crate::{Epoch, Height, View};

/// Epochs from the election of a committee to its term.
pub const ELECTION_LEAD_EPOCHS: u64 = 3;

/// Epochs after a term in which its members still answer for double proposals.
pub const EVIDENCE_EPOCHS: u64 = 1;

/// The calendar of a chain whose epochs have a number of blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// Blocks in an epoch.
    pub epoch_blocks: u64,
}

impl Calendar {
    /// Epoch of a height.
    pub fn epoch_of(&self, height: Height) -> Epoch {
        height / self.epoch_blocks.max(1)
    }

    /// Height of an epoch's first block. Epoch 0 begins with the first block of all.
    pub fn first_block(&self, epoch: Epoch) -> Height {
        epoch.saturating_mul(self.epoch_blocks)
    }

    /// Height of an epoch's last block.
    pub fn last_block(&self, epoch: Epoch) -> Height {
        self.first_block(epoch.saturating_add(1)).saturating_sub(1)
    }

    /// After this block the ranking is fixed.
    pub fn ranking_block(&self, epoch: Epoch) -> Height {
        self.first_block(epoch).saturating_add(self.epoch_blocks / 4)
    }

    /// The view whose beacon is the seed, when the ranking's block was proposed in `view`.
    pub fn seed_view(&self, view: View) -> View {
        view.saturating_add(self.epoch_blocks / 8)
    }

    /// After this block the committee is drawn. It and the blocks after the ranking's before it may carry the beacon.
    pub fn draw_block(&self, epoch: Epoch) -> Height {
        self.first_block(epoch).saturating_add(self.epoch_blocks / 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_election_ends_in_the_middle_of_its_epoch() {
        for epoch_blocks in [16, 32, 3_600] {
            let calendar = Calendar { epoch_blocks };
            for epoch in [0, 1, 7] {
                let (first, last) = (calendar.first_block(epoch), calendar.last_block(epoch));
                let (ranking, draw) = (calendar.ranking_block(epoch), calendar.draw_block(epoch));
                assert!(first < ranking && ranking + epoch_blocks / 8 < draw && draw < last);
                assert_eq!((calendar.epoch_of(first), calendar.epoch_of(last)), (epoch, epoch));
                assert_eq!(last + 1, calendar.first_block(epoch + 1));
            }
        }
    }
}
