//! althing-node: see ARCHITECTURE.md.

pub mod config;
pub mod vault;
