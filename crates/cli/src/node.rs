//! `althing node`: set up, run and inspect one node.

use crate::report::{Report, both_forms};
use crate::{Exit, failure::Failure, on_runtime, terminal};
use althing_client::Client;
use althing_node::config::{CONFIG_FILE, NodeConfig, PasswordSource, Role, SyncMode};
use althing_node::logging;
use althing_node::vault::{OPERATOR_FILE, ScryptCost, Vault};
use althing_primitives::ChainSpec;
use clap::{Subcommand, ValueEnum};
use rustix::process::{Signal, getpid, kill_process};
use serde_json::{Value, json};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Commands about one node.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a node's folder: documented configuration and, for a validator, an encrypted operator key.
    Init(InitArgs),
    /// Run a node until it is told to stop.
    Run(RunArgs),
    /// Show what a running node is doing.
    Status,
    /// Check a configuration, or print the documented defaults.
    Config {
        /// Folder of the node.
        #[arg(long, default_value = ".")]
        dir: PathBuf,
        /// Print the documented defaults instead.
        #[arg(long)]
        default: bool,
    },
}

/// A role, as a flag.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum RoleFlag {
    /// Takes part in consensus.
    Validator,
    /// Verifies certified blocks.
    Follower,
}

/// How a follower begins, as a flag.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum SyncFlag {
    /// Executes every block from the first on.
    Blocks,
    /// Fetches the state of a recent block; nothing from before it is there.
    State,
}

impl From<SyncFlag> for SyncMode {
    fn from(flag: SyncFlag) -> Self {
        match flag {
            SyncFlag::Blocks => Self::Blocks,
            SyncFlag::State => Self::State,
        }
    }
}

/// What `node init` takes.
#[derive(Debug, clap::Args)]
pub struct InitArgs {
    /// Folder of the node.
    #[arg(long, default_value = ".")]
    dir: PathBuf,
    /// Chain spec to copy into the folder.
    #[arg(long)]
    genesis: Option<PathBuf>,
    /// What the node does.
    #[arg(long, value_enum, default_value = "validator")]
    role: RoleFlag,
    /// File with the password of the operator key; the configuration will name it. Else the password is asked
    /// for, and the node reads it from the variable ALTHING_PASSWORD.
    #[arg(long)]
    password_file: Option<PathBuf>,
    /// Work to guess the password, as a power of two.
    #[arg(long, default_value_t = 18, value_name = "LOG2")]
    scrypt_cost: u8,
    /// Nodes to follow; several with several flags.
    #[arg(long, value_name = "URL")]
    follow: Vec<String>,
    /// How a follower begins.
    #[arg(long, value_enum)]
    sync: Option<SyncFlag>,
}

/// What `node run` takes.
#[derive(Debug, clap::Args)]
pub struct RunArgs {
    /// Folder of the node.
    #[arg(long, default_value = ".")]
    dir: PathBuf,
    /// Configuration. Default: althing.toml in the folder.
    #[arg(long)]
    config: Option<PathBuf>,
    /// Chain spec, when it is not where the configuration says.
    #[arg(long)]
    genesis: Option<PathBuf>,
    /// Run as a follower of these nodes; needs no configuration, only the chain spec.
    #[arg(long, value_name = "URL")]
    follow: Vec<String>,
    /// How a follower begins, when its folder is empty. Default: as the configuration says, else blocks.
    #[arg(long, value_enum)]
    sync: Option<SyncFlag>,
    /// Keep the state of every height.
    #[arg(long)]
    archive: bool,
    /// Stop when standard input closes: no supervisor, no node.
    #[arg(long, hide = true)]
    supervised: bool,
}

pub(crate) fn run(command: Command, rpc: &str) -> Result<Report, Failure> {
    match command {
        Command::Init(args) => init(&args),
        Command::Run(args) => run_node(args),
        Command::Status => on_runtime(status(rpc.to_string())),
        Command::Config { default: true, .. } => {
            let text = NodeConfig::default().to_documented_toml();
            Ok(Report::new(json!({ "toml": text }), text))
        }
        Command::Config { dir, default: false } => {
            let path = dir.join(CONFIG_FILE);
            let config = NodeConfig::load(&path)?;
            let json = serde_json::to_value(&config).expect("a configuration has only string keys");
            Ok(Report::new(json, format!("{} is valid", path.display())))
        }
    }
}

