//! The command tree. Help, completions and `docs/reference/cli.md` are derived from it.

use crate::{
    account, bench, chain, delegate, devnet, doctor, genesis, gov, node, reward, sim, stake, transact,
};
use clap::{Parser, Subcommand};
use clap_complete::Shell;

/// Run, operate and use an Althing network.
#[derive(Debug, Parser)]
#[command(name = "althing", version, propagate_version = true, max_term_width = 110)]
#[command(after_help = "\
Exit codes: 0 ok, 1 failure, 2 usage, 3 not found, 4 key or password, 5 network, 6 reverted, 7 timeout, \
8 verification failed.")]
pub struct Cli {
    /// Print JSON on standard output instead of text.
    #[arg(long, global = true)]
    pub json: bool,
    /// The node to talk to.
    #[arg(
        long,
        global = true,
        env = "ALTHING_RPC_URL",
        default_value = "http://127.0.0.1:8545",
        value_name = "URL"
    )]
    pub rpc: String,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Command groups.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a whole network on this machine, with funded accounts.
    Devnet(devnet::Args),
    /// Set up, run and inspect one node.
    #[command(subcommand)]
    Node(node::Command),
    /// Build and check chain specs.
    #[command(subcommand)]
    Genesis(genesis::Command),
    /// Keys and balances.
    #[command(subcommand)]
    Account(account::Command),
    /// Send coins, or call a contract in a transaction.
    Send(transact::SendArgs),
    /// Read from a contract; nothing is sent.
    Call(transact::CallArgs),
    /// Create a contract.
    Deploy(transact::DeployArgs),
    /// Stake coins and vote with them.
    #[command(subcommand)]
    Stake(stake::Command),
    /// Rewards: what voters have earned, and the fund.
    #[command(subcommand)]
    Reward(reward::Command),
    /// Candidates: look at them, register and run one.
    #[command(subcommand)]
    Delegate(delegate::Command),
    /// Governance: proposals, votes, parameters and the treasury.
    #[command(subcommand)]
    Gov(Box<gov::Command>),
    /// Look at blocks, transactions and certificates.
    #[command(subcommand)]
    Chain(chain::Command),
    /// Measure a network.
    #[command(subcommand)]
    Bench(bench::Command),
    /// Simulate whole networks in this process, with faults, from a seed.
    #[command(subcommand)]
    Sim(sim::Command),
    /// Check ports, folders, clock, disk, configuration and the node; says what to do.
    Doctor(doctor::Args),
    /// Print a completion script for a shell.
    Completions {
        /// Which shell.
        shell: Shell,
    },
}
