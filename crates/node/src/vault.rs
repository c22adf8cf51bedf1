//! The node's keys at rest: the operator key under a password, everything else under the operator key.
//!
//! `operator.json` holds the Ed25519 secret, sealed with a key that scrypt makes of the password. All other
//! secrets (committee shares, dealer seeds) are [`SecretFiles`] beside it. Nothing secret may be written to disk
//! in the clear, and nothing secret may be printed.

mod durable;
mod files;
mod seal;

pub use files::{MAX_SECRET_BYTES, SecretFiles};

use alloy_primitives::{B256, Bytes, hex};
use althing_primitives::{Address, OperatorKey};
use commonware_codec::{Copying, DecodeExt, Encode};
use commonware_cryptography::{Signer, ed25519};
use seal::{Key, NONCE_BYTES};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use thiserror::Error;
use zeroize::Zeroizing;

/// Name of the operator key's file within the key folder.
pub const OPERATOR_FILE: &str = "operator.json";

const SECRETS_DIR: &str = "secrets";
const VERSION: u32 = 1;
const KDF: &str = "scrypt";
const CIPHER: &str = "xchacha20poly1305";
const SALT_BYTES: usize = 32;
const MAX_OPERATOR_FILE_BYTES: u64 = 16 * 1024;

/// Why keys cannot be made, read or written.
#[derive(Debug, Error)]
pub enum VaultError {
    /// There is a key already; it is never overwritten.
    #[error("{0} exists already and is never overwritten: choose another folder, or move it away by hand")]
    Exists(PathBuf),
    /// There is no operator key.
    #[error("no operator key at {0}: `althing node init` makes one, or restore it from your backup")]
    Missing(PathBuf),
    /// The file is whole, but the password does not open it.
    #[error(
        "wrong password for {0}: check the file or variable that `node.password` in the configuration names"
    )]
    Password(PathBuf),
    /// The file is not what was written.
    #[error("{path} is damaged: {reason}; restore it from your backup")]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Not a name that a secret can have.
    #[error(
        "`{0}` is no name for a secret: use 1 to 128 of a-z, 0-9, `-`, `_` and `.`, not beginning with `.`"
    )]
    Name(String),
    /// More than a secret file holds.
    #[error("a secret of {0} bytes is larger than {MAX_SECRET_BYTES}")]
    TooLarge(usize),
    /// scrypt parameters out of bounds.
    #[error("scrypt cost 2^{0} is out of bounds: use 10 to {max}", max = ScryptCost::MAX_LOG_N)]
    Cost(u8),
    /// The system refused.
    #[error("cannot {action} {path}: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// How much work one guess of the password costs: 2^n times 1 KiB of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScryptCost(u8);

impl ScryptCost {
    /// For keys of real networks: 256 MiB and about a second.
    pub const STANDARD: Self = Self(18);
    /// For devnets, whose keys protect nothing: starts are fast.
    pub const LIGHT: Self = Self(10);
    const MIN_LOG_N: u8 = 10;
    const MAX_LOG_N: u8 = 20;

    /// A cost of 2^`log_n`.
    pub fn new(log_n: u8) -> Result<Self, VaultError> {
        match (Self::MIN_LOG_N..=Self::MAX_LOG_N).contains(&log_n) {
            true => Ok(Self(log_n)),
            false => Err(VaultError::Cost(log_n)),
        }
    }
}

/// `operator.json`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OperatorFile {
    version: u32,
    kdf: String,
    log_n: u8,
    salt: Bytes,
    cipher: String,
    nonce: Bytes,
    ciphertext: Bytes,
    /// SHA-256 of all the above: tells a damaged file from a wrong password.
    checksum: Bytes,
}

impl OperatorFile {
    /// Everything but the ciphertext, so that no parameter can be exchanged unnoticed.
    fn header(&self) -> Vec<u8> {
        let salt = hex::encode(&self.salt);
        format!("althing operator key/{}/{}/{}/{salt}/{}", self.version, self.kdf, self.log_n, self.cipher)
            .into_bytes()
    }

    fn digest(&self) -> Bytes {
        let digest = Sha256::new()
            .chain_update(self.header())
            .chain_update(&self.nonce)
            .chain_update(&self.ciphertext)
            .finalize();
        Bytes::copy_from_slice(&digest)
    }

    fn create(password: &str, secret: &[u8; 32], cost: ScryptCost) -> Self {
        let mut file = Self {
            version: VERSION,
            kdf: KDF.into(),
            log_n: cost.0,
            salt: rand::random::<[u8; SALT_BYTES]>().into(),
            cipher: CIPHER.into(),
            nonce: rand::random::<[u8; NONCE_BYTES]>().into(),
            ciphertext: Bytes::new(),
            checksum: Bytes::new(),
        };
        let key = Key::from_password(password, &file.salt, cost.0);
        let nonce = file.nonce.as_ref().try_into().expect("just made of this length");
        file.ciphertext = key.seal(nonce, &file.header(), secret).into();
        file.checksum = file.digest();
        file
    }

