//! What goes wrong: starting the server ([`RpcError`]), and answering a request ([`Fault`], Ethereum's codes and words).

use crate::api::{NodeError, SubmitError};
use alloy_primitives::{B256, Bytes};
use alloy_sol_types::{Panic, Revert, SolError};
use althing_primitives::Height;
use jsonrpsee::types::ErrorObjectOwned;
use serde_json::json;
use std::net::SocketAddr;
use std::time::Duration;
use thiserror::Error;

/// Why the server did not start.
#[derive(Debug, Error)]
pub enum RpcError {
    /// Another program has the port.
    #[error(
        "RPC address {0} is in use by another program: stop that program, or choose another port (`rpc.listen`)"
    )]
    AddressInUse(SocketAddr),
    /// The address cannot be bound for another reason.
    #[error("cannot listen on RPC address {0}: {1}")]
    Listen(SocketAddr, std::io::Error),
    /// A namespace that does not exist.
    #[error("RPC namespace `{0}` does not exist: use some of {known}", known = crate::config::ALL_NAMESPACES.join(", "))]
    Namespace(String),
    /// An origin that is not one.
    #[error("CORS origin `{0}` is unusable: write `scheme://host[:port]`, or `*` for any")]
    Origin(String),
    /// A limit of zero that would let no request through.
    #[error("RPC limit `{0}` is 0: use at least 1")]
    ZeroLimit(&'static str),
    /// A method is registered twice: a mistake of this crate.
    #[error("RPC methods are inconsistent: {0}")]
    Methods(#[from] jsonrpsee::server::RegisterMethodError),
}

/// Why a request is not answered with a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Parameters that do not parse or make no sense.
    InvalidParams(String),
    /// The general error of Ethereum nodes, with geth's words.
    Server(String),
    /// The call reverted.
    Revert(Bytes),
    /// A reason that has a code of its own.
    Refused { code: i32, reason: String },
    /// Old state that is not kept.
    Pruned { height: Height, oldest: Height },
    /// A block from before the first that the node has.
    NoBlock { height: Height, oldest: Height },
    /// The request is larger than the server allows.
    Limit(String),
    /// This node does not do that.
    Unsupported(String),
    /// The namespace is switched off.
    NotEnabled(&'static str),
    /// The call took too long.
    Timeout(Duration),
    /// The transaction was taken, but is not in a block yet (EIP-7966).
    NotYetIncluded { hash: B256, waited: Duration },
    /// A fault of the node. The text is logged, not sent.
    Internal(String),
}

const LIMIT: i32 = -32005;
const UNSUPPORTED: i32 = -32004;
const TIMEOUT: i32 = -32002;
const SERVER: i32 = -32000;
const REVERT: i32 = 3;
const NOT_YET_INCLUDED: i32 = 4;
const PRUNED: i32 = 4444;

impl Fault {
    pub(crate) fn params(reason: impl Into<String>) -> Self {
        Self::InvalidParams(reason.into())
    }

    /// Geth's words for a block that is named but not there.
    pub(crate) fn no_header() -> Self {
        Self::Server("header not found".into())
    }
}

impl From<NodeError> for Fault {
    fn from(error: NodeError) -> Self {
        match error {
            NodeError::Pruned { height, oldest } => Self::Pruned { height, oldest },
            NodeError::Revert(output) => Self::Revert(output),
            NodeError::Halt(reason) | NodeError::Invalid(reason) => Self::Server(reason),
            NodeError::Refused { code, reason } => Self::Refused { code, reason },
            NodeError::Limit(reason) => Self::Limit(reason),
            NodeError::Unsupported(reason) => Self::Unsupported(reason),
            NodeError::Internal(reason) => Self::Internal(reason),
        }
    }
}

impl From<SubmitError> for Fault {
    fn from(error: SubmitError) -> Self {
        match error {
            SubmitError::Internal(reason) => Self::Internal(reason),
            other => Self::Server(other.to_string()),
        }
    }
}

impl From<Fault> for ErrorObjectOwned {
    fn from(fault: Fault) -> Self {
        let plain = |code, message: String| Self::owned(code, message, None::<()>);
        match fault {
            Fault::InvalidParams(reason) => plain(-32602, reason),
            Fault::Server(reason) => plain(SERVER, reason),
            Fault::Revert(output) => {
                let message = match revert_reason(&output) {
                    Some(reason) => format!("execution reverted: {reason}"),
                    None => "execution reverted".into(),
                };
                Self::owned(REVERT, message, Some(output))
            }
            Fault::Refused { code, reason } => plain(code, reason),
            Fault::Pruned { height, oldest } => Self::owned(
                PRUNED,
                format!(
                    "state of block {height} is pruned: the oldest kept is {oldest}; ask an archive node"
                ),
                Some(json!({ "requested": format!("{height:#x}"), "oldest": format!("{oldest:#x}") })),
            ),
            Fault::NoBlock { height, oldest } => Self::owned(
                PRUNED,
                format!(
                    "block {height} is not kept: this node began with the state of block {oldest}, the oldest \
                     it has; ask a node that has replayed the chain"
                ),
                Some(json!({ "requested": format!("{height:#x}"), "oldest": format!("{oldest:#x}") })),
            ),
            Fault::Limit(reason) => plain(LIMIT, reason),
            Fault::Unsupported(reason) => plain(UNSUPPORTED, reason),
            Fault::NotEnabled(method) => {
                let namespace = method.split('_').next().unwrap_or(method);
                let namespace = if namespace == "erigon" { "ots" } else { namespace };
                plain(
                    -32601,
                    format!(
                        "method {method} is not enabled: add \"{namespace}\" to the node's RPC namespaces"
                    ),
                )
            }
            Fault::Timeout(limit) => {
                plain(TIMEOUT, format!("request timed out after {} ms", limit.as_millis()))
            }
            Fault::NotYetIncluded { hash, waited } => Self::owned(
                NOT_YET_INCLUDED,
                format!(
                    "the transaction was added to the pool but not included within {} ms",
                    waited.as_millis()
                ),
                Some(hash),
            ),
            Fault::Internal(reason) => {
                tracing::error!(reason, "an RPC request failed inside the node");
                plain(-32603, "internal error".into())
            }
        }
    }
}

/// The text of `Error(string)` or `Panic(uint256)` in a revert's data.
pub(crate) fn revert_reason(output: &[u8]) -> Option<String> {
    if let Ok(revert) = Revert::abi_decode(output) {
        return Some(revert.reason);
    }
    let panic = Panic::abi_decode(output).ok()?;
    let words = match panic.code.try_into().unwrap_or(u64::MAX) {
        0x00 => "generic panic",
        0x01 => "assert(false)",
        0x11 => "arithmetic underflow or overflow",
        0x12 => "division or modulo by zero",
        0x21 => "enum overflow",
        0x22 => "invalid encoded storage byte array accessed",
        0x31 => "out-of-bounds array access; popping on an empty array",
        0x32 => "out-of-bounds access of an array or bytesN",
        0x41 => "out of memory",
        0x51 => "uninitialized function",
        _ => return Some(format!("unknown panic code: {:#x}", panic.code)),
    };
    Some(words.into())
}
