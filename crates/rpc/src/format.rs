//! Blocks, transactions, receipts and logs as Ethereum clients expect them in JSON.
//!
//! The field names and quantities are alloy's; this file only decides which value goes where.

mod system;

pub(crate) use system::{TransactionJson, system_receipt, system_transaction};

use crate::api::PooledTransaction;
use alloy_consensus::transaction::{Recovered, TransactionInfo};
use alloy_consensus::{Transaction as _, TxReceipt};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{B256, Bytes, Sealed, U64, U256};
use alloy_rlp::{Encodable, Header as RlpHeader};
use alloy_rpc_types_eth::{
    Block as RpcBlock, BlockTransactions, Header as RpcHeader, Log, Transaction as RpcTransaction,
    TransactionReceipt, Withdrawals,
};
use althing_primitives::{Block, FinalizedBlock, OperatorKey, Receipt};
use serde::Serialize;

/// A block with Althing's own fields beside Ethereum's.
#[derive(Debug, Serialize)]
pub(crate) struct BlockJson {
    #[serde(flatten)]
    ethereum: RpcBlock,
    althing: SealJson,
}

/// What a header has no room for.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SealJson {
    epoch: U64,
    view: U64,
    proposer: OperatorKey,
    time_ms: U64,
}

/// A block, with whole transactions or only their hashes.
pub(crate) fn block(finalized: &FinalizedBlock, full: bool) -> BlockJson {
    let block = &finalized.block;
    let transactions = if full {
        BlockTransactions::Full(
            (0..block.transactions().len()).filter_map(|i| transaction(finalized, i)).collect(),
        )
    } else {
        BlockTransactions::Hashes(block.transactions().iter().map(|t| *t.tx_hash()).collect())
    };
    let seal = block.seal();
    BlockJson {
        ethereum: RpcBlock {
            header: header(block),
            uncles: Vec::new(),
            transactions,
            withdrawals: Some(Withdrawals::default()),
        },
        althing: SealJson {
            epoch: U64::from(seal.epoch),
            view: U64::from(seal.view),
            proposer: seal.proposer,
            time_ms: U64::from(seal.time_ms),
        },
    }
}

/// A header, as in a block and as in `newHeads`.
pub(crate) fn header(block: &Block) -> RpcHeader {
    let sealed = Sealed::new_unchecked(block.header().clone(), block.hash());
    RpcHeader::from_consensus(sealed, None, Some(U256::from(ethereum_rlp(block).len())))
}

/// The block as Ethereum encodes it: header, transactions, no uncles, no withdrawals.
pub(crate) fn ethereum_rlp(block: &Block) -> Vec<u8> {
    let mut transactions = Vec::new();
    for transaction in block.transactions() {
        transaction.network_encode(&mut transactions);
    }
    let list = |payload: &[u8]| {
        let mut out = Vec::with_capacity(payload.len() + 5);
        RlpHeader { list: true, payload_length: payload.len() }.encode(&mut out);
        out.extend_from_slice(payload);
        out
    };
    let mut payload = Vec::new();
    block.header().encode(&mut payload);
    payload.extend(list(&transactions));
    payload.extend(list(&[]));
    payload.extend(list(&[]));
    list(&payload)
}

/// A transaction of a block by its position.
pub(crate) fn transaction(finalized: &FinalizedBlock, index: usize) -> Option<RpcTransaction> {
    let block = &finalized.block;
    let transaction = block.transactions().get(index)?;
    let sender = *finalized.senders.get(index)?;
    let info = TransactionInfo {
        hash: Some(*transaction.tx_hash()),
        index: Some(index as u64),
        block_hash: Some(block.hash()),
        block_number: Some(block.height()),
        base_fee: block.header().base_fee_per_gas,
        block_timestamp: Some(block.header().timestamp),
    };
    Some(RpcTransaction::from_transaction(Recovered::new_unchecked(transaction.clone(), sender), info))
}

/// A transaction that waits in the pool.
pub(crate) fn pooled(pooled: PooledTransaction) -> RpcTransaction {
    let info = TransactionInfo { hash: Some(*pooled.transaction.tx_hash()), ..Default::default() };
    RpcTransaction::from_transaction(Recovered::new_unchecked(pooled.transaction, pooled.sender), info)
}

/// The bytes of a transaction (EIP-2718).
pub(crate) fn raw_transaction(finalized: &FinalizedBlock, index: usize) -> Option<Bytes> {
    Some(finalized.block.transactions().get(index)?.encoded_2718().into())
}

/// Receipt of a transaction by its position.
pub(crate) fn receipt(finalized: &FinalizedBlock, index: usize) -> Option<TransactionReceipt> {
    let first_log = finalized.receipts.iter().take(index).map(|r| r.logs().len()).sum();
    receipt_at(finalized, index, first_log)
}

/// Receipts of all transactions of a block.
pub(crate) fn receipts(finalized: &FinalizedBlock) -> Vec<TransactionReceipt> {
    let mut first_log = 0;
    let indices = 0..finalized.receipts.len();
    indices
        .filter_map(|index| {
            let receipt = receipt_at(finalized, index, first_log);
            first_log += finalized.receipts[index].logs().len();
            receipt
        })
        .collect()
}

fn receipt_at(finalized: &FinalizedBlock, index: usize, first_log: usize) -> Option<TransactionReceipt> {
    let block = &finalized.block;
    let transaction = block.transactions().get(index)?;
    let from = *finalized.senders.get(index)?;
    let receipt = finalized.receipts.get(index)?;
    let mut log_index = first_log;
    let inner = receipt.clone().map_logs(|log| {
        let log = placed_log(block, *transaction.tx_hash(), index, log_index, log);
        log_index += 1;
        log
    });
    Some(TransactionReceipt {
        inner,
        transaction_hash: *transaction.tx_hash(),
        transaction_index: Some(index as u64),
        block_hash: Some(block.hash()),
        block_number: Some(block.height()),
        gas_used: gas_used(&finalized.receipts, index),
        effective_gas_price: transaction.effective_gas_price(block.header().base_fee_per_gas),
        blob_gas_used: None,
        blob_gas_price: None,
        from,
        to: transaction.to(),
        contract_address: transaction.is_create().then(|| from.create(transaction.nonce())),
    })
}

/// Gas that one transaction used.
pub(crate) fn gas_used(receipts: &[Receipt], index: usize) -> u64 {
    let cumulative = |i: usize| receipts.get(i).map_or(0, TxReceipt::cumulative_gas_used);
    cumulative(index).saturating_sub(index.checked_sub(1).map_or(0, cumulative))
}

/// All logs of a block, system logs too, that satisfy a condition, in order.
pub(crate) fn block_logs(
    finalized: &FinalizedBlock,
    wanted: impl Fn(&alloy_primitives::Log) -> bool,
) -> Vec<Log> {
    let mut found = Vec::new();
    let mut log_index = 0;
    for (index, (hash, logs)) in finalized.logs().enumerate() {
        for log in logs {
            if wanted(log) {
                found.push(placed_log(&finalized.block, hash, index, log_index, log.clone()));
            }
            log_index += 1;
        }
    }
    found
}

fn placed_log(block: &Block, hash: B256, index: usize, log_index: usize, log: alloy_primitives::Log) -> Log {
    Log {
        inner: log,
        block_hash: Some(block.hash()),
        block_number: Some(block.height()),
        block_timestamp: Some(block.header().timestamp),
        transaction_hash: Some(hash),
        transaction_index: Some(index as u64),
        log_index: Some(log_index as u64),
        removed: false,
    }
}
