//! The Solidity interfaces of Althing's system contracts, and the table of their fixed addresses.
//!
//! Invariant: the `.sol` sources beside this file are the only definition. Rust types, JSON ABIs and the files
//! under `contracts/interfaces` and `docs/reference` derive from them ([`generated_files`]).

mod contracts;
mod render;
mod table;

pub use contracts::{
    ChainInfo, Conduct, Election, Governance, Params, Poll, Rewards, RollDPoS, Staking, SystemErrors,
    Upgrades,
};
pub use render::{GeneratedFile, generated_files};
pub use table::{
    GOVERNANCE, GOVERNANCE_BONDS, MAX_PROPOSAL_CALLS, REWARD_FUND, SYSTEM_CONTRACTS, SystemContract,
    SystemContractEntry,
};

#[cfg(test)]
mod tests;
