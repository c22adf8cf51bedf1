//! Running calls that nobody signed: `eth_call`, gas estimation, access lists, whole blocks.
//!
//! A simulation sees the state after a block (the view) in that block's context, or what overrides make of both.
//! It keeps nothing, takes no fee that was not offered, and stops at the gas cap that the caller gives.

mod access_list;
mod blocks;
mod call;
mod error;
mod estimate;
mod setup;

pub use access_list::create_access_list;
pub use blocks::{
    BlockSimulation, BlocksError, MAX_SIMULATED_BLOCKS, MAX_SIMULATED_CALLS, MAX_SIMULATION_OUTPUT_BYTES,
    simulate_blocks,
};
pub use call::{CallResult, CallStatus, call};
pub use error::SimulationError;
pub use estimate::estimate_gas;
pub use setup::{MAX_SIMULATION_MEMORY_BYTES, Simulation};
