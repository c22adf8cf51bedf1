//! Every limit of the RPC server, with its default and the reason for it.
//!
//! Nothing in this crate buffers, loops or waits beyond a number found here.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

/// Largest request body in bytes: a full batch of the largest transactions still fits.
pub const MAX_BODY_BYTES: u32 = 5 * 1024 * 1024;
/// Largest response in bytes; struct logs of a long transaction come close.
pub const MAX_RESPONSE_BYTES: u32 = 32 * 1024 * 1024;
/// Most requests in a batch.
pub const MAX_BATCH: u32 = 100;
/// Calls of one batch in work at a time: as many as may execute at once, and few beside [`MAX_CALLS`].
pub const BATCH_CALLS: usize = 8;
/// The same for transactions that are sent: each waits for the disk, together with the others.
pub const BATCH_SUBMISSIONS: usize = 24;
/// Most connections at a time, HTTP and WebSocket together.
pub const MAX_CONNECTIONS: u32 = 500;
/// Most subscriptions of one WebSocket connection.
pub const MAX_SUBSCRIPTIONS: u32 = 64;
/// Messages that wait for one WebSocket client before the server waits for it.
pub const WS_BUFFER: u32 = 32;
/// How long a client may take nothing of what is sent to it before its subscription, or its connection, is closed.
pub const SUBSCRIBER_PATIENCE: Duration = Duration::from_secs(10);
/// A connection on which nothing is sent either way for so long is closed. WebSockets are pinged every 30 s; a call that
/// waits is answered long before.
pub const IDLE_TIMEOUT: Duration = Duration::from_secs(150);
/// How long [`crate::RpcHandle::stop`] waits for calls that are being answered.
pub const STOP_PATIENCE: Duration = Duration::from_secs(5);
/// Most time for one call.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(20);
/// Longest wait of `eth_sendRawTransactionSync`.
pub const MAX_SYNC_WAIT: Duration = Duration::from_secs(60);
/// Wait of `eth_sendRawTransactionSync` when the request names none.
pub const DEFAULT_SYNC_WAIT: Duration = Duration::from_secs(20);
/// Calls in work or waiting at a time, of all clients together; one more is refused at once. A WebSocket client may send
/// requests without waiting for answers, so connections alone do not bound them.
pub const MAX_CALLS: usize = 500;
/// Executions, traces and log searches at a time; further ones queue within their time-out.
pub const MAX_HEAVY_CALLS: usize = 8;
/// Most gas of one simulated call: several full blocks, so that read-heavy multicalls work.
pub const CALL_GAS_CAP: u64 = 200_000_000;
/// Most blocks that one log query spans.
pub const MAX_LOG_RANGE: u64 = 100_000;
/// Most logs in one answer.
pub const MAX_LOGS: usize = 20_000;
/// Most addresses, and most values of one topic position, in a log query.
pub const MAX_LOG_VALUES: usize = 1_000;
/// Most filters at a time, of all clients together.
pub const MAX_FILTERS: usize = 1_000;
/// A filter that nobody polls for so long is removed.
pub const FILTER_LIFETIME: Duration = Duration::from_secs(300);
/// Most blocks that one `eth_feeHistory` covers.
pub const MAX_FEE_HISTORY: u64 = 1_024;
/// Most transactions that `txpool_content` and `txpool_inspect` list.
pub const MAX_POOL_CONTENT: usize = 10_000;
/// Most blocks in one `althing_getBlocks`.
pub const MAX_BLOCKS: u64 = 128;
/// Most slots in one `althing_getProof`.
pub const MAX_PROOF_SLOTS: usize = 256;
/// Most entries on one page of `ots_searchTransactionsBefore` and `-After`.
pub const MAX_OTS_PAGE: usize = 100;

