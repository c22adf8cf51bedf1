//! Blocks and their counts. An unknown block is null, never an error.

use crate::context::Call;
use crate::error::Fault;
use crate::format::{self, BlockJson};
use crate::registry::{Cost::Light, Param, Registry, may, need};
use alloy_primitives::{B256, U64};
use alloy_rpc_types_eth::TransactionReceipt;
use althing_primitives::FinalizedBlock;
use std::sync::Arc;

const BY_NUMBER: &[Param] = &[need("block", "Block"), may("full", "Boolean")];
const BY_HASH: &[Param] = &[need("hash", "Hash"), may("full", "Boolean")];
const NUMBER: &[Param] = &[need("block", "Block")];
const HASH: &[Param] = &[need("hash", "Hash")];
const NUMBER_INDEX: &[Param] = &[need("block", "Block"), need("index", "Quantity")];
const HASH_INDEX: &[Param] = &[need("hash", "Hash"), need("index", "Quantity")];

pub(super) fn register(r: &mut Registry) {
    let about = "A block, with whole transactions if `full`, else their hashes; null if unknown.";
    r.add(Light, "eth_getBlockByNumber", BY_NUMBER, "Object", about, block);
    r.add(Light, "eth_getBlockByHash", BY_HASH, "Object", about, block);
    let about = "Number of transactions in a block; null if the block is unknown.";
    r.add(Light, "eth_getBlockTransactionCountByNumber", NUMBER, "Quantity", about, transaction_count);
    r.add(Light, "eth_getBlockTransactionCountByHash", HASH, "Quantity", about, transaction_count);
    r.add(
        Light,
        "eth_getBlockReceipts",
        NUMBER,
        "Array",
        "Receipts of all transactions of a block, not of its system transaction; null if the block is unknown.",
        receipts,
    );
    let about = "Zero: blocks have no uncles. Null if the block is unknown.";
    r.add(Light, "eth_getUncleCountByBlockNumber", NUMBER, "Quantity", about, uncle_count);
    r.add(Light, "eth_getUncleCountByBlockHash", HASH, "Quantity", about, uncle_count);
    let about = "Null: blocks have no uncles.";
    r.add(Light, "eth_getUncleByBlockNumberAndIndex", NUMBER_INDEX, "Object", about, uncle);
    r.add(Light, "eth_getUncleByBlockHashAndIndex", HASH_INDEX, "Object", about, uncle);
}

/// The block that the first parameter names. A hash and a number are told apart by their form, so one handler serves
/// the `ByNumber` and the `ByHash` method.
pub(super) async fn named_block(call: &mut Call) -> Result<Option<Arc<FinalizedBlock>>, Fault> {
    let id = call.args.required(0)?;
    call.ctx.find_block(id).await
}

async fn block(mut call: Call) -> Result<Option<BlockJson>, Fault> {
    let full = call.args.optional(1)?.unwrap_or(false);
    Ok(named_block(&mut call).await?.map(|block| format::block(&block, full)))
}

async fn transaction_count(mut call: Call) -> Result<Option<U64>, Fault> {
    Ok(named_block(&mut call).await?.map(|block| U64::from(block.block.transactions().len())))
}

async fn receipts(mut call: Call) -> Result<Option<Vec<TransactionReceipt>>, Fault> {
    Ok(named_block(&mut call).await?.map(|block| format::receipts(&block)))
}

async fn uncle_count(mut call: Call) -> Result<Option<U64>, Fault> {
    Ok(named_block(&mut call).await?.map(|_| U64::ZERO))
}

async fn uncle(mut call: Call) -> Result<Option<B256>, Fault> {
    named_block(&mut call).await?;
    Ok(None)
}
