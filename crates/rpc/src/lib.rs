//! JSON-RPC and WebSocket server of a node, over the object-safe [`NodeApi`].
//!
//! Everything that wallets, libraries and explorers call is here: `eth_`, `net_`, `web3_`, `txpool_`, `debug_`, `ots_`
//! and Althing's own `althing_`. The crate knows no database, pool or EVM: it asks the node for data and formats it.
//!
//! Invariant: no request can make the server buffer, loop or wait without a bound named in the configuration.

pub mod api;

pub use api::NodeApi;
