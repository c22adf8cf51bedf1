//! This node's secrets of the key ceremonies: shares, dealer seeds, private dealings.
//!
//! They live in a vault that encrypts them at rest and erases what is removed. Old shares must go: enough
//! shares of any one past committee would sign in the group's name for ever.

use althing_primitives::OperatorKey;
use commonware_codec::{Copying, DecodeExt as _, Encode as _, EncodeSize};
use commonware_consensus::types::Epoch;
use commonware_cryptography::{
    PublicKey,
    bls12381::{dkg::feldman_desmedt::DealerPrivMsg, primitives::group::Share},
    transcript::Summary,
};
use commonware_glue::dkg::SecretStore;
use parking_lot::Mutex;
use std::{collections::BTreeMap, fmt, sync::Arc};
use thiserror::Error;
use zeroize::Zeroizing;

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

#[derive(Default)]
struct MemoryVault(Mutex<BTreeMap<String, Zeroizing<Vec<u8>>>>);

impl SecretVault for MemoryVault {
    fn put(&self, name: &str, secret: &[u8]) -> Result<(), VaultError> {
        self.0.lock().insert(name.into(), Zeroizing::new(secret.to_vec()));
        Ok(())
    }

    fn get(&self, name: &str) -> Result<Option<Vec<u8>>, VaultError> {
        Ok(self.0.lock().get(name).map(|secret| secret.to_vec()))
    }

    fn remove(&self, name: &str) -> Result<(), VaultError> {
        self.0.lock().remove(name);
        Ok(())
    }

    fn names(&self) -> Result<Vec<String>, VaultError> {
        Ok(self.0.lock().keys().cloned().collect())
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

    /// Stores an encoded share dealt before the chain started, and erases what another chain left: a dealer that
    /// deals twice from one seed gives its secret away.
    pub fn put_dealt_share(&self, share: &[u8]) -> Result<(), VaultError> {
        let first = name(SHARE, Epoch::zero(), "");
        self.0.put(&first, share)?;
        let names = self.0.names()?;
        names
            .iter()
            .filter(|name| **name != first && epoch_of(name).is_some())
            .try_for_each(|name| self.0.remove(name))
    }

    /// Secrets in memory alone, for a ceremony that is held anew when its process ends.
    pub fn in_memory() -> Self {
        Self(Arc::new(MemoryVault::default()))
    }

    /// The share of the first epoch, encoded.
    pub fn dealt_share(&self) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
        Ok(self.0.get(&name(SHARE, Epoch::zero(), ""))?.map(Zeroizing::new))
    }

    /// Who dealt to this node in the first epoch.
    pub fn first_dealers(&self) -> Result<Vec<OperatorKey>, VaultError> {
        let prefix = name(DEALING, Epoch::zero(), "-");
        let names = self.0.names()?;
        Ok(names.iter().filter_map(|name| name.strip_prefix(&prefix)?.parse().ok()).collect())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_dealt_anew_leaves_nothing_of_another_chain() {
        let secrets = Secrets::in_memory();
        for name in
            ["share-00000000000000000000", "share-00000000000000000007", "seed-00000000000000000007", "note"]
        {
            secrets.0.put(name, b"old").unwrap();
        }
        let dealer = OperatorKey::with_last_byte(5);
        let dealing = name(DEALING, Epoch::zero(), &format!("-{dealer:x}").replace("0x", ""));
        secrets.0.put(&dealing, b"old").unwrap();
        assert_eq!(secrets.first_dealers().unwrap(), [dealer]);
        secrets.put_dealt_share(b"new").unwrap();
        assert_eq!(secrets.0.names().unwrap(), ["note", "share-00000000000000000000"]);
        assert_eq!(secrets.dealt_share().unwrap().unwrap().as_slice(), b"new");
    }
}
