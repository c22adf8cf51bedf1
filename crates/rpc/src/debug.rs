//! The `debug_` namespace: traces, and raw bytes of what is finalized.

use crate::api::TransactionLocation;
use crate::context::Call;
use crate::error::Fault;
use crate::format;
use crate::registry::{
    Cost::{Heavy, Light},
    Param, Registry, may, need,
};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{B256, Bytes};
use alloy_rpc_types_trace::common::TraceResult;
use alloy_rpc_types_trace::geth::{GethDebugTracingCallOptions, GethDebugTracingOptions, GethTrace};
use althing_primitives::FinalizedBlock;
use std::sync::Arc;

const TRANSACTION: &[Param] = &[need("hash", "Hash"), may("options", "Object")];
const CALL: &[Param] = &[need("transaction", "Transaction"), may("block", "Block"), may("options", "Object")];
const BLOCK: &[Param] = &[need("block", "Block"), may("options", "Object")];
const BLOCK_HASH: &[Param] = &[need("hash", "Hash"), may("options", "Object")];
const RAW_BLOCK: &[Param] = &[need("block", "Block")];
const RAW_TRANSACTION: &[Param] = &[need("hash", "Hash")];

pub(crate) fn register(r: &mut Registry) {
    let about = "Replays a finalized transaction under a tracer.";
    r.add(Heavy, "debug_traceTransaction", TRANSACTION, "Object", about, trace_transaction);
    let about = "Runs a call under a tracer; state and block may be overridden.";
    r.add(Heavy, "debug_traceCall", CALL, "Object", about, trace_call);
    let about = "Replays all transactions of a block under a tracer.";
    r.add(Heavy, "debug_traceBlockByNumber", BLOCK, "Array", about, trace_block);
    r.add(Heavy, "debug_traceBlockByHash", BLOCK_HASH, "Array", about, trace_block);
    r.add(Light, "debug_getRawHeader", RAW_BLOCK, "Bytes", "RLP of a block's header.", raw_header);
    r.add(
        Light,
        "debug_getRawBlock",
        RAW_BLOCK,
        "Bytes",
        "RLP of a block in Ethereum's form (althing_getBlock gives it with its seal).",
        raw_block,
    );
    let about = "Bytes of the receipts of a block (EIP-2718).";
    r.add(Light, "debug_getRawReceipts", RAW_BLOCK, "Array", about, raw_receipts);
    let about = "Bytes of a finalized transaction (EIP-2718); 0x if unknown.";
    r.add(Light, "debug_getRawTransaction", RAW_TRANSACTION, "Bytes", about, raw_transaction);
}

/// Where a transaction is whose trace is asked for.
pub(crate) enum Place {
    Included(TransactionLocation),
    /// It is a system transaction: no code ran that a tracer could watch.
    System,
}

impl Call {
    /// Place of the finalized transaction that the first parameter names.
    pub(crate) async fn location(&mut self) -> Result<Option<Place>, Fault> {
        let hash: B256 = self.args.required(0)?;
        Ok(self.included(hash).await?.map(|(block, index)| match block.block.transactions().get(index) {
            Some(_) => Place::Included(TransactionLocation { height: block.block.height(), index }),
            None => Place::System,
        }))
    }

    /// The block that the first parameter names; an error in geth's words when there is none.
    async fn existing_block(&mut self) -> Result<Arc<FinalizedBlock>, Fault> {
        let id = self.args.required(0)?;
        self.find_block(id).await?.ok_or_else(|| Fault::Server("block not found".into()))
    }
}

async fn trace_transaction(mut call: Call) -> Result<GethTrace, Fault> {
    let options: GethDebugTracingOptions = call.args.optional(1)?.unwrap_or_default();
    match call.location().await? {
        Some(Place::Included(location)) => Ok(call.api.trace_transaction(location, options).await?),
        Some(Place::System) => {
            let reason = "a system transaction has no trace: it stands for the protocol's own acts";
            Err(Fault::Unsupported(reason.into()))
        }
        None => Err(Fault::Server("transaction not found".into())),
    }
}

async fn trace_call(mut call: Call) -> Result<GethTrace, Fault> {
    let options: GethDebugTracingCallOptions = call.args.optional(2)?.unwrap_or_default();
    if options.tx_index.is_some() {
        let reason = "txIndex is not supported by debug_traceCall: calls run on the state after the block";
        return Err(Fault::Unsupported(reason.into()));
    }
    let request = call.simulation(options.state_overrides, options.block_overrides).await?;
    Ok(call.api.trace_call(request, options.tracing_options).await?)
}

async fn trace_block(mut call: Call) -> Result<Vec<TraceResult<GethTrace, String>>, Fault> {
    let options: GethDebugTracingOptions = call.args.optional(1)?.unwrap_or_default();
    let block = call.existing_block().await?;
    let traces = call.api.trace_block(block.block.height(), options).await?;
    let hashes = block.block.transactions().iter().map(|t| Some(*t.tx_hash()));
    Ok(traces
        .into_iter()
        .zip(hashes)
        .map(|(result, tx_hash)| TraceResult::Success { result, tx_hash })
        .collect())
}

async fn raw_header(mut call: Call) -> Result<Bytes, Fault> {
    let block = call.existing_block().await?;
    Ok(alloy_rlp::encode(block.block.header()).into())
}

async fn raw_block(mut call: Call) -> Result<Bytes, Fault> {
    let block = call.existing_block().await?;
    Ok(format::ethereum_rlp(&block.block).into())
}

async fn raw_receipts(mut call: Call) -> Result<Vec<Bytes>, Fault> {
    let block = call.existing_block().await?;
    Ok(block.receipts.iter().map(|receipt| receipt.encoded_2718().into()).collect())
}

async fn raw_transaction(mut call: Call) -> Result<Bytes, Fault> {
    let hash = call.args.required(0)?;
    let included = call.included(hash).await?;
    Ok(included.and_then(|(block, index)| format::raw_transaction(&block, index)).unwrap_or_default())
}
