//! The `althing` command: development network, node operation, accounts, transactions, chain, benchmarks.
//!
//! A file per command group. Every command returns a [`report::Report`]; one place prints it, as a table for
//! people or as JSON for programs, and turns errors into exit codes. Commands talk to a node only through
//! `althing-client`; the one exception is `node run`, which is the node.

mod account;
mod amount;
mod args;
mod bench;
mod chain;
mod devnet;
mod doctor;
mod failure;
mod genesis;
mod keystore;
mod node;
mod reference;
mod report;
mod terminal;
mod transact;

pub use args::Cli;
pub use failure::Exit;
pub use reference::reference;

use args::Command;
use clap::Parser;
use failure::Failure;
use report::Report;
use std::future::Future;
use std::process::ExitCode;

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let code = if error.use_stderr() { Exit::Usage } else { Exit::Ok };
            // A closed terminal is no reason to fail.
            let _ = error.print();
            return code.into();
        }
    };
    let json = cli.json;
    match run(cli) {
        Ok(report) => report.print(json),
        Err(failure) => failure.print(json),
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
        Command::Chain(command) => on_runtime(chain::run(command, rpc)),
        Command::Bench(command) => on_runtime(bench::run(command)),
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
