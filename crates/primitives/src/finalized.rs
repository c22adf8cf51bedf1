//! A block that the network has finalized, with everything that executing it gave.

use crate::{Block, Change, Receipt};
use alloy_primitives::{Address, Bytes};

/// What the chain hands to the indexer and to subscribers. Never undone.
#[derive(Clone, Debug)]
pub struct FinalizedBlock {
    /// The block.
    pub block: Block,
    /// Sender of each transaction.
    pub senders: Vec<Address>,
    /// Receipt of each transaction, with logs.
    pub receipts: Vec<Receipt>,
    /// Every changed state key, sorted by key.
    pub changes: Vec<Change>,
    /// Encoded finalization certificate of this very block; none when a later block's certificate covers it.
    pub certificate: Option<Bytes>,
}
