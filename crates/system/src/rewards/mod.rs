//! `Rewards`: the reward fund, what it pays at the end of every epoch, and how candidates share it with their voters.
//!
//! The contract's balance is the fund and the voters' pool; the pool is counted, the fund is the rest, so whatever raises
//! the balance is the fund's. At the end of an epoch: block rewards by blocks produced, epoch rewards by votes in the epoch's
//! ranking, a bonus while there is one. A candidate's part is paid at once; its voters' part goes to the pool, and what one
//! vote earns is added to the candidate's sum (`holding.rs`): no step looks at voters. A bucket is settled when its votes
//! change or somebody asks: votes times the growth of that sum.
//!
//! Invariants (tests/):
//! - the pool is never less than all that voters could claim, and never more than the balance;
//! - votes earn from the epoch for whose ranking they counted, and no longer than they are there;
//! - a candidate's earning and starting votes are the sums of its buckets';
//! - what a bucket earned is its former owner's, whatever happens to it afterwards;
//! - no step costs more than a bounded number of storage accesses, whatever the number of buckets.

mod claim;
mod dispatch;
mod epoch;
mod grants;
mod holding;
mod lots;
mod plan;
mod sharing;
mod storage;

pub(crate) use dispatch::dispatch;
pub(crate) use epoch::end_epoch;
pub(crate) use sharing::{Vote, release, votes_changed};

use crate::{Host, SystemError};
use alloy_primitives::{Log, U256};
use alloy_sol_types::{SolError, SolEvent};
use storage::{self as at, ADDRESS};

/// Refuses a call with a typed error.
fn refused(error: impl SolError) -> SystemError {
    SystemError::revert(error)
}

fn emit(host: &mut impl Host, event: &impl SolEvent) -> Result<(), SystemError> {
    host.emit(Log { address: ADDRESS, data: event.encode_log_data() })
}

fn broken(what: &str) -> SystemError {
    SystemError::Fatal(format!("stored rewards contradict themselves: {what}"))
}

/// What may be paid out: the balance without what belongs to voters.
fn fund(host: &mut impl Host) -> Result<u128, SystemError> {
    let pool = at::POOL.get(host)?;
    let fund = host.balance(ADDRESS)?.saturating_sub(U256::from(pool));
    Ok(u128::try_from(fund).unwrap_or(u128::MAX))
}

/// `amount · part / whole`, cut; nothing of nothing.
fn portion(amount: u128, part: u128, whole: u128) -> u128 {
    // The product of two numbers of 128 bits fits 256.
    let portion = (U256::from(amount) * U256::from(part)).checked_div(U256::from(whole));
    portion.map_or(0, |portion| u128::try_from(portion).unwrap_or(u128::MAX))
}

#[cfg(test)]
mod tests;
