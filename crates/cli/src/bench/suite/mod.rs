//! `althing bench run`: every scenario on networks of its own, one after the other, and a table of all.
//!
//! A scenario that breaks is a row that says so; the others go on. Rounds of ours and of the peer alternate, so that
//! both see the same machine.

mod document;
mod network;
mod peer;
mod results;
mod scenario;

use super::{LoadArgs, plan, usage};
use crate::devnet;
use crate::machine::Facts;
use crate::report::{Report, table};
use crate::{Exit, failure::Failure, terminal::Progress};
use document::{Document, Place};
use network::Network;
use peer::Peer;
use results::{Against, HEADER, Row, Trial};
use scenario::{Mode, Scenario};
use std::collections::BTreeMap;
use std::path::PathBuf;
use tokio::sync::watch;

/// Transactions of a load, and of a quick one.
const COUNT: u32 = 20_000;
const QUICK_COUNT: u32 = 400;
/// Rounds of a scenario.
const ROUNDS: u32 = 3;
/// Sending accounts, and those of a quick load.
const ACCOUNTS: u32 = 200;
const QUICK_ACCOUNTS: u32 = 40;

/// What `bench run` takes.
#[derive(Clone, Debug, clap::Args)]
pub struct RunArgs {
    /// Only scenarios with this in their names, as `1v-500ms` or `4v3f-500ms-mix-half`; several with several flags.
    #[arg(long, value_name = "PART")]
    only: Vec<String>,
    /// A small run: few transactions, one round. It shows that everything works; its figures mean little.
    #[arg(long)]
    quick: bool,
    /// Transactions of each load. Default: 20000, or 400 with --quick.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=2_000_000))]
    count: Option<u32>,
    /// Rounds of each scenario; the one in the middle is shown. Default: 3, or 1 with --quick.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=99))]
    rounds: Option<u32>,
    /// Folder of RESULTS.md and results.json.
    #[arg(long, default_value = "bench", value_name = "DIR")]
    out: PathBuf,
    /// Folder in which networks are made, and removed again. It should be on a disk, not in memory.
    #[arg(long, default_value = ".althing/bench")]
    dir: PathBuf,
}

impl RunArgs {
    fn rounds(&self) -> u32 {
        self.rounds.unwrap_or(if self.quick { 1 } else { ROUNDS })
    }

    /// What decides about figures, as a command line.
    fn command(&self) -> String {
        let mut line = "althing bench run".to_string();
        line += if self.quick { " --quick" } else { "" };
        for (flag, value) in [("count", self.count), ("rounds", self.rounds)] {
            line += &value.map_or(String::new(), |value| format!(" --{flag} {value}"));
        }
        line + &self.only.iter().map(|part| format!(" --only {part}")).collect::<String>()
    }

    fn load(&self, scenario: &Scenario, rate: Option<u32>) -> LoadArgs {
        let (count, accounts) = if self.quick { (QUICK_COUNT, QUICK_ACCOUNTS) } else { (COUNT, ACCOUNTS) };
        LoadArgs {
            endpoints: Vec::new(),
            workload: scenario.workload,
            count: self.count.unwrap_or(count),
            rate,
            accounts,
            batch: 50,
            workers: 16,
            patience: 60,
            seed: 0,
        }
    }
}

/// Why a round has no figures.
enum End {
    /// Somebody wants everything to stop.
    Interrupted,
    /// The scenario is broken.
    Broken(Failure),
}

impl From<Failure> for End {
    fn from(failure: Failure) -> Self {
        Self::Broken(failure)
    }
}

