//! A follower on the tokio runtime.

use crate::state::{State, StateSettings};
use althing_chain::{Chain, CheckedRun, FollowError, Follower as ChainFollower, Head};
use althing_primitives::{Block, StateCommitment};
use commonware_runtime::tokio::Context;
use futures::future::BoxFuture;
use std::sync::Arc;

/// A node that follows the chain without taking part.
#[derive(Debug)]
pub struct Follower(ChainFollower<Context>);

impl Follower {
    /// Opens the state at `head`, dropping what the databases hold beyond it.
    pub fn open(
        context: Context,
        chain: Arc<Chain>,
        settings: &StateSettings,
        head: Block,
    ) -> BoxFuture<'static, Self> {
        let databases = settings.databases();
        Box::pin(async move { Self(ChainFollower::open(context, chain, databases, head).await) })
    }

    /// The state databases.
    pub fn state(&self) -> State {
        State::new(self.0.databases())
    }

    /// Applies a run of blocks; durable on return.
    pub fn apply(&mut self, run: CheckedRun) -> BoxFuture<'_, Result<Vec<Head>, FollowError>> {
        Box::pin(self.0.apply(run))
    }

    /// Drops what the databases' logs hold from before the state of a past block.
    pub fn prune<'a>(&'a self, oldest: &'a StateCommitment) -> BoxFuture<'a, ()> {
        Box::pin(self.0.prune(oldest))
    }
}
