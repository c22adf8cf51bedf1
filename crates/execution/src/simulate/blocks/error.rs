//! Why blocks could not be simulated, with the codes of Ethereum's execution API specification.

use crate::{ExecutionError, InvalidTransaction, evm::Refused};
use althing_primitives::Height;
use revm::context_interface::result::InvalidTransaction as Rule;
use thiserror::Error;

/// Why there are no simulated blocks.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum BlocksError {
    /// Nothing is asked for.
    #[error("blockStateCalls is empty: name at least one block")]
    Empty,
    /// More blocks than are simulated at once, those that fill gaps included.
    #[error("too many blocks: at most {0} are simulated at once, those that fill gaps included")]
    TooManyBlocks(u64),
    /// More calls than are simulated at once.
    #[error("too many calls: at most {0} are simulated at once")]
    TooManyCalls(usize),
    /// The calls need more gas than one request may use.
    #[error("the calls need more than the {0} gas that one request may use")]
    TooMuchGas(u64),
    /// The calls return and log more than one answer may hold.
    #[error("the calls return and log more than {0} bytes")]
    TooMuchOutput(usize),
    /// The caller's time is up.
    #[error("the simulation takes too long: ask for fewer or cheaper calls")]
    Late,
    /// A block's height is not above that of the one before it.
    #[error("block numbers must be in order: {number} <= {previous}")]
    NumberOrder {
        /// Asked for.
        number: Height,
        /// Of the block before it.
        previous: Height,
    },
    /// A block is not later than the one before it.
    #[error("block timestamps must be in order: {time} <= {previous}")]
    TimeOrder {
        /// Asked for, or the step from the block before it.
        time: u64,
        /// Of the block before it.
        previous: u64,
    },
    /// State or block overrides cannot be applied.
    #[error("{0}")]
    Overrides(String),
    /// A call is no transaction.
    #[error("call {call} of block {number}: {reason}")]
    Request {
        /// The block.
        number: Height,
        /// Position of the call in it.
        call: usize,
        /// What is wrong.
        reason: String,
    },
    /// A call cannot be in the block.
    #[error("call {call} of block {number}: {reason}")]
    Refused {
        /// The block.
        number: Height,
        /// Position of the call in it.
        call: usize,
        /// What is wrong.
        reason: InvalidTransaction,
    },
    /// State could not be read, or the node failed.
    #[error(transparent)]
    Execution(#[from] ExecutionError),
}

impl BlocksError {
    /// The specification's code; none for faults of the node.
    pub const fn code(&self) -> Option<i32> {
        Some(match self {
            Self::Empty | Self::Overrides(_) | Self::Request { .. } => INVALID_PARAMS,
            Self::TooManyBlocks(_) | Self::TooManyCalls(_) | Self::TooMuchGas(_) | Self::TooMuchOutput(_) => {
                -38026
            }
            Self::Late => -32016,
            Self::NumberOrder { .. } => -38020,
            Self::TimeOrder { .. } => -38021,
            Self::Refused { reason, .. } => refusal_code(reason),
            Self::Execution(_) => return None,
        })
    }

    /// The error of a call that the EVM refused.
    pub(super) fn refused(refused: Refused, number: Height, call: usize) -> Self {
        match refused {
            Refused::Invalid(reason) => Self::Refused { number, call, reason },
            Refused::Failed(error) => Self::Execution(error),
        }
    }
}

const INVALID_PARAMS: i32 = -32602;

const fn refusal_code(reason: &InvalidTransaction) -> i32 {
    match reason {
        InvalidTransaction::BlockGas { .. } => -38015,
        InvalidTransaction::Rule(rule) => match rule {
            Rule::NonceTooLow { .. } => -38010,
            Rule::NonceTooHigh { .. } => -38011,
            Rule::GasPriceLessThanBasefee => -38012,
            Rule::CallGasCostMoreThanGasLimit { .. } | Rule::GasFloorMoreThanGasLimit { .. } => -38013,
            Rule::LackOfFundForMaxFee { .. } | Rule::OverflowPaymentInTransaction => -38014,
            Rule::CallerGasLimitMoreThanBlock | Rule::TxGasLimitGreaterThanCap { .. } => -38015,
            Rule::RejectCallerWithCode => -38024,
            Rule::CreateInitCodeSizeLimit => -38025,
            _ => INVALID_PARAMS,
        },
        InvalidTransaction::ChainId { .. } | InvalidTransaction::Blob => INVALID_PARAMS,
    }
}
