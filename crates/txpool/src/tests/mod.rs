//! Tests of the pool: what it refuses, how it orders and drops, and long random sequences against a model.

mod admission;
mod journal;
mod model;
mod order;
mod recovery;

use crate::*;
use alloy_consensus::{SignableTransaction, TxEip1559, TxLegacy};
use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, TxKind, U256};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use althing_primitives::{AccountRecord, MAX_TRANSACTION_GAS, Recovered, Transaction};

pub(crate) const CHAIN: u64 = 930_931;
pub(crate) const GWEI: u128 = 1_000_000_000;

pub(crate) fn config() -> PoolConfig {
    PoolConfig::new(CHAIN)
}

pub(crate) fn rich(nonce: u64) -> AccountRecord {
    AccountRecord { nonce, balance: U256::from(10).pow(U256::from(24)), code_hash: KECCAK256_EMPTY }
}

/// The next block, with a base fee.
pub(crate) fn at(base_fee: u64) -> NextBlock {
    NextBlock { base_fee, gas_limit: 30_000_000 }
}

pub(crate) fn signer(n: u8) -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&B256::repeat_byte(n.max(1))).unwrap()
}

/// A transfer with these fees, in gwei.
pub(crate) fn transfer(nonce: u64, fee_cap: u128, tip: u128) -> TxEip1559 {
    TxEip1559 {
        chain_id: CHAIN,
        nonce,
        gas_limit: 21_000,
        max_fee_per_gas: fee_cap * GWEI,
        max_priority_fee_per_gas: tip * GWEI,
        to: TxKind::Call(Address::repeat_byte(9)),
        ..Default::default()
    }
}

/// Signs for real.
pub(crate) fn sign<T>(signer: &PrivateKeySigner, tx: T) -> Recovered<Transaction>
where
    T: SignableTransaction<alloy_primitives::Signature>,
    Transaction: From<alloy_consensus::Signed<T>>,
{
    let signature = signer.sign_hash_sync(&tx.signature_hash()).unwrap();
    Recovered::new_unchecked(tx.into_signed(signature).into(), signer.address())
}

/// Pretends that `sender` signed: the pool never looks at the signature itself.
pub(crate) fn claim(sender: Address, tx: TxEip1559) -> Recovered<Transaction> {
    let signature =
        alloy_primitives::Signature::new(U256::from_be_slice(sender.as_slice()), U256::ONE, false);
    Recovered::new_unchecked(tx.into_signed(signature).into(), sender)
}

pub(crate) fn legacy(nonce: u64, price: u128) -> TxLegacy {
    TxLegacy {
        chain_id: Some(CHAIN),
        nonce,
        gas_price: price * GWEI,
        gas_limit: 21_000,
        to: TxKind::Call(Address::repeat_byte(9)),
        value: U256::ZERO,
        input: Bytes::new(),
    }
}
