//! Polled filters. A filter of blocks or logs is a cursor on the chain and holds no results; a filter of pending
//! transactions holds a place in the node's bounded event channel. Unpolled filters expire.

use super::log::LogFilter;
use crate::api::LogQuery;
use crate::config::RpcConfig;
use crate::context::{Call, Context, fresh_id};
use crate::error::Fault;
use crate::format;
use crate::registry::{
    Cost::{Heavy, Light},
    Param, Registry, may, need,
};
use alloy_primitives::{B128, B256};
use alloy_rpc_types_eth::{Log, Transaction};
use althing_primitives::Height;
use parking_lot::Mutex;
use serde::Serialize;
use std::collections::HashMap;
use std::time::{Duration, Instant};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::TryRecvError;

/// Most blocks, or pending transactions, that one poll reports; the next poll goes on from there.
const MAX_CHANGES: u64 = 4_096;

const FILTER: &[Param] = &[need("filter", "Filter")];
const FULL: &[Param] = &[may("full", "Boolean")];
const ID: &[Param] = &[need("id", "SubscriptionId")];

pub(super) fn register(r: &mut Registry) {
    r.add(
        Light,
        "eth_newFilter",
        FILTER,
        "SubscriptionId",
        "Starts a filter of logs; gives its id.",
        new_logs,
    );
    r.add(
        Light,
        "eth_newBlockFilter",
        &[],
        "SubscriptionId",
        "Starts a filter of new blocks; gives its id.",
        new_blocks,
    );
    r.add(
        Light,
        "eth_newPendingTransactionFilter",
        FULL,
        "SubscriptionId",
        "Starts a filter of transactions that enter the pool; gives its id.",
        new_pending,
    );
    r.add(
        Heavy,
        "eth_getFilterChanges",
        ID,
        "Array",
        "What is new since the last poll of a filter.",
        changes,
    );
    r.add(Heavy, "eth_getFilterLogs", ID, "Array", "All logs that a filter of logs matches.", filter_logs);
    r.add(Light, "eth_uninstallFilter", ID, "Boolean", "Removes a filter; true if there was one.", uninstall);
}

/// The filters of all clients.
pub(crate) struct FilterStore {
    filters: Mutex<HashMap<B128, Filter>>,
    max: usize,
    lifetime: Duration,
}

struct Filter {
    polled: Instant,
    kind: Kind,
}

enum Kind {
    /// Next height to report.
    Blocks(Height),
    /// What to look for, and the next height to look at.
    Logs(LogFilter, Height),
    /// Place in the event channel, and whether whole transactions are wanted.
    Pending(broadcast::Receiver<B256>, bool),
}

/// What one poll has to do, taken out of the store so that no lock is held while it is done.
enum Poll {
    Blocks(Height, Height),
    Logs(LogFilter, Height, Height),
    Pending(Vec<B256>, bool),
}

impl FilterStore {
    pub(crate) fn new(config: &RpcConfig) -> Self {
        Self { filters: Mutex::default(), max: config.max_filters, lifetime: config.filter_lifetime }
    }

    fn insert(&self, kind: Kind) -> Result<B128, Fault> {
        let mut filters = self.filters.lock();
        filters.retain(|_, filter| filter.polled.elapsed() < self.lifetime);
        if filters.len() >= self.max {
            return Err(Fault::Limit(format!(
                "this node keeps at most {} filters: uninstall some, or use eth_subscribe",
                self.max
            )));
        }
        let id = fresh_id();
        filters.insert(id, Filter { polled: Instant::now(), kind });
        Ok(id)
    }

    fn with<T>(&self, id: B128, read: impl FnOnce(&mut Kind) -> T) -> Result<T, Fault> {
        let mut filters = self.filters.lock();
        let filter = filters.get_mut(&id).filter(|filter| filter.polled.elapsed() < self.lifetime);
        let filter = filter.ok_or_else(|| Fault::Server("filter not found".into()))?;
        filter.polled = Instant::now();
        Ok(read(&mut filter.kind))
    }

