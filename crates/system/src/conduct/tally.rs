//! The tally: how often each member of an epoch's committee led a view, and how often a block came of it.
//!
//! It follows from final blocks alone: a block says its view and its parent's, and who leads which view is known.

use super::storage as at;
use crate::{
    BlockInputs, Host, SystemError,
    election::{self, EPOCHS_KEPT},
    storage::{Quad, Slot},
};
use althing_light::turn;
use althing_primitives::{Epoch, View};

/// The views that a member led in an epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Turns {
    /// Blocks that it produced.
    pub(crate) produced: u64,
    /// Views that it led and of which no block came.
    pub(crate) missed: u64,
}

/// Members whose turns share a slot; the slot's first number is the epoch plus one, so that a place of the ring needs no
/// clearing.
const MEMBERS_IN_SLOT: u64 = 3;

impl Turns {
    fn from_number(number: u64) -> Self {
        Self { produced: number & u64::from(u32::MAX), missed: number >> 32 }
    }

    /// 32 bits each: no epoch has more blocks, and a longer outage counts as this long.
    fn to_number(self) -> u64 {
        let most = u64::from(u32::MAX);
        self.produced.min(most) | self.missed.min(most) << 32
    }

    fn plus(self, more: Self) -> Self {
        let produced = self.produced.saturating_add(more.produced);
        Self { produced, missed: self.missed.saturating_add(more.missed) }
    }
}

/// Counts a block: its proposer produced it, and those who led the views between its parent's and its own missed theirs.
/// A simulation's block has no proposer and counts for nobody.
pub(super) fn count(host: &mut impl Host, inputs: &BlockInputs) -> Result<(), SystemError> {
    let Some(proposer) = inputs.proposer else { return Ok(()) };
    if let Some(seat) = election::seat(host, inputs.epoch, proposer)? {
        add(host, inputs.epoch, seat.place, Turns { produced: 1, missed: 0 })?;
    }
    let first = inputs.parent_view.saturating_add(1);
    match inputs.view.saturating_sub(first) {
        0 => Ok(()),
        skipped => miss(host, inputs.epoch, first, skipped),
    }
}

/// Counts `skipped` views from `first` on, in one step a member however many they are.
fn miss(host: &mut impl Host, epoch: Epoch, first: View, skipped: u64) -> Result<(), SystemError> {
    let mut leaders = election::leaders(host, epoch)?;
    if leaders.is_empty() {
        return Ok(());
    }
    let count = leaders.len();
    leaders.rotate_left(turn(first, count));
    let (rounds, rest) = (skipped / count as u64, skipped % count as u64);
    for (distance, place) in (0..).zip(leaders) {
        let missed = rounds.saturating_add(u64::from(distance < rest));
        if missed > 0 {
            add(host, epoch, place, Turns { produced: 0, missed })?;
        }
    }
    Ok(())
}

fn slot(host: &mut impl Host, epoch: Epoch, number: u64) -> Result<Slot<Quad>, SystemError> {
    Ok(at::TALLY.at(host, epoch % EPOCHS_KEPT)?.slot(number))
}

/// What a slot says of an epoch: nothing when it was written in another.
fn read(host: &mut impl Host, slot: Slot<Quad>, epoch: Epoch) -> Result<[u64; 3], SystemError> {
    let [tag, members @ ..] = slot.get(host)?;
    Ok(if tag == epoch.saturating_add(1) { members } else { [0; 3] })
}

fn add(host: &mut impl Host, epoch: Epoch, place: u64, more: Turns) -> Result<(), SystemError> {
    let slot = slot(host, epoch, place / MEMBERS_IN_SLOT)?;
    let mut members = read(host, slot, epoch)?;
    let member = &mut members[(place % MEMBERS_IN_SLOT) as usize];
    *member = Turns::from_number(*member).plus(more).to_number();
    let [a, b, c] = members;
    slot.set(host, [epoch.saturating_add(1), a, b, c])
}

/// The turns of an epoch's committee so far, in order of its members ([`election::serving`]). Empty for an epoch that is
/// too long ago or has not begun.
pub(crate) fn tally(host: &mut impl Host, epoch: Epoch) -> Result<Vec<Turns>, SystemError> {
    let seats = election::seats(host, epoch)?;
    let mut turns = Vec::with_capacity(seats as usize);
    for number in 0..seats.div_ceil(MEMBERS_IN_SLOT) {
        let slot = slot(host, epoch, number)?;
        turns.extend(read(host, slot, epoch)?.map(Turns::from_number));
    }
    turns.truncate(seats as usize);
    Ok(turns)
}
