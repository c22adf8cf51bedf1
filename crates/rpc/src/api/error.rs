//! Why the node could not answer, or would not take a transaction. Words follow geth, because libraries match them.

use alloy_primitives::{B256, Bytes, U256};
use althing_primitives::Height;
use thiserror::Error;

/// Why the node could not answer.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum NodeError {
    /// State or block of that height is dropped.
    #[error("block {height} is not kept any more; the oldest kept is {oldest} (an archive node keeps all)")]
    Pruned {
        /// Asked for.
        height: Height,
        /// Oldest height that can be asked for.
        oldest: Height,
    },
    /// The simulated call reverted, with this data.
    #[error("execution reverted")]
    Revert(Bytes),
    /// The simulated call failed otherwise, in geth's words ("out of gas", "invalid opcode: INVALID").
    #[error("{0}")]
    Halt(String),
    /// The request makes no sense to the node (wrong chain id, conflicting fees, unknown tracer, balance too low).
    #[error("{0}")]
    Invalid(String),
    /// The request cannot be met, for a reason that has a code of its own in Ethereum's API specification.
    #[error("{reason}")]
    Refused {
        /// The code.
        code: i32,
        /// The reason.
        reason: String,
    },
    /// The request asks for more than the node does for one request.
    #[error("{0}")]
    Limit(String),
    /// The node does not do this, and why (for example: follower without an index).
    #[error("{0}")]
    Unsupported(String),
    /// Something broke inside; the text is logged, not sent.
    #[error("internal error: {0}")]
    Internal(String),
}

/// Why the pool did not take a transaction.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum SubmitError {
    /// It is in the pool or in a block.
    #[error("already known")]
    AlreadyKnown(B256),
    /// The nonce is used.
    #[error("nonce too low: next nonce {expected}, tx nonce {got}")]
    NonceTooLow {
        /// Next nonce of the sender.
        expected: u64,
        /// Nonce of the transaction.
        got: u64,
    },
    /// The nonce leaves a larger gap than the pool keeps.
    #[error("nonce too high: next nonce {expected}, tx nonce {got}, the pool keeps gaps of at most {max}")]
    NonceTooHigh {
        /// Next nonce of the sender.
        expected: u64,
        /// Nonce of the transaction.
        got: u64,
        /// Largest gap.
        max: u64,
    },
    /// The sender cannot pay for it.
    #[error("insufficient funds for gas * price + value: balance {balance}, tx cost {cost}")]
    InsufficientFunds {
        /// What the sender has.
        balance: U256,
        /// What the transaction may cost.
        cost: U256,
    },
    /// Another transaction has the nonce, and this one does not pay 10 % more.
    #[error("replacement transaction underpriced")]
    ReplacementUnderpriced,
    /// It pays too little to be kept.
    #[error("transaction underpriced: {0}")]
    Underpriced(String),
    /// `maxFeePerGas` is below what the pool asks.
    #[error("max fee per gas less than block base fee: maxFeePerGas: {max_fee}, baseFee: {base_fee}")]
    FeeBelowBase {
        /// Of the transaction.
        max_fee: u128,
        /// Of the next block.
        base_fee: u64,
    },
    /// `maxPriorityFeePerGas` is above `maxFeePerGas`.
    #[error("max priority fee per gas higher than max fee per gas")]
    TipAboveFee,
    /// The gas limit is more than a block, or a transaction, may have.
    #[error("exceeds block gas limit: tx gas {gas}, limit {limit}")]
    GasLimit {
        /// Of the transaction.
        gas: u64,
        /// Largest.
        limit: u64,
    },
    /// The gas limit does not cover the transaction's own cost.
    #[error("intrinsic gas too low: gas {gas}, minimum needed {needed}")]
    IntrinsicGas {
        /// Of the transaction.
        gas: u64,
        /// Least.
        needed: u64,
    },
    /// Signature does not recover, or the sender is a contract.
    #[error("invalid sender")]
    InvalidSender,
    /// Signed for another chain, or for none.
    #[error("invalid chain id for signer: have {have} want {want}")]
    ChainId {
        /// Of the transaction; 0 for none.
        have: u64,
        /// Of this chain.
        want: u64,
    },
    /// Blob transactions, and types nobody knows.
    #[error("transaction type not supported{0}")]
    Type(&'static str),
    /// Too many bytes.
    #[error("oversized data: transaction size {size}, limit {limit}")]
    Oversized {
        /// Of the transaction.
        size: usize,
        /// Largest.
        limit: usize,
    },
    /// The pool or the sender's part of it is full, and this transaction does not displace another.
    #[error("txpool is full: {0}")]
    Full(String),
    /// Anything else that is wrong with it, in words.
    #[error("{0}")]
    Invalid(String),
    /// Something broke inside; the text is logged, not sent.
    #[error("internal error: {0}")]
    Internal(String),
}
