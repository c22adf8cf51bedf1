//! Why the index could not do what it was asked. Refusals of a request and failures of the file are told
//! apart by [`IndexError::is_fatal`]: after a failure the node must stop, not go on with a torn memory.

use crate::logs::MAX_FILTER_VALUES;
use alloy_primitives::B256;
use althing_primitives::Height;
use std::path::PathBuf;
use thiserror::Error;

/// Why an operation on the index failed.
#[derive(Debug, Error)]
pub enum IndexError {
    /// The file is damaged, or is no index.
    #[error(
        "index {path} is damaged or is not an index ({reason}); restore it from a backup, or move it away and synchronize again"
    )]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What was found.
        reason: String,
    },
    /// A newer release wrote the file.
    #[error(
        "index {path} has format {found}, this release reads up to {supported}; run the newer release, or move the file away and synchronize again"
    )]
    TooNew {
        /// The file.
        path: PathBuf,
        /// Format of the file.
        found: i64,
        /// Newest format of this release.
        supported: i64,
    },
    /// The disk is full.
    #[error("no space left for index {0}; free some space and start again, nothing acknowledged is lost")]
    DiskFull(PathBuf),
    /// The database failed in another way.
    #[error("index {path} failed: {reason}")]
    Database {
        /// The file.
        path: PathBuf,
        /// What the database says.
        reason: rusqlite::Error,
    },
    /// The look-ups cannot be read or written.
    #[error(
        "look-ups {path} failed: {reason}; see that there is space left and the folder can be written, or remove it: a start makes it again from the blocks"
    )]
    Lookups {
        /// The folder.
        path: PathBuf,
        /// What was found.
        reason: String,
    },
    /// Another block is stored at this height, or the block's parent is not the stored one.
    #[error(
        "block {height} contradicts what is stored ({stored} against {got}): state or index of this node is damaged"
    )]
    Conflict {
        /// Height of the contradiction.
        height: Height,
        /// Hash in the index.
        stored: B256,
        /// Hash that the block has or refers to.
        got: B256,
    },
    /// Blocks must be appended in order.
    #[error("block {got} cannot be appended, the next is {expected}")]
    Gap {
        /// Next height.
        expected: Height,
        /// Height of the block.
        got: Height,
    },
    /// Senders or receipts do not belong to the block's transactions.
    #[error("block {height} has {transactions} transactions but {senders} senders and {receipts} receipts")]
    Mismatch {
        /// Height of the block.
        height: Height,
        /// Number of transactions.
        transactions: usize,
        /// Number of senders.
        senders: usize,
        /// Number of receipts.
        receipts: usize,
    },
    /// A block that is not stored.
    #[error("block {0} is not in the index")]
    UnknownBlock(Height),
    /// `from` is above `to`.
    #[error("invalid block range: from {from} is above to {to}")]
    InvalidRange {
        /// First height asked for.
        from: Height,
        /// Last height asked for.
        to: Height,
    },
    /// More blocks than a query may span.
    #[error("block range of {blocks} blocks is too wide, the limit is {limit}; ask in parts")]
    RangeTooWide {
        /// Blocks asked for.
        blocks: u64,
        /// Most blocks.
        limit: u64,
    },
    /// More results than a query may have.
    #[error("query has more than {limit} results{}; narrow the range", .complete_to.map(|h| format!(", those up to block {h} would fit")).unwrap_or_default())]
    TooManyResults {
        /// Most results.
        limit: usize,
        /// Last height up to which all results would have fitted.
        complete_to: Option<Height>,
    },
    /// A query that finds little in much.
    #[error(
        "query would read more than {0} logs to find those that match; narrow the range, or name a rarer topic or address"
    )]
    TooManyCandidates(usize),
    /// More alternatives than a filter may have.
    #[error(
        "a filter may name at most {MAX_FILTER_VALUES} addresses, and as many topics a position; this one names {0}"
    )]
    TooManyValues(usize),
}

impl IndexError {
    /// Whether the index itself failed or contradicts the chain, rather than a request being refused.
    pub fn is_fatal(&self) -> bool {
        matches!(
            self,
            Self::Corrupt { .. }
                | Self::TooNew { .. }
                | Self::DiskFull(_)
                | Self::Database { .. }
                | Self::Lookups { .. }
                | Self::Conflict { .. }
                | Self::Mismatch { .. }
        )
    }
}
