//! Why a block or a transaction was not executed.

use alloy_primitives::B256;
use althing_state::StateError;
use thiserror::Error;

/// Why a transaction cannot be in a block at all (as opposed to one that reverts, which pays and is included).
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum InvalidTransaction {
    /// Signed for another chain, or for any chain.
    #[error("it is signed for {}, but this is chain {expected}", chain(.found))]
    ChainId {
        /// Chain id of the transaction.
        found: Option<u64>,
        /// Chain id of this network.
        expected: u64,
    },
    /// An EIP-4844 transaction.
    #[error("blob transactions are not accepted on this chain")]
    Blob,
    /// It may use more gas than the block has left.
    #[error("its gas limit of {limit} is more than the {left} gas that the block has left")]
    BlockGas {
        /// Gas limit of the transaction.
        limit: u64,
        /// Gas that is left in the block.
        left: u64,
    },
    /// Against a rule of the EVM: nonce, balance, fee, intrinsic gas, gas cap, code size.
    #[error("{}", rule(.0))]
    Rule(revm::context_interface::result::InvalidTransaction),
}

/// A rule in the words that wallets and libraries look for.
fn rule(broken: &revm::context_interface::result::InvalidTransaction) -> String {
    use revm::context_interface::result::InvalidTransaction::LackOfFundForMaxFee;
    match broken {
        LackOfFundForMaxFee { fee, balance } => {
            format!("insufficient funds for gas * price + value: balance {balance}, tx cost {fee}")
        }
        other => other.to_string(),
    }
}

fn chain(found: &Option<u64>) -> String {
    found.map_or_else(|| "any chain".into(), |id| format!("chain {id}"))
}

/// Why there is no outcome.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ExecutionError {
    /// The block holds a transaction that must not be in it: the block is invalid.
    #[error("transaction {index} ({hash}) is invalid: {reason}")]
    Invalid {
        /// Position in the block.
        index: usize,
        /// Hash of the transaction.
        hash: B256,
        /// What is wrong.
        reason: InvalidTransaction,
    },
    /// The block's proposer has no seat in the epoch's committee: the block is invalid.
    #[error("proposer {0} has no seat in the committee of the block's epoch")]
    Proposer(B256),
    /// The rules in force are newer than this release. Nothing follows about the block.
    #[error(
        "hardfork {0} is in force, which this release does not know: install the release that the upgrade names"
    )]
    Hardfork(u64),
    /// The state could not be read. Nothing follows about the block.
    #[error("state could not be read: {0}")]
    State(#[from] StateError),
    /// The node is at fault or lacks a resource. Nothing follows about the block.
    #[error("execution failed: {0}")]
    Internal(String),
}
