//! Why a transaction is refused. The words are those that wallets and libraries already know from other
//! Ethereum nodes and match on; details follow after a colon.

use crate::config::{MAX_DELEGATED_IN_FLIGHT, MAX_TRANSACTION_BYTES, PRICE_BUMP_PERCENT};
use crate::gas::MAX_INITCODE_BYTES;
use alloy_primitives::{Address, U256};
use althing_primitives::MAX_TRANSACTION_GAS;
use thiserror::Error;

/// Why the pool refused a transaction.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum PoolError {
    /// The bytes are not a transaction.
    #[error("rlp: transaction does not decode: {0}")]
    Malformed(String),
    /// No signer can be recovered, or `s` is in the upper half of the curve's order (EIP-2).
    #[error("invalid sender: the signature is not valid for this transaction")]
    InvalidSender,
    /// The pool holds this very transaction.
    #[error("already known")]
    AlreadyKnown,
    /// Signed for another chain.
    #[error("invalid chain id: transaction is for chain {got}, this chain is {expected}")]
    InvalidChainId {
        /// In the transaction.
        got: u64,
        /// Of this chain.
        expected: u64,
    },
    /// Legacy transaction without EIP-155.
    #[error("only replay-protected (EIP-155) transactions allowed: sign with chain id {0}")]
    ChainIdMissing(u64),
    /// A blob transaction.
    #[error("transaction type not supported: blob transactions are not accepted on this chain")]
    TypeNotSupported,
    /// Longer than [`MAX_TRANSACTION_BYTES`].
    #[error("oversized data: transaction size {0}, limit {MAX_TRANSACTION_BYTES}")]
    Oversized(usize),
    /// Init code above the limit of EIP-3860.
    #[error("max initcode size exceeded: code size {0}, limit {MAX_INITCODE_BYTES}")]
    InitCodeTooLarge(usize),
    /// An EIP-7702 transaction without authorizations.
    #[error("EIP-7702 transaction with empty auth list")]
    NoAuthorizations,
    /// More authorizations than this node handles.
    #[error("too many authorizations: {got}, limit {limit}")]
    TooManyAuthorizations {
        /// In the transaction.
        got: usize,
        /// Accepted.
        limit: usize,
    },
    /// The largest nonce can never be used (EIP-2681).
    #[error("nonce has max value")]
    NonceMax,
    /// Gas limit below what the transaction costs before it runs.
    #[error("intrinsic gas too low: gas {got}, minimum needed {needed}")]
    IntrinsicGas {
        /// Gas limit.
        got: u64,
        /// Least gas limit.
        needed: u64,
    },
    /// Gas limit below the price of the call data (EIP-7623).
    #[error("insufficient gas for floor data gas cost: gas {got}, minimum needed {needed}")]
    FloorGas {
        /// Gas limit.
        got: u64,
        /// Least gas limit.
        needed: u64,
    },
    /// Gas limit above the block's.
    #[error("exceeds block gas limit: gas {got}, limit {limit}")]
    ExceedsBlockGas {
        /// Gas limit.
        got: u64,
        /// Of a block.
        limit: u64,
    },
    /// Gas limit above the protocol's limit of a transaction (EIP-7825).
    #[error("transaction gas limit too high (cap: {MAX_TRANSACTION_GAS}, tx: {0})")]
    GasLimitTooHigh(u64),
    /// Tip above fee cap.
    #[error("max priority fee per gas higher than max fee per gas: tip {tip}, fee cap {fee_cap}")]
    TipAboveFeeCap {
        /// `maxPriorityFeePerGas`.
        tip: u128,
        /// `maxFeePerGas`.
        fee_cap: u128,
    },
    /// Fee below the node's floor, or below all that a full pool holds.
    #[error("transaction underpriced: fee cap {got}, needed {needed}")]
    Underpriced {
        /// Fee cap.
        got: u128,
        /// Least fee cap that would be accepted now.
        needed: u128,
    },
    /// A pool transaction of the same nonce pays more than the replacement allows.
    #[error("replacement transaction underpriced: fee cap and tip must rise by {PRICE_BUMP_PERCENT} %")]
    ReplacementUnderpriced,
    /// The nonce is used already.
    #[error("nonce too low: next nonce {next}, tx nonce {got}")]
    NonceTooLow {
        /// Of the account.
        next: u64,
        /// Of the transaction.
        got: u64,
    },
    /// Too far ahead of the account.
    #[error("nonce too high: tx nonce {got}, highest accepted {highest}")]
    NonceTooHigh {
        /// Of the transaction.
        got: u64,
        /// Highest that would be accepted now.
        highest: u64,
    },
    /// The balance does not cover gas limit times fee cap plus value.
    #[error("insufficient funds for gas * price + value: balance {balance}, tx cost {cost}")]
    InsufficientFunds {
        /// Of the sender.
        balance: U256,
        /// Of the transaction at most.
        cost: U256,
    },
    /// The sender has as many transactions in the pool as it may have.
    #[error("account limit exceeded: the sender has {0} transactions in the pool")]
    AccountLimit(usize),
    /// The sender has delegated its code and its few slots are taken.
    #[error(
        "in-flight transaction limit reached for delegated accounts: limit {MAX_DELEGATED_IN_FLIGHT}, wait for one to be included"
    )]
    InFlightLimit,
    /// An authorization of the transaction is signed by an account with many transactions in flight.
    #[error("authority already reserved: {0} has too many transactions in the pool")]
    AuthorityReserved(Address),
    /// As many wait for a lower nonce or for funds as may.
    #[error("txpool is full of transactions that wait for a lower nonce or for funds: send that nonce first")]
    QueueFull,
    /// No room, and nothing that may be dropped for this transaction.
    #[error("txpool is full")]
    Full,
}
