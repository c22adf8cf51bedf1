//! A validator's node while it has no place in the mesh: it follows other nodes, and enters consensus when its operator
//! has become a delegate, whom the others connect to. When it is no delegate any more, it follows again.
//!
//! Without `follow.urls` a node is always in consensus, as the first validators of a network are.

use crate::{
    archive::Archive,
    config::NodeConfig,
    data_dir::DataDir,
    follow::{self, APPLIED, noted_height},
    run::Base,
};
use althing_chain::Chain;
use althing_engine::{Context, Floor, lay_floor};
use althing_indexer::Index;
use althing_primitives::{Height, OperatorKey};
use eyre::{Result, eyre};
use std::{sync::Arc, time::Duration};

/// Height at which a node that followed enters consensus, in the index's own table; empty when it has entered.
const ENTERS: &str = "validator.enters";

/// Blocks behind the followed node at which a node is near enough to enter consensus.
const NEAR: Height = 8;

/// How often a validator looks whether it still has a place in the mesh.
const LOOK: Duration = Duration::from_secs(10);

/// A head older than this is a sign that the others do not connect to this node any more.
const SILENCE: Duration = Duration::from_secs(60);

/// How a validator's node starts.
#[derive(Debug)]
pub(crate) enum Entry {
    /// In consensus, where it was or at the chain's first block.
    Consensus,
    /// Following.
    Following,
}

/// Whether a node that has no blocks must follow first: the network runs already.
pub(crate) async fn comes_late(config: &NodeConfig, index: &Index) -> Result<bool> {
    if index.latest()?.unwrap_or_default() > 0 {
        return Ok(false);
    }
    for url in &config.follow.urls {
        match follow::height_of(url).await {
            Ok(height) => return Ok(height > 0),
            Err(reason) => tracing::warn!(%url, %reason, "this node does not say whether the network runs"),
        }
    }
    Ok(false)
}

/// Decides how to start, and prepares the entry into consensus of a node that followed.
pub(crate) async fn entry(context: &Context, data: &DataDir, base: &Base, comes_late: bool) -> Result<Entry> {
    let index = base.archive.index();
    if let Some(enters) = noted_height(index, ENTERS)? {
        let floor = floor(&base.chain, &base.archive, enters)?;
        data.forget_consensus()?;
        lay_floor(context, floor).await;
        index.set_cursor(APPLIED, &[])?;
        index.set_cursor(ENTERS, &[])?;
        tracing::info!(height = enters, "this node enters consensus");
        return Ok(Entry::Consensus);
    }
    let follows = comes_late || noted_height(index, APPLIED)?.is_some();
    Ok(if follows { Entry::Following } else { Entry::Consensus })
}

/// The final block at which consensus is entered, and the facts of its epoch.
fn floor(chain: &Chain, archive: &Archive, height: Height) -> Result<Floor> {
    let missing =
        |height| eyre!("block {height}, at which consensus is entered, is not in the index as it must be");
    let index = archive.index();
    let block = index.block(height)?.ok_or_else(|| missing(height))?;
    let certificate = block.certificate.clone().ok_or_else(|| missing(height))?;
    let boundary = boundary_of(chain, height);
    let boundary = index.block(boundary)?.ok_or_else(|| missing(boundary))?;
    Floor::new(&certificate, &boundary.block).ok_or_else(|| missing(height))
}

/// The block that says who serves at a height: the last of the epoch before.
fn boundary_of(chain: &Chain, height: Height) -> Height {
    let calendar = chain.spec.calendar();
    calendar.first_block(calendar.epoch_of(height)).saturating_sub(1)
}

/// The wish of a node that follows to enter consensus.
#[derive(Debug)]
pub(crate) struct Standby {
    pub(crate) operator: OperatorKey,
    pub(crate) chain: Arc<Chain>,
}

impl Standby {
    /// Whether the node enters consensus at its head, which is noted then.
    pub(crate) fn enters(&self, archive: &Archive, head: Height, highest: Height) -> Result<bool> {
        let epoch = self.chain.spec.epoch_of(head);
        let index = archive.index();
        let ready = head.saturating_add(NEAR) >= highest
            && self.chain.elections.connects(epoch, &self.operator)
            && index.block(boundary_of(&self.chain, head))?.is_some();
        if ready {
            index.set_cursor(ENTERS, &head.to_be_bytes())?;
        }
        Ok(ready)
    }
}

/// Completes when a validator has no place in the mesh any more, after noting that it follows from its head on.
pub(crate) async fn until_dropped(archive: Arc<Archive>, chain: Arc<Chain>, operator: OperatorKey) {
    loop {
        tokio::time::sleep(LOOK).await;
        let head = archive.head().block.height();
        let lost = archive.head_since().elapsed() > SILENCE
            && !chain.elections.connects(chain.spec.epoch_of(head), &operator);
        if !lost {
            continue;
        }
        match archive.index().set_cursor(APPLIED, &head.to_be_bytes()) {
            Ok(()) => {
                tracing::info!(head, "no delegate any more: this node leaves consensus and follows");
                return;
            }
            Err(error) => tracing::error!(%error, "cannot note that this node follows"),
        }
    }
}
