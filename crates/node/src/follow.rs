//! A node outside the validators' mesh: it pulls certified blocks from another node and proves each of them.
//!
//! One WebSocket connection at a time, to the first of the configured nodes that answers. Heads of the other node
//! only wake the follower up; blocks are asked for by height, so nothing is missed. Blocks are fetched and checked on
//! other threads while those before them are executed.

mod feed;
mod state;
mod upstream;

pub(crate) use state::begin as begin_with_state;

use crate::api::Upstream as _;
use crate::{
    api::{Node, Progress},
    config::NodeConfig,
    data_dir::DataDir,
    gossip::Peers,
    run::{Base, bind_ops, open_pool},
    services::{Ending, Services},
    standby::Standby,
};
use althing_chain::{Chain, CheckedRun, FollowError, state_retention};
use althing_engine::{Context, Follower};
use althing_indexer::Index;
use althing_primitives::Height;
use commonware_runtime::{Spawner as _, Supervisor as _};
use eyre::{Result, bail, eyre};
use feed::Feed;
use std::{sync::Arc, time::Duration};
pub use upstream::read_page;
use upstream::{Connection, Link};

/// Wait before the next node is tried.
const RETRY: Duration = Duration::from_secs(1);

/// Blocks after which the state databases' logs are pruned again.
const PRUNE_INTERVAL: u64 = 256;

/// Where the state databases are, in the index's own table.
pub(crate) const APPLIED: &str = "follower.applied";

/// A height that the index's own table has under a name; `None` when it is empty or was never set.
pub(crate) fn noted_height(index: &Index, name: &str) -> Result<Option<Height>> {
    let Some(bytes) = index.cursor(name)?.filter(|bytes| !bytes.is_empty()) else { return Ok(None) };
    let bytes = bytes.try_into().map_err(|_| {
        eyre!("`{name}` in the index is no height: remove the data folder, and let the node start anew")
    })?;
    Ok(Some(Height::from_be_bytes(bytes)))
}

/// Height of another node's head.
pub(crate) async fn height_of(url: &str) -> Result<Height, String> {
    Connection::open(url).await?.height().await
}

/// Follows until the node is told to stop, or, with the wish to take part in consensus, may enter it.
pub(crate) async fn run(
    context: Context,
    config: NodeConfig,
    data: DataDir,
    base: Base,
    standby: Option<Standby>,
) -> Result<Ending> {
    let ops = bind_ops(&config).await?;
    // At the first start: genesis, or the block whose state was fetched.
    let applied = noted_height(base.archive.index(), APPLIED)?.unwrap_or_else(|| base.archive.oldest());
    let head = base
        .archive
        .index()
        .block(applied)?
        .ok_or_else(|| eyre!("block {applied} is not in the index; follow anew in an empty folder"))?;
    let follower =
        Follower::open(context.child("follower"), base.chain.clone(), &base.settings, head.block.clone())
            .await;
    base.archive.start_at(head);
    let state = follower.state();
    let link = Arc::new(Link::default());
    let txpool = open_pool(&base, &data, state.clone()).await?;
    let (archive, chain) = (base.archive.clone(), base.chain.clone());
    let node = Arc::new(Node {
        started_at: applied,
        chain: base.chain,
        archive: base.archive,
        state,
        txpool,
        peers: Peers::default(),
        operator: standby.as_ref().map(|standby| standby.operator),
        progress: Arc::new(Progress::default()),
        upstream: Some(link.clone()),
        min_tip: u128::from(config.txpool.min_tip),
    });
    let urls = config.follow.urls.clone();
    let kept = state_retention(node.chain.spec.epoch_blocks);
    let services = Services::start(&context, &config, node.clone(), ops).await?;
    let following = context.child("follow").spawn(move |_| async move {
        let mut task = Following { follower, link, chain, next: applied + 1, archive, kept, standby };
        match task.forever(&urls).await {
            Ok(()) => Ending::Again,
            Err(error) => {
                tracing::error!(%error, "following has ended");
                Ending::Failed
            }
        }
    });
    services.until_stopped(async move { following.await.unwrap_or(Ending::Failed) }).await
}

struct Following {
    follower: Follower,
    link: Arc<Link>,
    chain: Arc<Chain>,
    next: Height,
    archive: Arc<crate::archive::Archive>,
    /// Blocks back whose state the databases' logs keep.
    kept: u64,
    standby: Option<Standby>,
}

impl Following {
    /// Follows one node after the other; ends when this node may enter consensus, or itself is broken.
    async fn forever(&mut self, urls: &[String]) -> Result<()> {
        loop {
            for url in urls {
                match Connection::open(url).await {
                    Ok(connection) => {
                        tracing::info!(%url, next = self.next, "following");
                        let ended = self.follow(&connection).await;
                        self.link.clear();
                        match ended {
                            Err(Ended::Broken(error)) => bail!(error),
                            Err(Ended::Entering) => return Ok(()),
                            Err(Ended::Feed(reason)) => {
                                tracing::warn!(%url, %reason, "this node is not followed any more")
                            }
                            Ok(()) => {}
                        }
                    }
                    Err(reason) => tracing::warn!(%url, %reason, "cannot follow this node"),
                }
                tokio::time::sleep(RETRY).await;
            }
        }
    }

    async fn follow(&mut self, connection: &Connection) -> Result<(), Ended> {
        self.link.set(connection);
        let mut feed = Feed::start(self.chain.clone(), self.link.clone(), connection.clone(), self.next);
        loop {
            let run = feed.next().await.map_err(Ended::Feed)?;
            self.apply(run).await?;
        }
    }

    async fn apply(&mut self, run: CheckedRun) -> Result<(), Ended> {
        let heads = match self.follower.apply(run).await {
            Ok(heads) => heads,
            Err(error @ FollowError::Diverged { .. }) => return Err(Ended::Broken(eyre!(error))),
            Err(error) => return Err(Ended::Feed(error.to_string())),
        };
        let Some(last) = heads.last() else { return Ok(()) };
        let (before, height) = (self.next - 1, last.block.height());
        self.next = height + 1;
        let cursor = self.archive.index().set_cursor(APPLIED, &height.to_be_bytes());
        cursor.map_err(|error| Ended::Broken(eyre!(error)))?;
        if before / PRUNE_INTERVAL != height / PRUNE_INTERVAL {
            self.prune(height).await?;
        }
        let Some(standby) = &self.standby else { return Ok(()) };
        match standby.enters(&self.archive, height, self.link.highest()) {
            Ok(false) => Ok(()),
            Ok(true) => Err(Ended::Entering),
            Err(error) => Err(Ended::Broken(error)),
        }
    }

    /// Bounds the databases' logs. After the cursor: a restart opens the databases there and needs nothing older.
    async fn prune(&self, height: Height) -> Result<(), Ended> {
        let Some(oldest) = height.checked_sub(self.kept) else { return Ok(()) };
        let block = self.archive.index().block(oldest).map_err(|error| Ended::Broken(eyre!(error)))?;
        // A node that fetched the state has no such block for a while.
        if let Some(block) = block {
            self.follower.prune(&block.block.seal().state).await;
        }
        Ok(())
    }
}

/// Why a node is not followed any more.
enum Ended {
    /// Its fault or the network's: try another.
    Feed(String),
    /// This node's own: stop.
    Broken(eyre::Report),
    /// The node enters consensus.
    Entering,
}
