//! The authenticated world state.
//!
//! [`StateView`] is how everything above reads state: many keys at a time, because a single read of a
//! database on disk costs as much as a batch. Execution never touches a database: it asks a view for what it
//! misses and gives back a list of [`Change`]s.

mod memory;
mod view;

pub use memory::MemoryState;
pub use view::{StateError, StateView};

pub use althing_primitives::{AccountRecord, Change, StateKey, StateValue};