    /// Checks all that needs no password; the file may come from anywhere.
    fn check(&self) -> Result<[u8; NONCE_BYTES], String> {
        if self.version != VERSION || self.kdf != KDF || self.cipher != CIPHER {
            return Err(format!("version {}, {}, {} is not known", self.version, self.kdf, self.cipher));
        }
        if self.checksum != self.digest() {
            return Err("its checksum is wrong".into());
        }
        ScryptCost::new(self.log_n).map_err(|e| e.to_string())?;
        self.nonce.as_ref().try_into().map_err(|_| format!("its nonce is not {NONCE_BYTES} bytes"))
    }
}

/// Checks all of an operator key's file that needs no password.
pub fn check_operator_file(text: &[u8]) -> Result<(), String> {
    read_operator_file(text).map(drop)
}

fn read_operator_file(text: &[u8]) -> Result<(OperatorFile, [u8; NONCE_BYTES]), String> {
    let file: OperatorFile = serde_json::from_slice(text).map_err(|e| e.to_string())?;
    let nonce = file.check()?;
    Ok((file, nonce))
}

/// The public key of an operator secret: what the chain spec names.
pub fn operator_key(operator_secret: &[u8; 32]) -> OperatorKey {
    let key = ed25519::PrivateKey::decode(Copying(operator_secret.as_slice()))
        .expect("any 32 bytes are an Ed25519 secret");
    B256::from_slice(&key.public_key().encode())
}

/// A node's keys, opened.
pub struct Vault {
    operator_secret: Zeroizing<[u8; 32]>,
    secrets: SecretFiles,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vault").field("secrets", &self.secrets).finish_non_exhaustive()
    }
}

impl Vault {
    /// Makes a key folder for an operator secret. Refuses to touch one that has a key.
    pub fn create(
        dir: &Path,
        password: &str,
        operator_secret: [u8; 32],
        cost: ScryptCost,
    ) -> Result<Self, VaultError> {
        let operator_secret = Zeroizing::new(operator_secret);
        let path = dir.join(OPERATOR_FILE);
        if path.exists() {
            return Err(VaultError::Exists(path));
        }
        durable::create_private_dir(dir)?;
        let file = OperatorFile::create(password, &operator_secret, cost);
        let text = serde_json::to_vec_pretty(&file).expect("only text and numbers");
        durable::write(&path, &text)?;
        Self::with_secret(dir, operator_secret)
    }

    /// Opens a key folder.
    pub fn open(dir: &Path, password: &str) -> Result<Self, VaultError> {
        let path = dir.join(OPERATOR_FILE);
        let damaged = |reason: String| VaultError::Damaged { path: path.clone(), reason };
        let Some(text) = durable::read(&path, MAX_OPERATOR_FILE_BYTES)? else {
            return Err(VaultError::Missing(path));
        };
        let (file, nonce) = read_operator_file(&text).map_err(damaged)?;
        let key = Key::from_password(password, &file.salt, file.log_n);
        let secret = key
            .open(&nonce, &file.header(), &file.ciphertext)
            .ok_or_else(|| VaultError::Password(path.clone()))?;
        let mut operator_secret = Zeroizing::new([0; 32]);
        if secret.len() != operator_secret.len() {
            return Err(damaged(format!("the key has {} bytes, not 32", secret.len())));
        }
        operator_secret.copy_from_slice(&secret);
        Self::with_secret(dir, operator_secret)
    }

    fn with_secret(dir: &Path, operator_secret: Zeroizing<[u8; 32]>) -> Result<Self, VaultError> {
        let secrets = SecretFiles::open(&dir.join(SECRETS_DIR), Key::derive(&operator_secret))?;
        Ok(Self { operator_secret, secrets })
    }

    /// The Ed25519 secret of the node.
    pub fn operator_secret(&self) -> &[u8; 32] {
        &self.operator_secret
    }

    /// The node's public identity.
    pub fn operator_key(&self) -> OperatorKey {
        operator_key(&self.operator_secret)
    }

    /// The operator key's signature that it works for the owner of a candidate, on the chain with this spec hash.
    pub fn consent(&self, spec_hash: B256, owner: Address) -> Bytes {
        let key = ed25519::PrivateKey::decode(Copying(self.operator_secret.as_slice()))
            .expect("any 32 bytes are an Ed25519 secret");
        let message = althing_light::operator_message(spec_hash, owner);
        key.sign(althing_light::OPERATOR_NAMESPACE, &message).encode().to_vec().into()
    }

    /// The node's other secrets.
    pub fn secrets(&self) -> &SecretFiles {
        &self.secrets
    }

    /// Takes the secret files, for a part of the node that owns them.
    pub fn into_secrets(self) -> SecretFiles {
        self.secrets
    }
}

#[cfg(test)]
mod tests;
