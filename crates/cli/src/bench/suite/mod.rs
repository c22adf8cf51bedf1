//! `althing bench run`: every scenario on networks of its own, one after the other, and a table of all.
//!
//! A scenario that breaks is a row that says so; the others go on. Rounds of ours and of the peer alternate, so that
//! both see the same machine.

mod document;
mod growth;
mod join;
mod network;
mod peer;
mod results;
mod scenario;
mod trial;

use super::LoadArgs;
use crate::devnet;
use crate::machine::Facts;
use crate::report::Report;
use crate::{Exit, failure::Failure, terminal::Progress};
use document::{Document, Place};
use join::{Join, JoinRow};
use network::Network;
use peer::Peer;
use results::{Against, Row, Trial};
use scenario::{Mode, Nodes, Scenario, USUAL_BLOCK_MS};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::watch;

/// Transactions of a load, and of a quick one.
const COUNT: u32 = 40_000;
const QUICK_COUNT: u32 = 400;
/// Rounds of a scenario.
const ROUNDS: u32 = 3;
/// Sending accounts, and those of a quick load.
const ACCOUNTS: u32 = 200;
const QUICK_ACCOUNTS: u32 = 40;
/// How many times as many transactions a sustained load has: minutes, in which what a node merges later shows, too.
const SUSTAINED: u32 = 40;
/// How long an endurance run sends, and a quick one.
const ENDURANCE: Duration = Duration::from_secs(600);
const QUICK_ENDURANCE: Duration = Duration::from_secs(5);
/// Accounts of a quick run's large state.
const QUICK_STATE: u64 = 9_000;

/// What `bench run` takes.
#[derive(Clone, Debug, clap::Args)]
pub struct RunArgs {
    /// Only scenarios with this in their names, as `1v-500ms` or `4v3f-500ms-mix-half`; several with several flags.
    #[arg(long, value_name = "PART")]
    only: Vec<String>,
    /// A small run: few transactions, one round. It shows that everything works; its figures mean little.
    #[arg(long)]
    quick: bool,
    /// Transactions of each load. Default: 40000, or 400 with --quick.
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
            workload: scenario.workload,
            count: self.count.unwrap_or(count),
            rate,
            accounts,
            receivers: if self.quick { scenario.accounts.min(QUICK_STATE) } else { scenario.accounts },
            ..LoadArgs::empty()
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

pub(super) use growth::{GrowthArgs, run as growth};

pub(super) async fn run(args: RunArgs) -> Result<Report, Failure> {
    let (scenarios, joins) = scenario::chosen(&args.only)?;
    let place = Place::open(&args.out)?;
    let peer = Peer::find().await?;
    let stop = devnet::stop_signals()?;
    let facts = Facts::gather(args.command());
    let (version, rounds) = (peer.as_ref().map(|peer| peer.version.clone()), args.rounds());
    let mut suite = Suite { args, peer, stop, progress: Progress::start(), throughput: BTreeMap::new() };
    let Some((rows, joins)) = suite.all(&scenarios, &joins).await else { return Err(interrupted()) };
    let document = Document { facts, peer: version, rounds, rows, joins };
    place.write(&document)?;
    let exit = if document.is_broken() { Exit::Failure } else { Exit::Ok };
    Ok(Report { json: document.json(), text: document.text(), exit })
}

fn interrupted() -> Failure {
    Failure::new(Exit::Failure, "interrupted: all nodes are stopped, nothing was written")
}

struct Suite {
    args: RunArgs,
    peer: Option<Peer>,
    stop: watch::Receiver<bool>,
    progress: Progress,
    /// What became final a second, by the name of the scenario at saturation.
    throughput: BTreeMap<String, f64>,
}

/// Rows of both tables, each with what it is a row of.
type Rows = (Vec<(Row, Mode)>, Vec<(JoinRow, Join)>);

impl Suite {
    /// Everything; none when interrupted.
    async fn all(&mut self, scenarios: &[Scenario], joins: &[Join]) -> Option<Rows> {
        let total = scenarios.len() + joins.len();
        let (mut rows, mut later) = (Vec::new(), Vec::new());
        for (number, scenario) in (1..).zip(scenarios) {
            let title = format!("[{number}/{total}] {}", scenario.name());
            let row = self.scenario(scenario, &title).await?;
            self.progress.say(&format!("{title}: {}", row.cells(scenario.mode)[1..].join(" | ")));
            rows.push((row, scenario.mode));
        }
        for (number, join) in (scenarios.len() + 1..).zip(joins) {
            let title = format!("[{number}/{total}] {}", join.name());
            let row = self.join(*join, &title).await?;
            self.progress.say(&format!("{title}: {}", row.cells(*join)[1..].join(" | ")));
            later.push((row, *join));
        }
        self.progress.finish();
        Some((rows, later))
    }

