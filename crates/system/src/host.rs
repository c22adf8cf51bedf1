//! The only power that system contracts have: an explicit host, passed to every function.
//!
//! Hosts are the EVM's journal (in `execution`), [`crate::MapHost`], and [`crate::ReadHost`] for questions. A host charges for what it does at
//! the EVM's own prices, and refuses to write in a static call, so that no contract can forget either.

use crate::SystemError;
use alloy_primitives::{Address, B256, Bytes, Log, U256};

/// The block that is executed, as contracts may see it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BlockInfo {
    /// Height.
    pub number: u64,
    /// Unix time in seconds.
    pub timestamp: u64,
}

/// Who calls, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallInfo {
    /// Account or contract that calls.
    pub caller: Address,
    /// Coins sent along in Rau.
    pub value: U256,
    /// Whether the call must not change state.
    pub is_static: bool,
    /// Whether the contract's code would run in the name of another account (DELEGATECALL, CALLCODE).
    pub is_delegated: bool,
}

/// What a system contract may do.
pub trait Host {
    /// The block.
    fn block(&self) -> BlockInfo;
    /// The call.
    fn call(&self) -> CallInfo;
    /// Reads a storage slot.
    fn load(&mut self, account: Address, slot: U256) -> Result<U256, SystemError>;
    /// Says which slots will be read soon, so that a host to which reading means waiting waits once. Contracts see nothing
    /// of it, and it costs no gas: callers name a bounded number.
    fn prefetch(&mut self, _account: Address, _slots: &[U256]) -> Result<(), SystemError> {
        Ok(())
    }
    /// Writes a storage slot.
    fn store(&mut self, account: Address, slot: U256, value: U256) -> Result<(), SystemError>;
    /// An account's coins in Rau.
    fn balance(&mut self, account: Address) -> Result<U256, SystemError>;
    /// Moves coins from the contract `from`.
    fn transfer(&mut self, from: Address, to: Address, amount: U256) -> Result<(), SystemError>;
    /// Writes a log.
    fn emit(&mut self, log: Log) -> Result<(), SystemError>;
    /// Spends gas for computation; fails when none is left.
    fn charge(&mut self, gas: u64) -> Result<(), SystemError>;
}

/// Gas that every call of a system contract costs.
pub const CALL_BASE_GAS: u64 = 100;

/// Gas for each 32-byte word of input: decoding it.
pub const INPUT_WORD_GAS: u64 = 6;

/// Gas of hashing, as the opcode KECCAK256 prices it: base and word.
const KECCAK_BASE_GAS: u64 = 30;
const KECCAK_WORD_GAS: u64 = 6;

/// Hashes at the EVM's price.
pub(crate) fn keccak(host: &mut impl Host, bytes: &[u8]) -> Result<B256, SystemError> {
    host.charge(KECCAK_BASE_GAS.saturating_add(KECCAK_WORD_GAS.saturating_mul(words(bytes.len()))))?;
    Ok(alloy_primitives::keccak256(bytes))
}

/// Number of 32-byte words that hold `bytes` bytes.
pub(crate) fn words(bytes: usize) -> u64 {
    bytes.div_ceil(32) as u64
}

/// Result of a call: return data or why there is none.
pub type CallResult = Result<Bytes, SystemError>;
