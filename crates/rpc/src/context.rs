//! What every handler gets: the node, the limits, and how a block is named.

use crate::api::{BlockKey, NodeApi};
use crate::config::RpcConfig;
use crate::error::Fault;
use crate::eth::FilterStore;
use crate::metrics::RpcMetrics;
use crate::params::Args;
use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::B128;
use althing_primitives::{FinalizedBlock, Height};
use serde_json::value::RawValue;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Shared by all handlers of a server.
pub(crate) struct Context {
    pub(crate) api: Arc<dyn NodeApi>,
    pub(crate) config: RpcConfig,
    pub(crate) calls: Semaphore,
    pub(crate) heavy: Arc<Semaphore>,
    pub(crate) filters: FilterStore,
    pub(crate) metrics: Arc<RpcMetrics>,
    pub(crate) openrpc: Box<RawValue>,
}

/// One call: context and parameters.
pub(crate) struct Call {
    pub(crate) ctx: Arc<Context>,
    pub(crate) args: Args,
}

impl std::ops::Deref for Call {
    type Target = Context;

    fn deref(&self) -> &Context {
        &self.ctx
    }
}

/// A fresh id of a filter or subscription, not to be guessed.
pub(crate) fn fresh_id() -> B128 {
    B128::new(rand::random())
}

impl Context {
    pub(crate) fn latest_height(&self) -> Height {
        self.api.latest().block.height()
    }

    /// Height that a number or tag means, whether or not there is such a block yet. All blocks are final, so `latest`,
    /// `safe`, `finalized` and `pending` are one.
    pub(crate) fn height_of(&self, number: BlockNumberOrTag) -> Height {
        match number {
            BlockNumberOrTag::Number(height) => height,
            BlockNumberOrTag::Earliest => 0,
            BlockNumberOrTag::Latest
            | BlockNumberOrTag::Safe
            | BlockNumberOrTag::Finalized
            | BlockNumberOrTag::Pending => self.latest_height(),
        }
    }

    /// Refuses a height below the oldest kept block: to say that nothing is there would be wrong.
    pub(crate) fn check_kept(&self, height: Height) -> Result<(), Fault> {
        let oldest = self.api.oldest_block();
        if height < oldest { Err(Fault::NoBlock { height, oldest }) } else { Ok(()) }
    }

    /// The block that a parameter means; `None` when there is no such block (yet).
    pub(crate) async fn find_block(&self, id: BlockId) -> Result<Option<Arc<FinalizedBlock>>, Fault> {
        let key = match id {
            BlockId::Hash(hash) => BlockKey::Hash(hash.block_hash),
            BlockId::Number(BlockNumberOrTag::Number(height)) => BlockKey::Height(height),
            BlockId::Number(BlockNumberOrTag::Earliest) => BlockKey::Height(0),
            BlockId::Number(_) => return Ok(Some(self.api.latest())),
        };
        let latest = self.api.latest();
        if key == BlockKey::Height(latest.block.height()) || key == BlockKey::Hash(latest.block.hash()) {
            return Ok(Some(latest));
        }
        if let BlockKey::Height(height) = key {
            self.check_kept(height)?;
        }
        Ok(self.api.block(key).await?)
    }

    /// Height of an existing block, for reads and calls on its state.
    pub(crate) async fn state_height(&self, id: BlockId) -> Result<Height, Fault> {
        let latest = self.latest_height();
        let height = match id {
            BlockId::Number(number) => self.height_of(number),
            BlockId::Hash(_) => {
                let block = self.find_block(id).await?;
                block.ok_or_else(Fault::no_header)?.block.height()
            }
        };
        if height > latest { Err(Fault::no_header()) } else { Ok(height) }
    }
}
