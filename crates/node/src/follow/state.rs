//! The first start of a follower that fetches the state of a recent block instead of replaying the chain.
//!
//! The block's place in the index is the mark that the state is whole: it is written when all databases are, and a
//! node that is killed before that continues here at its next start. The nodes that are asked need no trust.

use super::{
    RETRY,
    upstream::{Connection, StateTarget},
};
use crate::data_dir::DataDir;
use althing_chain::{Head, check_anchor};
use althing_engine::{Context, StateSettings, synchronize, wipe};
use althing_indexer::Index;
use althing_light::KeyChain;
use althing_primitives::{ChainSpec, FinalizedBlock};
use althing_state::{Fetch, SyncError};
use eyre::{Result, bail};
use std::sync::Arc;

/// Fetches the state from the first node that gives it; returns the block that it belongs to, which the index then
/// begins with. Tries until it succeeds or this node itself fails.
pub(crate) async fn begin(
    context: &Context,
    urls: &[String],
    spec: &ChainSpec,
    index: &Index,
    settings: &StateSettings,
    data: &DataDir,
) -> Result<Head> {
    let keys = KeyChain::new(spec)?;
    let mut wiped = false;
    let mut attempt = 0;
    loop {
        for url in urls {
            attempt += 1;
            match fetch(context, settings, &keys, url, attempt).await {
                Ok(block) => {
                    let block = Arc::new(block);
                    index.append(&block)?;
                    data.begin()?;
                    tracing::info!(height = block.block.height(), "the state is complete");
                    return Ok(block);
                }
                Err(Ended::Node(reason)) => tracing::warn!(%url, %reason, "no state from this node"),
                Err(Ended::Here(reason)) if wiped => bail!("{reason}; look for a fault of the disk"),
                Err(Ended::Here(reason)) => {
                    tracing::warn!(%reason, "what is there of the state cannot be continued; it is fetched anew");
                    wipe(context, settings).await?;
                    wiped = true;
                }
            }
            tokio::time::sleep(RETRY).await;
        }
    }
}

/// Why an attempt ended.
enum Ended {
    /// The other node's fault or the network's.
    Node(String),
    /// This node's databases.
    Here(String),
}

async fn fetch(
    context: &Context,
    settings: &StateSettings,
    keys: &KeyChain,
    url: &str,
    attempt: u64,
) -> Result<FinalizedBlock, Ended> {
    let connection = Connection::open(url).await.map_err(Ended::Node)?;
    let target = connection.state_target().await.map_err(Ended::Node)?;
    let StateTarget { block, receipts, certificate } =
        target.ok_or_else(|| Ended::Node("it has no certified block yet".into()))?;
    let height = block.height();
    let block = check_anchor(keys, block, receipts, certificate)
        .map_err(|error| Ended::Node(format!("block {height} that it offers is refused: {error}")))?;
    tracing::info!(%url, height, "fetching the state of a block");
    let fetch: Fetch = Arc::new(move |request| {
        let connection = connection.clone();
        Box::pin(async move { connection.operations(request).await })
    });
    match synchronize(context, settings, &block.block.seal().state, attempt, fetch).await {
        Ok(()) => Ok(block),
        Err(error @ SyncError::Local { .. }) => Err(Ended::Here(error.to_string())),
        Err(error) => Err(Ended::Node(error.to_string())),
    }
}