fn init(args: &InitArgs) -> Result<Report, Failure> {
    let config_path = args.dir.join(CONFIG_FILE);
    if config_path.exists() {
        let message = format!(
            "{} exists already and is never overwritten: choose another --dir",
            config_path.display()
        );
        return Err(Failure::new(Exit::Failure, message));
    }
    fs::create_dir_all(&args.dir).map_err(Failure::io("create", &args.dir))?;
    let mut config = NodeConfig::default();
    config.follow.urls.clone_from(&args.follow);
    config.follow.sync = args.sync.map(Into::into).unwrap_or_default();
    let mut rows = vec![("configuration", config_path.display().to_string())];
    let mut operator = None;
    match args.role {
        RoleFlag::Follower => config.node.role = Role::Follower,
        RoleFlag::Validator => {
            let password =
                terminal::password(args.password_file.as_deref(), "Password for the operator key", true)?;
            if let Some(path) = &args.password_file {
                let path = std::path::absolute(path).map_err(Failure::io("use", path))?;
                config.node.password = PasswordSource::File(path);
            }
            let cost = ScryptCost::new(args.scrypt_cost)?;
            let keys = args.dir.join("keys");
            let vault = Vault::create(&keys, &password, rand::random(), cost)?;
            operator = Some(vault.operator_key());
            rows.push(("operator key", vault.operator_key().to_string()));
            rows.push(("back this up", keys.join(OPERATOR_FILE).display().to_string()));
        }
    }
    if let Some(from) = &args.genesis {
        let text = fs::read_to_string(from).map_err(Failure::io("read", from))?;
        ChainSpec::from_json(&text)?;
        let to = args.dir.join("genesis.json");
        fs::write(&to, text).map_err(Failure::io("write", &to))?;
        rows.push(("chain spec", to.display().to_string()));
    }
    config.save(&config_path).map_err(Failure::io("write", &config_path))?;
    rows.push(("next", format!("althing node run --dir {}", args.dir.display())));
    let json = json!({"config": config_path, "operator": operator, "dir": args.dir});
    Ok(Report::facts(json, &rows))
}

/// The configuration of the folder with the flags applied.
fn config_of(args: &RunArgs) -> Result<NodeConfig, Failure> {
    let path = args.config.clone().unwrap_or_else(|| args.dir.join(CONFIG_FILE));
    let follow_only = args.config.is_none() && !args.follow.is_empty() && !path.exists();
    let mut config = match follow_only {
        true => NodeConfig::defaults_in(&args.dir).map_err(Failure::io("use", &args.dir))?,
        false => NodeConfig::load(&path)?,
    };
    if args.config.is_some() && args.dir != Path::new(".") {
        config.node.data_dir = std::path::absolute(&args.dir).map_err(Failure::io("use", &args.dir))?;
    }
    if let Some(genesis) = &args.genesis {
        config.node.genesis = std::path::absolute(genesis).map_err(Failure::io("use", genesis))?;
    }
    if !args.follow.is_empty() {
        config.node.role = Role::Follower;
        config.follow.urls.clone_from(&args.follow);
    }
    if let Some(sync) = args.sync {
        config.follow.sync = sync.into();
    }
    config.state.archive |= args.archive;
    config.validate()?;
    Ok(config)
}

fn run_node(args: RunArgs) -> Result<Report, Failure> {
    let config = config_of(&args)?;
    logging::init(&config.log).map_err(|e| Failure::new(Exit::Failure, e.to_string()))?;
    althing_node::explain_panics(config.node.data_dir.clone());
    if args.supervised {
        watch_supervisor()?;
    }
    althing_node::run(config).map_err(|e| Failure::new(Exit::Failure, format!("{e:#}")))?;
    Ok(Report::silent())
}

/// How long a node, or a network of them, may take to stop by itself after its supervisor is gone.
const ORPHAN_PATIENCE: Duration = Duration::from_secs(10);

