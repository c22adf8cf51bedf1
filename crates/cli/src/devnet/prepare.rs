//! Making a devnet's keys, chain spec and folders, or finding them again.

use super::Args;
use super::layout::{GENESIS_FILE, Layout, Manifest};
use crate::genesis::dealer;
use crate::{Exit, failure::Failure, terminal::Progress};
use althing_node::config::{CONFIG_FILE, NodeConfig, PasswordSource};
use althing_node::vault::{ScryptCost, Vault};
use althing_primitives::chainspec::DEVNET_REWARD_ACCOUNTS;
use althing_primitives::{ChainSpec, Validator};
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

const DEFAULT_NODES: u8 = 4;
const DEFAULT_P2P_PORT: u16 = 9650;
const DEFAULT_BLOCK_TIME_MS: u64 = 500;
const PASSWORD_FILE: &str = "password";
/// Devnet keys protect nothing: everybody has the accounts' keys.
const PASSWORD: &str = "devnet";

/// One node of the network.
#[derive(Clone, Debug)]
pub(super) struct NodePlace {
    pub(super) name: String,
    pub(super) dir: PathBuf,
    pub(super) rpc: SocketAddr,
    pub(super) p2p: SocketAddr,
    pub(super) metrics: SocketAddr,
}

/// A network on disk, ready to run.
#[derive(Clone, Debug)]
pub(super) struct Network {
    pub(super) spec: ChainSpec,
    pub(super) nodes: Vec<NodePlace>,
}

/// Finds the network of the folder again, or makes one.
pub(super) fn open_or_create(args: &Args, layout: &Layout, progress: &Progress) -> Result<Network, Failure> {
    if args.fresh {
        progress.step("removing the old network");
        layout.clear()?;
    }
    if let Some(manifest) = layout.manifest()? {
        return open(args, layout, &manifest);
    }
    // Without a manifest, set-up was interrupted and no node ever ran.
    layout.clear()?;
    create(args, layout, progress)
}

fn open(args: &Args, layout: &Layout, manifest: &Manifest) -> Result<Network, Failure> {
    for (flag, asked, there) in [
        ("--nodes", args.nodes.map(u64::from), u64::from(manifest.nodes)),
        (
            "--candidates",
            args.candidates.map(u64::from),
            u64::from(manifest.committee.map_or(0, |_| manifest.nodes)),
        ),
        ("--committee", args.committee.map(u64::from), u64::from(manifest.committee.unwrap_or(0))),
        ("--p2p-port", args.p2p_port.map(u64::from), u64::from(manifest.p2p_port)),
        ("--block-time", args.block_time, manifest.block_time_ms),
    ] {
        if asked.is_some_and(|asked| asked != there) {
            return Err(Failure::usage(format!(
                "the devnet in this folder has {flag} {there}, which is fixed in its chain spec: start anew with --fresh, or choose another folder with --dir"
            )));
        }
    }
    let path = layout.genesis();
    let text = fs::read_to_string(&path).map_err(Failure::io("read", &path))?;
    let spec = ChainSpec::from_json(&text).map_err(|e| {
        Failure::new(Exit::Failure, format!("{}: {e}; start anew with --fresh", path.display()))
    })?;
    let heartbeat = args.heartbeat.map(|asked| ("heartbeatMs", asked.into(), spec.heartbeat_ms.into()));
    let params =
        args.params.iter().map(|(param, asked)| (param.entry().name, *asked, spec.params.get(*param)));
    if let Some((name, _, there)) =
        heartbeat.into_iter().chain(params).find(|(_, asked, there)| asked != there)
    {
        return Err(Failure::usage(format!(
            "the devnet in this folder has {name}={there} in its chain spec: start anew with --fresh, or choose another folder with --dir"
        )));
    }
    let nodes = places(args, layout, manifest)?;
    for node in &nodes {
        let path = node.dir.join(CONFIG_FILE);
        let mut config = NodeConfig::load(&path).map_err(|e| {
            Failure::new(Exit::Failure, format!("{e}; mend {}, or start anew with --fresh", path.display()))
        })?;
        if (config.rpc.listen, config.metrics.listen) != (node.rpc, node.metrics) {
            (config.rpc.listen, config.metrics.listen) = (node.rpc, node.metrics);
            config.save(&path).map_err(Failure::io("write", &path))?;
        }
    }
    Ok(Network { spec, nodes })
}