    /// All rounds of a node that comes later; none when interrupted.
    async fn join(&mut self, join: Join, title: &str) -> Option<JoinRow> {
        let mut row = JoinRow::new(join);
        let ended = self.join_rounds(join, title, &mut row).await;
        row.error = what_broke(ended)?;
        Some(row)
    }

    async fn join_rounds(&mut self, join: Join, title: &str, row: &mut JoinRow) -> Result<(), End> {
        let load = self.args.load(&join.scenario(), None);
        for round in 1..=self.args.rounds() {
            self.progress.step(format!("{title}, round {round}"));
            let network = Network::ours(Nodes::OneFollowed, USUAL_BLOCK_MS, &self.dir())?;
            let own = load.clone();
            let joined = with_network(network, &mut self.stop, async |network| {
                join::measure(join, network, own).await
            });
            row.rounds.push(joined.await?);
        }
        Ok(())
    }

    fn dir(&self) -> PathBuf {
        self.args.dir.join(std::process::id().to_string())
    }

    /// All rounds of a scenario; none when interrupted.
    async fn scenario(&mut self, scenario: &Scenario, title: &str) -> Option<Row> {
        let peer = self.peer.clone().filter(|_| scenario.has_peer());
        let against = match (scenario.has_peer(), &peer) {
            (false, _) => Against::Nobody,
            (true, None) => Against::NotFound,
            (true, Some(_)) => Against::Anvil,
        };
        let mut row = Row::new(scenario, against);
        let ended = self.rounds(scenario, peer.as_ref(), title, &mut row).await;
        row.error = what_broke(ended)?;
        if let Some(throughput) = row.throughput().filter(|_| scenario.mode.percent().is_none()) {
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
        if let (Some(saturated), Some(percent)) = (scenario.saturated(), scenario.mode.percent()) {
            let full = self.throughput.get(&saturated.name());
            let full = full.ok_or_else(|| Failure::new(Exit::Failure, "there is no figure at saturation"))?;
            row.rate = Some((full / 100.0 * f64::from(percent)).max(1.0) as u32);
        }
        let mut load = self.args.load(scenario, row.rate);
        let mut rounds = self.args.rounds();
        match scenario.mode {
            Mode::Sustained => (load.count, rounds) = (load.count.saturating_mul(SUSTAINED), 1),
            Mode::Endurance => {
                let time = if self.args.quick { QUICK_ENDURANCE } else { ENDURANCE };
                (load.count, rounds) = (load.rate.unwrap_or(1).saturating_mul(time.as_secs() as u32), 1);
            }
            Mode::Saturation | Mode::Half | Mode::Idle => {}
        }
        let (dir, mode) = (self.dir(), scenario.mode);
        for round in 1..=rounds {
            self.progress.step(format!("{title}, round {round}"));
            let network = Network::ours(scenario.nodes, scenario.block_ms, &dir)?;
            row.ours.push(self.trial(network, mode, load.clone()).await?);
            if let Some(peer) = peer {
                self.progress.step(format!("{title}, round {round}, anvil"));
                let network = Network::peer(peer, scenario, &dir)?;
                row.peer.push(self.trial(network, mode, load.clone()).await?);
            }
        }
        Ok(())
    }

    /// Loads a network, and stops it whatever comes.
    async fn trial(&mut self, network: Network, mode: Mode, load: LoadArgs) -> Result<Trial, End> {
        let is_quick = self.args.quick;
        let work = async |network: &mut Network| trial::measure(network, mode, load, is_quick).await;
        with_network(network, &mut self.stop, work).await
    }
}

/// What broke, if anything did; none when somebody wants everything to stop.
fn what_broke(ended: Result<(), End>) -> Option<Option<String>> {
    match ended {
        Ok(()) => Some(None),
        Err(End::Broken(failure)) => Some(Some(failure.message)),
        Err(End::Interrupted) => None,
    }
}

/// Does something with a network, and stops it whatever comes.
async fn with_network<T>(
    mut network: Network,
    stop: &mut watch::Receiver<bool>,
    work: impl AsyncFnOnce(&mut Network) -> Result<T, Failure>,
) -> Result<T, End> {
    let done = tokio::select! {
        done = work(&mut network) => done.map_err(End::Broken),
        () = devnet::asked(stop) => Err(End::Interrupted),
    };
    let stopped = network.stop().await;
    let done = done?;
    stopped?;
    Ok(done)
}
