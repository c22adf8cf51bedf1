//! A transaction in the pool, with what the pool computes once about it.

use alloy_consensus::Transaction as _;
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, B256, Bytes, U256};
use althing_primitives::{Recovered, Transaction};

/// Where a transaction came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Sent to this node by its user: journalled, and never dropped for a remote one that pays less.
    Local,
    /// Heard from a peer.
    Remote,
}

/// A transaction that the pool has admitted.
#[derive(Debug)]
pub struct PooledTransaction {
    pub(crate) tx: Recovered<Transaction>,
    pub(crate) origin: Origin,
    pub(crate) added_ms: u64,
    /// Order of arrival.
    pub(crate) sequence: u64,
    pub(crate) size: usize,
    pub(crate) cost: U256,
    /// Signers of the EIP-7702 authorizations.
    pub(crate) authorities: Vec<Address>,
}

impl PooledTransaction {
    /// The transaction with its sender.
    pub fn transaction(&self) -> &Recovered<Transaction> {
        &self.tx
    }

    /// Its hash.
    pub fn hash(&self) -> B256 {
        *self.tx.inner().tx_hash()
    }

    /// Its sender.
    pub fn sender(&self) -> Address {
        self.tx.signer()
    }

    /// Its nonce.
    pub fn nonce(&self) -> u64 {
        self.tx.nonce()
    }

    /// Where it came from.
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// When it was added, in the caller's milliseconds.
    pub fn added_ms(&self) -> u64 {
        self.added_ms
    }

    /// Length of its EIP-2718 encoding.
    pub fn size(&self) -> usize {
        self.size
    }

    /// The most it can cost its sender.
    pub fn cost(&self) -> U256 {
        self.cost
    }

    /// Its EIP-2718 encoding.
    pub fn raw(&self) -> Bytes {
        self.tx.inner().encoded_2718().into()
    }

    /// What the proposer earns per gas at a base fee; `None` when the fee cap is below the base fee.
    pub fn effective_tip(&self, base_fee: u64) -> Option<u128> {
        self.tx.effective_tip_per_gas(base_fee)
    }

    /// As [`Self::effective_tip`], but negative by what is missing to the base fee: the order of eviction.
    pub(crate) fn price(&self, base_fee: u64) -> i128 {
        price(&self.tx, base_fee)
    }
}

/// See [`PooledTransaction::price`].
pub(crate) fn price(tx: &Transaction, base_fee: u64) -> i128 {
    let signed = |fee: u128| i128::try_from(fee).unwrap_or(i128::MAX);
    let above = signed(tx.max_fee_per_gas()) - i128::from(base_fee);
    above.min(signed(tx.priority_fee_or_price()))
}

/// Gas limit times fee cap plus value; saturates, since no balance covers so much.
pub(crate) fn max_cost(tx: &Transaction) -> U256 {
    let gas = U256::from(tx.gas_limit()) * U256::from(tx.max_fee_per_gas());
    gas.saturating_add(tx.value())
}
