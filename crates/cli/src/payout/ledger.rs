//! The file that remembers every signed transfer, from before it is sent until its nonce is used.
//!
//! Append only, a JSON object a line, each on disk before the next step. The chain says what was paid; this file only says
//! what may still come: a signed transfer that is not final must be brought to its end, or its nonce be used otherwise,
//! before its receiver may be paid by another one.

use crate::{Exit, failure::Failure};
use alloy_primitives::{B256, Bytes};
use althing_primitives::{Address, Height};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

const FILE_MODE: u32 = 0o600;
const DIR_MODE: u32 = 0o700;

/// A line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Entry {
    /// The first line: hash of the chain spec, and the candidate's id.
    Ledger { chain: B256, candidate: Address },
    /// Before it is sent.
    Signed(Signed),
    /// It is in a block; whether it succeeded.
    Final { hash: B256, height: Height, success: bool },
    /// Another transaction has its nonce: it can never be in a block.
    Void { hash: B256 },
}

/// A signed transfer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Signed {
    pub(super) hash: B256,
    pub(super) payer: Address,
    pub(super) nonce: u64,
    pub(super) to: Address,
    /// Rau.
    pub(super) amount: String,
    pub(super) memo: String,
    pub(super) raw: Bytes,
}

/// The open and locked file.
#[derive(Debug)]
pub(super) struct Ledger {
    path: PathBuf,
    file: File,
    /// Transfers that may still come, by account and nonce; replacements of one nonce in order of signing.
    open: BTreeMap<(Address, u64), Vec<Signed>>,
}

impl Ledger {
    /// The file that was asked for, else one in `~/.althing/payout`, of its own for each network and candidate.
    pub(super) fn path(asked: Option<PathBuf>, chain: B256, candidate: Address) -> Result<PathBuf, Failure> {
        let name = || {
            format!("{:x}-{candidate:x}.jsonl", alloy_primitives::FixedBytes::<4>::from_slice(&chain[..4]))
        };
        match asked {
            Some(path) => Ok(path),
            None => Ok(std::env::home_dir()
                .ok_or_else(|| Failure::usage("there is no home folder: give --ledger"))?
                .join(".althing/payout")
                .join(name())),
        }
    }

    /// Opens or makes the file, and keeps every other run out while it is open.
    pub(super) fn open(path: PathBuf, chain: B256, candidate: Address) -> Result<Self, Failure> {
        let failed = Failure::io("open", &path);
        if let Some(dir) = path.parent().filter(|dir| !dir.as_os_str().is_empty()) {
            DirBuilder::new().recursive(true).mode(DIR_MODE).create(dir).map_err(&failed)?;
        }
        let mut options = OpenOptions::new();
        let file =
            options.read(true).append(true).create(true).mode(FILE_MODE).open(&path).map_err(&failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let text = format!("another payout runs with {}: wait until it has ended", path.display());
                return Err(Failure::new(Exit::Failure, text));
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let mut ledger = Self { path: path.clone(), file, open: BTreeMap::new() };
        ledger.load(Entry::Ledger { chain, candidate })?;
        Ok(ledger)
    }

    fn load(&mut self, head: Entry) -> Result<(), Failure> {
        let path = self.path.clone();
        let failed = Failure::io("read", &path);
        let mut text = Vec::new();
        self.file.read_to_end(&mut text).map_err(&failed)?;
        // A line without an end was being written when the process died: what it tells was not sent.
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        if whole < text.len() {
            self.file.set_len(whole as u64).and_then(|()| self.file.sync_all()).map_err(&failed)?;
        }
        let lines = text[..whole].split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        for (number, line) in lines.enumerate() {
            let entry: Entry = serde_json::from_slice(line).map_err(|error| {
                self.wrong(&format!(
                    "line {} does not parse: {error}. Mend it, or move the file away",
                    number + 1
                ))
            })?;
            if (number == 0) != (entry == head) {
                return Err(
                    self.wrong("it is of another network or candidate: name another file by --ledger")
                );
            }
            self.take(entry);
        }
        if whole == 0 {
            self.append(head)?;
            sync_folder(&path).map_err(failed)?;
        }
        Ok(())
    }

    fn wrong(&self, what: &str) -> Failure {
        Failure::new(Exit::Failure, format!("the ledger {}: {what}", self.path.display()))
    }

    fn take(&mut self, entry: Entry) {
        match entry {
            Entry::Ledger { .. } => {}
            Entry::Signed(signed) => self.open.entry((signed.payer, signed.nonce)).or_default().push(signed),
            Entry::Final { hash, .. } | Entry::Void { hash } => {
                self.open.values_mut().for_each(|same| same.retain(|signed| signed.hash != hash));
                self.open.retain(|_, same| !same.is_empty());
            }
        }
    }

    fn append(&mut self, entry: Entry) -> Result<(), Failure> {
        let mut line = serde_json::to_vec(&entry).expect("an entry has only string keys");
        line.push(b'\n');
        let written = self.file.write_all(&line).and_then(|()| self.file.sync_data());
        written.map_err(Failure::io("write", &self.path))?;
        self.take(entry);
        Ok(())
    }

    /// Transfers that may still come, in order of their nonces; those of one nonce are one item.
    pub(super) fn pending(&self) -> Vec<Vec<Signed>> {
        self.open.values().cloned().collect()
    }

    /// Notes a transfer, before it is sent.
    pub(super) fn signed(&mut self, signed: Signed) -> Result<(), Failure> {
        self.append(Entry::Signed(signed))
    }

    /// Notes that a transfer is in a block.
    pub(super) fn is_final(&mut self, hash: B256, height: Height, success: bool) -> Result<(), Failure> {
        self.append(Entry::Final { hash, height, success })
    }

    /// Notes that a transfer can never be in a block.
    pub(super) fn is_void(&mut self, hash: B256) -> Result<(), Failure> {
        self.append(Entry::Void { hash })
    }
}

fn sync_folder(path: &Path) -> std::io::Result<()> {
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(dir)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transfer(nonce: u64, hash: u8) -> Signed {
        Signed {
            hash: B256::repeat_byte(hash),
            payer: Address::repeat_byte(1),
            nonce,
            to: Address::repeat_byte(2),
            amount: "7".into(),
            memo: "m".into(),
            raw: Bytes::from(vec![hash]),
        }
    }

    #[test]
    fn what_may_still_come_survives_and_half_a_line_is_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("new/ledger.jsonl");
        let open = || Ledger::open(path.clone(), B256::repeat_byte(9), Address::repeat_byte(3));
        let mut ledger = open().unwrap();
        for (nonce, hash) in [(5, 1), (6, 2), (6, 3), (7, 4)] {
            ledger.signed(transfer(nonce, hash)).unwrap();
        }
        ledger.is_final(B256::repeat_byte(1), 10, true).unwrap();
        ledger.is_void(B256::repeat_byte(4)).unwrap();
        assert!(open().unwrap_err().message.contains("another payout runs"));
        drop(ledger);
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"{\"signed\":{\"hash\":").unwrap();
        let expected = vec![vec![transfer(6, 2), transfer(6, 3)]];
        for _ in 0..2 {
            assert_eq!(open().unwrap().pending(), expected);
        }
        let other = Ledger::open(path.clone(), B256::repeat_byte(8), Address::repeat_byte(3));
        assert!(other.unwrap_err().message.contains("another network"));
        file.write_all(b"what\n").unwrap();
        assert!(open().unwrap_err().message.contains("line 8"));
    }
}
