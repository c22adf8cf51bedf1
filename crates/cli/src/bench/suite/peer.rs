//! The peer: anvil, a development node without consensus and without a disk. It runs the same loads in the same run, as
//! figures of two runs on a shared machine do not compare.

use super::scenario::BLOCK_GAS;
use crate::{Exit, failure::Failure};
use althing_primitives::chainspec::{ChainSpec, DEVNET_COINS};
use std::path::{Path, PathBuf};
use tokio::process::Command;

/// Names the program; else it is looked for on PATH.
const VARIABLE: &str = "ALTHING_ANVIL";

/// A program that was found.
#[derive(Clone, Debug)]
pub(super) struct Peer {
    path: PathBuf,
    pub(super) version: String,
}

impl Peer {
    /// Looks for the program; none when nobody named one and there is none on PATH.
    pub(super) async fn find() -> Result<Option<Self>, Failure> {
        let named = std::env::var_os(VARIABLE).map(PathBuf::from);
        let on_path = || {
            let path = std::env::var_os("PATH")?;
            std::env::split_paths(&path).map(|dir| dir.join("anvil")).find(|file| file.is_file())
        };
        match named {
            Some(path) => Ok(Some(Self::open(&path).await?)),
            None => match on_path() {
                Some(path) => Ok(Some(Self::open(&path).await?)),
                None => Ok(None),
            },
        }
    }

    async fn open(path: &Path) -> Result<Self, Failure> {
        let failed = |reason: String| {
            let path = path.display();
            Failure::new(
                Exit::Failure,
                format!("{path} is no anvil that runs ({reason}): name another in {VARIABLE}"),
            )
        };
        let said = Command::new(path).arg("--version").output().await.map_err(|e| failed(e.to_string()))?;
        let text = String::from_utf8_lossy(&said.stdout);
        let version = text.lines().next().unwrap_or_default().trim().replace(" Version:", "");
        if !said.status.success() || version.is_empty() {
            return Err(failed(said.status.to_string()));
        }
        Ok(Self { path: path.into(), version })
    }

    /// The command line of a node with the parameters of a devnet. A block comes by time alone, as ours do.
    pub(super) fn command(&self, port: u16, block_ms: u64) -> Command {
        let chain_id = ChainSpec::devnet(Vec::new(), 0).chain_id;
        let mut command = Command::new(&self.path);
        command.args(["--quiet", "--host", "127.0.0.1", "--port", &port.to_string()]);
        command.args(["--chain-id", &chain_id.to_string(), "--gas-limit", &BLOCK_GAS.to_string()]);
        command.args(["--balance", &DEVNET_COINS.to_string()]);
        command.args(["--block-time", &format!("{:.3}", block_ms as f64 / 1_000.0)]);
        command
    }
}