pub(super) async fn run(args: RunArgs) -> Result<Report, Failure> {
    let scenarios = scenario::chosen(&args.only)?;
    let place = Place::open(&args.out)?;
    let peer = Peer::find().await?;
    let stop = devnet::stop_signals()?;
    let facts = Facts::gather(args.command());
    let (version, rounds) = (peer.as_ref().map(|peer| peer.version.clone()), args.rounds());
    let mut suite = Suite { args, peer, stop, progress: Progress::start(), throughput: BTreeMap::new() };
    let mut rows = Vec::new();
    for (index, scenario) in scenarios.iter().enumerate() {
        let title = format!("[{}/{}] {}", index + 1, scenarios.len(), scenario.name());
        let Some(row) = suite.scenario(scenario, &title).await else {
            suite.progress.finish();
            return Err(Failure::new(
                Exit::Failure,
                "interrupted: all nodes are stopped, nothing was written",
            ));
        };
        suite.progress.say(&format!("{title}: {}", row.cells(scenario.mode)[1..].join(" | ")));
        rows.push((row, scenario.mode));
    }
    suite.progress.finish();
    let document = Document { facts, peer: version, rounds, rows };
    place.write(&document)?;
    let is_broken = document.rows.iter().any(|(row, _)| row.error.is_some());
    let exit = if is_broken { Exit::Failure } else { Exit::Ok };
    Ok(Report { json: document.json(), text: table(&HEADER, document.cells()), exit })
}

struct Suite {
    args: RunArgs,
    peer: Option<Peer>,
    stop: watch::Receiver<bool>,
    progress: Progress,
    /// What became final a second, by the name of the scenario at saturation.
    throughput: BTreeMap<String, f64>,
}

impl Suite {
    /// All rounds of a scenario; none when interrupted.
    async fn scenario(&mut self, scenario: &Scenario, title: &str) -> Option<Row> {
        let peer = self.peer.clone().filter(|_| scenario.has_peer());
        let against = match (scenario.has_peer(), &peer) {
            (false, _) => Against::Nobody,
            (true, None) => Against::NotFound,
            (true, Some(_)) => Against::Anvil,
        };
        let mut row = Row::new(scenario, against);
        match self.rounds(scenario, peer.as_ref(), title, &mut row).await {
            Ok(()) => {}
            Err(End::Interrupted) => return None,
            Err(End::Broken(failure)) => row.error = Some(failure.message),
        }
        if let Some(throughput) = row.throughput().filter(|_| scenario.mode == Mode::Saturation) {
            self.throughput.insert(scenario.name(), throughput);
        }
        Some(row)
    }

    async fn rounds(
        &mut self,
        scenario: &Scenario,
        peer: Option<&Peer>,
        title: &str,
        row: &mut Row,
    ) -> Result<(), End> {
        if scenario.mode == Mode::Half {
            let full = self.throughput.get(&scenario.saturated().name());
            let full = full.ok_or_else(|| Failure::new(Exit::Failure, "there is no figure at saturation"))?;
            row.rate = Some((full / 2.0).max(1.0) as u32);
        }
        let load = self.args.load(scenario, row.rate);
        let dir = self.args.dir.join(std::process::id().to_string());
        for round in 1..=self.args.rounds() {
            self.progress.step(format!("{title}, round {round}"));
            row.ours.push(self.trial(Network::ours(scenario, &dir)?, load.clone()).await?);
            if let Some(peer) = peer {
                self.progress.step(format!("{title}, round {round}, anvil"));
                row.peer.push(self.trial(Network::peer(peer, scenario, &dir)?, load.clone()).await?);
            }
        }
        Ok(())
    }

    /// Loads a network, and stops it whatever comes.
    async fn trial(&mut self, mut network: Network, load: LoadArgs) -> Result<Trial, End> {
        let trial = tokio::select! {
            trial = measure(&mut network, load) => trial.map_err(End::Broken),
            () = devnet::asked(&mut self.stop) => Err(End::Interrupted),
        };
        let stopped = network.stop().await;
        let trial = trial?;
        stopped?;
        Ok(trial)
    }
}

async fn measure(network: &mut Network, mut load: LoadArgs) -> Result<Trial, Failure> {
    network.ready().await?;
    load.endpoints = network.endpoints();
    let silent = Progress::silent();
    let plan = plan::prepare(&load, &silent).await?;
    let nodes = network.pids();
    let outcome = super::run::run(&load, plan, &nodes, &silent).await?;
    // A node that died has taken its counters with it.
    network.check()?;
    let memory = nodes.iter().filter_map(|pid| usage::peak_memory(*pid)).collect();
    Ok(Trial::new(&outcome, memory))
}
