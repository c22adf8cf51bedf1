//! `Conduct`: how members of committees did their duty.

mod storage;

use crate::{Host, SystemError};
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
