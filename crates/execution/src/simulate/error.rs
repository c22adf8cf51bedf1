//! Why a simulation has no result.

use crate::{ExecutionError, InvalidTransaction, evm::Refused};
use alloy_primitives::Bytes;
use thiserror::Error;

/// Why a call could not be simulated.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum SimulationError {
    /// Fields of the request contradict each other.
    #[error("{0}")]
    Request(String),
    /// The state or block overrides cannot be applied.
    #[error("{0}")]
    Overrides(String),
    /// As a transaction, the call would be refused.
    #[error("{0}")]
    Invalid(InvalidTransaction),
    /// No gas limit makes the call succeed: the contract reverts.
    #[error("execution reverted")]
    Reverted(Bytes),
    /// The call fails even with all the gas that it may have.
    #[error("gas required exceeds allowance ({0})")]
    GasExceedsAllowance(u64),
    /// The call halts whatever its gas limit.
    #[error("{0}")]
    Halted(String),
    /// The tracer is unknown, or its options are wrong.
    #[error("{0}")]
    Tracer(String),
    /// There is no transaction with this index in the block.
    #[error("the block has no transaction {0}")]
    NoTransaction(usize),
    /// State could not be read, or the node failed.
    #[error(transparent)]
    Execution(#[from] ExecutionError),
}

impl From<Refused> for SimulationError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Invalid(reason) => Self::Invalid(reason),
            Refused::Failed(error) => Self::Execution(error),
        }
    }
}
