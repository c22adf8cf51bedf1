//! The system transaction: what stands for a block's system logs where clients expect a transaction. Nobody sent or
//! signed it, it costs nothing, and it is in no list and under no root of its block.

use super::placed_log;
use alloy_consensus::{Eip658Value, Receipt, ReceiptEnvelope};
use alloy_primitives::{Address, B256, Bytes, U64, U256};
use alloy_rpc_types_eth::{Transaction, TransactionReceipt};
use althing_primitives::FinalizedBlock;
use serde::Serialize;

/// A transaction that somebody signed, or a system transaction.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum TransactionJson {
    Signed(Box<Transaction>),
    System(Box<SystemTransactionJson>),
}

impl From<Transaction> for TransactionJson {
    fn from(transaction: Transaction) -> Self {
        Self::Signed(Box::new(transaction))
    }
}

/// The fields of a legacy transaction. Libraries know one by its signature of zeros, which has no parity: alloy's type
/// cannot say that.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SystemTransactionJson {
    r#type: U64,
    hash: B256,
    block_hash: B256,
    block_number: U64,
    block_timestamp: U64,
    transaction_index: U64,
    from: Address,
    to: Address,
    nonce: U64,
    value: U256,
    gas: U64,
    gas_price: U256,
    input: Bytes,
    v: U256,
    r: U256,
    s: U256,
}

/// The system transaction of a block; none without system logs.
pub(crate) fn system_transaction(finalized: &FinalizedBlock) -> Option<TransactionJson> {
    let block = &finalized.block;
    Some(TransactionJson::System(Box::new(SystemTransactionJson {
        hash: finalized.system_transaction()?,
        block_hash: block.hash(),
        block_number: U64::from(block.height()),
        block_timestamp: U64::from(block.header().timestamp),
        transaction_index: U64::from(block.transactions().len()),
        ..Default::default()
    })))
}

/// Its receipt: the block's system logs.
pub(crate) fn system_receipt(finalized: &FinalizedBlock) -> Option<TransactionReceipt> {
    let hash = finalized.system_transaction()?;
    let block = &finalized.block;
    let index = block.transactions().len();
    let first_log: usize = finalized.receipts.iter().map(|receipt| receipt.logs().len()).sum();
    let receipt = Receipt {
        status: Eip658Value::Eip658(true),
        cumulative_gas_used: block.header().gas_used,
        logs: finalized.system_logs.clone(),
    };
    let mut log_index = first_log;
    let inner = ReceiptEnvelope::Legacy(receipt.with_bloom()).map_logs(|log| {
        let log = placed_log(block, hash, index, log_index, log);
        log_index += 1;
        log
    });
    Some(TransactionReceipt {
        inner,
        transaction_hash: hash,
        transaction_index: Some(index as u64),
        block_hash: Some(block.hash()),
        block_number: Some(block.height()),
        gas_used: 0,
        effective_gas_price: 0,
        blob_gas_used: None,
        blob_gas_price: None,
        from: Address::ZERO,
        to: Some(Address::ZERO),
        contract_address: None,
    })
}
