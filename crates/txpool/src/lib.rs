//! Transactions that wait for a block.
//!
//! [`Pool`] admits a transaction after checking it against the protocol and its sender's account, keeps each
//! sender's transactions in a lane ordered by nonce, and hands the proposer the best of them. It knows neither
//! clock nor network nor consensus: the caller passes the time, the accounts and the finalized blocks.
//!
//! Invariants:
//! - a lane's pending part starts at the account's nonce, has no gap, and its balance covers all of it;
//! - the bounds of [`PoolConfig`] hold after every call;
//! - nothing is ever re-inserted: a finalized block is never undone.

mod best;
mod config;
mod delegation;
mod error;
mod gas;
mod journal;
mod lane;
mod pool;
mod recover;
mod transaction;
mod validate;
mod victims;

#[cfg(test)]
mod tests;

pub use best::Best;
pub use config::{MAX_DELEGATED_IN_FLIGHT, MAX_TRANSACTION_BYTES, PRICE_BUMP_PERCENT, PoolConfig};
pub use error::PoolError;
pub use gas::{MAX_INITCODE_BYTES, floor_gas, intrinsic_gas};
pub use journal::{Journal, JournalError};
pub use pool::{Added, Content, Drained, NextBlock, Pool, SenderContent, Status};
pub use recover::{RecoverBlockError, SenderCache, decode, recover, recover_block};
pub use transaction::{Origin, PooledTransaction};
