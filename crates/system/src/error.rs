//! How a call of a system contract can fail: for its caller (revert), for want of gas, or for the node (fatal).

use alloy_primitives::Bytes;
use alloy_sol_types::SolError;
use thiserror::Error;

/// Why a call did not succeed.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum SystemError {
    /// The caller's mistake: an ABI-encoded Solidity error, given back as revert data.
    #[error("reverted with 0x{}", alloy_primitives::hex::encode(.0))]
    Revert(Bytes),
    /// The call's gas ran out; all of it is spent.
    #[error("out of gas")]
    OutOfGas,
    /// State could not be read. The block cannot be executed here; nothing follows about its validity.
    #[error("state could not be read: {0}")]
    Fatal(String),
}

impl SystemError {
    /// A revert with a typed Solidity error.
    pub fn revert(error: impl SolError) -> Self {
        Self::Revert(error.abi_encode().into())
    }
}
