//! `Staking`: buckets of coins that vote for candidates, and the candidates.
//!
//! Lifecycle of a bucket: created (staked) → changed, topped up, merged, handed on → unstaked, when its duration is over
//! and it does not renew itself → withdrawn after the waiting time, and gone. A candidate's self-stake is a bucket that is
//! bound to the candidate: it can be slashed and cannot be unstaked.
//! Lifecycle of a candidate: registered → active by a self-stake, own or endorsed → leaving, in a queue → without self-stake,
//! and may become active again.
//!
//! Invariants, for any sequence of calls (tests.rs):
//! - the contract's balance is the sum of all buckets' amounts;
//! - a candidate's votes are the sum of its buckets' votes, and the total is the sum of the candidates';
//! - every bucket is in exactly one place of each list, and every list holds nothing else;
//! - whoever was elected with a self-stake cannot take it out for the next five epochs.
//!
//! No call and no hook costs more than a bounded number of storage accesses, whatever the number of buckets.

mod bucket;
mod candidate;
mod change;
mod compat;
mod contenders;
mod create;
mod dispatch;
mod genesis;
mod leave;
mod reads;
mod register;
mod self_stake;
mod slash;
pub(crate) mod storage;
mod unstake;
mod voters;
mod votes;
mod weight;

pub(crate) use candidate::operator_address;
pub(crate) use contenders::{Card, Contender, card_of, contenders, id_of, name_of, reward_of};
pub(crate) use dispatch::{dispatch, is_payable};
pub(crate) use genesis::genesis;
pub(crate) use leave::end_epoch;
pub(crate) use slash::{find_number, jail, jailed_until, self_stake_of, slash, unjail};
pub(crate) use voters::{add, buckets_of, candidate_of_caller, number_of, vote_of};

use crate::{Host, SystemError, chain_info, conduct};
use alloy_primitives::{Log, U256};
use alloy_sol_types::{SolError, SolEvent};
use althing_abi::Staking::{AmountTooLarge, LeavesLater};
use althing_primitives::calendar::{ELECTION_LEAD_EPOCHS, EVIDENCE_EPOCHS};
use storage::ADDRESS;

/// Epochs for which a self-stake that was given up stays: from the election to the term, the term, and as long as a fault
/// in it can be proven. A term that lasts longer, because resharing fails, binds longer ([`check_answered`]).
const SELF_STAKE_LOCK_EPOCHS: u64 = ELECTION_LEAD_EPOCHS + 1 + EVIDENCE_EPOCHS;

/// Refuses a call with a typed error.
fn refused(error: impl SolError) -> SystemError {
    SystemError::revert(error)
}

fn emit(host: &mut impl Host, event: &impl SolEvent) -> Result<(), SystemError> {
    host.emit(Log { address: ADDRESS, data: event.encode_log_data() })
}

/// An amount of the interface as the contract counts: no network has 2^128 Rau.
fn rau(amount: U256) -> Result<u128, SystemError> {
    u128::try_from(amount).map_err(|_| refused(AmountTooLarge { amount }))
}

/// The present epoch.
fn chain_epoch(host: &mut impl Host) -> Result<u64, SystemError> {
    chain_info::epoch(host)
}

/// Refuses to free a self-stake while its candidate answers for a term.
fn check_answered(host: &mut impl Host, number: u64) -> Result<(), SystemError> {
    let epoch = conduct::answers_until(host, number)?;
    if chain_epoch(host)? < epoch { Err(refused(LeavesLater { epoch })) } else { Ok(()) }
}

/// Takes coins of the caller that were not sent along.
fn collect(host: &mut impl Host, amount: u128) -> Result<(), SystemError> {
    let caller = host.call().caller;
    host.transfer(caller, ADDRESS, U256::from(amount))
}

#[cfg(test)]
mod tests;
