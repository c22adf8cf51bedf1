//! The checks of admission that need no look at the pool: first those of the transaction alone, cheapest
//! first, then those against its sender's account.

use crate::config::{MAX_AUTHORIZATIONS, MAX_TRANSACTION_BYTES, PoolConfig};
use crate::error::PoolError;
use crate::gas::{MAX_INITCODE_BYTES, floor_gas, intrinsic_gas};
use crate::transaction::max_cost;
use alloy_consensus::Transaction as _;
use alloy_eips::eip2718::Encodable2718;
use althing_primitives::{AccountRecord, MAX_TRANSACTION_GAS, Transaction};

/// Checks the transaction alone, for blocks of a gas limit. Returns its encoded size.
pub(crate) fn stateless(
    tx: &Transaction,
    config: &PoolConfig,
    block_gas_limit: u64,
) -> Result<usize, PoolError> {
    if tx.is_eip4844() {
        return Err(PoolError::TypeNotSupported);
    }
    let size = tx.encode_2718_len();
    if size > MAX_TRANSACTION_BYTES {
        return Err(PoolError::Oversized(size));
    }
    match tx.chain_id() {
        None => return Err(PoolError::ChainIdMissing(config.chain_id)),
        Some(got) if got != config.chain_id => {
            return Err(PoolError::InvalidChainId { got, expected: config.chain_id });
        }
        Some(_) => {}
    }
    if tx.nonce() == u64::MAX {
        return Err(PoolError::NonceMax);
    }
    if tx.is_create() && tx.input().len() > MAX_INITCODE_BYTES {
        return Err(PoolError::InitCodeTooLarge(tx.input().len()));
    }
    if let Some(list) = tx.authorization_list() {
        if list.is_empty() {
            return Err(PoolError::NoAuthorizations);
        }
        if list.len() > MAX_AUTHORIZATIONS {
            return Err(PoolError::TooManyAuthorizations { got: list.len(), limit: MAX_AUTHORIZATIONS });
        }
    }
    check_gas(tx, block_gas_limit)?;
    check_fees(tx, config)?;
    Ok(size)
}

fn check_gas(tx: &Transaction, block_gas_limit: u64) -> Result<(), PoolError> {
    let got = tx.gas_limit();
    if got > block_gas_limit {
        return Err(PoolError::ExceedsBlockGas { got, limit: block_gas_limit });
    }
    if got > MAX_TRANSACTION_GAS {
        return Err(PoolError::GasLimitTooHigh(got));
    }
    let needed = intrinsic_gas(tx);
    if got < needed {
        return Err(PoolError::IntrinsicGas { got, needed });
    }
    let needed = floor_gas(tx);
    if got < needed {
        return Err(PoolError::FloorGas { got, needed });
    }
    Ok(())
}

fn check_fees(tx: &Transaction, config: &PoolConfig) -> Result<(), PoolError> {
    let fee_cap = tx.max_fee_per_gas();
    if let Some(tip) = tx.max_priority_fee_per_gas()
        && tip > fee_cap
    {
        return Err(PoolError::TipAboveFeeCap { tip, fee_cap });
    }
    if fee_cap < config.min_fee {
        return Err(PoolError::Underpriced { got: fee_cap, needed: config.min_fee });
    }
    Ok(())
}

/// Checks the transaction against its sender's account.
pub(crate) fn stateful(tx: &Transaction, account: &AccountRecord) -> Result<(), PoolError> {
    if tx.nonce() < account.nonce {
        return Err(PoolError::NonceTooLow { next: account.nonce, got: tx.nonce() });
    }
    let cost = max_cost(tx);
    if cost > account.balance {
        return Err(PoolError::InsufficientFunds { balance: account.balance, cost });
    }
    Ok(())
}
