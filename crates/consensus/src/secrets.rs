//! This node's secrets of the key ceremonies: shares, dealer seeds, private dealings.
//!
//! They live in a vault that encrypts them at rest and erases what is removed. Old shares must go: enough
//! shares of any one past committee would sign in the group's name for ever.

use commonware_codec::{Copying, DecodeExt as _, Encode as _, EncodeSize};
use commonware_consensus::types::Epoch;
use commonware_cryptography::{
    PublicKey,
    bls12381::{dkg::feldman_desmedt::DealerPrivMsg, primitives::group::Share},
    transcript::Summary,
};
use commonware_glue::dkg::SecretStore;
use std::{fmt, sync::Arc};
use thiserror::Error;

/// Why a vault could not read or write.
#[derive(Debug, Error)]
#[error("secret `{name}`: {reason}")]
pub struct VaultError {
    /// Name of the secret.
    pub name: String,
    /// What happened.
    pub reason: String,
}

/// Durable storage of named secrets, encrypted at rest. A write is durable when it returns.
pub trait SecretVault: Send + Sync + 'static {
    /// Stores or replaces a secret.
    fn put(&self, name: &str, secret: &[u8]) -> Result<(), VaultError>;
    /// Reads a secret.
    fn get(&self, name: &str) -> Result<Option<Vec<u8>>, VaultError>;
    /// Erases a secret.
    fn remove(&self, name: &str) -> Result<(), VaultError>;
    /// Names of all secrets.
    fn names(&self) -> Result<Vec<String>, VaultError>;
}

/// The ceremonies' secrets in a vault.
#[derive(Clone)]
pub struct Secrets(Arc<dyn SecretVault>);

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").finish_non_exhaustive()
    }
}

const SHARE: &str = "share";
const SEED: &str = "seed";
const DEALING: &str = "dealing";

/// Fixed width, so that names sort by epoch.
fn name(kind: &str, epoch: Epoch, suffix: &str) -> String {
    format!("{kind}-{:020}{suffix}", epoch.get())
}

fn epoch_of(name: &str) -> Option<u64> {
    name.split('-').nth(1)?.parse().ok()
}

impl Secrets {
    /// Uses a vault.
    pub fn new(vault: Arc<dyn SecretVault>) -> Self {
        Self(vault)
    }

    /// Stores an encoded share dealt before the chain started.
    pub fn put_dealt_share(&self, share: &[u8]) -> Result<(), VaultError> {
        self.0.put(&name(SHARE, Epoch::zero(), ""), share)
    }

    /// Losing a secret silently would make a dealer contradict itself, so a failing vault stops the node.
    fn put(&self, name: &str, value: &(impl EncodeSize + commonware_codec::Write)) {
        if let Err(error) = self.0.put(name, &value.encode()) {
            panic!("{error}; the node stops because it must not go on with secrets it cannot keep");
        }
    }

    fn get<T: commonware_codec::Read<Cfg = ()>>(&self, name: &str) -> Option<T> {
        let bytes = match self.0.get(name) {
            Ok(bytes) => bytes?,
            Err(error) => panic!("{error}; restore the node's secrets from its backup"),
        };
        match T::decode(Copying(&bytes)) {
            Ok(value) => Some(value),
            Err(error) => {
                panic!("secret `{name}` does not decode ({error}); restore it from the node's backup")
            }
        }
    }
}

impl SecretStore for Secrets {
    async fn put_share(&mut self, epoch: Epoch, share: Share) {
        self.put(&name(SHARE, epoch, ""), &share);
    }

    async fn get_share(&mut self, epoch: Epoch) -> Option<Share> {
        self.get(&name(SHARE, epoch, ""))
    }

    async fn put_seed(&mut self, epoch: Epoch, seed: Summary) {
        self.put(&name(SEED, epoch, ""), &seed);
    }

    async fn get_seed(&mut self, epoch: Epoch) -> Option<Summary> {
        self.get(&name(SEED, epoch, ""))
    }

    async fn put_dealing<P: PublicKey>(&mut self, epoch: Epoch, dealer: P, private: DealerPrivMsg) {
        self.put(&name(DEALING, epoch, &format!("-{dealer}")), &private);
    }

    async fn get_dealing<P: PublicKey>(&mut self, epoch: Epoch, dealer: &P) -> Option<DealerPrivMsg> {
        self.get(&name(DEALING, epoch, &format!("-{dealer}")))
    }

    async fn prune(&mut self, min: Epoch) {
        let names = match self.0.names() {
            Ok(names) => names,
            Err(error) => {
                tracing::error!(%error, "old secrets could not be listed for erasure");
                return;
            }
        };
        for name in names.iter().filter(|name| epoch_of(name).is_some_and(|epoch| epoch < min.get())) {
            if let Err(error) = self.0.remove(name) {
                tracing::error!(%error, "an old secret could not be erased");
            }
        }
    }
}