fn create(args: &Args, layout: &Layout, progress: &Progress) -> Result<Network, Failure> {
    let count = args.candidates.or(args.nodes).unwrap_or(DEFAULT_NODES);
    let seats = args.committee.unwrap_or(DEFAULT_NODES).min(count);
    let committee = args.candidates.map(|_| seats);
    let p2p_port = args.p2p_port.unwrap_or(DEFAULT_P2P_PORT);
    let manifest =
        Manifest::new(count, committee, p2p_port, args.block_time.unwrap_or(DEFAULT_BLOCK_TIME_MS));
    let nodes = places(args, layout, &manifest)?;
    let mut vaults = Vec::new();
    for node in &nodes {
        progress.step(format!("making the keys of {}", node.name));
        let vault = Vault::create(&node.dir.join("keys"), PASSWORD, rand::random(), ScryptCost::LIGHT)?;
        let path = node.dir.join(PASSWORD_FILE);
        fs::write(&path, PASSWORD).map_err(Failure::io("write", &path))?;
        vaults.push(vault);
    }
    progress.step("writing the chain spec and holding the key ceremony");
    let validators = nodes.iter().zip(&vaults).enumerate().map(|(index, (node, vault))| Validator {
        name: node.name.clone(),
        operator: vault.operator_key(),
        reward: DEVNET_REWARD_ACCOUNTS[index % DEVNET_REWARD_ACCOUNTS.len()],
        p2p: node.p2p.to_string(),
    });
    let spec = |validators| ChainSpec::devnet(validators, unix_time_ms());
    let mut spec = match committee {
        None => spec(validators.collect()),
        Some(seats) => {
            let all: Vec<_> = validators.collect();
            let mut spec = spec(all[..usize::from(seats)].to_vec());
            spec.stand_for_election(&all, seats.into());
            spec
        }
    };
    spec.block_interval_ms = manifest.block_time_ms;
    spec.heartbeat_ms = args.heartbeat.unwrap_or_default();
    for (param, value) in &args.params {
        spec.params.set(*param, *value).map_err(|error| Failure::usage(error.to_string()))?;
    }
    spec.validate()?;
    let vaults = vaults.into_iter().map(|vault| (vault.operator_key(), Arc::new(vault.into_secrets())));
    dealer::deal(&mut spec, &vaults.collect::<Vec<_>>())?;
    for node in &nodes {
        let (genesis, config) = (node.dir.join(GENESIS_FILE), node.dir.join(CONFIG_FILE));
        fs::write(&genesis, spec.to_json()).map_err(Failure::io("write", &genesis))?;
        node_config(node).save(&config).map_err(Failure::io("write", &config))?;
    }
    let path = layout.genesis();
    fs::write(&path, spec.to_json()).map_err(Failure::io("write", &path))?;
    layout.write_manifest(&manifest)?;
    Ok(Network { spec, nodes })
}

fn node_config(node: &NodePlace) -> NodeConfig {
    let mut config = NodeConfig::default();
    config.node.password = PasswordSource::File(PASSWORD_FILE.into());
    config.p2p.listen = node.p2p;
    config.rpc.listen = node.rpc;
    config.rpc.cors_origins = vec!["*".into()];
    for name in ["txpool", "debug", "ots"] {
        config.rpc.namespaces.push(name.into());
    }
    config.metrics.listen = node.metrics;
    config.log.format = althing_node::config::LogFormat::Text;
    config
}

fn places(args: &Args, layout: &Layout, manifest: &Manifest) -> Result<Vec<NodePlace>, Failure> {
    let address = |flag: &str, first: u16, index: u8| {
        let port = first.checked_add(index.into()).filter(|port| *port != 0);
        let port =
            port.ok_or_else(|| Failure::usage(format!("--{flag} {first} leaves no room for all nodes")))?;
        Ok::<_, Failure>(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
    };
    let place = |index| {
        Ok(NodePlace {
            name: format!("node-{index}"),
            dir: layout.node(index),
            rpc: address("port", args.port, index)?,
            p2p: address("p2p-port", manifest.p2p_port, index)?,
            metrics: address("metrics-port", args.metrics_port, index)?,
        })
    };
    (0..manifest.nodes).map(place).collect()
}

impl Network {
    /// Tells which port is taken, and which flag moves it, before any process fails for it.
    pub(super) fn check_ports(&self) -> Result<(), Failure> {
        let mut held: Vec<TcpListener> = Vec::new();
        for node in &self.nodes {
            for (what, flag, address) in [
                ("JSON-RPC", "--port", node.rpc),
                ("p2p", "--p2p-port (with --fresh)", node.p2p),
                ("metrics", "--metrics-port", node.metrics),
            ] {
                let listener = TcpListener::bind(address).map_err(|e| {
                    Failure::new(Exit::Failure, format!(
                        "port {} for {what} of {} cannot be used ({e}): stop what uses it, or move all with {flag}",
                        address.port(), node.name
                    ))
                })?;
                held.push(listener);
            }
        }
        Ok(())
    }
}

fn unix_time_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
