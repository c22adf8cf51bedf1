//! The node's folder: who may use it, and to which network it belongs.

use althing_primitives::{B256, ChainSpec};
use eyre::{Context as _, Result, bail};
use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

/// Names the network that the folder belongs to.
const NETWORK: &str = "NETWORK";

/// What the names of partitions begin with that a node leaves behind when it enters consensus anew.
const FORGOTTEN: [&str; 3] = ["marshal", "resharing", "stateful-"];

/// A locked data folder.
#[derive(Debug)]
pub(crate) struct DataDir {
    root: PathBuf,
    /// Held for the life of the process; the system releases it even after a kill.
    _lock: File,
}

impl DataDir {
    /// Creates or opens the folder, locks it, and checks that it belongs to this network.
    pub(crate) fn open(root: &Path, spec: &ChainSpec) -> Result<Self> {
        let data = Self { root: root.into(), _lock: lock(root)? };
        data.check_network(spec.hash())?;
        Ok(data)
    }

    /// Locks a folder in which no node has run yet, until the file is dropped.
    pub(crate) fn lock_unused(root: &Path) -> Result<File> {
        let lock = lock(root)?;
        if root.join(NETWORK).exists() {
            bail!(
                "a node has run in {} already, and its key share must not be replaced; use a folder that `althing node \
                 init` makes, or to give up the former network keep only its `althing.toml` and `keys`",
                root.display()
            );
        }
        Ok(lock)
    }

    fn check_network(&self, expected: B256) -> Result<()> {
        let path = self.root.join(NETWORK);
        match fs::read_to_string(&path) {
            Ok(text) if text.trim() == expected.to_string() => Ok(()),
            // Empty: a start that lost its power here. It had not begun anything else.
            Ok(text) if !text.is_empty() => bail!(
                "the data folder {} belongs to another network (chain spec {}, not {expected}); use another folder, \
                 or the chain spec it was made with",
                self.root.display(),
                text.trim()
            ),
            _ => write_whole(&path, &format!("{expected}\n"))
                .wrap_err_with(|| format!("cannot write {}", path.display())),
        }
    }

    /// Journals of consensus and the state databases.
    pub(crate) fn consensus(&self) -> PathBuf {
        self.root.join("consensus")
    }

    /// Removes what consensus keeps of blocks and key dealings, but neither the state nor what this node voted.
    pub(crate) fn forget_consensus(&self) -> Result<()> {
        let folder = self.consensus();
        let failed = || format!("cannot empty {}", folder.display());
        for entry in fs::read_dir(&folder).wrap_err_with(failed)? {
            let entry = entry.wrap_err_with(failed)?;
            let name = entry.file_name();
            if FORGOTTEN.iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
                fs::remove_dir_all(entry.path()).wrap_err_with(failed)?;
            }
        }
        Ok(())
    }

    /// The index of final blocks.
    pub(crate) fn index(&self) -> PathBuf {
        self.root.join("index.sqlite")
    }

    /// Local transactions.
    pub(crate) fn journal(&self) -> PathBuf {
        self.root.join("transactions.journal")
    }

    /// Whether consensus may have begun in this folder.
    pub(crate) fn has_begun(&self) -> bool {
        self.root.join("BEGUN").exists()
    }

    /// Notes that genesis is in place, durably.
    pub(crate) fn begin(&self) -> Result<()> {
        let path = self.root.join("BEGUN");
        let file = File::create(&path).wrap_err_with(|| format!("cannot write {}", path.display()))?;
        file.sync_all()?;
        File::open(&self.root)?.sync_all()?;
        Ok(())
    }
}

/// Writes a file so that a crash leaves the old or the new one.
pub(crate) fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let path = std::path::absolute(path)?;
    let mut name = path.file_name().ok_or(io::ErrorKind::InvalidFilename)?.to_os_string();
    name.push(".new");
    let temporary = path.with_file_name(name);
    let mut file = File::create(&temporary)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&temporary, &path)?;
    File::open(path.parent().ok_or(io::ErrorKind::InvalidFilename)?)?.sync_all()
}

/// Creates or opens the folder and locks it.
fn lock(root: &Path) -> Result<File> {
    fs::create_dir_all(root).wrap_err_with(|| format!("cannot create the data folder {}", root.display()))?;
    let path = root.join("LOCK");
    let lock = File::create(&path).wrap_err_with(|| format!("cannot open {}", path.display()))?;
    if lock.try_lock().is_err() {
        bail!(
            "the data folder {} is in use by another process; stop it, or use another folder. Never run one \
             validator twice: it would sign two blocks for one view",
            root.display()
        );
    }
    Ok(lock)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_belongs_to_one_network_and_an_unfinished_first_start_to_none() {
        let dir = tempfile::tempdir().unwrap();
        let specs = [0, 1].map(|time_ms| ChainSpec::devnet(Vec::new(), time_ms));
        let open = |spec| DataDir::open(dir.path(), spec).map(drop).map_err(|error| error.to_string());
        // A process that was killed between making the file and writing it.
        fs::write(dir.path().join(NETWORK), "").unwrap();
        assert_eq!(open(&specs[0]), Ok(()));
        assert_eq!(open(&specs[0]), Ok(()));
        assert!(open(&specs[1]).unwrap_err().contains("belongs to another network"));
    }
}
