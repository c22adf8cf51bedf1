//! Where a devnet's files are, who may use them, and how they are removed.

use crate::{Exit, failure::Failure};
use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// Log of a node, in its folder.
pub(super) const LOG_FILE: &str = "node.log";
/// The network's definition, beside the nodes and in each node's folder.
pub(super) const GENESIS_FILE: &str = "genesis.json";

const MANIFEST_FILE: &str = "devnet.json";
const LOCK_FILE: &str = "devnet.lock";
const NODE_PREFIX: &str = "node-";
const VERSION: u32 = 1;

/// What the folder holds; written last, so its presence says that set-up came to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    version: u32,
    /// Number of nodes.
    pub(super) nodes: u8,
    /// Seats of the committee, when the nodes are candidates and the committee is drawn.
    pub(super) committee: Option<u8>,
    /// First p2p port; it is part of the chain spec.
    pub(super) p2p_port: u16,
    /// Time between blocks in milliseconds; it is part of the chain spec.
    pub(super) block_time_ms: u64,
}

impl Manifest {
    pub(super) const fn new(nodes: u8, committee: Option<u8>, p2p_port: u16, block_time_ms: u64) -> Self {
        Self { version: VERSION, nodes, committee, p2p_port, block_time_ms }
    }
}

/// The folder of a devnet.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    dir: PathBuf,
}

impl Layout {
    /// Creates the folder if need be. A folder with other people's files is refused.
    pub(super) fn new(dir: &Path) -> Result<Self, Failure> {
        let dir = std::path::absolute(dir).map_err(Failure::io("use", dir))?;
        fs::create_dir_all(&dir).map_err(Failure::io("create", &dir))?;
        let layout = Self { dir };
        let stranger = layout.entries()?.into_iter().find(|name| !is_ours(name));
        match stranger {
            None => Ok(layout),
            Some(name) => Err(Failure::usage(format!(
                "{} holds `{name}`, which is no part of a devnet: choose another folder with --dir",
                layout.dir.display()
            ))),
        }
    }

    /// Keeps every other supervisor out while the returned file lives.
    pub(super) fn lock(&self) -> Result<File, Failure> {
        let path = self.dir.join(LOCK_FILE);
        let failed = Failure::io("lock", &path);
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .map_err(&failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut owner = String::new();
                // The number only helps to find the process.
                let _ = file.read_to_string(&mut owner);
                return Err(Failure::new(
                    Exit::Failure,
                    format!(
                        "the folder {} is locked: a devnet is running in it (process {}); stop it, or choose another folder with --dir",
                        self.dir.display(),
                        owner.trim()
                    ),
                ));
            }
            Err(TryLockError::Error(e)) => return Err(failed(e)),
        }
        file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id())).map_err(&failed)?;
        Ok(file)
    }

    /// What the folder holds; none when nothing was set up, or set-up was interrupted.
    pub(super) fn manifest(&self) -> Result<Option<Manifest>, Failure> {
        let path = self.dir.join(MANIFEST_FILE);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(Failure::io("read", &path)(e)),
        };
        let corrupt = |reason: String| {
            let hint = "mend it, or start anew with --fresh";
            Failure::new(Exit::Failure, format!("{} is corrupt: {reason}; {hint}", path.display()))
        };
        let manifest: Manifest = serde_json::from_str(&text).map_err(|e| corrupt(e.to_string()))?;
        match manifest.version {
            VERSION => Ok(Some(manifest)),
            other => Err(corrupt(format!("version {other} is not known"))),
        }
    }

    pub(super) fn write_manifest(&self, manifest: &Manifest) -> Result<(), Failure> {
        let path = self.dir.join(MANIFEST_FILE);
        let text = serde_json::to_string_pretty(manifest).expect("a manifest has only string keys");
        let mut file = File::create(&path).map_err(Failure::io("create", &path))?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(Failure::io("write", &path))
    }

    /// Removes the network, the manifest first; the lock stays.
    pub(super) fn clear(&self) -> Result<(), Failure> {
        let manifest = self.dir.join(MANIFEST_FILE);
        match fs::remove_file(&manifest) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                return Err(Failure::io("remove", &manifest)(e));
            }
            _ => {}
        }
        for name in self.entries()? {
            let path = self.dir.join(&name);
            let removed = match name.as_str() {
                LOCK_FILE => continue,
                _ if path.is_dir() => fs::remove_dir_all(&path),
                _ => fs::remove_file(&path),
            };
            removed.map_err(Failure::io("remove", &path))?;
        }
        Ok(())
    }

    /// Folder of a node.
    pub(super) fn node(&self, index: u8) -> PathBuf {
        self.dir.join(format!("{NODE_PREFIX}{index}"))
    }

    pub(super) fn genesis(&self) -> PathBuf {
        self.dir.join(GENESIS_FILE)
    }

    fn entries(&self) -> Result<Vec<String>, Failure> {
        let failed = Failure::io("list", &self.dir);
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.dir).map_err(&failed)? {
            names.push(entry.map_err(&failed)?.file_name().to_string_lossy().into_owned());
        }
        Ok(names)
    }
}

fn is_ours(name: &str) -> bool {
    let index = |rest: &str| rest.parse::<u8>().is_ok();
    [MANIFEST_FILE, LOCK_FILE, GENESIS_FILE].contains(&name)
        || name.strip_prefix(NODE_PREFIX).is_some_and(index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_with_other_files_is_refused_and_never_cleared() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("thesis.txt"), "precious").unwrap();
        let failure = Layout::new(dir.path()).unwrap_err();
        assert!(
            failure.message.contains("thesis.txt") && failure.message.contains("--dir"),
            "{}",
            failure.message
        );
    }

    #[test]
    fn a_second_supervisor_is_kept_out_and_told_who_is_in() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path()).unwrap();
        let lock = layout.lock().unwrap();
        let failure = layout.lock().unwrap_err();
        assert!(failure.message.contains(&format!("process {}", std::process::id())), "{}", failure.message);
        drop(lock);
        layout.lock().unwrap();
    }

    #[test]
    fn a_manifest_is_read_back_and_a_corrupt_one_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path()).unwrap();
        assert_eq!(layout.manifest().unwrap(), None);
        let manifest = Manifest::new(4, None, 9650, 500);
        layout.write_manifest(&manifest).unwrap();
        assert_eq!(layout.manifest().unwrap(), Some(manifest));
        fs::write(dir.path().join(MANIFEST_FILE), "{").unwrap();
        let failure = layout.manifest().unwrap_err();
        assert!(failure.message.contains("devnet.json is corrupt") && failure.message.contains("--fresh"));
    }
}
