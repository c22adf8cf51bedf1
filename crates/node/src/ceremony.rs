//! Holding the distributed key ceremony with a node's folder: locks it, opens its keys, runs the ceremony, writes
//! the finished chain spec.
//!
//! Invariant: the share is durable before the spec is, and the spec is whole or as it was. A crash in between leaves
//! the spec without a result, with which the ceremony can be held again.

use crate::{
    config::{ConfigError, NodeConfig},
    data_dir::{DataDir, write_whole},
    run::check_free,
    vault::{Vault, VaultError},
};
use althing_consensus::{PrivateKey, Secrets};
use althing_engine::{CeremonyConfig, MeshConfig, Report, hold_ceremony};
use althing_primitives::{ChainSpec, chainspec::GenesisCommittee};
use commonware_codec::{Copying, DecodeExt as _};
use commonware_runtime::{
    Runner as _, Supervisor as _,
    tokio::{Config as RuntimeConfig, Runner},
};
use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use thiserror::Error;

pub use althing_consensus::ceremony::{Progress, RollError};
pub use althing_engine::{Held, HoldError};

/// Folder of the ceremony's journals within the data folder.
const JOURNALS: &str = "ceremony";

/// Why no ceremony was held.
#[derive(Debug, Error)]
pub enum CeremonyError {
    /// It failed between the validators.
    #[error(transparent)]
    Hold(#[from] HoldError),
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The keys.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The folder or the port cannot be used.
    #[error("{0:#}")]
    Place(#[from] eyre::Report),
}

/// Holds the ceremony of `spec` as the validator whose folder `config` describes, and writes the finished spec to
/// `file`. Waits at most `timeout` until all validators are there.
pub fn hold(
    config: &NodeConfig,
    spec: ChainSpec,
    file: PathBuf,
    timeout: Duration,
    progress: Report,
) -> Result<Held, CeremonyError> {
    let root = &config.node.data_dir;
    let _lock = DataDir::lock_unused(root)?;
    check_free("p2p.listen", config.p2p.listen)?;
    let vault = Vault::open(&config.keys_dir(), &config.password()?)?;
    let secret = PrivateKey::decode(Copying(vault.operator_secret().as_slice())).map_err(|_| {
        eyre::eyre!("the operator key in {} is not an Ed25519 key", config.keys_dir().display())
    })?;
    let journals = root.join(JOURNALS);
    wipe(&journals)?;
    let ceremony = CeremonyConfig {
        spec: ChainSpec { committee: GenesisCommittee::default(), ..spec },
        secret,
        secrets: Secrets::new(Arc::new(vault.into_secrets())),
        mesh: MeshConfig {
            listen: config.p2p.listen,
            allow_private_ips: config.p2p.allow_private_ips,
            max_handshakes: config.p2p.max_connections,
            max_handshakes_per_ip_s: config.p2p.max_handshakes_per_ip_s,
        },
        nonce: rand::random::<[u8; 32]>().into(),
        timeout,
        progress,
        publish: Box::new(move |spec| write_whole(&file, &spec.to_json())),
    };
    let runtime = RuntimeConfig::default().with_storage_directory(journals.clone()).with_catch_panics(false);
    let held = Runner::new(runtime).start(|context| hold_ceremony(context.child("ceremony"), ceremony));
    wipe(&journals)?;
    Ok(held?)
}

/// Removes what a ceremony wrote; it has no use for the next.
fn wipe(journals: &Path) -> Result<(), eyre::Report> {
    match fs::remove_dir_all(journals) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(eyre::eyre!("cannot remove {}: {error}", journals.display()))
        }
        _ => Ok(()),
    }
}
