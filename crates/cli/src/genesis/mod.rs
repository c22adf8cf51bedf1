//! `althing genesis`: building and checking chain specs.

mod ceremony;
pub(crate) mod dealer;

use crate::report::{Report, both_forms, table};
use crate::{Exit, amount, failure::Failure};
use althing_consensus::ceremony::epoch_info;
use althing_node::config::{CONFIG_FILE, NodeConfig};
use althing_node::vault::Vault;
use althing_primitives::{ChainSpec, OperatorKey, Param, U256, Validator, parse_address};
use clap::{Subcommand, ValueEnum};
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Where the numbers of a new spec come from.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Preset {
    /// One-second blocks, epochs of an hour, no accounts.
    Mainnet,
    /// Short blocks and epochs, ten funded accounts whose keys are public.
    Devnet,
}

/// Commands about chain specs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a new chain spec without validators.
    New {
        /// File to write.
        file: PathBuf,
        /// Where the numbers come from; the file can be edited.
        #[arg(long, value_enum, default_value = "mainnet")]
        preset: Preset,
        /// Name of the network.
        #[arg(long)]
        name: Option<String>,
        /// EIP-155 chain id; must be unique among all networks.
        #[arg(long)]
        chain_id: Option<u64>,
        /// Accounts of the first block.
        #[arg(long, value_name = "ADDRESS=AMOUNT")]
        alloc: Vec<String>,
    },
    /// Add a validator to a spec. A ceremony that was held before becomes void.
    AddValidator {
        /// The chain spec.
        file: PathBuf,
        /// Name for people.
        #[arg(long)]
        name: String,
        /// Operator key that `althing node init` printed.
        #[arg(long)]
        operator: OperatorKey,
        /// Account that receives tips and rewards.
        #[arg(long)]
        reward: String,
        /// `ip:port` at which other validators reach it.
        #[arg(long)]
        p2p: String,
    },
    /// Deal the first key shares to node folders on this machine. Whoever runs it could keep the group's secret:
    /// for real networks hold the distributed ceremony.
    Deal {
        /// The chain spec.
        file: PathBuf,
        /// Folders made by `althing node init`, one for every validator.
        #[arg(long = "node", value_name = "DIR", required = true)]
        nodes: Vec<PathBuf>,
    },
    /// Make the first key shares together with all other validators, each on its own machine: nobody ever knows the
    /// group's secret. All operators run this at the same time.
    Ceremony(ceremony::Args),
    /// Check that a network can start from a spec.
    Check {
        /// The chain spec.
        file: PathBuf,
        /// Check too that the key share in this validator's folder belongs to the spec.
        #[arg(long, value_name = "DIR")]
        node: Option<PathBuf>,
    },
    /// Print the hash that all nodes of the network must have.
    Hash {
        /// The chain spec.
        file: PathBuf,
    },
    /// Show a spec.
    Show {
        /// The chain spec.
        file: PathBuf,
    },
}

pub(crate) fn run(command: Command) -> Result<Report, Failure> {
    match command {
        Command::New { file, preset, name, chain_id, alloc } => new(&file, preset, name, chain_id, &alloc),
        Command::AddValidator { file, name, operator, reward, p2p } => {
            let reward = parse_address(&reward)?;
            add_validator(&file, Validator { name, operator, reward, p2p })
        }
        Command::Deal { file, nodes } => deal(&file, &nodes),
        Command::Ceremony(args) => ceremony::run(args),
        Command::Check { file, node } => check(&file, node.as_deref()),
        Command::Hash { file } => {
            let hash = read(&file)?.hash().to_string();
            Ok(Report::new(json!({ "hash": hash }), hash))
        }
        Command::Show { file } => Ok(show(&read(&file)?)),
    }
}

