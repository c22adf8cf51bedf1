//! Transactions and receipts. An unknown transaction is null, never an error.

use super::block::named_block;
use crate::api::BlockKey;
use crate::context::{Call, Context};
use crate::error::Fault;
use crate::format::{self, TransactionJson};
use crate::registry::{Cost::Light, Param, Registry, need};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{B256, Bytes};
use alloy_rpc_types_eth::{Transaction, TransactionReceipt};
use althing_primitives::FinalizedBlock;
use std::sync::Arc;

const HASH: &[Param] = &[need("hash", "Hash")];
const NUMBER_INDEX: &[Param] = &[need("block", "Block"), need("index", "Quantity")];
const HASH_INDEX: &[Param] = &[need("hash", "Hash"), need("index", "Quantity")];

pub(super) fn register(r: &mut Registry) {
    let about = "A transaction, of a block or of the pool, or a block's system transaction; null if unknown.";
    r.add(Light, "eth_getTransactionByHash", HASH, "Object", about, by_hash);
    let about = "A transaction by its position in a block; null if there is none.";
    r.add(Light, "eth_getTransactionByBlockNumberAndIndex", NUMBER_INDEX, "Object", about, by_index);
    r.add(Light, "eth_getTransactionByBlockHashAndIndex", HASH_INDEX, "Object", about, by_index);
    let about = "Bytes of a transaction (EIP-2718), of a block or of the pool; null if unknown.";
    r.add(Light, "eth_getRawTransactionByHash", HASH, "Bytes", about, raw_by_hash);
    let about = "Bytes of a transaction by its position in a block; null if there is none.";
    r.add(Light, "eth_getRawTransactionByBlockNumberAndIndex", NUMBER_INDEX, "Bytes", about, raw_by_index);
    r.add(Light, "eth_getRawTransactionByBlockHashAndIndex", HASH_INDEX, "Bytes", about, raw_by_index);
    let about =
        "Receipt of a finalized transaction, or of a system transaction; null before it is in a block.";
    r.add(Light, "eth_getTransactionReceipt", HASH, "Object", about, receipt);
}

impl Context {
    /// The block of a finalized transaction, and its position there: after the last for a system transaction.
    pub(crate) async fn included(&self, hash: B256) -> Result<Option<(Arc<FinalizedBlock>, usize)>, Fault> {
        let Some(location) = self.api.transaction_location(hash).await? else { return Ok(None) };
        let block = self.api.block(BlockKey::Height(location.height)).await?;
        Ok(block.map(|block| (block, location.index)))
    }

    /// Receipt of a finalized transaction.
    pub(crate) async fn receipt(&self, hash: B256) -> Result<Option<TransactionReceipt>, Fault> {
        let Some((block, index)) = self.included(hash).await? else { return Ok(None) };
        Ok(format::receipt(&block, index).or_else(|| format::system_receipt(&block)))
    }
}

async fn by_hash(mut call: Call) -> Result<Option<TransactionJson>, Fault> {
    let hash = call.args.required(0)?;
    if let Some((block, index)) = call.included(hash).await? {
        let signed = format::transaction(&block, index).map(TransactionJson::from);
        return Ok(signed.or_else(|| format::system_transaction(&block)));
    }
    Ok(call.api.pooled_transaction(hash).await.map(|pooled| format::pooled(pooled).into()))
}

async fn by_index(mut call: Call) -> Result<Option<Transaction>, Fault> {
    let index = index(&mut call)?;
    Ok(named_block(&mut call).await?.and_then(|block| format::transaction(&block, index)))
}

async fn raw_by_hash(mut call: Call) -> Result<Option<Bytes>, Fault> {
    let hash = call.args.required(0)?;
    if let Some((block, index)) = call.included(hash).await? {
        return Ok(format::raw_transaction(&block, index));
    }
    Ok(call.api.pooled_transaction(hash).await.map(|pooled| pooled.transaction.encoded_2718().into()))
}

async fn raw_by_index(mut call: Call) -> Result<Option<Bytes>, Fault> {
    let index = index(&mut call)?;
    Ok(named_block(&mut call).await?.and_then(|block| format::raw_transaction(&block, index)))
}

fn index(call: &mut Call) -> Result<usize, Fault> {
    Ok(usize::try_from(call.args.number(1)?).unwrap_or(usize::MAX))
}

async fn receipt(mut call: Call) -> Result<Option<TransactionReceipt>, Fault> {
    let hash = call.args.required(0)?;
    call.receipt(hash).await
}