    /// Takes the next piece of work for a filter and moves its cursor past it.
    fn poll(&self, id: B128, latest: Height, range: u64) -> Result<Option<Poll>, Fault> {
        self.with(id, |kind| match kind {
            Kind::Blocks(next) => {
                let (from, to) = (*next, latest.min(next.saturating_add(MAX_CHANGES - 1)));
                *next = from.max(to + 1);
                (from <= to).then_some(Poll::Blocks(from, to))
            }
            Kind::Logs(filter, next) => {
                let last = filter.to.unwrap_or(latest).min(latest);
                let (from, to) = (*next, last.min(next.saturating_add(range - 1)));
                *next = from.max(to + 1);
                (from <= to).then(|| Poll::Logs(filter.clone(), from, to))
            }
            Kind::Pending(receiver, full) => Some(Poll::Pending(drain(receiver), *full)),
        })
    }

    /// Puts a cursor of logs back to where the search stopped.
    fn rewind(&self, id: B128, height: Height) {
        let _ = self.with(id, |kind| {
            if let Kind::Logs(_, next) = kind {
                *next = height;
            }
        });
    }
}

fn drain(receiver: &mut broadcast::Receiver<B256>) -> Vec<B256> {
    let mut hashes = Vec::new();
    while (hashes.len() as u64) < MAX_CHANGES {
        match receiver.try_recv() {
            Ok(hash) => hashes.push(hash),
            // The oldest are lost to a client that polls too rarely.
            Err(TryRecvError::Lagged(_)) => {}
            Err(TryRecvError::Empty | TryRecvError::Closed) => break,
        }
    }
    hashes
}

#[derive(Serialize)]
#[serde(untagged)]
enum Changes {
    Hashes(Vec<B256>),
    Logs(Vec<Log>),
    Transactions(Vec<Transaction>),
}

async fn new_logs(mut call: Call) -> Result<B128, Fault> {
    let filter = LogFilter::new(call.args.required(0)?, &call)?;
    let next = filter.from.unwrap_or(call.latest_height() + 1);
    call.filters.insert(Kind::Logs(filter, next))
}

async fn new_blocks(call: Call) -> Result<B128, Fault> {
    call.filters.insert(Kind::Blocks(call.latest_height() + 1))
}

async fn new_pending(mut call: Call) -> Result<B128, Fault> {
    let full = call.args.optional(0)?.unwrap_or(false);
    call.filters.insert(Kind::Pending(call.api.subscribe_pending(), full))
}

async fn changes(mut call: Call) -> Result<Changes, Fault> {
    let id = call.args.required(0)?;
    match call.filters.poll(id, call.latest_height(), call.config.max_log_range)? {
        None => Ok(Changes::Hashes(Vec::new())),
        Some(Poll::Blocks(from, to)) => Ok(Changes::Hashes(block_hashes(&call, from, to).await?)),
        Some(Poll::Logs(filter, from, to)) => {
            let query = LogQuery { from, to, ..filter.what };
            let page = call.api.logs(query, call.config.max_logs).await;
            let reached = page.as_ref().map_or(from, |page| page.reached + 1);
            if reached <= to {
                call.filters.rewind(id, reached);
            }
            Ok(Changes::Logs(page?.logs))
        }
        Some(Poll::Pending(hashes, false)) => Ok(Changes::Hashes(hashes)),
        Some(Poll::Pending(hashes, true)) => {
            let mut transactions = Vec::with_capacity(hashes.len());
            for hash in hashes {
                transactions.extend(call.api.pooled_transaction(hash).await.map(format::pooled));
            }
            Ok(Changes::Transactions(transactions))
        }
    }
}

async fn block_hashes(ctx: &Context, from: Height, to: Height) -> Result<Vec<B256>, Fault> {
    let mut hashes = Vec::new();
    for height in from..=to {
        hashes.extend(ctx.find_block(height.into()).await?.map(|block| block.block.hash()));
    }
    Ok(hashes)
}

async fn filter_logs(mut call: Call) -> Result<Vec<Log>, Fault> {
    let id = call.args.required(0)?;
    let filter = call.filters.with(id, |kind| match kind {
        Kind::Logs(filter, _) => Some(filter.clone()),
        Kind::Blocks(_) | Kind::Pending(..) => None,
    })?;
    let filter =
        filter.ok_or_else(|| Fault::Server("filter not found: it is not a filter of logs".into()))?;
    filter.all(&call).await
}

async fn uninstall(mut call: Call) -> Result<bool, Fault> {
    let id: B128 = call.args.required(0)?;
    Ok(call.filters.filters.lock().remove(&id).is_some())
}
