//! Reading state at one point of the chain.

use althing_primitives::{StateKey, StateValue};
use std::future::Future;
use thiserror::Error;

/// Why state could not be read.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum StateError {
    /// The node has dropped the state of that height.
    #[error("state of block {height} is not kept any more; the oldest kept is {oldest} (an archive node keeps all)")]
    Pruned {
        /// Asked for.
        height: u64,
        /// Oldest height that can be asked for.
        oldest: u64,
    },
    /// The height is above the last finalized block.
    #[error("block {height} is not finalized yet; the last is {latest}")]
    Future {
        /// Asked for.
        height: u64,
        /// Last finalized height.
        latest: u64,
    },
    /// The database failed: the node must not go on with it.
    #[error("state database failed: {0}")]
    Database(String),
}

/// The world state after one block.
pub trait StateView: Send + Sync {
    /// Reads many keys; the answer has one entry a key, in the same order. A missing key is `None`.
    fn get_many(
        &self,
        keys: &[StateKey],
    ) -> impl Future<Output = Result<Vec<Option<StateValue>>, StateError>> + Send;
}

impl<V: StateView> StateView for &V {
    fn get_many(
        &self,
        keys: &[StateKey],
    ) -> impl Future<Output = Result<Vec<Option<StateValue>>, StateError>> + Send {
        (**self).get_many(keys)
    }
}
