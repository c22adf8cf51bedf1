//! The sections of the file: each key's type, default and documentation, in one place.

use super::document::Section;
use althing_rpc::config as limits;
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// All JSON-RPC namespaces that a node can serve.
pub(super) const NAMESPACES: [&str; 8] = limits::ALL_NAMESPACES;

/// Smallest p2p message that holds the largest block (4 MiB) and its envelope.
pub(super) const MIN_P2P_MESSAGE_BYTES: u32 = 4 * 1024 * 1024 + 64 * 1024;

/// Fewest blocks of state history: wallets and test tools look back that far.
pub(super) const MIN_HISTORY_BLOCKS: u64 = 16;

const LOCALHOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const ANY: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// What a node does in its network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Takes part in consensus with its operator key.
    #[default]
    Validator,
    /// Verifies certified blocks that other nodes serve.
    Follower,
}

/// How a follower begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SyncMode {
    /// Executes every block from the first on.
    #[default]
    Blocks,
    /// Fetches the state of a recent block.
    State,
}

/// Where the password of the key folder comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PasswordSource {
    /// First line of a file.
    File(PathBuf),
    /// An environment variable.
    Env(String),
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Text on a terminal, JSON otherwise.
    #[default]
    Auto,
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Defines a section once: struct, defaults and documentation.
macro_rules! section {
    (
        $(#[doc = $about:literal])+
        $section:ident {
            $( $(#[doc = $doc:literal])+ $key:ident: $type:ty = $default:expr, )+
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct $section {
            $( $(#[doc = $doc])+ pub $key: $type, )+
        }

        impl Default for $section {
            fn default() -> Self {
                Self { $( $key: $default, )+ }
            }
        }

        impl $section {
            pub(super) const DOCS: Section = Section {
                about: &[$($about),+],
                keys: &[$( (stringify!($key), &[$($doc),+]), )+],
            };
        }
    };
}

section! {
    /// What this node is and where its files are. Relative paths start at the folder of this file.
    Node {
        /// Folder of all that the node writes. One process at a time may use it.
        data_dir: PathBuf = ".".into(),
        /// The network's chain spec: the same file on every node.
        genesis: PathBuf = "genesis.json".into(),
        /// "validator" takes part in consensus with its operator key; "follower" verifies the certified
        /// blocks of the nodes that the section `follow` names.
        role: Role = Role::Validator,
        /// Hardforks, from the newest down, that this node does as if its release did not know. Leave it at 0;
        /// 1 rehearses what becomes of a node that is not upgraded in time.
        unknown_hardforks: u64 = 0,
        /// Where the password that opens the folder `keys` comes from:
        /// { file = "PATH" } (mode 0600) or { env = "NAME" } (a variable).
        password: PasswordSource = PasswordSource::Env("ALTHING_PASSWORD".into()),
    }
}

section! {
    /// The validators' network. Whom to dial, and under which key, the chain spec says.
    P2p {
        /// Address to accept other validators on. It must be reachable under the address that the chain
        /// spec names for this node.
        listen: SocketAddr = SocketAddr::new(ANY, 9650),
        /// Largest message in bytes. The same on every node of a network.
        max_message_bytes: u32 = 5 * 1024 * 1024,
        /// Most connections that are open at a time, handshakes included.
        max_connections: u32 = 256,
        /// Most handshakes a second from one IP address.
        max_handshakes_per_ip_s: u32 = 16,
        /// Accept and dial private addresses (10.0.0.0/8, 127.0.0.0/8 ...). Needed on one machine or LAN.
        allow_private_ips: bool = true,
    }
}

section! {
    /// JSON-RPC over HTTP and WebSocket, on one port.
    Rpc {
        /// Serve JSON-RPC at all.
        enabled: bool = true,
        /// Address to serve on. Put a reverse proxy with TLS in front before opening it to the world.
        listen: SocketAddr = SocketAddr::new(LOCALHOST, 8545),
        /// Web pages that may call: exact origins, or "*" for all. Empty: none.
        cors_origins: Vec<String> = Vec::new(),
        /// Host names by which clients may address the server, beside "localhost" and IP addresses; "*" for any.
        /// Keeps out web pages that rebind their own name to this machine.
        hosts: Vec<String> = Vec::new(),
        /// Groups of methods to serve, of: eth, net, web3, althing, rpc, txpool, debug, ots.
        /// `debug` executes transactions again and is costly on a public node.
        namespaces: Vec<String> = limits::PUBLIC_NAMESPACES.map(String::from).to_vec(),
        /// Most connections that are open at a time.
        max_connections: u32 = limits::MAX_CONNECTIONS,
        /// Largest request in bytes.
        max_body_bytes: u32 = limits::MAX_BODY_BYTES,
        /// Largest response in bytes.
        max_response_bytes: u32 = limits::MAX_RESPONSE_BYTES,
        /// Most calls in one batch.
        max_batch: u32 = limits::MAX_BATCH,
        /// Most calls that execute (eth_call, estimates, traces) at a time.
        max_concurrent_calls: u32 = limits::MAX_HEAVY_CALLS as u32,
        /// Longest time for one call in milliseconds.
        call_timeout_ms: u64 = limits::CALL_TIMEOUT.as_millis() as u64,
        /// Most gas for eth_call and eth_estimateGas.
        call_gas: u64 = limits::CALL_GAS_CAP,
        /// Widest block range of eth_getLogs.
        max_log_range_blocks: u64 = limits::MAX_LOG_RANGE,
        /// Most logs in one answer.
        max_logs: u32 = limits::MAX_LOGS as u32,
        /// Most subscriptions of one connection.
        max_subscriptions: u32 = limits::MAX_SUBSCRIPTIONS,
    }
}

section! {
    /// Prometheus `/metrics` and the health checks `/livez` and `/readyz`.
    Metrics {
        /// Serve them at all.
        enabled: bool = true,
        /// Address to serve on.
        listen: SocketAddr = SocketAddr::new(LOCALHOST, 9464),
    }
}

section! {
    /// Transactions that wait for a block.
    Txpool {
        /// Most transactions.
        max_transactions: u32 = 20_000,
        /// Most bytes of all transactions together.
        max_bytes: u64 = 64 * 1024 * 1024,
        /// Most transactions of one sender.
        max_per_sender: u32 = 1_024,
        /// Lowest tip that is accepted, in Rau per gas.
        min_tip: u64 = 0,
        /// A transaction that found no block is dropped after this many seconds.
        max_age_s: u64 = 3 * 3600,
    }
}

section! {
    /// The world state on disk.
    State {
        /// Keep the state of every height. Without it old state answers with an error that names the
        /// oldest height there is.
        archive: bool = false,
        /// Heights of state to keep when `archive` is false.
        history_blocks: u64 = 1_024,
        /// Memory for the state's page cache in MiB. 0: as much as the state takes on disk when the node starts, but 48
        /// at least and 512 at most.
        cache_mib: u32 = 0,
    }
}

section! {
    /// Log lines, on standard error.
    Log {
        /// "error", "warn", "info", "debug" or "trace", and exceptions for parts: "info,althing_rpc=debug".
        level: String = "info".into(),
        /// "auto" (text on a terminal, JSON otherwise), "text" or "json".
        format: LogFormat = LogFormat::Auto,
    }
}

section! {
    /// Whom a follower follows. Every block is verified with the network's key: the nodes need no trust.
    Follow {
        /// Addresses of nodes (ws://, wss://, http:// or https://), tried in order.
        urls: Vec<String> = Vec::new(),
        /// How an empty folder is filled: "blocks" executes every block from the first on; "state" fetches the
        /// state of a recent block, which is faster, but there are no blocks and no state from before it.
        sync: SyncMode = SyncMode::Blocks,
    }
}

impl Rpc {
    /// What the RPC server takes; its remaining limits have their defaults.
    pub fn server(&self) -> althing_rpc::RpcConfig {
        althing_rpc::RpcConfig {
            listen: self.listen,
            namespaces: self.namespaces.clone(),
            cors_origins: self.cors_origins.clone(),
            hosts: self.hosts.clone(),
            max_body_bytes: self.max_body_bytes,
            max_response_bytes: self.max_response_bytes,
            max_batch: self.max_batch,
            max_connections: self.max_connections,
            max_subscriptions: self.max_subscriptions,
            call_timeout: Duration::from_millis(self.call_timeout_ms),
            max_heavy_calls: self.max_concurrent_calls as usize,
            call_gas_cap: self.call_gas,
            max_log_range: self.max_log_range_blocks,
            max_logs: self.max_logs as usize,
            ..althing_rpc::RpcConfig::default()
        }
    }
}
