//! JSON-RPC and WebSocket server of a node, over the object-safe [`NodeApi`].
//!
//! Everything that wallets, libraries and explorers call is here: `eth_`, `net_`, `web3_`, `txpool_`, `debug_`, `ots_`
//! and Althing's own `althing_`. The crate knows no database, pool or EVM: it asks the node for data and formats it.
//! Methods are rows of one table (`registry`), from which the server, `rpc.discover` and the reference are made.
//!
//! Invariant: no request can make the server buffer, loop or wait without a bound named in [`config`].

mod althing;
pub mod api;
mod batch;
mod body;
pub mod config;
mod connection;
mod context;
mod debug;
mod error;
mod eth;
mod format;
mod guard;
mod metrics;
mod net;
mod openrpc;
mod ots;
mod params;
mod registry;
mod server;
mod subscription;
mod txpool;

pub use althing::simulation;
pub use api::NodeApi;
pub use config::RpcConfig;
pub use error::RpcError;
pub use metrics::{LATENCY_BUCKETS, MethodMetrics, RpcMetrics};
pub use openrpc::{openrpc_document, reference_markdown};
pub use server::{RpcHandle, serve};
