//! `althing doctor`: looks for what usually goes wrong, and says what to do.

use crate::report::{Report, table};
use crate::{Exit, failure::Failure};
use althing_client::Client;
use althing_node::config::{CONFIG_FILE, NodeConfig, PasswordSource, Role};
use althing_node::vault::{OPERATOR_FILE, Vault};
use althing_primitives::ChainSpec;
use serde_json::json;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// Less free space than this is a warning: state and logs grow.
const MIN_FREE_BYTES: u64 = 5 * 1024 * 1024 * 1024;
/// A latest block that is older or newer than this hints at a wrong clock or a stalled chain.
const MAX_CLOCK_DIFFERENCE_S: u64 = 10;

/// What `doctor` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Folder of the node; without a configuration in it only the rest is checked.
    #[arg(long, default_value = ".")]
    dir: PathBuf,
}

/// What was found about one thing.
struct Finding {
    what: &'static str,
    ok: bool,
    found: String,
    /// What to do when it is not well.
    remedy: String,
}

fn well(what: &'static str, found: impl Into<String>) -> Finding {
    Finding { what, ok: true, found: found.into(), remedy: String::new() }
}

fn ill(what: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Finding {
    Finding { what, ok: false, found: found.into(), remedy: remedy.into() }
}

pub(crate) async fn run(args: Args, rpc: String) -> Result<Report, Failure> {
    let mut findings = Vec::new();
    let answer = node(&rpc, &mut findings).await;
    let path = args.dir.join(CONFIG_FILE);
    if path.exists() {
        match NodeConfig::load(&path) {
            Ok(config) => {
                findings.push(well("configuration", path.display().to_string()));
                node_folder(&config, answer, &mut findings);
            }
            Err(e) => findings.push(ill(
                "configuration",
                e.to_string(),
                "mend the file; `althing node config --default` shows all keys",
            )),
        }
    }
    findings.push(disk(&args.dir));
    Ok(report(&findings))
}

/// Whether a node answers at `rpc`.
async fn node(rpc: &str, findings: &mut Vec<Finding>) -> bool {
    let look = async {
        let client = Client::new(rpc)?;
        futures::try_join!(client.version(), client.latest())
    };
    match look.await {
        Ok((version, Some(block))) => {
            findings.push(well("node", format!("{version} at {rpc}, height {}", block.header.number)));
            findings.push(clock(block.header.timestamp));
            true
        }
        Ok((version, None)) => {
            findings.push(ill(
                "node",
                format!("{version} at {rpc} has no blocks"),
                "wait until it has found peers; see its log",
            ));
            true
        }
        Err(e) => {
            findings.push(ill(
                "node",
                e.to_string(),
                "start it (`althing devnet` or `althing node run`), or give its address with --rpc",
            ));
            false
        }
    }
}

fn clock(block_time: u64) -> Finding {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let found = format!(
        "the latest block is {} s {}",
        now.abs_diff(block_time),
        if block_time > now { "ahead" } else { "old" }
    );
    match now.abs_diff(block_time) <= MAX_CLOCK_DIFFERENCE_S {
        true => well("clock", found),
        false => ill(
            "clock",
            found,
            "either the chain stands still, or this machine's clock is wrong: compare `date -u`, run a time service",
        ),
    }
}

fn node_folder(config: &NodeConfig, running: bool, findings: &mut Vec<Finding>) {
    findings.push(genesis(&config.node.genesis));
    if config.node.role == Role::Validator {
        findings.push(keys(config));
        if let PasswordSource::File(path) = &config.node.password {
            findings.push(private("password file", path));
        }
        findings.push(private("operator key", &config.keys_dir().join(OPERATOR_FILE)));
    }
    if !running {
        for (what, key, address) in [
            ("p2p port", "p2p.listen", config.p2p.listen),
            ("JSON-RPC port", "rpc.listen", config.rpc.listen),
            ("metrics port", "metrics.listen", config.metrics.listen),
        ] {
            findings.push(match TcpListener::bind(address) {
                Ok(_) => well(what, format!("{address} is free")),
                Err(e) => {
                    ill(what, format!("{address}: {e}"), format!("stop what uses it, or change `{key}`"))
                }
            });
        }
    }
}

fn genesis(path: &Path) -> Finding {
    let shown = path.display();
    match std::fs::read_to_string(path)
        .map_err(|e| e.to_string())
        .and_then(|text| ChainSpec::from_json(&text).map_err(|e| e.to_string()))
    {
        Ok(spec) => {
            well("chain spec", format!("{} (chain id {}), hash {}", spec.name, spec.chain_id, spec.hash()))
        }
        Err(e) => ill(
            "chain spec",
            format!("{shown}: {e}"),
            "copy the network's file there; all nodes have the same hash",
        ),
    }
}

fn keys(config: &NodeConfig) -> Finding {
    let opened = config
        .password()
        .map_err(|e| e.to_string())
        .and_then(|password| Vault::open(&config.keys_dir(), &password).map_err(|e| e.to_string()));
    match opened {
        Ok(vault) => well("keys", format!("operator key {}", vault.operator_key())),
        Err(e) => {
            ill("keys", e, "see `node.password` in the configuration; without the key restore your backup")
        }
    }
}

fn private(what: &'static str, path: &Path) -> Finding {
    match std::fs::metadata(path) {
        Ok(meta) if meta.permissions().mode() & 0o077 == 0 => {
            well(what, format!("{} is private", path.display()))
        }
        Ok(_) => ill(
            what,
            format!("{} can be read by others", path.display()),
            format!("chmod 600 {}", path.display()),
        ),
        Err(e) => ill(what, format!("{}: {e}", path.display()), "put it there, or change the configuration"),
    }
}

fn disk(dir: &Path) -> Finding {
    match rustix::fs::statvfs(dir) {
        Ok(stat) => {
            let free = stat.f_bavail.saturating_mul(stat.f_frsize);
            let found = format!("{} MiB free", free / 1024 / 1024);
            match free >= MIN_FREE_BYTES {
                true => well("disk", found),
                false => ill("disk", found, "free some space: a node that cannot write stops"),
            }
        }
        Err(e) => ill("disk", format!("{}: {e}", dir.display()), "check that the folder exists"),
    }
}

fn report(findings: &[Finding]) -> Report {
    let row = |f: &Finding| {
        vec![if f.ok { "ok" } else { "!!" }.to_string(), f.what.into(), f.found.clone(), f.remedy.clone()]
    };
    let json =
        findings.iter().map(|f| json!({"check": f.what, "ok": f.ok, "found": f.found, "remedy": f.remedy}));
    let well = findings.iter().all(|f| f.ok);
    let exit = if well { Exit::Ok } else { Exit::Failure };
    let json = json!({"ok": well, "checks": json.collect::<Vec<_>>()});
    Report {
        exit,
        ..Report::new(json, table(&["", "check", "found", "what to do"], findings.iter().map(row)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_problem_comes_with_a_remedy_and_the_exit_code_says_so() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(CONFIG_FILE), "[rpc]\nlisten = \"127.0.0.1:0\"\n[metrics]\nlisten = \"127.0.0.1:0\"\n[p2p]\nlisten = \"127.0.0.1:0\"").unwrap();
        let report = run(Args { dir: dir.path().into() }, "http://127.0.0.1:1".into()).await.unwrap();
        assert_eq!(report.exit, Exit::Failure);
        let checks = report.json["checks"].as_array().unwrap();
        let ill: Vec<_> = checks.iter().filter(|c| c["ok"] == false).collect();
        assert!(ill.iter().all(|c| !c["remedy"].as_str().unwrap().is_empty()));
        for what in ["node", "chain spec", "keys", "operator key"] {
            assert!(ill.iter().any(|c| c["check"] == what), "{what}");
        }
    }

    #[test]
    fn a_clock_that_differs_is_noticed_in_both_directions() {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        assert!(clock(now).ok);
        assert!(!clock(now - 60).ok);
        assert!(!clock(now + 60).ok);
    }
}
