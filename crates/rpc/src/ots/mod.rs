//! The `ots_` namespace: what the Otterscan explorer asks beyond `eth_`.

mod search;
mod trace;

use crate::context::Call;
use crate::error::Fault;
use crate::format;
use crate::registry::{Cost::Light, Param, Registry, may, need};
use alloy_eips::BlockId;
use alloy_primitives::{Address, U256};
use alloy_rpc_types_eth::{Block as RpcBlock, BlockTransactions, Header, Transaction, TransactionReceipt};
use alloy_rpc_types_trace::otterscan::{
    BlockDetails, OtsBlockTransactions, OtsReceipt, OtsTransactionReceipt,
};
use althing_primitives::FinalizedBlock;

/// Version of the interface that Otterscan checks.
const API_LEVEL: u64 = 8;

const ACCOUNT: &[Param] = &[need("address", "Address"), may("block", "Block")];
const BLOCK: &[Param] = &[need("block", "Block")];
const BLOCK_HASH: &[Param] = &[need("hash", "Hash")];
const PAGE: &[Param] = &[need("block", "Block"), need("page", "Quantity"), need("pageSize", "Quantity")];

pub(crate) fn register(r: &mut Registry) {
    r.add(Light, "ots_getApiLevel", &[], "Quantity", "Version of this namespace: 8.", api_level);
    r.add(Light, "ots_hasCode", ACCOUNT, "Boolean", "Whether an account has code.", has_code);
    let about = "A block without its transactions, with the fees paid in it.";
    r.add(Light, "ots_getBlockDetails", BLOCK, "Object", about, block_details);
    r.add(Light, "ots_getBlockDetailsByHash", BLOCK_HASH, "Object", about, block_details);
    let about = "A page of a block's transactions and receipts, newest first, without logs.";
    r.add(Light, "ots_getBlockTransactions", PAGE, "Object", about, block_transactions);
    r.add(
        Light,
        "erigon_getHeaderByNumber",
        BLOCK,
        "Object",
        "A header; Otterscan asks for it to find the node.",
        header,
    );
    trace::register(r);
    search::register(r);
}

async fn api_level(_: Call) -> Result<u64, Fault> {
    Ok(API_LEVEL)
}

async fn has_code(mut call: Call) -> Result<bool, Fault> {
    let address: Address = call.args.required(0)?;
    let block = call.args.block(1)?;
    let height = call.state_height(block).await?;
    Ok(!call.api.code(address, height).await?.is_empty())
}

/// Otterscan names a block by number (JSON number or quantity), by hash or by tag.
async fn block_arg(call: &mut Call) -> Result<Option<std::sync::Arc<FinalizedBlock>>, Fault> {
    let value: serde_json::Value = call.args.required(0)?;
    let id = match value.as_u64() {
        Some(height) => BlockId::from(height),
        None => serde_json::from_value(value)
            .map_err(|e| Fault::params(format!("invalid argument 0 (block): {e}")))?,
    };
    call.ctx.find_block(id).await
}

async fn header(mut call: Call) -> Result<Option<Header>, Fault> {
    Ok(block_arg(&mut call).await?.map(|block| format::header(&block.block)))
}

async fn block_details(mut call: Call) -> Result<Option<BlockDetails>, Fault> {
    let Some(finalized) = block_arg(&mut call).await? else { return Ok(None) };
    let fees = format::receipts(&finalized)
        .iter()
        .map(|r| U256::from(r.gas_used) * U256::from(r.effective_gas_price))
        .fold(U256::ZERO, U256::saturating_add);
    let hashes = finalized.block.transactions().iter().map(|t| *t.tx_hash()).collect();
    let block = rpc_block(&finalized, BlockTransactions::Hashes(hashes));
    Ok(Some(BlockDetails::new(block, Default::default(), fees)))
}

async fn block_transactions(mut call: Call) -> Result<Option<OtsBlockTransactions>, Fault> {
    let (page, size) = (call.args.number(1)?, call.args.number(2)?);
    let Some(finalized) = block_arg(&mut call).await? else { return Ok(None) };
    let count = finalized.block.transactions().len();
    let skipped = usize::try_from(page.saturating_mul(size)).unwrap_or(usize::MAX);
    let end = count.saturating_sub(skipped);
    let start = end.saturating_sub(usize::try_from(size).unwrap_or(usize::MAX));
    let transactions: Vec<Transaction> =
        (start..end).rev().filter_map(|i| format::transaction(&finalized, i)).collect();
    let receipts = (start..end)
        .rev()
        .filter_map(|i| format::receipt(&finalized, i))
        .map(|receipt| slim_receipt(receipt, None))
        .collect();
    let block = rpc_block(&finalized, BlockTransactions::Full(transactions));
    let mut fullblock = alloy_rpc_types_trace::otterscan::OtsBlock::from(block);
    fullblock.transaction_count = count;
    Ok(Some(OtsBlockTransactions { fullblock, receipts }))
}

fn rpc_block(finalized: &FinalizedBlock, transactions: BlockTransactions<Transaction>) -> RpcBlock {
    RpcBlock {
        header: format::header(&finalized.block),
        uncles: Vec::new(),
        transactions,
        withdrawals: Some(Default::default()),
    }
}

/// A receipt without its logs, as lists of Otterscan want it.
fn slim_receipt(receipt: TransactionReceipt, timestamp: Option<u64>) -> OtsTransactionReceipt {
    let slim = OtsReceipt {
        status: receipt.inner.status(),
        cumulative_gas_used: receipt.inner.cumulative_gas_used(),
        logs: None,
        logs_bloom: None,
        r#type: receipt.inner.tx_type() as u8,
    };
    OtsTransactionReceipt { receipt: receipt.map_inner(|_| slim), timestamp }
}
