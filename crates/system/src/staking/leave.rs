//! How a candidate leaves: one at a time, through a queue, so that a network is not left by all in one day.

use super::{
    candidate::{Candidate, Exit},
    chain_epoch, check_answered, emit, refused, self_stake, storage as at,
};
use crate::{Host, SystemError, chain_info, params};
use althing_abi::Staking::{
    CandidateDeactivated, CandidateDeactivationRequested, CandidateDeactivationScheduled, LeavesLater,
    Leaving, NoSelfStake, NotLeaving,
};
use althing_primitives::Param;

/// Puts the caller's candidate into the exit queue; it is not elected from now on.
pub(super) fn request(host: &mut impl Host) -> Result<(), SystemError> {
    let mut candidate = Candidate::of_caller(host)?;
    if candidate.exit != Exit::No {
        return Err(refused(Leaving {}));
    }
    if candidate.self_bucket.is_none() {
        return Err(refused(NoSelfStake {}));
    }
    candidate.exit = Exit::Requested;
    candidate.leave_active(host)?;
    candidate.store(host)?;
    at::EXIT_QUEUE.push(host, candidate.number)?;
    emit(host, &CandidateDeactivationRequested { candidate: candidate.id })
}

/// Frees the self-stake of the caller's candidate when its turn has come.
pub(super) fn confirm(host: &mut impl Host) -> Result<(), SystemError> {
    let mut candidate = Candidate::of_caller(host)?;
    match candidate.exit {
        Exit::No => return Err(refused(NotLeaving {})),
        Exit::Requested => return Err(refused(LeavesLater { epoch: u64::MAX })),
        Exit::Scheduled(epoch) if chain_epoch(host)? < epoch => return Err(refused(LeavesLater { epoch })),
        Exit::Scheduled(_) => check_answered(host, candidate.number)?,
    }
    candidate.exit = Exit::No;
    candidate.store(host)?;
    self_stake::release(host, &mut candidate)?;
    emit(host, &CandidateDeactivated { candidate: candidate.id })
}

/// Schedules the next candidate in the queue when the time between two is over.
pub(crate) fn end_epoch(host: &mut impl Host, epoch: u64) -> Result<(), SystemError> {
    let served = at::EXITS_SERVED.get(host)?;
    if served >= at::EXIT_QUEUE.len(host)? || epoch < at::NEXT_EXIT_EPOCH.get(host)? {
        return Ok(());
    }
    let number = at::EXIT_QUEUE.get(host, served)?;
    let mut candidate = Candidate::load(host, number)?;
    let wait = params::get_u64(host, Param::ExitEpochs)?;
    let leaves_in = epoch.saturating_add(wait);
    candidate.exit = Exit::Scheduled(leaves_in);
    candidate.store(host)?;
    at::EXITS_SERVED.set(host, served.saturating_add(1))?;
    let interval = params::get_u64(host, Param::ExitIntervalEpochs)?;
    at::NEXT_EXIT_EPOCH.set(host, epoch.saturating_add(interval))?;
    let next = host.block().number.saturating_add(1);
    let epoch_blocks = next.saturating_sub(chain_info::epoch_start(host)?);
    let height = next.saturating_add(epoch_blocks.saturating_mul(wait.saturating_sub(1)));
    emit(host, &CandidateDeactivationScheduled { candidate: candidate.id, blockNumber: height })
}
