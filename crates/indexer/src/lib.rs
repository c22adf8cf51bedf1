//! The node's memory of finalized blocks: blocks, receipts, certificates, where to find a transaction, a log
//! or an account's doings, and what state was before each block.
//!
//! One embedded SQL file (docs/decisions/0002-index-engine.md) behind one blocking, thread-safe handle,
//! [`Index`], and a log-structured tree of look-ups beside it that follows from the blocks
//! (docs/decisions/0020-lookups.md). A block is appended in one SQL transaction; when [`Index::append`] returns, it
//! survives a kill.
//!
//! Invariants:
//! - heights are contiguous from the oldest to the latest, and each block's parent is the one before;
//! - nothing stored ever changes, except that a certificate may arrive later and old state may be pruned;
//! - every read sees whole blocks only.

mod activity;
mod append;
mod blocks;
mod cache;
mod connections;
pub mod encoding;
mod error;
mod history;
mod index;
mod logs;
mod lookups;
mod schema;

#[cfg(test)]
mod tests;

pub use activity::{ActivityPage, Creation, TransactionLocation};
pub use error::IndexError;
pub use history::{HistoryAnswer, HistoryBatch};
pub use index::{Index, IndexConfig};
pub use logs::{IndexedLog, LogLimits, LogQuery, MAX_FILTER_VALUES};
