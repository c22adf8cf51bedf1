//! The certified block feed that followers live on: whole blocks as bytes with their certificates, in order, without
//! gaps, from any kept height. A slow follower slows only its own feed: the cursor is a height, nothing is buffered.

use crate::config::MAX_BLOCKS;
use crate::context::{Call, Context};
use crate::error::Fault;
use crate::params::Args;
use crate::registry::{
    Cost::{Heavy, Light},
    Param, Registry, may, need,
};
use crate::subscription::{End, Subscriber};
use alloy_primitives::{B256, Bytes, U64};
use althing_primitives::{FinalizedBlock, Height};
use jsonrpsee::server::PendingSubscriptionSink;
use jsonrpsee::types::Params;
use serde::Serialize;
use std::sync::Arc;
use tokio::sync::broadcast::error::RecvError;

const BLOCK: &[Param] = &[need("block", "Block")];
const RANGE: &[Param] = &[need("from", "Quantity"), need("count", "Quantity")];
const FROM: &[Param] = &[may("from", "Quantity")];

pub(super) fn register(r: &mut Registry) {
    let about = "A block's bytes with its seal, and its certificate; null if unknown.";
    r.add(Light, "althing_getBlock", BLOCK, "Object", about, get_block);
    let about = "Consecutive blocks as in althing_getBlock, at most 128, and at most what fits a response.";
    r.add(Heavy, "althing_getBlocks", RANGE, "Array", about, get_blocks);
    r.add_subscription(
        ["althing_subscribeBlocks", "althing_unsubscribeBlocks"],
        FROM,
        "Subscribes to all blocks from a height on (default: the next), as in althing_getBlock. WebSocket only.",
        |module| {
            module
                .register_subscription(
                    "althing_subscribeBlocks",
                    "althing_subscription",
                    "althing_unsubscribeBlocks",
                    |params, pending, ctx, _| subscribe(params, pending, ctx),
                )
                .map(|_| ())
        },
    );
}

#[derive(Serialize)]
pub(super) struct CertifiedBlock {
    number: U64,
    hash: B256,
    /// RLP list of header, seal and transactions.
    block: Bytes,
    /// Null when a later block's certificate covers it.
    certificate: Option<Bytes>,
}

impl CertifiedBlock {
    pub(super) fn new(finalized: &FinalizedBlock) -> Self {
        Self {
            number: U64::from(finalized.block.height()),
            hash: finalized.block.hash(),
            block: finalized.block.encode().into(),
            certificate: finalized.certificate.clone(),
        }
    }

    /// About the bytes it takes in JSON.
    fn json_bytes(&self) -> usize {
        200 + 2 * (self.block.len() + self.certificate.as_ref().map_or(0, |c| c.len()))
    }
}

async fn get_block(mut call: Call) -> Result<Option<CertifiedBlock>, Fault> {
    let id = call.args.required(0)?;
    Ok(call.find_block(id).await?.map(|block| CertifiedBlock::new(&block)))
}

async fn get_blocks(mut call: Call) -> Result<Vec<CertifiedBlock>, Fault> {
    let from = call.args.number(0)?;
    let count = call.args.number(1)?.min(MAX_BLOCKS);
    let mut room = call.config.max_response_bytes as usize / 2;
    let mut blocks = Vec::new();
    for height in from..from.saturating_add(count) {
        let Some(block) = call.find_block(height.into()).await? else { break };
        let block = CertifiedBlock::new(&block);
        room = room.saturating_sub(block.json_bytes());
        if room == 0 && !blocks.is_empty() {
            break;
        }
        blocks.push(block);
    }
    Ok(blocks)
}

async fn subscribe(params: Params<'static>, pending: PendingSubscriptionSink, ctx: Arc<Context>) -> End {
    let from = match start(&params, &ctx).await {
        Ok(from) => from,
        Err(fault) => {
            pending.reject(fault).await;
            return Ok(());
        }
    };
    let Ok(sink) = pending.accept().await else { return Ok(()) };
    feed(Subscriber::new(sink, ctx), from).await
}

/// First height of a feed; an error when the node does not keep it.
async fn start(params: &Params<'static>, ctx: &Context) -> Result<Height, Fault> {
    let mut args = Args::parse(FROM, params)?;
    let next = ctx.latest_height() + 1;
    let from = args.optional_number(0)?.unwrap_or(next);
    if from > next {
        return Err(Fault::params(format!(
            "block {from} is not final yet: the feed can start at {next} at most"
        )));
    }
    if from < next {
        ctx.find_block(from.into()).await?.ok_or_else(Fault::no_header)?;
    }
    Ok(from)
}

async fn feed(subscriber: Subscriber, mut next: Height) -> End {
    let ctx = subscriber.ctx.clone();
    // Events only wake the feed up, so it does not matter that it may miss some.
    let mut blocks = ctx.api.subscribe_blocks();
    loop {
        while next <= ctx.latest_height() {
            let block = ctx
                .find_block(next.into())
                .await
                .map_err(|fault| jsonrpsee::types::ErrorObjectOwned::from(fault).message().to_owned())?;
            let block = block.ok_or_else(|| format!("block {next} is not kept any more"))?;
            if !subscriber.send(&CertifiedBlock::new(&block)).await? {
                return Ok(());
            }
            next += 1;
        }
        tokio::select! {
            () = subscriber.left() => return Ok(()),
            event = blocks.recv() => if matches!(event, Err(RecvError::Closed)) {
                return Ok(());
            },
        }
    }
}
