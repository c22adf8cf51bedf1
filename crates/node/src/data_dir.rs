//! The node's folder: who may use it, and to which network it belongs.

use althing_primitives::{B256, ChainSpec};
use eyre::{Context as _, Result, bail};
use std::{
    fs::{self, File},
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
            Ok(text) => bail!(
                "the data folder {} belongs to another network (chain spec {}, not {expected}); use another folder, \
                 or the chain spec it was made with",
                self.root.display(),
                text.trim()
            ),
            Err(_) => fs::write(&path, format!("{expected}\n"))
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
