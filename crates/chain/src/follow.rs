//! Following the chain from outside the mesh: certified blocks in, the same state out.
//!
//! A follower trusts nobody: a run of blocks counts only when it extends its head and the last of it carries a
//! certificate of the group key, and every block must give the state that it commits to.
//!
//! What needs no state, which is most of the work, is done ahead by [`Chain::check_run`] on other threads.

use crate::{context::Chain, context::Head, verify::InvalidBlock};
use althing_consensus::{BlockError, ConsensusBlock};
use althing_light::LightError;
use althing_primitives::{Block, Bytes, FinalizedBlock, Height, StateCommitment};
use althing_state::{DatabaseConfig, DatabaseView, Databases, sync_targets};
use commonware_glue::stateful::db::DatabaseSet;
use commonware_runtime::Spawner;
use commonware_storage::Context;
use std::{fmt, sync::Arc};
use thiserror::Error;

/// Longest run of blocks that one certificate may make final: beyond it something is wrong with the feed.
pub const MAX_UNCERTIFIED: usize = 256;

/// Why a run of blocks was not taken.
#[derive(Debug, Error)]
pub enum FollowError {
    /// The blocks do not extend the head, or each other.
    #[error("block {height} of the feed does not follow the block before it")]
    Order {
        /// Height of the block that does not fit.
        height: Height,
    },
    /// A certificate does not prove its block final, or the last block has none.
    #[error("block {height} of the feed is not proven final: {reason}")]
    Certificate {
        /// Height of the block.
        height: Height,
        /// What is wrong.
        reason: LightError,
    },
    /// The last block of a run came without a certificate.
    #[error("the feed gave a run of blocks without a certificate at its end")]
    Uncertified,
    /// The block cannot have been accepted by this chain's validators.
    #[error("block {height} of the feed is malformed: {reason}")]
    Malformed {
        /// Height of the block.
        height: Height,
        /// What is wrong.
        reason: BlockError,
    },
    /// Certified, but executing it here gives something else: this node or the committee is broken.
    #[error("block {height} is certified, but this node comes to another result: {reason}")]
    Diverged {
        /// Height of the block.
        height: Height,
        /// What differs.
        reason: InvalidBlock,
    },
}

/// Blocks in a row, of which the last is proven final, and so all are.
#[derive(Debug)]
pub struct CheckedRun(Vec<(ConsensusBlock, Option<Bytes>)>);

impl Chain {
    /// Checks a run of blocks and their certificates as far as that needs no state, and recovers the senders of the
    /// transactions. Takes time and all cores.
    pub fn check_run(&self, run: Vec<(Block, Option<Bytes>)>) -> Result<CheckedRun, FollowError> {
        if run.last().is_none_or(|(_, certificate)| certificate.is_none()) {
            return Err(FollowError::Uncertified);
        }
        for pair in run.windows(2) {
            check_order(&pair[1].0, &pair[0].0)?;
        }
        for (block, certificate) in &run {
            let Some(certificate) = certificate else { continue };
            let certificate = self.keys.verify_block(block, certificate);
            certificate.map_err(|reason| FollowError::Certificate { height: block.height(), reason })?;
        }
        let checked = |(block, certificate): (Block, Option<Bytes>)| {
            let height = block.height();
            // A signature that is none makes the execution fail, which says so.
            self.senders.learn(block.transactions());
            let block =
                ConsensusBlock::new(block).map_err(|reason| FollowError::Malformed { height, reason })?;
            Ok((block, certificate))
        };
        Ok(CheckedRun(run.into_iter().map(checked).collect::<Result<_, _>>()?))
    }
}

fn check_order(block: &Block, parent: &Block) -> Result<(), FollowError> {
    let height = block.height();
    match height == parent.height() + 1 && block.header().parent_hash == parent.hash() {
        true => Ok(()),
        false => Err(FollowError::Order { height }),
    }
}

/// The state of a node that follows.
pub struct Follower<E: Context + Spawner> {
    chain: Arc<Chain>,
    databases: Databases<E>,
    head: Block,
}

impl<E: Context + Spawner> fmt::Debug for Follower<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Follower").field("head", &self.head.height()).finish_non_exhaustive()
    }
}

impl<E: Context + Spawner> Follower<E> {
    /// Opens the databases at the state of `head`, dropping what they hold beyond it.
    pub async fn open(context: E, chain: Arc<Chain>, config: DatabaseConfig<E>, head: Block) -> Self {
        let targets = sync_targets::<E>(&head.seal().state);
        let databases = <Databases<E> as DatabaseSet<E>>::init(context, config, Some(targets)).await;
        chain.open_elections(&DatabaseView(databases.clone())).await;
        Self { chain, databases, head }
    }

    /// The state databases.
    pub fn databases(&self) -> Databases<E> {
        self.databases.clone()
    }

    /// Applies a run of blocks; durable on return.
    pub async fn apply(&mut self, CheckedRun(run): CheckedRun) -> Result<Vec<Head>, FollowError> {
        let Some((first, _)) = run.first() else { return Ok(Vec::new()) };
        check_order(first.block(), &self.head)?;
        let mut executed = Vec::with_capacity(run.len());
        for (block, certificate) in run {
            executed.push(self.execute(block, certificate).await?);
        }
        let applied = self.chain.sink.append(executed).await;
        <Databases<E> as DatabaseSet<E>>::finalize(&self.databases).await.durable().await;
        for head in &applied {
            // The state is that after the last of them, in which the facts of earlier elections stand as they were.
            self.chain.elect(&head.block, &DatabaseView(self.databases.clone())).await;
            self.chain.sink.applied(head.clone());
        }
        Ok(applied)
    }

    /// Drops what the databases' logs hold from before the state of a past block.
    pub async fn prune(&self, oldest: &StateCommitment) {
        <Databases<E> as DatabaseSet<E>>::prune(&self.databases, &sync_targets::<E>(oldest)).await;
    }

    async fn execute(
        &mut self,
        block: ConsensusBlock,
        certificate: Option<Bytes>,
    ) -> Result<FinalizedBlock, FollowError> {
        let height = block.block().height();
        let diverged = |reason| FollowError::Diverged { height, reason };
        self.chain.check_header(block.block(), &self.head).map_err(|error| diverged(error.into()))?;
        let batches = <Databases<E> as DatabaseSet<E>>::new_batches(&self.databases).await;
        let prepared = self.chain.execute::<E>(&block, &self.head, batches).await.map_err(diverged)?;
        <Databases<E> as DatabaseSet<E>>::apply(&self.databases, prepared).await;
        self.head = block.block().clone();
        Ok(self.chain.finalized(block.block(), certificate))
    }
}
