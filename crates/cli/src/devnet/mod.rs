//! `althing devnet`: a whole network on one machine, one supervised process a node.
//!
//! What runs is what operators run: `althing node run` on an ordinary data folder. This module only makes the
//! folders, watches the processes and shows what happens.

mod layout;
mod prepare;
mod supervisor;
mod view;

pub(crate) use supervisor::{Program, asked, start, tail, terminate};
pub(crate) use view::devnet_key;

use crate::{Exit, failure::Failure, report::Report, terminal::Progress};
use althing_primitives::{Param, Params};
use layout::Layout;
use prepare::Network;
use std::path::{Path, PathBuf};
use std::time::Duration;
use supervisor::{Event, Policy};
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};

/// Events that wait for the screen; a slow terminal slows the supervisor's talk, not the nodes.
const EVENTS: usize = 64;

/// What `althing devnet` takes.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Number of validators. Default: 4, or as many as the folder has.
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=36))]
    nodes: Option<u8>,
    /// Let so many nodes stand for election, with stakes and votes; each epoch's committee is drawn out of them.
    #[arg(long, conflicts_with = "nodes", value_parser = clap::value_parser!(u8).range(1..=10))]
    candidates: Option<u8>,
    /// Seats of the drawn committee. Default: 4, or all candidates when there are fewer.
    #[arg(long, requires = "candidates", value_parser = clap::value_parser!(u8).range(1..=10))]
    committee: Option<u8>,
    /// Folder of the network.
    #[arg(long, default_value = ".althing/devnet")]
    dir: PathBuf,
    /// Start anew: removes the network in the folder first.
    #[arg(long)]
    fresh: bool,
    /// JSON-RPC port of the first node; further nodes take the next ports.
    #[arg(long, default_value_t = 8545)]
    port: u16,
    /// Port of the first node among the validators; further nodes take the next ports. Default: 9650, or as it was.
    #[arg(long)]
    p2p_port: Option<u16>,
    /// Port of the first node's metrics; further nodes take the next ports.
    #[arg(long, default_value_t = 9464)]
    metrics_port: u16,
    /// Time between blocks in milliseconds. Default: 500, or as it was.
    #[arg(long, value_name = "MS")]
    block_time: Option<u64>,
    /// Longest time without a block in milliseconds while nobody sends anything. Default: a block every block time, or as
    /// it was.
    #[arg(long, value_name = "MS")]
    heartbeat: Option<u64>,
    /// First value of a parameter that governance may change, in its unit (`althing gov params` lists them); may be given
    /// more than once. With `daySeconds=1` a proposal takes half a minute.
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = parse_param)]
    params: Vec<(Param, u128)>,
    /// Log level of the nodes; their logs are in the folder.
    #[arg(long, default_value = "info", value_name = "LEVEL")]
    log: String,
    /// Stop when standard input closes: no supervisor, no network.
    #[arg(long, hide = true)]
    supervised: bool,
}

/// A parameter with a value within its bounds.
fn parse_param(text: &str) -> Result<(Param, u128), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE, as in daySeconds=1")?;
    let param = Param::named(name).ok_or_else(|| format!("there is no parameter `{name}`"))?;
    let value: u128 = value.parse().map_err(|_| format!("`{value}` is no whole number"))?;
    Params::devnet().set(param, value).map_err(|error| error.to_string())?;
    Ok((param, value))
}

/// Runs the network until a signal.
pub(crate) async fn run(args: Args, json: bool) -> Result<Report, Failure> {
    let stop_asked = stop_signals()?;
    if args.supervised {
        crate::node::watch_supervisor()?;
    }
    let progress = Progress::start();
    let layout = Layout::new(&args.dir)?;
    let _lock = layout.lock()?;
    let worker = {
        let (args, layout, progress) = (args.clone(), layout.clone(), Progress::start());
        // Keys cost scrypt and curve work: not on the runtime's threads.
        tokio::task::spawn_blocking(move || {
            let network = prepare::open_or_create(&args, &layout, &progress);
            progress.finish();
            network
        })
    };
    let network = worker.await.map_err(|e| Failure::new(Exit::Failure, format!("set-up failed: {e}")))??;
    network.check_ports()?;
    view::announce(&network, json);
    supervise(&network, &args, stop_asked, progress).await
}

async fn supervise(
    network: &Network,
    args: &Args,
    mut stop_asked: watch::Receiver<bool>,
    progress: Progress,
) -> Result<Report, Failure> {
    let (events, mut seen) = mpsc::channel(EVENTS);
    let (stop, stopping) = watch::channel(false);
    let programs = network.nodes.iter().map(|node| program(&node.dir, &node.name, &args.log));
    let programs = programs.collect::<Result<Vec<_>, _>>()?;
    let running = supervisor::run(programs, Policy::default(), events, stopping);
    tokio::pin!(running);
    let status = view::status(network, &progress);
    tokio::pin!(status);
    let outcome = loop {
        tokio::select! {
            outcome = &mut running => break outcome,
            Some(event) = seen.recv() => say(&progress, &event),
            never = &mut status => never,
            () = asked(&mut stop_asked), if !*stop.borrow() => {
                progress.step("stopping all nodes");
                stop.send_replace(true);
            }
        }
    };
    progress.finish();
    match outcome {
        Ok(()) => {
            progress.say("all nodes stopped; start again to go on from disk");
            Ok(Report::silent())
        }
        Err(crash) => Err(Failure::new(Exit::Failure, crash.to_string())),
    }
}

fn say(progress: &Progress, event: &Event) {
    match event {
        Event::Started { .. } => {}
        Event::Died { name, status, again_in } => {
            progress.say(&format!("{name} died ({status}); it starts again in {} ms", again_in.as_millis()));
        }
        Event::Killed { name, after } => {
            progress.say(&format!("{name} did not stop within {} s and was killed", after.as_secs()));
        }
    }
}

/// The command line of one node.
fn program(dir: &Path, name: &str, log: &str) -> Result<Program, Failure> {
    let own = std::env::current_exe()
        .map_err(|e| Failure::new(Exit::Failure, format!("cannot find the program itself: {e}")))?;
    let (dir_arg, log_level) = (dir.to_path_buf(), log.to_string());
    let command = move || {
        let mut command = Command::new(&own);
        command.args(["node", "run", "--supervised", "--dir"]).arg(&dir_arg);
        command.env("ALTHING_LOG__LEVEL", &log_level);
        command
    };
    Ok(Program { name: name.into(), command: Box::new(command), log: dir.join(layout::LOG_FILE) })
}

/// Turns true at SIGINT or SIGTERM.
pub(crate) fn stop_signals() -> Result<watch::Receiver<bool>, Failure> {
    let failed = |e| Failure::new(Exit::Failure, format!("cannot listen for signals: {e}"));
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let (asked, receiver) = watch::channel(false);
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        asked.send_replace(true);
        // A second signal must not end the supervisor before its nodes: keep listening.
        std::future::pending::<()>().await;
    });
    Ok(receiver)
}

/// How long a node may take to stop before it is killed.
pub(crate) const STOP_PATIENCE: Duration = Duration::from_secs(15);
