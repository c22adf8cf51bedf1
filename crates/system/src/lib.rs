//! Althing's native contracts: Rust logic with a Solidity face and Solidity's storage layout.
//!
//! Contracts are pure functions over a [`Host`]; they know neither the EVM nor a database. Each lives in its own
//! folder: `mod.rs` (purpose, lifecycle), `storage.rs` (every slot), `dispatch.rs` (every call).
//!
//! Invariants: every call goes through [`call`], so gas is charged first, coins and delegate calls are refused
//! unless a contract takes them, and a host refuses writes in a static call. A caller's mistake is a revert with
//! a typed Solidity error; only an unreadable state is fatal.

mod chain_info;
mod conduct;
mod dispatch;
pub mod election;
mod error;
mod governance;
mod host;
mod lifecycle;
mod map_host;
mod params;
mod poll;
mod read_host;
mod rewards;
mod roll_dpos;
mod staking;
pub mod storage;
pub mod upgrades;

pub use chain_info::epoch;
pub use conduct::is_punishable;
pub use dispatch::call;
pub use error::SystemError;
pub use host::{BlockInfo, CALL_BASE_GAS, CallInfo, CallResult, Host, INPUT_WORD_GAS};
pub use lifecycle::{
    BlockInputs, NextCommittee, base_fee_burn_bps, begin_block, end_block, end_epoch, genesis,
};
pub use map_host::MapHost;
pub use params::slot as param_slot;
pub use read_host::ReadHost;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
