//! The consensus stack on the tokio runtime: the one place where its generic types become machine code.
//!
//! Compiling them takes minutes, so this crate changes rarely, and what it offers has no type parameters.
//!
//! Invariant: nothing here decides anything about the chain; it only connects parts.

#![recursion_limit = "256"]

mod ceremony;
mod floor;
mod follow;
mod mesh;
mod start;
mod state;

pub use ceremony::{CeremonyConfig, Held, HoldError, Publish, Report, hold as hold_ceremony};
pub use floor::{Floor, lay_floor};
pub use follow::Follower;
pub use mesh::{Gossip, GossipReceiver, MeshConfig};
pub use start::{Engine, StartError, ValidatorConfig};
pub use state::{GenesisError, State, StateSettings, lay_genesis, synchronize, wipe};

pub use commonware_runtime::tokio::Context;
