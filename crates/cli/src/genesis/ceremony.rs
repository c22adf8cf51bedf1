//! The distributed key ceremony of real networks: validators make the group key together and nobody knows its secret.

use super::{draft, read};
use crate::report::Report;
use crate::{Exit, failure::Failure};
use althing_consensus::{EpochInfo, Secrets, ceremony::check_share};
use althing_node::ceremony::{CeremonyError, HoldError, RollError, hold};
use althing_node::config::{CONFIG_FILE, NodeConfig};
use althing_node::logging;
use althing_node::vault::Vault;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// What `genesis ceremony` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The chain spec, the same file at all operators. The result is written into it.
    file: PathBuf,
    /// Folder of this validator, made by `althing node init`.
    #[arg(long, value_name = "DIR", default_value = ".")]
    node: PathBuf,
    /// Seconds to wait until all validators are there.
    #[arg(long, value_name = "SECONDS", default_value_t = 3600)]
    timeout: u64,
    /// Hold it although the spec has the result of another, which becomes void.
    #[arg(long)]
    again: bool,
    /// Log what the network does, as the configuration's section `log` says.
    #[arg(long)]
    verbose: bool,
}

pub(super) fn run(args: Args) -> Result<Report, Failure> {
    let Args { file, node, timeout, again, verbose } = args;
    let spec = read(&file)?;
    if !spec.committee.group_key.is_empty() && !again {
        let reason = format!(
            "{} holds the result of a ceremony already (hash {}): --again makes it void and holds another",
            file.display(),
            spec.hash()
        );
        return Err(Failure::new(Exit::Failure, reason));
    }
    let spec = draft(spec);
    let config = NodeConfig::load(&node.join(CONFIG_FILE))?;
    if verbose {
        logging::init(&config.log).map_err(|e| Failure::new(Exit::Failure, e.to_string()))?;
    }
    eprintln!("key ceremony of {} on {}", spec.name, config.p2p.listen);
    eprintln!("all operators must see this hash of the chain spec: {}", spec.hash());
    let progress = Box::new(|stands: &_| eprintln!("{stands}"));
    let held = hold(&config, spec, file.clone(), Duration::from_secs(timeout), progress)?;

    let mut rows = vec![
        ("chain spec", file.display().to_string()),
        ("hash", held.hash.to_string()),
        ("compare", "the hash must be the same at all operators".to_string()),
        ("next", next(&node, &file, &config)),
    ];
    if !held.unconfirmed.is_empty() {
        let names = held.unconfirmed.join(", ");
        rows.push(("unconfirmed", format!("{names}: if the command failed there, send them this file")));
    }
    let json = json!({ "file": file, "hash": held.hash, "unconfirmed": held.unconfirmed });
    Ok(Report::facts(json, &rows))
}

/// The command that starts the node.
fn next(node: &Path, file: &Path, config: &NodeConfig) -> String {
    let same =
        file.canonicalize().is_ok_and(|file| config.node.genesis.canonicalize().is_ok_and(|g| g == file));
    let genesis = if same { String::new() } else { format!(" --genesis {}", file.display()) };
    format!("althing node run --dir {}{genesis}", node.display())
}

/// Checks that the share in a node's folder belongs to the ceremony's result.
pub(super) fn check_node(info: &EpochInfo, node: &Path) -> Result<(), Failure> {
    let config = NodeConfig::load(&node.join(CONFIG_FILE))?;
    let vault = Vault::open(&config.keys_dir(), &config.password()?)?;
    let operator = vault.operator_key();
    let invalid = |reason: String| Failure::new(Exit::Verification, format!("{}: {reason}", node.display()));
    let share =
        Secrets::new(Arc::new(vault.into_secrets())).dealt_share().map_err(|e| invalid(e.to_string()))?;
    let share = share.ok_or_else(|| {
        invalid("there is no key share: hold the ceremony, or restore the folder `keys`".to_string())
    })?;
    check_share(info, &operator, &share).map_err(|e| invalid(e.to_string()))
}

impl From<CeremonyError> for Failure {
    fn from(error: CeremonyError) -> Self {
        let exit = match error {
            CeremonyError::Config(error) => return error.into(),
            CeremonyError::Vault(error) => return error.into(),
            CeremonyError::Hold(HoldError::Stalled(_) | HoldError::Roll(RollError::Missing { .. })) => {
                Exit::Timeout
            }
            CeremonyError::Hold(HoldError::Roll(RollError::Differs { .. })) => Exit::Verification,
            CeremonyError::Hold(HoldError::Roll(RollError::Silent { .. })) => Exit::Network,
            _ => Exit::Failure,
        };
        Self::new(exit, error.to_string())
    }
}
