//! The node's configuration: one documented TOML file, overridden by the environment.
//!
//! Every key, its default and its documentation are written once, in `sections`; the commented file that
//! `althing node init` writes is derived from them. A key that is not known is an error: a mistyped limit
//! must never be a silent default.

mod document;
mod sections;

pub use sections::{
    Follow, Log, LogFormat, Metrics, Node, P2p, PasswordSource, Role, Rpc, State, SyncMode, Txpool,
};

use figment::{
    Figment,
    providers::{Env, Format, Toml},
};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use thiserror::Error;
use zeroize::Zeroizing;

/// Name of the file within a node's folder.
pub const CONFIG_FILE: &str = "althing.toml";

/// Prefix of the variables that override the file: `ALTHING_RPC__LISTEN` is `listen` in `[rpc]`.
pub const ENV_PREFIX: &str = "ALTHING_";

/// Largest configuration file in bytes.
const MAX_CONFIG_BYTES: u64 = 1024 * 1024;

/// Largest password file in bytes.
const MAX_PASSWORD_BYTES: u64 = 4096;

/// Why a configuration is unusable.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {path}: {reason}; `althing node init` writes a new one")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// The file or a variable does not parse, or names a key that does not exist.
    #[error("configuration {origin}: {reason}")]
    Parse {
        /// Where: a file or an environment variable.
        origin: String,
        /// What is wrong, and what would be right.
        reason: String,
    },
    /// A value that no node can run with.
    #[error("configuration key `{key}` is unusable: {reason}")]
    Value {
        /// Section and key.
        key: &'static str,
        /// What is wrong, and what would be right.
        reason: String,
    },
    /// The password that opens the node's keys is not there.
    #[error("no password for the node's keys: {0}")]
    Password(String),
}

fn bad(key: &'static str, reason: impl Into<String>) -> ConfigError {
    ConfigError::Value { key, reason: reason.into() }
}

/// Everything an operator may set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NodeConfig {
    /// `[node]`
    pub node: Node,
    /// `[p2p]`
    pub p2p: P2p,
    /// `[rpc]`
    pub rpc: Rpc,
    /// `[metrics]`
    pub metrics: Metrics,
    /// `[txpool]`
    pub txpool: Txpool,
    /// `[state]`
    pub state: State,
    /// `[log]`
    pub log: Log,
    /// `[follow]`
    pub follow: Follow,
}

