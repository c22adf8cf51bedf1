//! eth_subscribe: new heads, logs, pending transactions and the state of synchronization, over WebSocket.

use super::chain::sync_status;
use super::log::LogFilter;
use crate::context::Context;
use crate::error::Fault;
use crate::format;
use crate::params::Args;
use crate::registry::{Param, Registry, may, need};
use crate::subscription::{End, Subscriber};
use alloy_primitives::B256;
use alloy_rpc_types_eth::Filter;
use althing_primitives::FinalizedBlock;
use jsonrpsee::core::SubscriptionError;
use jsonrpsee::server::PendingSubscriptionSink;
use jsonrpsee::types::Params;
use std::sync::Arc;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

const SUBSCRIBE: &[Param] = &[need("kind", "String"), may("options", "Filter")];

pub(super) fn register(r: &mut Registry) {
    r.add_subscription(
        ["eth_subscribe", "eth_unsubscribe"],
        SUBSCRIBE,
        "Subscribes to newHeads, logs (with a filter), newPendingTransactions (true: whole) or syncing. WebSocket only.",
        |module| {
            module
                .register_subscription(
                    "eth_subscribe",
                    "eth_subscription",
                    "eth_unsubscribe",
                    |params, pending, ctx, _| subscribe(params, pending, ctx),
                )
                .map(|_| ())
        },
    );
}

/// What is subscribed to. Receivers are made before the subscription is confirmed, so that nothing is missed between.
enum Topic {
    Heads(broadcast::Receiver<Arc<FinalizedBlock>>),
    Logs(broadcast::Receiver<Arc<FinalizedBlock>>, Box<LogFilter>),
    Pending(broadcast::Receiver<B256>, bool),
    Syncing(broadcast::Receiver<Arc<FinalizedBlock>>),
}

async fn subscribe(params: Params<'static>, pending: PendingSubscriptionSink, ctx: Arc<Context>) -> End {
    let topic = match topic(&params, &ctx) {
        Ok(topic) => topic,
        Err(fault) => {
            pending.reject(fault).await;
            return Ok(());
        }
    };
    let Ok(sink) = pending.accept().await else { return Ok(()) };
    let subscriber = Subscriber::new(sink, ctx);
    match topic {
        Topic::Heads(blocks) => heads(subscriber, blocks).await,
        Topic::Logs(blocks, filter) => logs(subscriber, blocks, *filter).await,
        Topic::Pending(hashes, full) => pending_transactions(subscriber, hashes, full).await,
        Topic::Syncing(blocks) => syncing(subscriber, blocks).await,
    }
}

fn topic(params: &Params<'static>, ctx: &Context) -> Result<Topic, Fault> {
    let mut args = Args::parse(SUBSCRIBE, params)?;
    let kind: String = args.required(0)?;
    match kind.as_str() {
        "newHeads" => Ok(Topic::Heads(ctx.api.subscribe_blocks())),
        "logs" => {
            let filter: Filter = args.optional(1)?.unwrap_or_default();
            Ok(Topic::Logs(ctx.api.subscribe_blocks(), Box::new(LogFilter::new(filter, ctx)?)))
        }
        "newPendingTransactions" => {
            Ok(Topic::Pending(ctx.api.subscribe_pending(), args.optional(1)?.unwrap_or(false)))
        }
        "syncing" => Ok(Topic::Syncing(ctx.api.subscribe_blocks())),
        other => Err(Fault::params(format!(
            "no \"{other}\" subscription: use newHeads, logs, newPendingTransactions or syncing"
        ))),
    }
}

impl Subscriber {
    /// The next event; `None` when the client has left or the node stops.
    pub(crate) async fn next<T: Clone>(
        &self,
        events: &mut broadcast::Receiver<T>,
    ) -> Result<Option<T>, SubscriptionError> {
        tokio::select! {
            () = self.left() => Ok(None),
            event = events.recv() => match event {
                Ok(event) => Ok(Some(event)),
                Err(RecvError::Closed) => Ok(None),
                Err(RecvError::Lagged(_)) => Err(self.too_slow()),
            },
        }
    }
}

async fn heads(subscriber: Subscriber, mut blocks: broadcast::Receiver<Arc<FinalizedBlock>>) -> End {
    while let Some(block) = subscriber.next(&mut blocks).await? {
        if !subscriber.send(&format::header(&block.block)).await? {
            break;
        }
    }
    Ok(())
}

async fn logs(
    subscriber: Subscriber,
    mut blocks: broadcast::Receiver<Arc<FinalizedBlock>>,
    filter: LogFilter,
) -> End {
    while let Some(block) = subscriber.next(&mut blocks).await? {
        for log in format::block_logs(&block, |log| filter.what.matches(log)) {
            if !subscriber.send(&log).await? {
                return Ok(());
            }
        }
    }
    Ok(())
}

async fn pending_transactions(
    subscriber: Subscriber,
    mut hashes: broadcast::Receiver<B256>,
    full: bool,
) -> End {
    while let Some(hash) = subscriber.next(&mut hashes).await? {
        let open = if !full {
            subscriber.send(&hash).await?
        } else if let Some(pooled) = subscriber.ctx.api.pooled_transaction(hash).await {
            subscriber.send(&format::pooled(pooled)).await?
        } else {
            true
        };
        if !open {
            break;
        }
    }
    Ok(())
}

async fn syncing(subscriber: Subscriber, mut blocks: broadcast::Receiver<Arc<FinalizedBlock>>) -> End {
    let mut last = None;
    loop {
        let progress = subscriber.ctx.api.status().await.syncing;
        if last != Some(progress.is_some()) {
            last = Some(progress.is_some());
            if !subscriber.send(&sync_status(progress)).await? {
                return Ok(());
            }
        }
        if subscriber.next(&mut blocks).await?.is_none() {
            return Ok(());
        }
    }
}
