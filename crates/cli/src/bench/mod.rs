//! `althing bench`: how much a network carries, and how fast; `load` on one that runs, `run` on many of its own.
//!
//! All transactions are signed before the clock starts, so that the generator measures the network and not
//! itself. Latency is from sending a batch to the moment its transactions were seen in a final block.

mod course;
mod fill;
mod market;
mod plan;
mod reads;
mod report;
mod run;
mod send;
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
    /// Let the state of a network grow, and report what that costs: disk, memory, start, blocks, and how long a node needs
    /// to fetch the state. Writes a table into RESULTS.md.
    Growth(suite::GrowthArgs),
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
    /// New accounts, 450 by each transaction: makes the state larger.
    Accounts,
}

impl Workload {
    /// What users of a network do.
    const USUAL: [Self; 5] = [Self::Transfer, Self::Erc20, Self::Swaps, Self::Staking, Self::Mix];

    const fn name(self) -> &'static str {
        match self {
            Self::Transfer => "transfer",
            Self::Erc20 => "erc20",
            Self::Swaps => "swaps",
            Self::Staking => "staking",
            Self::Mix => "mix",
            Self::Accounts => "accounts",
        }
    }
}

/// What `bench load` takes.
#[derive(Clone, Debug, clap::Args)]
pub struct LoadArgs {
    /// Nodes to send to, in turn; several with several flags. The first is also asked for results.
    #[arg(long = "to", value_name = "URL", default_value = "http://127.0.0.1:8545")]
    endpoints: Vec<String>,
    /// What to send: transfer, erc20, swaps, staking, mix, or accounts.
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
    /// Transfers go to the first so many accounts that `--workload accounts` made, all over them. Default: to the senders.
    #[arg(long, default_value_t = 0, value_name = "N", hide_default_value = true)]
    receivers: u64,
    /// Number of the first account that `--workload accounts` makes.
    #[arg(long, default_value_t = 0, value_name = "N")]
    first_account: u64,
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

impl LoadArgs {
    /// Sends nothing yet; everything else is as usual.
    const fn empty() -> Self {
        Self {
            endpoints: Vec::new(),
            workload: Workload::Transfer,
            count: 0,
            rate: None,
            accounts: 200,
            receivers: 0,
            first_account: 0,
            batch: 50,
            workers: 16,
            patience: 60,
            seed: 0,
        }
    }
}

pub(crate) async fn run(command: Command) -> Result<Report, Failure> {
    match command {
        Command::Run(args) => suite::run(args).await,
        Command::Growth(args) => suite::growth(args).await,
        Command::Reads(args) => reads::run(args).await,
        Command::Load(args) => {
            let progress = Progress::start();
            let plan = plan::prepare(&args, &progress).await?;
            let outcome = run::run(&args, plan, &[], run::Receipts::All, &progress).await?;
            progress.finish();
            Ok(report::report(&args, &outcome))
        }
    }
}