impl NodeConfig {
    /// Reads a file and the environment, makes paths absolute, and checks all values.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = read_bounded(path, MAX_CONFIG_BYTES)
            .map_err(|reason| ConfigError::Read { path: path.into(), reason })?;
        let origin = path.display().to_string();
        let env = Env::prefixed(ENV_PREFIX).filter(|key| key.as_str().contains("__")).split("__");
        let mut config = Self::extract(Figment::from(Toml::string(&text)).merge(env), &origin)?;
        let base = std::path::absolute(path)
            .map_err(|e| ConfigError::Read { path: path.into(), reason: e.to_string() })?;
        config.resolve_paths(base.parent().unwrap_or(Path::new("/")));
        config.validate()?;
        Ok(config)
    }

    /// The defaults for a folder that has no file.
    pub fn defaults_in(dir: &Path) -> std::io::Result<Self> {
        let mut config = Self::default();
        config.resolve_paths(&std::path::absolute(dir)?);
        Ok(config)
    }

    /// Parses a text alone: no environment, paths as written, values unchecked.
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        Self::extract(Figment::from(Toml::string(text)), "text")
    }

    fn extract(figment: Figment, file: &str) -> Result<Self, ConfigError> {
        figment.extract().map_err(|error| describe(&error, file))
    }

    /// Writes the file that parses to this configuration, with the documentation of every key.
    pub fn to_documented_toml(&self) -> String {
        document::write(self)
    }

    /// Writes [`Self::to_documented_toml`] to a file.
    pub fn save(&self, path: &Path) -> std::io::Result<()> {
        std::fs::write(path, self.to_documented_toml())
    }

    fn resolve_paths(&mut self, base: &Path) {
        let absolute = |path: &mut PathBuf| *path = base.join(&*path);
        absolute(&mut self.node.data_dir);
        absolute(&mut self.node.genesis);
        if let PasswordSource::File(path) = &mut self.node.password {
            absolute(path);
        }
    }

    /// Folder of the encrypted keys.
    pub fn keys_dir(&self) -> PathBuf {
        self.node.data_dir.join("keys")
    }

    /// Reads the password that opens the keys, without the line end that editors add.
    pub fn password(&self) -> Result<Zeroizing<String>, ConfigError> {
        let text = match &self.node.password {
            PasswordSource::File(path) => read_bounded(path, MAX_PASSWORD_BYTES).map_err(|reason| {
                let hint = "write it there (mode 0600) or change `node.password`";
                ConfigError::Password(format!("cannot read {}: {reason}; {hint}", path.display()))
            })?,
            PasswordSource::Env(name) => std::env::var(name).map_err(|_| {
                ConfigError::Password(format!(
                    "the variable {name} is not set; set it or change `node.password`"
                ))
            })?,
        };
        let text = Zeroizing::new(text);
        Ok(Zeroizing::new(text.trim_end_matches(['\n', '\r']).to_string()))
    }

    /// Checks what the types cannot say.
    pub fn validate(&self) -> Result<(), ConfigError> {
        if self.node.role == Role::Follower && self.follow.urls.is_empty() {
            let reason = "is empty, but `node.role` is follower: name at least one node, e.g. [\"ws://127.0.0.1:8545\"]";
            return Err(bad("follow.urls", reason));
        }
        for url in &self.follow.urls {
            let known =
                ["ws://", "wss://", "http://", "https://"].iter().any(|scheme| url.starts_with(scheme));
            if !known {
                return Err(bad(
                    "follow.urls",
                    format!("`{url}` does not begin with ws://, wss://, http:// or https://"),
                ));
            }
        }
        self.validate_addresses()?;
        self.validate_limits()
    }

    fn validate_addresses(&self) -> Result<(), ConfigError> {
        let mut taken = Vec::new();
        for (key, used, address) in [
            ("p2p.listen", self.node.role == Role::Validator, self.p2p.listen),
            ("rpc.listen", self.rpc.enabled, self.rpc.listen),
            ("metrics.listen", self.metrics.enabled, self.metrics.listen),
        ] {
            if !used || address.port() == 0 {
                continue;
            }
            if taken.contains(&address.port()) {
                return Err(bad(key, format!("port {} is used by another section already", address.port())));
            }
            taken.push(address.port());
        }
        for origin in &self.rpc.cors_origins {
            if origin != "*" && !origin.starts_with("http://") && !origin.starts_with("https://") {
                return Err(bad(
                    "rpc.cors_origins",
                    format!("`{origin}` is neither \"*\" nor an http(s) origin"),
                ));
            }
        }
        for name in &self.rpc.namespaces {
            if !sections::NAMESPACES.contains(&name.as_str()) {
                let all = sections::NAMESPACES.join(", ");
                return Err(bad("rpc.namespaces", format!("`{name}` is none of {all}")));
            }
        }
        Ok(())
    }

    fn validate_limits(&self) -> Result<(), ConfigError> {
        let least_message = sections::MIN_P2P_MESSAGE_BYTES;
        if self.p2p.max_message_bytes < least_message {
            return Err(bad(
                "p2p.max_message_bytes",
                format!("must hold a whole block: use at least {least_message}"),
            ));
        }
        for (key, value) in [
            ("rpc.max_connections", u64::from(self.rpc.max_connections)),
            ("rpc.max_body_bytes", u64::from(self.rpc.max_body_bytes)),
            ("rpc.max_batch", u64::from(self.rpc.max_batch)),
            ("rpc.max_concurrent_calls", u64::from(self.rpc.max_concurrent_calls)),
            ("rpc.call_timeout_ms", self.rpc.call_timeout_ms),
            ("rpc.call_gas", self.rpc.call_gas),
            ("txpool.max_transactions", u64::from(self.txpool.max_transactions)),
            ("txpool.max_per_sender", u64::from(self.txpool.max_per_sender)),
            ("txpool.max_bytes", self.txpool.max_bytes),
            ("p2p.max_connections", u64::from(self.p2p.max_connections)),
        ] {
            if value == 0 {
                return Err(bad(key, "is 0, which would refuse everything; use 1 or more"));
            }
        }
        if self.state.history_blocks < sections::MIN_HISTORY_BLOCKS && !self.state.archive {
            let least = sections::MIN_HISTORY_BLOCKS;
            return Err(bad(
                "state.history_blocks",
                format!("tools read state a few blocks back: use at least {least}"),
            ));
        }
        if let Err(error) = self.log.level.parse::<tracing_subscriber::EnvFilter>() {
            return Err(bad(
                "log.level",
                format!("`{}`: {error}; e.g. \"info\" or \"info,althing_rpc=debug\"", self.log.level),
            ));
        }
        Ok(())
    }
}

fn read_bounded(path: &Path, most: u64) -> Result<String, String> {
    let length = std::fs::metadata(path).map_err(|e| e.to_string())?.len();
    if length > most {
        return Err(format!("{length} bytes are more than {most}"));
    }
    std::fs::read_to_string(path).map_err(|e| e.to_string())
}

/// Says where (file or variable), which key, what is wrong and what is allowed.
fn describe(error: &figment::Error, file: &str) -> ConfigError {
    use figment::error::Kind;
    let from_env = error.metadata.as_ref().is_some_and(|m| m.name.contains("environment"));
    let key = match &error.kind {
        Kind::UnknownField(name, _) => {
            let mut path = error.path.clone();
            if path.last() != Some(name) {
                path.push(name.clone());
            }
            path.join(".")
        }
        _ => error.path.join("."),
    };
    let origin = match from_env {
        true => format!("variable {ENV_PREFIX}{}", key.to_uppercase().replace('.', "__")),
        false => file.to_string(),
    };
    let reason = match &error.kind {
        Kind::UnknownField(_, allowed) if !allowed.is_empty() => {
            format!("unknown key `{key}`; expected one of: {}", allowed.join(", "))
        }
        Kind::UnknownField(..) => format!("unknown key `{key}`"),
        kind if key.is_empty() => kind.to_string(),
        kind => format!("key `{key}`: {kind}"),
    };
    ConfigError::Parse { origin, reason }
}

#[cfg(test)]
mod tests;
