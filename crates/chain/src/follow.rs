//! Following the chain from outside the mesh: certified blocks in, the same state out.
//!
//! A follower trusts nobody: a run of blocks counts only when it extends its head and the last of it carries a
//! certificate of the group key, and every block must give the state that it commits to.

use crate::{context::Chain, context::Head, verify::InvalidBlock};
use althing_consensus::{BlockError, ConsensusBlock};
use althing_light::LightError;
use althing_primitives::{Block, Bytes, Height, StateCommitment};
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
    /// The certificate does not prove the last block final.
    #[error("block {height} of the feed is not proven final: {reason}")]
    Certificate {
        /// Height of the block.
        height: Height,
        /// What is wrong.
        reason: LightError,
    },
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

    /// Applies a run of blocks whose last is proven final by `certificate`; durable on return.
    pub async fn apply(&mut self, blocks: Vec<Block>, certificate: Bytes) -> Result<Vec<Head>, FollowError> {
        self.check(&blocks, &certificate)?;
        let mut applied = Vec::with_capacity(blocks.len());
        let last = blocks.len().saturating_sub(1);
        for (index, block) in blocks.into_iter().enumerate() {
            let certificate = (index == last).then(|| certificate.clone());
            applied.push(self.apply_one(block, certificate).await?);
        }
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

    fn check(&self, blocks: &[Block], certificate: &[u8]) -> Result<(), FollowError> {
        let mut parent = &self.head;
        for block in blocks {
            let height = block.height();
            if height != parent.height() + 1 || block.header().parent_hash != parent.hash() {
                return Err(FollowError::Order { height });
            }
            parent = block;
        }
        let height = parent.height();
        self.chain
            .keys
            .verify_block(parent, certificate)
            .map(|_| ())
            .map_err(|reason| FollowError::Certificate { height, reason })
    }

    async fn apply_one(&mut self, block: Block, certificate: Option<Bytes>) -> Result<Head, FollowError> {
        let height = block.height();
        let diverged = |reason| FollowError::Diverged { height, reason };
        self.chain.check_header(&block, &self.head).map_err(|error| diverged(error.into()))?;
        let checked =
            ConsensusBlock::new(block.clone()).map_err(|reason| FollowError::Malformed { height, reason })?;
        let batches = <Databases<E> as DatabaseSet<E>>::new_batches(&self.databases).await;
        let prepared = self.chain.execute::<E>(&checked, &self.head, batches).await.map_err(diverged)?;
        let head = self.chain.archive(&block, certificate).await;
        <Databases<E> as DatabaseSet<E>>::apply(&self.databases, prepared).await;
        self.head = block;
        Ok(head)
    }
}
