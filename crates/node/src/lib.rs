//! The node: everything put together. The only place that knows of tokio, files, ports and signals.
//!
//! Invariant: nothing here is a process-wide singleton; two nodes can run in one process.

#![recursion_limit = "256"]

mod api;
mod archive;
pub mod ceremony;
pub mod config;
mod data_dir;
mod disk;
mod follow;
mod genesis;
mod gossip;
mod history;
pub mod logging;
mod metrics;
pub mod ops;
mod run;
mod services;
mod standby;
mod tx_journal;
mod txpool;
pub mod vault;

pub use disk::explain_panics;
pub use follow::read_page;
pub use gossip::{GossipMessage, Hello, MAX_GOSSIP_BYTES, MAX_GOSSIP_TRANSACTIONS};
pub use run::{read_spec, run};

/// Name and version of the program, as clients see it.
pub fn version() -> String {
    format!("althing/{}/{}-{}", env!("CARGO_PKG_VERSION"), std::env::consts::OS, std::env::consts::ARCH)
}
