//! Traces of the `ots_` namespace, all read off the tree of calls of one transaction.

use crate::context::Call;
use crate::debug::Place;
use crate::error::Fault;
use crate::registry::{Cost::Heavy, Param, Registry, need};
use alloy_primitives::{Address, Bytes, U256};
use alloy_rpc_types_trace::geth::{CallConfig, CallFrame, GethDebugTracingOptions, GethTrace};
use alloy_rpc_types_trace::otterscan::{InternalOperation, OperationType, TraceEntry};

const HASH: &[Param] = &[need("hash", "Hash")];

pub(super) fn register(r: &mut Registry) {
    let about = "Transfers of coin, creations and self-destructions inside a transaction.";
    r.add(Heavy, "ots_getInternalOperations", HASH, "Array", about, internal_operations);
    let about = "What a failed transaction returned; 0x if it succeeded.";
    r.add(Heavy, "ots_getTransactionError", HASH, "Bytes", about, transaction_error);
    let about = "All calls of a transaction in order, with their depth.";
    r.add(Heavy, "ots_traceTransaction", HASH, "Array", about, trace_transaction);
}

async fn call_tree(call: &mut Call) -> Result<Option<CallFrame>, Fault> {
    let location = match call.location().await? {
        Some(Place::Included(location)) => location,
        // As the transaction itself looks: a call from nobody to nobody, in which nothing happens.
        Some(Place::System) => {
            let to = Some(Address::ZERO);
            return Ok(Some(CallFrame { typ: "CALL".into(), to, ..Default::default() }));
        }
        None => return Ok(None),
    };
    let options = GethDebugTracingOptions::call_tracer(CallConfig::default());
    match call.api.trace_transaction(location, options).await? {
        GethTrace::CallTracer(frame) => Ok(Some(frame)),
        _ => Err(Fault::Internal("the node answered another tracer than was asked for".into())),
    }
}

async fn internal_operations(mut call: Call) -> Result<Option<Vec<InternalOperation>>, Fault> {
    let Some(root) = call_tree(&mut call).await? else { return Ok(None) };
    let mut found = Vec::new();
    // Depth first in order of execution; a frame that failed did nothing, and neither did those below it.
    let mut open: Vec<&CallFrame> = Vec::new();
    if root.error.is_none() {
        open.extend(root.calls.iter().rev());
    }
    while let Some(frame) = open.pop() {
        if frame.error.is_some() {
            continue;
        }
        found.extend(operation(frame));
        open.extend(frame.calls.iter().rev());
    }
    Ok(Some(found))
}

fn operation(frame: &CallFrame) -> Option<InternalOperation> {
    let value = frame.value.unwrap_or(U256::ZERO);
    let r#type = match frame.typ.as_str() {
        "CALL" if !value.is_zero() => OperationType::OpTransfer,
        "CREATE" => OperationType::OpCreate,
        "CREATE2" => OperationType::OpCreate2,
        "SELFDESTRUCT" => OperationType::OpSelfDestruct,
        _ => return None,
    };
    Some(InternalOperation { r#type, from: frame.from, to: frame.to.unwrap_or_default(), value })
}

async fn transaction_error(mut call: Call) -> Result<Option<Bytes>, Fault> {
    let root = call_tree(&mut call).await?;
    Ok(root.map(|root| if root.error.is_some() { root.output.unwrap_or_default() } else { Bytes::new() }))
}

async fn trace_transaction(mut call: Call) -> Result<Option<Vec<TraceEntry>>, Fault> {
    let Some(root) = call_tree(&mut call).await? else { return Ok(None) };
    let mut entries = Vec::new();
    let mut open = vec![(&root, 0)];
    while let Some((frame, depth)) = open.pop() {
        let moves_coin = !matches!(frame.typ.as_str(), "STATICCALL" | "DELEGATECALL");
        entries.push(TraceEntry {
            r#type: frame.typ.clone(),
            depth,
            from: frame.from,
            to: frame.to.unwrap_or_default(),
            value: moves_coin.then(|| frame.value.unwrap_or(U256::ZERO)),
            input: frame.input.clone(),
            output: frame.output.clone().unwrap_or_default(),
        });
        open.extend(frame.calls.iter().rev().map(|inner| (inner, depth + 1)));
    }
    Ok(Some(entries))
}
