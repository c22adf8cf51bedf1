//! Named secrets, each in a sealed file. Writes are atomic and durable; what is removed or replaced is erased.

use super::VaultError;
use super::durable::{self, DOOMED, TEMPORARY, io_error};
use super::seal::{Key, NONCE_BYTES};
use althing_consensus::SecretVault;
use parking_lot::Mutex;
use std::fs;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Largest secret in bytes: a dealing for the largest committee takes a fraction.
pub const MAX_SECRET_BYTES: usize = 1024 * 1024;

const MAX_NAME_BYTES: usize = 128;
const MAGIC: &[u8] = b"ALTHING-SECRET-1";
const TAG_BYTES: usize = 16;

/// A folder of sealed files. A name is bound to its content, so files cannot be exchanged for one another;
/// an old version of the same file can be put back by whoever may write the folder.
pub struct SecretFiles {
    dir: PathBuf,
    key: Key,
    writing: Mutex<()>,
}

impl std::fmt::Debug for SecretFiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SecretFiles").field("dir", &self.dir).finish_non_exhaustive()
    }
}

impl SecretFiles {
    /// Opens or creates the folder, and finishes what a crash interrupted.
    pub(super) fn open(dir: &Path, key: Key) -> Result<Self, VaultError> {
        durable::create_private_dir(dir)?;
        let files = Self { dir: dir.into(), key, writing: Mutex::new(()) };
        for name in files.names()? {
            if name.starts_with(TEMPORARY) || name.starts_with(DOOMED) {
                durable::erase(&files.dir.join(name))?;
            }
        }
        Ok(files)
    }

    /// Writes a secret; a former one of the same name is erased. Durable on return.
    pub fn put(&self, name: &str, secret: &[u8]) -> Result<(), VaultError> {
        let path = self.path(name)?;
        if secret.len() > MAX_SECRET_BYTES {
            return Err(VaultError::TooLarge(secret.len()));
        }
        let nonce = rand::random::<[u8; NONCE_BYTES]>();
        let sealed = self.key.seal(&nonce, name.as_bytes(), secret);
        let _writing = self.writing.lock();
        durable::write(&path, &[MAGIC, &nonce, &sealed].concat())
    }

    /// Reads a secret, if there is one of this name.
    pub fn get(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
        let path = self.path(name)?;
        let most = (MAGIC.len() + NONCE_BYTES + MAX_SECRET_BYTES + TAG_BYTES) as u64;
        let Some(bytes) = durable::read(&path, most)? else { return Ok(None) };
        let damaged = |reason: &str| VaultError::Damaged { path: path.clone(), reason: reason.into() };
        let (nonce, sealed) = bytes
            .strip_prefix(MAGIC)
            .and_then(|rest| rest.split_first_chunk::<NONCE_BYTES>())
            .ok_or_else(|| damaged("it is not a sealed secret"))?;
        let opened = self.key.open(nonce, name.as_bytes(), sealed);
        opened
            .map(Some)
            .ok_or_else(|| damaged("it was changed, or sealed under another name or operator key"))
    }

    /// Erases a secret; none of this name is no error. Durable on return.
    pub fn remove(&self, name: &str) -> Result<(), VaultError> {
        let path = self.path(name)?;
        let _writing = self.writing.lock();
        durable::erase(&path)
    }

    /// Names that begin with `prefix`, sorted.
    pub fn list(&self, prefix: &str) -> Result<Vec<String>, VaultError> {
        let mut names = self.names()?;
        names.retain(|name| name.starts_with(prefix) && is_name(name));
        names.sort_unstable();
        Ok(names)
    }

    fn names(&self) -> Result<Vec<String>, VaultError> {
        let failed = io_error("list", &self.dir);
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.dir).map_err(&failed)? {
            names.extend(entry.map_err(&failed)?.file_name().into_string());
        }
        Ok(names)
    }

    fn path(&self, name: &str) -> Result<PathBuf, VaultError> {
        match is_name(name) {
            true => Ok(self.dir.join(name)),
            false => Err(VaultError::Name(name.into())),
        }
    }
}

impl SecretVault for SecretFiles {
    fn put(&self, name: &str, secret: &[u8]) -> Result<(), althing_consensus::VaultError> {
        Self::put(self, name, secret).map_err(failed(name))
    }

    fn get(&self, name: &str) -> Result<Option<Vec<u8>>, althing_consensus::VaultError> {
        Ok(Self::get(self, name).map_err(failed(name))?.map(|secret| secret.to_vec()))
    }

    fn remove(&self, name: &str) -> Result<(), althing_consensus::VaultError> {
        Self::remove(self, name).map_err(failed(name))
    }

    fn names(&self) -> Result<Vec<String>, althing_consensus::VaultError> {
        self.list("").map_err(failed("*"))
    }
}

fn failed(name: &str) -> impl Fn(VaultError) -> althing_consensus::VaultError {
    move |error| althing_consensus::VaultError { name: name.into(), reason: error.to_string() }
}

fn is_name(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.".contains(&b);
    (1..=MAX_NAME_BYTES).contains(&name.len()) && !name.starts_with('.') && name.bytes().all(allowed)
}
