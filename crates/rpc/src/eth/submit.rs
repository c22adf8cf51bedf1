//! Taking signed transactions.

use crate::api::SubmitError;
use crate::config::DEFAULT_SYNC_WAIT;
use crate::context::Call;
use crate::error::Fault;
use crate::registry::{
    Cost::{Light, Waits},
    Param, Registry, may, need,
};
use alloy_consensus::TxType;
use alloy_eips::eip2718::Decodable2718;
use alloy_primitives::{B256, Bytes};
use alloy_rpc_types_eth::TransactionReceipt;
use althing_primitives::Transaction;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, timeout_at};

/// Largest transaction in bytes, as on Ethereum.
const MAX_TRANSACTION_BYTES: usize = 128 * 1024;

const RAW: &[Param] = &[need("transaction", "Bytes")];
const RAW_SYNC: &[Param] = &[need("transaction", "Bytes"), may("timeoutMs", "Quantity")];

pub(super) fn register(r: &mut Registry) {
    r.add(
        Light,
        "eth_sendRawTransaction",
        RAW,
        "Hash",
        "Puts a signed transaction into the pool and gossips it; gives its hash.",
        send,
    );
    r.add(
        Waits,
        "eth_sendRawTransactionSync",
        RAW_SYNC,
        "Object",
        "Like eth_sendRawTransaction, and waits for the receipt (EIP-7966).",
        send_and_wait,
    );
}

fn decode(bytes: &Bytes) -> Result<Transaction, Fault> {
    if bytes.len() > MAX_TRANSACTION_BYTES {
        let error = SubmitError::Oversized { size: bytes.len(), limit: MAX_TRANSACTION_BYTES };
        return Err(error.into());
    }
    match bytes.first() {
        Some(0x03) => return Err(SubmitError::Type(": this chain takes no blob transactions").into()),
        // A legacy transaction begins as an RLP list does, above these.
        Some(kind) if *kind < 0x80 && TxType::try_from(*kind).is_err() => {
            return Err(SubmitError::Type("").into());
        }
        _ => {}
    }
    Transaction::decode_2718_exact(bytes)
        .map_err(|error| Fault::Server(format!("rlp: the bytes are not a signed transaction: {error}")))
}

async fn send(mut call: Call) -> Result<B256, Fault> {
    let transaction = decode(&call.args.required(0)?)?;
    Ok(call.api.submit(transaction).await?)
}

async fn send_and_wait(mut call: Call) -> Result<TransactionReceipt, Fault> {
    let transaction = decode(&call.args.required(0)?)?;
    let longest = call.config.max_sync_wait;
    let wait = match call.args.optional_number(1)? {
        Some(millis) => Duration::from_millis(millis).min(longest),
        None => DEFAULT_SYNC_WAIT.min(longest),
    };
    let deadline = Instant::now() + wait;
    // Before the submission, so that no block is missed.
    let mut blocks = call.api.subscribe_blocks();
    let hash = match call.api.submit(transaction).await {
        Ok(hash) | Err(SubmitError::AlreadyKnown(hash)) => hash,
        Err(error) => return Err(error.into()),
    };
    loop {
        if let Some(receipt) = call.receipt(hash).await? {
            return Ok(receipt);
        }
        match timeout_at(deadline, blocks.recv()).await {
            Ok(Ok(_)) | Ok(Err(RecvError::Lagged(_))) => {}
            Ok(Err(RecvError::Closed)) => return Err(Fault::Server("the node is stopping".into())),
            Err(_) => return Err(Fault::NotYetIncluded { hash, waited: wait }),
        }
    }
}
