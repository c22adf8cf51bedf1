//! `althing sim`: whole networks in this process, from a seed.

mod figures;

use crate::{Exit, failure::Failure, report::Report, terminal::Progress};
use althing_sim::{
    Event, Fault, Finding, Flaw, Place, Scenario, SwarmOptions, SwarmReport, attempt, crashes, random, swarm,
};
use clap::{Args, Subcommand};
use serde::de::DeserializeOwned;
use serde_json::json;
use std::{
    fs,
    num::{NonZeroU64, NonZeroUsize},
    path::PathBuf,
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

/// Commands about simulations.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run one scenario, and say what was seen or which property broke.
    Run(RunArgs),
    /// Run random scenarios for some time. One that fails is made smaller, kept, and named with the command that runs
    /// it again.
    Swarm {
        /// How long, and what becomes of failures.
        #[command(flatten)]
        args: SwarmArgs,
        /// Hours.
        #[arg(long, default_value_t = 0)]
        hours: u64,
        /// Minutes, besides the hours. Default: 10, when no hours are given.
        #[arg(long)]
        minutes: Option<u64>,
    },
    /// Let a node lose power in the middle of every sync of its disk, one small network for each.
    Crashes {
        /// How many runs at a time, and what becomes of failures.
        #[command(flatten)]
        args: SwarmArgs,
        /// Only every so many syncs.
        #[arg(long, default_value = "1")]
        step: NonZeroU64,
    },
    /// Run a network of the size of a real one, 24 members of 36 delegates all over the world, through two epochs with
    /// crashes and a cut. Takes about as long as a meal and a few GiB.
    Nightly {
        /// Decides everything that is left to chance.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Measure worldwide networks: time to finality, bytes, resharing, recovery, and how they grow with the committee.
    /// Every node computes in no time; what is measured is what links and the protocol cost.
    Figures(figures::Args),
}

/// How many scenarios are run, and what becomes of failures.
#[derive(Debug, Args)]
pub struct SwarmArgs {
    /// Seed of the first scenario; the next ones count up. Default: chance.
    #[arg(long)]
    seed: Option<u64>,
    /// Scenarios at the same time. Default: one for each core.
    #[arg(long)]
    threads: Option<usize>,
    /// Run each scenario once; else twice, and any difference is a failure.
    #[arg(long)]
    once: bool,
    /// Folder for scenarios that fail.
    #[arg(long, default_value = ".althing/findings")]
    keep: PathBuf,
    /// Break every node on purpose, to see that it is found: `mint`, `accept-all`, or another one that the error lists.
    #[arg(long, value_parser = named::<Flaw>)]
    flaw: Option<Flaw>,
}

/// Reads a name as scenarios write it.
fn named<T: DeserializeOwned>(name: &str) -> Result<T, String> {
    serde_json::from_value(json!(name)).map_err(|error| error.to_string())
}

/// Which scenario is run.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// A scenario as JSON; without it a network without faults, of the sizes below.
    file: Option<PathBuf>,
    /// The scenario that a swarm makes of this seed.
    #[arg(long, value_name = "SEED", conflicts_with_all = ["file", "seed", "nodes", "seats"])]
    random: Option<u64>,
    /// Decides everything that is left to chance. Default: that of the scenario, or 0.
    #[arg(long)]
    seed: Option<u64>,
    /// Number of nodes.
    #[arg(long, default_value_t = 7)]
    nodes: usize,
    /// Seats of the committees that are drawn out of them.
    #[arg(long, default_value_t = 4)]
    seats: usize,
    /// Epochs that the network must complete. Default: that of the scenario, or 3.
    #[arg(long)]
    epochs: Option<u64>,
    /// Milliseconds between blocks. Default: that of the scenario, or 500.
    #[arg(long, value_name = "MS")]
    block_time: Option<u64>,
    /// Where the nodes stand: `lan`, `continent` or `world`. Default: that of the scenario, or lan.
    #[arg(long, value_parser = named::<Place>)]
    place: Option<Place>,
    /// Run it twice, and fail when the two differ in any event.
    #[arg(long)]
    twice: bool,
    /// Print the scenario instead of running it.
    #[arg(long)]
    print: bool,
    /// Log of all nodes on standard error: a level, or directives as in `RUST_LOG`.
    #[arg(long, value_name = "LEVEL")]
    log: Option<String>,
}

