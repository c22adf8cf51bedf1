//! Local transactions on disk, so that a restart loses none that a user was told is accepted.
//!
//! The file is a list of entries: length (4 bytes, little endian), the first 8 bytes of the keccak256 of the
//! transaction, the transaction. Reading stops at the first entry that is short or does not match its
//! checksum: that is what a crash in the middle of a write leaves, and the file is cut there.

use crate::config::MAX_TRANSACTION_BYTES;
use alloy_primitives::{Bytes, keccak256};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Size in bytes past which the journal asks to be rewritten.
const REWRITE_BYTES: u64 = 8 * 1024 * 1024;

/// Largest journal in bytes that is read: beyond it something else wrote the file.
const MAX_BYTES: u64 = 256 * 1024 * 1024;

const HEAD: usize = 4 + CHECKSUM;
const CHECKSUM: usize = 8;

/// Why the journal could not be used.
#[derive(Debug, Error)]
#[error("transaction journal {path}: {reason}")]
pub struct JournalError {
    path: PathBuf,
    reason: io::Error,
}

/// The journal of local transactions.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    bytes: u64,
    /// Size at which the next rewrite is due.
    rewrite_at: u64,
}

impl Journal {
    /// Opens or creates the journal and reads the raw transactions in it, oldest first.
    pub fn load(path: &Path) -> Result<(Self, Vec<Bytes>), JournalError> {
        Self::load_inner(path).map_err(|reason| JournalError { path: path.to_path_buf(), reason })
    }

    fn load_inner(path: &Path) -> io::Result<(Self, Vec<Bytes>)> {
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let length = file.metadata()?.len();
        if length > MAX_BYTES {
            let reason = format!("{length} bytes is larger than a journal can be; move the file away");
            return Err(io::Error::other(reason));
        }
        let mut content = Vec::new();
        file.read_to_end(&mut content)?;
        let (entries, good) = parse(&content);
        if good < content.len() {
            tracing::warn!(path = %path.display(), cut = content.len() - good, "transaction journal has a torn end");
            file.set_len(good as u64)?;
            file.sync_all()?;
        }
        file.seek(SeekFrom::End(0))?;
        let bytes = good as u64;
        let journal = Self { path: path.to_path_buf(), file, bytes, rewrite_at: REWRITE_BYTES };
        Ok((journal, entries))
    }

    /// Appends a transaction; when this returns it is on disk.
    pub fn append(&mut self, raw: &[u8]) -> Result<(), JournalError> {
        self.append_bytes(&entry(raw))
    }

    /// Appends transactions with one sync; when this returns all are on disk.
    pub fn append_all(&mut self, raw: &[Bytes]) -> Result<(), JournalError> {
        let entries: Vec<u8> = raw.iter().flat_map(|raw| entry(raw)).collect();
        self.append_bytes(&entries)
    }

    fn append_bytes(&mut self, entries: &[u8]) -> Result<(), JournalError> {
        let result = self.file.write_all(entries).and_then(|()| self.file.sync_data());
        if let Err(reason) = result {
            // A partial entry would hide everything appended after it.
            let cut = self.file.set_len(self.bytes).and_then(|()| self.file.seek(SeekFrom::End(0)));
            return Err(self.error(cut.err().unwrap_or(reason)));
        }
        self.bytes += entries.len() as u64;
        Ok(())
    }

    /// Whether the file has grown so much that it should be rewritten with what is still in the pool.
    pub fn needs_rewrite(&self) -> bool {
        self.bytes >= self.rewrite_at
    }

    /// Replaces the content. A crash leaves either the old file or the new one.
    pub fn rewrite(&mut self, transactions: impl IntoIterator<Item = Bytes>) -> Result<(), JournalError> {
        let content: Vec<u8> = transactions.into_iter().flat_map(|raw| entry(&raw)).collect();
        self.replace(&content).map_err(|reason| self.error(reason))?;
        self.bytes = content.len() as u64;
        self.rewrite_at = REWRITE_BYTES.max(self.bytes * 2);
        Ok(())
    }

    fn replace(&mut self, content: &[u8]) -> io::Result<()> {
        let next = self.path.with_extension("new");
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(&next)?;
        file.write_all(content)?;
        file.sync_all()?;
        std::fs::rename(&next, &self.path)?;
        if let Some(folder) = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            File::open(folder)?.sync_all()?;
        }
        self.file = file;
        Ok(())
    }

    fn error(&self, reason: io::Error) -> JournalError {
        JournalError { path: self.path.clone(), reason }
    }
}

fn checksum(raw: &[u8]) -> [u8; CHECKSUM] {
    keccak256(raw)[..CHECKSUM].try_into().expect("a hash is longer than the checksum")
}

fn entry(raw: &[u8]) -> Vec<u8> {
    let mut entry = Vec::with_capacity(HEAD + raw.len());
    entry.extend_from_slice(&(raw.len() as u32).to_le_bytes());
    entry.extend_from_slice(&checksum(raw));
    entry.extend_from_slice(raw);
    entry
}

/// The entries, and how many bytes of the content they are.
fn parse(content: &[u8]) -> (Vec<Bytes>, usize) {
    let mut entries = Vec::new();
    let mut good = 0;
    while let Some(head) = content[good..].first_chunk::<HEAD>() {
        let length = u32::from_le_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let raw = content[good + HEAD..].get(..length);
        let Some(raw) = raw.filter(|raw| length <= MAX_TRANSACTION_BYTES && checksum(raw) == head[4..])
        else {
            break;
        };
        entries.push(Bytes::copy_from_slice(raw));
        good += HEAD + length;
    }
    (entries, good)
}
