//! The authenticated world state.
//!
//! [`StateView`] is how everything above reads state: many keys at a time, because a single read of a
//! database on disk costs as much as a batch. Execution never touches a database: it asks a view for what it
//! misses and gives back a list of [`Change`]s, which [`stage`] turns into authenticated batches whose roots
//! go into the block.
//!
//! Invariant: a state is written only by applying the changes of a block, in order of heights, or by
//! [`synchronize`], whose result is that of a block that is proven final.

// The databases' futures are deeply nested types.
#![recursion_limit = "256"]

mod code;
mod databases;
mod genesis;
mod memory;
mod operations;
mod proof;
mod synchronize;
#[cfg(test)]
mod tests;
mod view;

pub use code::{RECORD_BYTES, Record};
pub use databases::{
    AccountsDb, Batches, CodesDb, DatabaseConfig, Databases, HASH_STRATEGY, Prepared, Readers, SlotsDb,
    StorageSettings, SyncTargets, commitment, database_config, matches_roots, stage, sync_targets,
};
pub use genesis::{GenesisState, open_genesis};
pub use memory::MemoryState;
pub use operations::{MAX_OPERATIONS, operations};
pub use proof::{Proven, prove};
pub use synchronize::{Fetch, FetchError, SyncError, synchronize};
pub use view::{
    AtHand, BatchView, DatabaseView, ReadersView, StateError, StateView, Values, account, accounts,
    at_hand_of,
};

pub use althing_primitives::{AccountRecord, Change, StateKey, StateValue};
