//! `althing bench`: how much a network carries, and how fast; `load` on one that runs, `run` on many of its own.
//!
//! All transactions are signed before the clock starts, so that the generator measures the network and not
//! itself. Latency is from sending a batch to the moment its transactions were seen in a final block.

mod market;
mod plan;
mod reads;
mod report;
mod run;
mod staking;
mod suite;
mod target;
mod usage;

use crate::{failure::Failure, report::Report, terminal::Progress};
use clap::{Subcommand, ValueEnum};

/// Benchmarks.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Send many transactions and report what became of them. For devnets: it uses the well-known accounts.
    Load(LoadArgs),
    /// Ask a node for the same thing again and again, and report how fast it answers.
    Reads(reads::ReadsArgs),
    /// Run every scenario: start its network, load it, stop it. Writes a table into RESULTS.md and all runs into
    /// results.json. Where anvil is found (`ALTHING_ANVIL`, or on PATH) it runs the same loads in turn with one validator.
    Run(suite::RunArgs),
}

/// What is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Workload {
    /// Transfers of the native coin.
    Transfer,
    /// Transfers of an ERC-20 token that is deployed first.
    Erc20,
    /// Swaps at a constant-product pair of two ERC-20 tokens, in alternating directions. Deployed first, with reserves.
    Swaps,
    /// Deposits, stakes, restakes and changes of candidate, in turn.
    Staking,
    /// Half transfers, a fifth each of ERC-20 transfers and swaps, a tenth staking.
    Mix,
}

impl Workload {
    const ALL: [Self; 5] = [Self::Transfer, Self::Erc20, Self::Swaps, Self::Staking, Self::Mix];

    const fn name(self) -> &'static str {
        match self {
            Self::Transfer => "transfer",
            Self::Erc20 => "erc20",
            Self::Swaps => "swaps",
            Self::Staking => "staking",
            Self::Mix => "mix",
        }
    }
}

/// What `bench load` takes.
#[derive(Clone, Debug, clap::Args)]
pub struct LoadArgs {
    /// Nodes to send to, in turn; several with several flags. The first is also asked for results.
    #[arg(long = "to", value_name = "URL", default_value = "http://127.0.0.1:8545")]
    endpoints: Vec<String>,
    /// What to send: transfer, erc20, swaps, staking or mix.
    #[arg(long, value_enum, default_value = "transfer")]
    workload: Workload,
    /// Number of transactions.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=2_000_000))]
    count: u32,
    /// Transactions a second. Default: as fast as the nodes take them (saturation).
    #[arg(long)]
    rate: Option<u32>,
    /// Sending accounts; they are funded first.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    accounts: u32,
    /// Transactions in one HTTP request.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    batch: u32,
    /// Requests that are under way at a time, in saturation.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=256))]
    workers: u32,
    /// Longest wait for the last transactions in seconds.
    #[arg(long, default_value_t = 60)]
    patience: u64,
    /// Seed of the sending accounts: another seed, other accounts.
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

pub(crate) async fn run(command: Command) -> Result<Report, Failure> {
    match command {
        Command::Run(args) => suite::run(args).await,
        Command::Reads(args) => reads::run(args).await,
        Command::Load(args) => {
            let progress = Progress::start();
            let plan = plan::prepare(&args, &progress).await?;
            let outcome = run::run(&args, plan, &[], &progress).await?;
            progress.finish();
            Ok(report::report(&args, &outcome))
        }
    }
}
