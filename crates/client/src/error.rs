//! What can go wrong between a program and a node.

use alloy_primitives::{B256, Bytes};
use serde_json::Value;
use thiserror::Error;

/// Why a request failed.
#[derive(Debug, Error)]
pub enum ClientError {
    /// The address of the node is no URL.
    #[error("`{url}` is not the address of a node: {reason}; expected e.g. http://127.0.0.1:8545")]
    Url {
        /// As it was given.
        url: String,
        /// What is wrong.
        reason: String,
    },
    /// The node cannot be reached, or did not answer in HTTP.
    #[error("no answer from {url}: {reason}; is a node running there?")]
    Transport {
        /// The node.
        url: String,
        /// What happened.
        reason: String,
    },
    /// The node refused.
    #[error("the node refused {method}: {message} (code {code})")]
    Rpc {
        /// The method.
        method: String,
        /// JSON-RPC's code.
        code: i64,
        /// In words.
        message: String,
        /// What else the node said.
        data: Option<Value>,
    },
    /// A contract reverted.
    #[error("reverted: {reason}")]
    Reverted {
        /// In words.
        reason: String,
        /// As the contract gave it.
        data: Bytes,
    },
    /// The answer is not what the method gives.
    #[error("the node's answer to {method} does not parse: {reason}")]
    Answer {
        /// The method.
        method: String,
        /// What is wrong.
        reason: String,
    },
    /// A transaction lacks a field, or cannot be signed.
    #[error("cannot sign the transaction: {0}")]
    Sign(String),
    /// No receipt in time. The transaction may still be included.
    #[error(
        "transaction {hash} was not included within {seconds} s; it may still be: `althing chain receipt {hash}`"
    )]
    Timeout {
        /// The transaction.
        hash: B256,
        /// How long was waited.
        seconds: u64,
    },
}
