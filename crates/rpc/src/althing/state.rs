//! What a node needs that begins with a synchronized state: a block to begin at, and the logs of the databases. All of
//! it is proven by that block's certificate, so it may come from anybody.

use super::{certificate::MAX_DISTANCE, feed::CertifiedBlock};
use crate::api::BlockKey;
use crate::context::Call;
use crate::error::Fault;
use crate::registry::{Cost::Heavy, Param, Registry, may, need};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::Bytes;
use althing_primitives::{OperationsRequest, StateDatabase};
use serde::Serialize;
use std::num::NonZeroU64;

const OPERATIONS: &[Param] = &[
    need("database", "String"),
    need("size", "Quantity"),
    need("start", "Quantity"),
    may("count", "Quantity"),
];

pub(super) fn register(r: &mut Registry) {
    let about = "The newest block with a certificate of its own, as in althing_getBlock, and its receipts: where a node \
                 can begin that synchronizes the state. Null if there is none yet.";
    r.add(Heavy, "althing_getStateTarget", &[], "Object", about, target);
    let about = "Operations of a state database (accounts, slots or codes) from `start` on, with their proof for the \
                 log of that size: `count`, at most 512. Without `count` only the first, and what a log needs that \
                 begins there.";
    r.add(Heavy, "althing_getStateOperations", OPERATIONS, "Bytes", about, operations);
}

#[derive(Serialize)]
struct TargetJson {
    #[serde(flatten)]
    block: CertifiedBlock,
    /// EIP-2718 bytes of each transaction's receipt.
    receipts: Vec<Bytes>,
}

async fn target(call: Call) -> Result<Option<TargetJson>, Fault> {
    let latest = call.latest_height();
    let first = latest.saturating_sub(MAX_DISTANCE).max(call.api.oldest_block()).max(1);
    for height in (first..=latest).rev() {
        let Some(block) = call.api.block(BlockKey::Height(height)).await? else { continue };
        if block.certificate.is_some() {
            let receipts = block.receipts.iter().map(|receipt| receipt.encoded_2718().into()).collect();
            return Ok(Some(TargetJson { block: CertifiedBlock::new(&block), receipts }));
        }
    }
    Ok(None)
}

async fn operations(mut call: Call) -> Result<Bytes, Fault> {
    let database: StateDatabase = call.args.required(0)?;
    let (size, start) = (call.args.number(1)?, call.args.number(2)?);
    let count = match call.args.optional_number(3)? {
        Some(count) => {
            Some(NonZeroU64::new(count).ok_or_else(|| Fault::params("count is 0: ask for 1 or more"))?)
        }
        None => None,
    };
    Ok(call.api.state_operations(OperationsRequest { database, size, start, count }).await?)
}
