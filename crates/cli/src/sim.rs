//! `althing sim`: whole networks in this process, from a seed.

use crate::{Exit, failure::Failure, report::Report};
use althing_sim::{Place, Scenario};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;
use std::{fs, path::PathBuf};

/// Commands about simulations.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run one scenario, and say what was seen or which property broke.
    Run(RunArgs),
}

/// Which scenario is run.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// A scenario as JSON; without it a network without faults, of the sizes below.
    file: Option<PathBuf>,
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
    /// Where the nodes stand. Default: that of the scenario, or lan.
    #[arg(long)]
    place: Option<PlaceName>,
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

/// Where nodes stand.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum PlaceName {
    /// One room.
    Lan,
    /// Data centres of one continent.
    Continent,
    /// Data centres of six regions of the world.
    World,
}

impl From<PlaceName> for Place {
    fn from(name: PlaceName) -> Self {
        match name {
            PlaceName::Lan => Self::Lan,
            PlaceName::Continent => Self::Continent,
            PlaceName::World => Self::World,
        }
    }
}

/// Runs a command.
pub(crate) fn run(command: Command) -> Result<Report, Failure> {
    match command {
        Command::Run(args) => one(&args),
    }
}

fn scenario(args: &RunArgs) -> Result<Scenario, Failure> {
    let mut scenario = match &args.file {
        None => Scenario::quiet(0, args.nodes, args.seats),
        Some(path) => {
            let text = fs::read_to_string(path).map_err(Failure::io("read", path))?;
            Scenario::from_json(&text)
                .map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?
        }
    };
    scenario.seed = args.seed.unwrap_or(scenario.seed);
    scenario.epochs = args.epochs.unwrap_or(scenario.epochs);
    scenario.block_ms = args.block_time.unwrap_or(scenario.block_ms);
    scenario.place = args.place.map_or(scenario.place, Place::from);
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
    let broken = |failure: althing_sim::Failure| {
        let seed = scenario.seed;
        Failure::new(Exit::Verification, format!("{failure} (seed {seed})"))
    };
    let begun = std::time::Instant::now();
    let report = althing_sim::run(&scenario).map_err(broken)?;
    let real = begun.elapsed();
    if args.twice {
        let again = althing_sim::run(&scenario).map_err(broken)?;
        if again != report {
            let what = format!("two runs of one seed differ: {report:?} and {again:?}");
            return Err(Failure::new(Exit::Verification, what));
        }
    }
    let [p50, p95, p99] = report.finality_ms;
    let rows = [
        ("height", report.height.to_string()),
        ("head", report.head.to_string()),
        ("epochs", format!("{}, {} with the committee before", report.epochs, report.kept_committees)),
        ("transactions", report.transactions.to_string()),
        ("crashes", report.crashes.to_string()),
        ("slashed", report.slashed.to_string()),
        ("lost messages", report.lost_messages.to_string()),
        ("finality", format!("{p50} ms median, {p95} ms p95, {p99} ms p99")),
        ("bytes", format!("{} a node and block", report.bytes_per_node_and_block)),
        ("time", format!("{} s virtual, {:.1} s real", report.virtual_ms / 1_000, real.as_secs_f64())),
        ("trace", report.trace.clone()),
    ];
    let mut json = serde_json::to_value(&report).expect("a report is JSON");
    json["realMs"] = json!(u64::try_from(real.as_millis()).unwrap_or(u64::MAX));
    Ok(Report::facts(json, &rows))
}
