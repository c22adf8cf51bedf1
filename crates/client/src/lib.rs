//! The Rust client of a node: typed JSON-RPC, signing, sending and waiting.
//!
//! [`Client`] reads; [`Wallet`] fills, signs, sends and waits. Errors say what the node said, with revert
//! reasons in words. Nothing here trusts an answer more than its type: verification is `althing-light`.

mod client;
mod error;
mod revert;
mod transport;
mod wallet;

pub use client::{AccountPage, Client, Fees};
pub use error::ClientError;
pub use revert::revert_reason;
pub use transport::{Call, MAX_RESPONSE_BYTES, Rpc};
pub use wallet::{RECEIPT_POLL, Wallet, is_success};

pub use alloy_rpc_types_eth::{Block, Transaction as RpcTransaction, TransactionReceipt, TransactionRequest};
pub use alloy_signer_local::PrivateKeySigner;