/// Runs a command.
pub(crate) fn run(command: Command) -> Result<Report, Failure> {
    match command {
        Command::Run(args) => one(&args),
        Command::Swarm { args, hours, minutes } => {
            let default = if hours == 0 { SWARM_MINUTES } else { 0 };
            let minutes = hours.saturating_mul(60).saturating_add(minutes.unwrap_or(default));
            let budget = Duration::from_secs(minutes.saturating_mul(60));
            many(&args, &format!("for {minutes} minutes"), |options, tell| Ok(swarm(options, budget, tell)))
        }
        Command::Crashes { args, step } => {
            many(&args, "for the syncs of a disk", |options, tell| crashes(options, step, tell))
        }
        Command::Figures(args) => figures::run(&args),
        Command::Nightly { seed } => show(&nightly(seed), false),
    }
}

fn scenario(args: &RunArgs) -> Result<Scenario, Failure> {
    let mut scenario = match (&args.file, args.random) {
        (None, None) => Scenario::quiet(0, args.nodes, args.seats),
        (None, Some(seed)) => random(seed),
        (Some(path), _) => {
            let text = fs::read_to_string(path).map_err(Failure::io("read", path))?;
            Scenario::from_json(&text)
                .map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?
        }
    };
    scenario.seed = args.seed.unwrap_or(scenario.seed);
    scenario.epochs = args.epochs.unwrap_or(scenario.epochs);
    scenario.block_ms = args.block_time.unwrap_or(scenario.block_ms);
    scenario.place = args.place.unwrap_or(scenario.place);
    scenario.check().map_err(|error| Failure::usage(error.to_string()))?;
    Ok(scenario)
}

fn one(args: &RunArgs) -> Result<Report, Failure> {
    let scenario = scenario(args)?;
    if args.print {
        let text = scenario.to_json();
        let json = serde_json::to_value(&scenario).expect("a scenario is JSON");
        return Ok(Report::new(json, text));
    }
    if let Some(level) = &args.log {
        let filter = tracing_subscriber::EnvFilter::new(level);
        // Only the first subscriber of a process counts.
        let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
    }
    show(&scenario, args.twice)
}

/// A network of the size of a real one, and what goes wrong in a bad night.
fn nightly(seed: u64) -> Scenario {
    const NODES: usize = 36;
    const SEATS: usize = 24;
    let event = |at_s: u64, for_s: u64, fault| Event { at_ms: at_s * 1_000, for_ms: for_s * 1_000, fault };
    let apart = |nodes: usize| Fault::Partition { group: (0..nodes).collect(), one_way: false };
    Scenario {
        block_ms: 1_000,
        place: Place::World,
        epochs: 2,
        load_per_s: 10,
        faults: vec![
            event(20, 10, Fault::Crash { node: 3 }),
            event(25, 15, Fault::CrashInSync { node: 17, sync: 9 }),
            event(50, 20, apart(9)),
            event(90, 10, apart(18)),
            event(120, 20, Fault::Loss { per_mille: 50 }),
        ],
        ..Scenario::quiet(seed, NODES, SEATS)
    }
}

/// Most memory that this process has had, in MiB; nothing where the system does not say it.
fn peak_memory_mib() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? / 1_024)
}

/// Runs a scenario and shows what was seen.
fn show(scenario: &Scenario, twice: bool) -> Result<Report, Failure> {
    let broken = |failure: althing_sim::Failure| {
        let seed = scenario.seed;
        Failure::new(Exit::Verification, format!("{failure} (seed {seed})"))
    };
    let begun = Instant::now();
    let report = attempt(scenario, twice).map_err(broken)?;
    let (real, peak_mib) = (begun.elapsed(), peak_memory_mib());
    let [p50, p95, p99] = report.finality_ms;
    let rows = [
        ("height", report.height.to_string()),
        ("head", report.head.to_string()),
        ("epochs", format!("{}, {} with the committee before", report.epochs, report.kept_committees)),
        ("transactions", report.transactions.to_string()),
        ("crashes", report.crashes.to_string()),
        ("slashed", report.slashed.to_string()),
        ("double votes", report.double_votes.to_string()),
        ("lost messages", report.lost_messages.to_string()),
        ("finality", format!("{p50} ms median, {p95} ms p95, {p99} ms p99")),
        ("bytes", format!("{} a node and block", report.bytes_per_node_and_block)),
        ("time", format!("{} s virtual, {:.1} s real", report.virtual_ms / 1_000, real.as_secs_f64())),
        ("memory", peak_mib.map_or("unknown".into(), |mib| format!("{mib} MiB at most"))),
        ("trace", report.trace.clone()),
    ];
    let mut json = serde_json::to_value(&report).expect("a report is JSON");
    json["peakMemoryMib"] = json!(peak_mib);
    json["realMs"] = json!(u64::try_from(real.as_millis()).unwrap_or(u64::MAX));
    Ok(Report::facts(json, &rows))
}

