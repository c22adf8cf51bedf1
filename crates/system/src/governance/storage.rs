//! Every storage slot of `Governance`. Append only.

use crate::{
    Host, SystemError,
    host::keccak,
    storage::{Map, Records, Slot, Triple},
};
use alloy_primitives::{Address, B256, U256};
use althing_abi::GOVERNANCE;

/// Where the contract answers, and whose balance is the treasury.
pub(super) const ADDRESS: Address = GOVERNANCE;

/// Number of proposals; the first has number 1.
pub(super) const COUNT: Slot<u64> = Slot::new(ADDRESS, 0);
/// Bonds that are held.
pub(super) const BONDS: Slot<u128> = Slot::new(ADDRESS, 1);
/// Proposals by number: `proposal.rs`.
pub(super) const PROPOSAL: Records<u64> = Records::new(ADDRESS, 2);
/// Numbers of proposals by id.
pub(super) const NUMBER: Map<U256, u64> = Map::new(ADDRESS, 3);
/// Votes over time by account, and of all under the zero address: `power.rs`.
pub(super) const TRACE: Records<Address> = Records::new(ADDRESS, 4);
/// Ballots by the hash of number and account: `ballot.rs`.
const BALLOT: Records<B256> = Records::new(ADDRESS, 5);
/// Signed ballots that were taken, by account.
pub(super) const NONCE: Map<Address, u64> = Map::new(ADDRESS, 6);

/// Where an account's pledge and vote on a proposal are.
pub(super) fn ballot(
    host: &mut impl Host,
    number: u64,
    account: Address,
) -> Result<[Slot<Triple>; 2], SystemError> {
    let key = keccak(host, &[&number.to_be_bytes()[..], account.as_slice()].concat())?;
    let record = BALLOT.at(host, key)?;
    Ok([record.slot(0), record.slot(1)])
}
