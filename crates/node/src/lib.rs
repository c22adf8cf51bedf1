//! althing-node: see ARCHITECTURE.md.

pub mod config;
pub mod logging;
pub mod ops;
pub mod vault;

/// Runs a node until it is told to stop. To be replaced by the composition of the node.
pub fn run(_config: config::NodeConfig) -> eyre::Result<()> {
    eyre::bail!("this build has no node composition yet")
}
