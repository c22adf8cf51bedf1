//! Execution: the EVM, the block executor, and everything that runs transactions without a block.
//!
//! A block is executed by one path only, whether it is built ([`build_block`]), verified ([`execute_block`]),
//! replayed or traced. The result, an [`Outcome`], is a function of the chain spec, the [`BlockContext`], the
//! transactions and the parent's state, and of nothing else.
//!
//! Invariants: no clock, no randomness, no hash-map order. State is read through `StateView` and never written: a
//! block's effect is its list of changes. Every instruction runs once however cold the state is (`bridge`), so the
//! work that a transaction causes is bounded by the gas it pays for.

mod block;
mod bridge;
mod build;
pub mod conformance;
mod context;
mod error;
mod evm;
mod fees;
mod genesis;
mod hooks;
mod journal_host;
mod limits;
mod outcome;
mod precompiles;
mod read;
mod simulate;
mod trace;
mod trace_budget;
mod world;

pub use althing_system::{
    BlockInputs as SystemInputs, NextCommittee, election, epoch, is_punishable, upgrades,
};
pub use block::execute_block;
pub use build::{BuildLimits, Candidates, build_block};
pub use context::BlockContext;
pub use error::{ExecutionError, InvalidTransaction};
pub use genesis::{GenesisError, genesis_changes};
pub use limits::BlockLimits;
pub use outcome::{Fees, Outcome};
pub use read::read;
pub use simulate::{
    BlockSimulation, BlocksError, CallResult, CallStatus, MAX_SIMULATED_BLOCKS, MAX_SIMULATED_CALLS,
    MAX_SIMULATION_MEMORY_BYTES, MAX_SIMULATION_OUTPUT_BYTES, Simulation, SimulationError, call,
    create_access_list, estimate_gas, simulate_blocks,
};
pub use trace::{
    ReplayedBlock, internal_operations, otterscan_trace, trace_block, trace_call, trace_transaction,
};
pub use trace_budget::MAX_TRACE_BYTES;
