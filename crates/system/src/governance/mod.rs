//! `Governance`: proposals, votes and the treasury.
//!
//! Lifecycle of a proposal: submitted with a bond → supported by enough votes, else expired → voted on → defeated, or passed:
//! it waits out its time lock → executed by anybody, else lapsed. Its proposer may cancel it until the vote. A text is adopted
//! when it passes. Stages follow from the clock and from what was counted, so nothing is to be done at their edges, and a
//! block costs the same whatever the number of open proposals.
//!
//! Who counts: votes of the last second before a proposal was submitted (support) or its vote opened (vote), by checkpoints
//! that staking keeps. So no stake counts twice, whoever holds it later, and none that came for the vote.
//!
//! Executing needs calls from a contract, which native code cannot make: `execute` is EVM code at this address
//! (`execution/assets`), whose first step `begin` is native.
//!
//! Invariants (tests/):
//! - what a proposal counted is the sum over its ballots of the votes that accounts had at its snapshot;
//! - bonds held are those of proposals that gather support or wait to be settled; they lie apart from the treasury, so that no
//!   call of a proposal can spend them;
//! - every stage that is not final ends by the clock;
//! - a proposal is executed at most once, and not before its time.

mod ballot;
mod dispatch;
mod eip712;
mod execute;
mod payload;
mod power;
mod proposal;
mod storage;
mod submit;
mod support;
mod vote;

pub(crate) use dispatch::dispatch;
pub(crate) use power::votes_changed;

use crate::{Host, SystemError};
use alloy_primitives::{Log, U256};
use alloy_sol_types::{SolError, SolEvent};
use althing_abi::SystemErrors::OnlyGovernance;
use storage::ADDRESS;

/// Refuses a call with a typed error.
fn refused(error: impl SolError) -> SystemError {
    SystemError::revert(error)
}

fn emit(host: &mut impl Host, event: &impl SolEvent) -> Result<(), SystemError> {
    host.emit(Log { address: ADDRESS, data: event.encode_log_data() })
}

/// Refuses everybody but a proposal that is executed.
pub(crate) fn check_caller(host: &impl Host) -> Result<(), SystemError> {
    let caller = host.call().caller;
    if caller == ADDRESS { Ok(()) } else { Err(refused(OnlyGovernance { caller })) }
}

/// What proposals may spend.
fn treasury(host: &mut impl Host) -> Result<U256, SystemError> {
    host.balance(ADDRESS)
}

#[cfg(test)]
mod tests;