/// How the server listens and what it allows. [`RpcConfig::default`] is safe on a public machine: local address, no
/// cross-origin access, no debug methods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RpcConfig {
    /// Address of HTTP and WebSocket.
    pub listen: SocketAddr,
    /// Namespaces that are served.
    pub namespaces: Vec<String>,
    /// Origins of web pages that may call: `https://example.org`, or `*` for any. Empty: none (CORS off).
    pub cors_origins: Vec<String>,
    /// Names (without port) by which clients may address the server, beside `localhost` and plain IP addresses; `*`
    /// for any. A page that rebinds its own name to this machine is refused by this.
    pub hosts: Vec<String>,
    /// See [`MAX_BODY_BYTES`].
    pub max_body_bytes: u32,
    /// See [`MAX_RESPONSE_BYTES`].
    pub max_response_bytes: u32,
    /// See [`MAX_BATCH`].
    pub max_batch: u32,
    /// See [`MAX_CONNECTIONS`].
    pub max_connections: u32,
    /// See [`MAX_SUBSCRIPTIONS`].
    pub max_subscriptions: u32,
    /// See [`WS_BUFFER`].
    pub ws_buffer: u32,
    /// See [`SUBSCRIBER_PATIENCE`].
    pub subscriber_patience: Duration,
    /// See [`IDLE_TIMEOUT`].
    pub idle_timeout: Duration,
    /// See [`CALL_TIMEOUT`].
    pub call_timeout: Duration,
    /// See [`MAX_SYNC_WAIT`].
    pub max_sync_wait: Duration,
    /// See [`MAX_CALLS`].
    pub max_calls: usize,
    /// See [`MAX_HEAVY_CALLS`].
    pub max_heavy_calls: usize,
    /// See [`CALL_GAS_CAP`].
    pub call_gas_cap: u64,
    /// See [`MAX_LOG_RANGE`].
    pub max_log_range: u64,
    /// See [`MAX_LOGS`].
    pub max_logs: usize,
    /// See [`MAX_FILTERS`].
    pub max_filters: usize,
    /// See [`FILTER_LIFETIME`].
    pub filter_lifetime: Duration,
}

/// Namespaces of a node that faces the public.
pub const PUBLIC_NAMESPACES: [&str; 5] = ["eth", "net", "web3", "althing", "rpc"];

/// Namespaces that exist. `erigon` belongs to `ots`: Otterscan calls one method of it.
pub const ALL_NAMESPACES: [&str; 8] = ["eth", "net", "web3", "althing", "rpc", "txpool", "debug", "ots"];

impl Default for RpcConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8545),
            namespaces: PUBLIC_NAMESPACES.map(String::from).to_vec(),
            cors_origins: Vec::new(),
            hosts: Vec::new(),
            max_body_bytes: MAX_BODY_BYTES,
            max_response_bytes: MAX_RESPONSE_BYTES,
            max_batch: MAX_BATCH,
            max_connections: MAX_CONNECTIONS,
            max_subscriptions: MAX_SUBSCRIPTIONS,
            ws_buffer: WS_BUFFER,
            subscriber_patience: SUBSCRIBER_PATIENCE,
            idle_timeout: IDLE_TIMEOUT,
            call_timeout: CALL_TIMEOUT,
            max_sync_wait: MAX_SYNC_WAIT,
            max_calls: MAX_CALLS,
            max_heavy_calls: MAX_HEAVY_CALLS,
            call_gas_cap: CALL_GAS_CAP,
            max_log_range: MAX_LOG_RANGE,
            max_logs: MAX_LOGS,
            max_filters: MAX_FILTERS,
            filter_lifetime: FILTER_LIFETIME,
        }
    }
}

impl RpcConfig {
    /// The configuration of a development network: all namespaces, pages of any origin.
    pub fn devnet(listen: SocketAddr) -> Self {
        Self {
            listen,
            namespaces: ALL_NAMESPACES.map(String::from).to_vec(),
            cors_origins: vec!["*".into()],
            ..Self::default()
        }
    }

    pub(crate) fn serves(&self, namespace: &str) -> bool {
        let namespace = if namespace == "erigon" { "ots" } else { namespace };
        self.namespaces.iter().any(|served| served == namespace)
    }
}
