//! `Conduct`: how members of committees did their duty, and what it costs them not to.
//!
//! Lifecycle: after every block the turns of the serving committee are counted; at the end of an epoch its candidates are
//! judged by them. A double proposal is punished when a transaction or a block proves it.
//!
//! Invariants (tests): the tally is the one that a walk over all views gives; no self-stake escapes what its candidate did
//! in a term; a fault is punished once; what is refused changes nothing. No step costs more than a bounded number of storage
//! accesses for each of 64 members.

mod dispatch;
mod evidence;
mod judge;
mod record;
mod storage;
mod tally;

pub(crate) use dispatch::dispatch;
pub use evidence::is_punishable;
pub(crate) use tally::{Turns, tally};

use crate::{BlockInputs, Host, SystemError, election, governance, staking};
use alloy_primitives::{Address, Log};
use alloy_sol_types::{SolError, SolEvent};
use althing_abi::Conduct::{NotInJail, Released, UnknownCandidate};
use althing_primitives::{Epoch, calendar::EVIDENCE_EPOCHS};
use record::Record;
use storage::{self as at, ADDRESS};

/// Why a self-stake was slashed: the table in `Conduct.sol`.
const MISSED_BLOCKS: u8 = 1;
const DOUBLE_PROPOSAL: u8 = 2;

/// Refuses a call with a typed error.
fn refused(error: impl SolError) -> SystemError {
    SystemError::revert(error)
}

fn emit(host: &mut impl Host, event: &impl SolEvent) -> Result<(), SystemError> {
    host.emit(Log { address: ADDRESS, data: event.encode_log_data() })
}

/// Punishes what the block proves.
pub(crate) fn begin_block(host: &mut impl Host, inputs: &BlockInputs) -> Result<(), SystemError> {
    evidence::take(host, inputs)
}

/// Counts the turns that a block tells of.
pub(crate) fn end_block(host: &mut impl Host, inputs: &BlockInputs) -> Result<(), SystemError> {
    tally::count(host, inputs)
}

/// Judges the committee of an epoch that ends.
pub(crate) fn end_epoch(host: &mut impl Host, epoch: Epoch) -> Result<(), SystemError> {
    judge::judge(host, epoch)
}

/// Notes who answers for the epoch that begins.
pub(crate) fn begin_term(host: &mut impl Host, epoch: Epoch) -> Result<(), SystemError> {
    for member in election::serving(host, epoch)?.unwrap_or_default() {
        if let Some(candidate) = member.who.candidate() {
            at::TERM_END.at(host, candidate)?.set(host, epoch.saturating_add(1))?;
        }
    }
    Ok(())
}

/// First epoch in which nothing that a candidate did in a term until now can be held against its self-stake.
pub(crate) fn answers_until(host: &mut impl Host, candidate: u64) -> Result<Epoch, SystemError> {
    let term_end = at::TERM_END.at(host, candidate)?.get(host)?;
    Ok(if term_end == 0 { 0 } else { term_end.saturating_add(EVIDENCE_EPOCHS) })
}

/// Reads ahead what is held against candidates.
pub(crate) fn prefetch(
    host: &mut impl Host,
    candidates: impl Iterator<Item = u64>,
) -> Result<(), SystemError> {
    let slots: Vec<_> =
        candidates.map(|number| Ok(at::RECORD.at(host, number)?.number())).collect::<Result<_, _>>()?;
    host.prefetch(ADDRESS, &slots)
}

/// Whether fewer of a candidate's votes count in the ranking that is fixed in an epoch.
pub(crate) fn is_on_probation(
    host: &mut impl Host,
    candidate: u64,
    epoch: Epoch,
) -> Result<bool, SystemError> {
    Ok(Record::of(host, candidate)?.probation_until > epoch)
}

/// Lets a candidate out of jail before its time; for governance only.
fn release(host: &mut impl Host, candidate: Address) -> Result<(), SystemError> {
    governance::check_caller(host)?;
    let unknown = || refused(UnknownCandidate { candidate });
    let number = staking::find_number(host, candidate)?.ok_or_else(unknown)?;
    if staking::jailed_until(host, number)? <= host.block().timestamp {
        return Err(refused(NotInJail { candidate }));
    }
    staking::unjail(host, number)?;
    emit(host, &Released { candidate })
}

#[cfg(test)]
mod tests;