/// Stops this process when its supervisor is gone.
pub(crate) fn watch_supervisor() -> Result<(), Failure> {
    let watch = std::thread::Builder::new().name("supervisor-watch".into()).spawn(stop_with_supervisor);
    watch.map_err(|e| Failure::new(Exit::Failure, format!("cannot start a thread: {e}")))?;
    Ok(())
}

/// Waits for the end of standard input, which only comes when the supervisor is gone, then stops the node.
fn stop_with_supervisor() {
    let mut nothing = [0; 64];
    let mut stdin = std::io::stdin().lock();
    while stdin.read(&mut nothing).is_ok_and(|read| read > 0) {}
    tracing::warn!("the supervisor is gone; stopping");
    if kill_process(getpid(), Signal::TERM).is_ok() {
        std::thread::sleep(ORPHAN_PATIENCE);
    }
    tracing::error!("did not stop in time; exiting");
    std::process::exit(1);
}

async fn status(rpc: String) -> Result<Report, Failure> {
    let client = Client::new(&rpc)?;
    let height = client.height().await?;
    let chain_id = client.chain_id().await?;
    let version = client.version().await?;
    let peers = client.peers().await.ok();
    let syncing: Value = client.rpc().call("eth_syncing", json!([])).await?;
    // A node of another make has no such method; the rest is worth showing.
    let detail: Value = client.rpc().call("althing_nodeStatus", json!([])).await.unwrap_or(Value::Null);
    let mut rows = vec![
        ("node", rpc.clone()),
        ("version", version.clone()),
        ("chain id", chain_id.to_string()),
        ("height", height.to_string()),
        ("peers", peers.map_or("unknown".into(), |peers| peers.to_string())),
        ("in sync", if syncing == Value::Bool(false) { "yes".into() } else { format!("no: {syncing}") }),
    ];
    if let Some(fields) = detail.as_object() {
        rows.extend(fields.iter().map(|(name, value)| {
            let text = value.as_str().map_or_else(
                || value.to_string(),
                |text| match text.parse() {
                    Ok(address) => both_forms(address),
                    Err(_) => text.to_string(),
                },
            );
            (name.as_str(), text)
        }));
    }
    let json = json!({
        "rpc": rpc, "version": version, "chain_id": chain_id.to_string(), "height": height.to_string(),
        "peers": peers.map(|peers| peers.to_string()), "syncing": syncing, "status": detail,
    });
    Ok(Report::facts(json, &rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(dir: &Path) -> RunArgs {
        RunArgs {
            dir: dir.into(),
            config: None,
            genesis: None,
            follow: vec![],
            sync: None,
            archive: false,
            supervised: false,
        }
    }

    #[test]
    fn following_needs_no_configuration_and_other_runs_do() {
        let dir = tempfile::tempdir().unwrap();
        assert!(config_of(&args(dir.path())).unwrap_err().message.contains("node init"));
        let follow = vec!["ws://10.0.0.1:8545".to_string()];
        let config = config_of(&RunArgs {
            follow: follow.clone(),
            sync: Some(SyncFlag::State),
            archive: true,
            ..args(dir.path())
        })
        .unwrap();
        assert_eq!(config.node.role, Role::Follower);
        assert_eq!(config.follow.urls, follow);
        assert_eq!(config.follow.sync, SyncMode::State);
        assert!(config.state.archive);
        assert_eq!(config.node.data_dir, dir.path().join("."));
    }

    #[test]
    fn an_initialized_folder_can_be_run_and_is_never_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let password = dir.path().join("password");
        fs::write(&password, "horse\n").unwrap();
        let init_args = || InitArgs {
            dir: dir.path().join("node"),
            genesis: None,
            role: RoleFlag::Validator,
            password_file: Some(password.clone()),
            scrypt_cost: 10,
            follow: vec![],
            sync: None,
        };
        let report = init(&init_args()).unwrap();
        let config = config_of(&args(&dir.path().join("node"))).unwrap();
        let vault = Vault::open(&config.keys_dir(), &config.password().unwrap()).unwrap();
        assert_eq!(report.json["operator"], vault.operator_key().to_string());
        assert!(init(&init_args()).unwrap_err().message.contains("never overwritten"));
    }
}
