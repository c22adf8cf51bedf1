//! The `txpool_` namespace: what waits in the pool.

use crate::api::PooledTransaction;
use crate::config::MAX_POOL_CONTENT;
use crate::context::Call;
use crate::error::Fault;
use crate::format;
use crate::registry::{
    Cost::{Heavy, Light},
    Param, Registry, need,
};
use alloy_consensus::Transaction as _;
use alloy_primitives::Address;
use alloy_rpc_types_txpool::{
    TxpoolContent, TxpoolContentFrom, TxpoolInspect, TxpoolInspectSummary, TxpoolStatus,
};

const SENDER: &[Param] = &[need("address", "Address")];

pub(crate) fn register(r: &mut Registry) {
    r.add(
        Light,
        "txpool_status",
        &[],
        "Object",
        "Numbers of executable and of waiting transactions.",
        status,
    );
    r.add(
        Heavy,
        "txpool_content",
        &[],
        "Object",
        "Transactions of the pool by sender and nonce, up to 10,000.",
        content,
    );
    r.add(
        Heavy,
        "txpool_contentFrom",
        SENDER,
        "Object",
        "Transactions of one sender in the pool.",
        content_from,
    );
    r.add(
        Heavy,
        "txpool_inspect",
        &[],
        "Object",
        "Like txpool_content, one line of text a transaction.",
        inspect,
    );
}

async fn status(call: Call) -> Result<TxpoolStatus, Fault> {
    let status = call.api.pool_status().await;
    Ok(TxpoolStatus { pending: status.pending, queued: status.queued })
}

/// The pool's transactions, with the part of the answer each belongs to.
async fn pool(call: &Call, sender: Option<Address>) -> Vec<PooledTransaction> {
    call.api.pool_content(sender, MAX_POOL_CONTENT).await
}

async fn content(call: Call) -> Result<TxpoolContent, Fault> {
    let mut content = TxpoolContent::default();
    for pooled in pool(&call, None).await {
        let part = if pooled.executable { &mut content.pending } else { &mut content.queued };
        let nonce = pooled.transaction.nonce().to_string();
        part.entry(pooled.sender).or_default().insert(nonce, format::pooled(pooled));
    }
    Ok(content)
}

async fn content_from(mut call: Call) -> Result<TxpoolContentFrom, Fault> {
    let sender = call.args.required(0)?;
    let mut content = TxpoolContentFrom::default();
    for pooled in pool(&call, Some(sender)).await {
        let part = if pooled.executable { &mut content.pending } else { &mut content.queued };
        part.insert(pooled.transaction.nonce().to_string(), format::pooled(pooled));
    }
    Ok(content)
}

async fn inspect(call: Call) -> Result<TxpoolInspect, Fault> {
    let mut content = TxpoolInspect::default();
    for pooled in pool(&call, None).await {
        let part = if pooled.executable { &mut content.pending } else { &mut content.queued };
        let nonce = pooled.transaction.nonce().to_string();
        let summary = TxpoolInspectSummary::from_tx(pooled.transaction);
        part.entry(pooled.sender).or_default().insert(nonce, summary);
    }
    Ok(content)
}
