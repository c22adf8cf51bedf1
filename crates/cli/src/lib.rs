//! The `althing` command: development network, node operation, accounts, transactions, chain, benchmarks.
//!
//! A file per command group. Every command returns a `Report`; one place prints it, as a table for
//! people or as JSON for programs, and turns errors into exit codes. Commands talk to a node only through
//! `althing-client`; the one exception is `node run`, which is the node.

mod account;
mod amount;
mod args;
mod bench;
mod chain;
mod delegate;
mod devnet;
mod doctor;
mod failure;
mod genesis;
mod gov;
mod hint;
mod history;
mod keystore;
mod machine;
mod node;
mod page;
mod payout;
mod reference;
mod report;
mod reward;
mod sim;
mod stake;
mod terminal;
mod transact;

pub use args::Cli;
pub use failure::Exit;
pub use keystore::check_key_file;
pub use reference::reference;

use args::Command;
use clap::Parser;
use failure::Failure;
use report::Report;
use std::ffi::OsString;
use std::future::Future;
use std::io::Write;
use std::process::ExitCode;

/// What a command line came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The exit code.
    pub exit: Exit,
    /// For standard output: data.
    pub data: String,
    /// For standard error: what went wrong.
    pub complaint: String,
}

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    let Outcome { exit, data, complaint } = execute(std::env::args_os());
    // A reader that closed the pipe has seen enough.
    if !data.is_empty() {
        let _ = writeln!(std::io::stdout().lock(), "{data}");
    }
    if !complaint.is_empty() {
        let _ = writeln!(std::io::stderr().lock(), "{complaint}");
    }
    exit.into()
}

/// Runs a command line.
pub fn execute(words: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> Outcome {
    let said = |exit, data| Outcome { exit, data, complaint: String::new() };
    let failed = |exit, complaint| Outcome { exit, data: String::new(), complaint };
    let cli = match Cli::try_parse_from(words) {
        Ok(cli) => cli,
        Err(error) => {
            let text = error.render().to_string().trim_end().to_string();
            return if error.use_stderr() { failed(Exit::Usage, text) } else { said(Exit::Ok, text) };
        }
    };
    let json = cli.json;
    match run(cli) {
        Ok(report) => said(report.exit, report.render(json)),
        Err(failure) => failed(failure.exit, failure.render(json)),
    }
}

fn run(cli: Cli) -> Result<Report, Failure> {
    let rpc = cli.rpc.clone();
    match cli.command {
        Command::Devnet(args) => on_runtime(devnet::run(args, cli.json)),
        Command::Node(command) => node::run(command, &rpc),
        Command::Genesis(command) => genesis::run(command),
        Command::Account(command) => on_runtime(account::run(command, rpc)),
        Command::Send(args) => on_runtime(transact::send(args, rpc)),
        Command::Call(args) => on_runtime(transact::call(args, rpc)),
        Command::Deploy(args) => on_runtime(transact::deploy(args, rpc)),
        Command::Stake(command) => on_runtime(stake::run(command, rpc)),
        Command::Reward(command) => on_runtime(reward::run(command, rpc)),
        Command::Gov(command) => on_runtime(gov::run(*command, rpc)),
        Command::Delegate(command) => on_runtime(delegate::run(command, rpc)),
        Command::Chain(command) => on_runtime(chain::run(command, rpc)),
        Command::Bench(command) => on_runtime(bench::run(command)),
        Command::Sim(command) => sim::run(command),
        Command::Doctor(args) => on_runtime(doctor::run(args, rpc)),
        Command::Completions { shell } => Ok(reference::completions(shell)),
    }
}

/// Runs a command that talks to the network.
fn on_runtime<F: Future<Output = Result<Report, Failure>>>(command: F) -> Result<Report, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| Failure::new(Exit::Failure, format!("cannot start the runtime: {e}")))?;
    runtime.block_on(command)
}
