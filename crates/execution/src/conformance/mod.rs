//! Runs Ethereum's GeneralStateTests through this node's own EVM set-up, system contracts installed.
//!
//! A case gives a state, a transaction and the Merkle-Patricia root of the state after it. Our state root is
//! another one, so the root is computed here from the exported state. Used by tests and by the command line only.

mod fixture;
mod root;
mod run;

pub use run::{CaseResult, Verdict, run_fixture};
