//! `Conduct`: how members of committees did their duty.

mod storage;

use crate::{BlockInputs, Host, SystemError, election};
use althing_primitives::Epoch;
use storage as at;

/// Whether fewer of a candidate's votes count in the ranking that is fixed in an epoch.
pub(crate) fn is_on_probation(
    host: &mut impl Host,
    candidate: u64,
    epoch: Epoch,
) -> Result<bool, SystemError> {
    Ok(at::PROBATION_UNTIL.at(host, candidate)?.get(host)? > epoch)
}

/// What became of a member's turns in an epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Turns {
    /// Blocks that it proposed.
    pub(crate) produced: u64,
}

/// Counts the block for its proposer.
pub(crate) fn end_block(host: &mut impl Host, inputs: &BlockInputs) -> Result<(), SystemError> {
    let Some(proposer) = inputs.proposer else { return Ok(()) };
    let Some(seat) = election::seat(host, inputs.epoch, proposer)? else { return Ok(()) };
    let slot = at::PRODUCED.at(host, seat.place)?;
    let tag = inputs.epoch.saturating_add(1);
    let [counted, produced, _, _] = slot.get(host)?;
    let produced = if counted == tag { produced } else { 0 };
    slot.set(host, [tag, produced.saturating_add(1), 0, 0])
}

/// Turns of the members that serve in the present epoch, in their order.
pub(crate) fn tally(host: &mut impl Host, epoch: Epoch) -> Result<Vec<Turns>, SystemError> {
    let mut turns = Vec::new();
    for place in 0..election::seats(host, epoch)? {
        let [counted, produced, _, _] = at::PRODUCED.at(host, place)?.get(host)?;
        let produced = if counted == epoch.saturating_add(1) { produced } else { 0 };
        turns.push(Turns { produced });
    }
    Ok(turns)
}