/// Minutes of a swarm whose length nobody names.
const SWARM_MINUTES: u64 = 10;

/// What is called with each scenario that is over.
type Tell<'a> = &'a (dyn Fn(u64, &Result<althing_sim::Report, althing_sim::Failure>) + Sync);

/// Runs many scenarios, shows how far it is, keeps what fails.
fn many(
    args: &SwarmArgs,
    what: &str,
    run: impl FnOnce(&SwarmOptions, Tell<'_>) -> Result<SwarmReport, althing_sim::Failure>,
) -> Result<Report, Failure> {
    let threads =
        args.threads.unwrap_or_else(|| thread::available_parallelism().map_or(1, NonZeroUsize::get));
    let options = SwarmOptions {
        seed: args.seed.unwrap_or_else(rand::random),
        threads,
        twice: !args.once,
        flaw: args.flaw,
    };
    let begun = Instant::now();
    let progress = Progress::start();
    progress.step(format!("scenarios from seed {} {what}", options.seed));
    let (done, told) = (AtomicU64::new(0), AtomicU64::new(0));
    let tell: Tell<'_> = &|number, outcome| {
        if let Err(failure) = outcome {
            progress.say(&format!("{number}: {failure}"));
        }
        let (done, minute) = (done.fetch_add(1, Ordering::Relaxed) + 1, begun.elapsed().as_secs() / 60);
        if progress.is_live() || told.fetch_max(minute, Ordering::Relaxed) < minute {
            progress.step(format!("{done} scenarios in {} s", begun.elapsed().as_secs()));
        }
    };
    let report = run(&options, tell)
        .map_err(|failure| Failure::new(Exit::Verification, format!("{failure} (seed {})", options.seed)))?;
    progress.finish();
    for finding in &report.findings {
        keep(args, finding)?;
    }
    let rows = [
        ("seed", options.seed.to_string()),
        ("scenarios", format!("{}{}", report.scenarios, if options.twice { ", each twice" } else { "" })),
        ("failures", report.findings.len().to_string()),
        ("epochs", report.epochs.to_string()),
        ("blocks", report.blocks.to_string()),
        ("transactions", report.transactions.to_string()),
        ("crashes", report.crashes.to_string()),
        ("other faults", report.faults.to_string()),
        ("bad nodes", report.byzantine.to_string()),
        ("double votes", report.double_votes.to_string()),
        ("slashed", report.slashed.to_string()),
        ("time", format!("{} s virtual, {} s real", report.virtual_s, begun.elapsed().as_secs())),
    ];
    let mut json = serde_json::to_value(&report).expect("a report is JSON");
    json["seed"] = json!(options.seed);
    json["failures"] = json!(report.findings.len());
    let exit = if report.findings.is_empty() { Exit::Ok } else { Exit::Verification };
    Ok(Report { exit, ..Report::facts(json, &rows) })
}

/// Writes down a scenario that fails, and says how to run it again.
fn keep(args: &SwarmArgs, finding: &Finding) -> Result<(), Failure> {
    fs::create_dir_all(&args.keep).map_err(Failure::io("make", &args.keep))?;
    let path = args.keep.join(format!("found-{}.json", finding.found_with));
    fs::write(&path, finding.scenario.to_json()).map_err(Failure::io("write", &path))?;
    let twice = if args.once { "" } else { " --twice" };
    eprintln!("{}\n    again: althing sim run {}{twice}", finding.failure, path.display());
    Ok(())
}
