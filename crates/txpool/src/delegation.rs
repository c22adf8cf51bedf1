//! Accounts whose code delegation (EIP-7702) is in flight: somebody else's transaction can change their nonce
//! and balance, so the pool holds only a few transactions of theirs.

use crate::config::MAX_DELEGATED_IN_FLIGHT;
use crate::error::PoolError;
use alloy_consensus::Transaction as _;
use alloy_primitives::{Address, KECCAK256_EMPTY};
use althing_primitives::{AccountRecord, Transaction};
use std::collections::BTreeMap;

/// How many pooled transactions carry an authorization of each account.
#[derive(Debug, Default)]
pub(crate) struct Authorities(BTreeMap<Address, usize>);

impl Authorities {
    pub(crate) fn add(&mut self, authorities: &[Address]) {
        for authority in authorities {
            *self.0.entry(*authority).or_default() += 1;
        }
    }

    pub(crate) fn remove(&mut self, authorities: &[Address]) {
        for authority in authorities {
            if let Some(count) = self.0.get_mut(authority) {
                *count -= 1;
                if *count == 0 {
                    self.0.remove(authority);
                }
            }
        }
    }

    /// Refuses a transaction that would give a delegated account more than its few slots. `in_flight` tells
    /// how many transactions an account has in the pool, this one included.
    pub(crate) fn check(
        &self,
        sender: Address,
        account: &AccountRecord,
        authorities: &[Address],
        in_flight: impl Fn(Address) -> usize,
    ) -> Result<(), PoolError> {
        let limited = account.code_hash != KECCAK256_EMPTY || self.0.contains_key(&sender);
        if limited && in_flight(sender) > MAX_DELEGATED_IN_FLIGHT {
            return Err(PoolError::InFlightLimit);
        }
        match authorities.iter().find(|authority| in_flight(**authority) > MAX_DELEGATED_IN_FLIGHT) {
            Some(authority) => Err(PoolError::AuthorityReserved(*authority)),
            None => Ok(()),
        }
    }
}

/// The accounts that signed the transaction's authorizations; invalid ones are skipped, as execution does.
pub(crate) fn authorities(tx: &Transaction) -> Vec<Address> {
    let list = tx.authorization_list().unwrap_or_default();
    list.iter().filter_map(|authorization| authorization.recover_authority().ok()).collect()
}