fn new(
    file: &Path,
    preset: Preset,
    name: Option<String>,
    chain_id: Option<u64>,
    alloc: &[String],
) -> Result<Report, Failure> {
    if file.exists() {
        return Err(Failure::usage(format!("{} exists already: choose another name", file.display())));
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let now = u64::try_from(now).unwrap_or(u64::MAX);
    let mut spec = match preset {
        Preset::Mainnet => ChainSpec::mainnet(Vec::new(), now),
        Preset::Devnet => ChainSpec::devnet(Vec::new(), now),
    };
    spec.name = name.unwrap_or(spec.name);
    spec.chain_id = chain_id.unwrap_or(spec.chain_id);
    for entry in alloc {
        let (address, coins) = entry
            .split_once('=')
            .ok_or_else(|| Failure::usage(format!("`{entry}` is not ADDRESS=AMOUNT, e.g. io1…=1000")))?;
        let balance = amount::parse(coins).map_err(Failure::usage)?;
        spec.alloc.entry(parse_address(address)?).or_default().balance = balance;
    }
    write(file, &spec)?;
    let next = format!("althing genesis add-validator {} …", file.display());
    Ok(Report::facts(json!({ "file": file }), &[("chain spec", file.display().to_string()), ("next", next)]))
}

fn add_validator(file: &Path, validator: Validator) -> Result<Report, Failure> {
    let mut spec = draft(parse(file)?);
    spec.validators.push(validator);
    let members = spec.validators.len() as u64;
    let least = althing_primitives::chainspec::MIN_EPOCH_BLOCKS_PER_MEMBER * members;
    spec.epoch_blocks = spec.epoch_blocks.max(least);
    spec.validate()?;
    write(file, &spec)?;
    Ok(Report::new(
        json!({ "validators": members.to_string() }),
        format!("{members} validators in {}", file.display()),
    ))
}

fn deal(file: &Path, nodes: &[PathBuf]) -> Result<Report, Failure> {
    let mut spec = read(file)?;
    let mut vaults = Vec::new();
    for dir in nodes {
        let config = NodeConfig::load(&dir.join(CONFIG_FILE))?;
        let vault = Vault::open(&config.keys_dir(), &config.password()?)?;
        vaults.push((vault.operator_key(), Arc::new(vault.into_secrets())));
    }
    dealer::deal(&mut spec, &vaults)?;
    write(file, &spec)?;
    let hash = spec.hash().to_string();
    let text = format!(
        "shares dealt to {} nodes; copy {} to each of them\nhash {hash}",
        nodes.len(),
        file.display()
    );
    Ok(Report::new(json!({ "hash": hash }), text))
}

fn check(file: &Path, node: Option<&Path>) -> Result<Report, Failure> {
    let spec = read(file)?;
    let invalid = |reason: String| Failure::new(Exit::Verification, format!("{}: {reason}", file.display()));
    let info = epoch_info(&spec.committee).map_err(|e| invalid(e.to_string()))?;
    if let Some(node) = node {
        ceremony::check_node(&info, node)?;
    }
    althing_light::KeyChain::new(&spec).map_err(|e| invalid(e.to_string()))?;
    let hash = spec.hash().to_string();
    Ok(Report::new(json!({"valid": true, "hash": hash}), format!("{} is valid\nhash {hash}", file.display())))
}

fn show(spec: &ChainSpec) -> Report {
    let supply = spec.alloc.values().fold(U256::ZERO, |sum, account| sum.saturating_add(account.balance));
    let facts = Report::facts(
        json!(null),
        &[
            ("name", spec.name.clone()),
            ("chain id", spec.chain_id.to_string()),
            ("hash", spec.hash().to_string()),
            ("block interval", format!("{} ms", spec.block_interval_ms)),
            ("when idle", format!("{} ms", spec.idle_interval_ms())),
            ("epoch", format!("{} blocks", spec.epoch_blocks)),
            ("gas limit", spec.params.get(Param::BlockGasLimit).to_string()),
            ("supply", format!("{} coins in {} accounts", amount::format(supply), spec.alloc.len())),
            (
                "group key",
                if spec.committee.group_key.is_empty() {
                    "none: no ceremony yet".into()
                } else {
                    spec.committee.group_key.to_string()
                },
            ),
        ],
    );
    let row =
        |v: &Validator| vec![v.name.clone(), v.operator.to_string(), both_forms(v.reward), v.p2p.clone()];
    let validators =
        table(&["validator", "operator key", "reward account", "p2p"], spec.validators.iter().map(row));
    let json = serde_json::to_value(spec).expect("a chain spec has only string keys");
    Report::new(json, format!("{}\n{validators}", facts.text))
}

/// The spec without the result of a ceremony.
fn draft(mut spec: ChainSpec) -> ChainSpec {
    spec.committee = Default::default();
    spec
}

/// Reads a spec that a network can start from, but for the ceremony.
fn read(file: &Path) -> Result<ChainSpec, Failure> {
    let spec = parse(file)?;
    spec.validate().map_err(|e| Failure::new(Exit::Failure, format!("{}: {e}", file.display())))?;
    Ok(spec)
}

/// Reads a spec that is still being built.
fn parse(file: &Path) -> Result<ChainSpec, Failure> {
    let text = fs::read_to_string(file).map_err(Failure::io("read", file))?;
    serde_json::from_str(&text)
        .map_err(|e| Failure::new(Exit::Failure, format!("{} is not a chain spec: {e}", file.display())))
}

fn write(file: &Path, spec: &ChainSpec) -> Result<(), Failure> {
    fs::write(file, spec.to_json()).map_err(Failure::io("write", file))
}

#[cfg(test)]
mod tests {
    use super::*;
    use althing_node::config::PasswordSource;
    use althing_node::vault::ScryptCost;

    fn node(dir: &Path) -> OperatorKey {
        let config = NodeConfig {
            node: althing_node::config::Node {
                password: PasswordSource::File("password".into()),
                ..Default::default()
            },
            ..Default::default()
        };
        fs::create_dir_all(dir).unwrap();
        fs::write(dir.join("password"), "horse").unwrap();
        config.save(&dir.join(CONFIG_FILE)).unwrap();
        Vault::create(&dir.join("keys"), "horse", rand::random(), ScryptCost::LIGHT).unwrap().operator_key()
    }

    #[test]
    fn a_spec_grows_from_new_to_a_network_that_can_start() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("genesis.json");
        let alloc = vec!["io1qnpz47hx5q6r3w876axtrn6yz95d70cjl35r53=5".to_string()];
        run(Command::New {
            file: file.clone(),
            preset: Preset::Devnet,
            name: None,
            chain_id: Some(77),
            alloc,
        })
        .unwrap();
        assert!(check(&file, None).unwrap_err().message.contains("validators"));
        let mut dirs = Vec::new();
        for index in 0..4u8 {
            let place = dir.path().join(format!("n{index}"));
            let p2p = format!("127.0.0.1:{}", 9000 + u16::from(index));
            let reward = Default::default();
            add_validator(
                &file,
                Validator { name: format!("v{index}"), operator: node(&place), reward, p2p },
            )
            .unwrap();
            dirs.push(place);
        }
        assert!(check(&file, None).unwrap_err().message.contains("genesis deal"));
        assert!(deal(&file, &dirs[..3]).unwrap_err().message.contains("v3"));
        deal(&file, &dirs).unwrap();
        for dir in &dirs {
            check(&file, Some(dir)).unwrap();
        }
        let other = dir.path().join("other");
        node(&other);
        assert!(check(&file, Some(&other)).unwrap_err().message.contains("no key share"));
        let copy = dir.path().join("copy.json");
        fs::copy(&file, &copy).unwrap();
        deal(&copy, &dirs).unwrap();
        assert!(check(&file, Some(&dirs[0])).unwrap_err().message.contains("does not belong"));
        check(&copy, Some(&dirs[0])).unwrap();
        let vault = Vault::open(&dirs[0].join("keys"), "horse").unwrap();
        assert_eq!(vault.secrets().list("share-").unwrap().len(), 1);
        assert_eq!(read(&file).unwrap().chain_id, 77);
    }
}
