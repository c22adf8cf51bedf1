//! `althing delegate payout`: for a candidate that keeps its rewards by its plan and pays its voters by hand.
//!
//! `gather` asks the node; `history::Replay`, `due` and `statement` work out who is owed what and are pure; `pay` sends, with `ledger`
//! to survive crashes; `memo` is the mark by which payments are found again on the chain; `show` prints.
//! Invariants (tests.rs): what is due for an epoch is never more than the voters' part of it; nobody is paid twice for an
//! epoch, wherever a run dies; what was not paid stays owed.

mod due;
mod epochs;
mod gather;
mod ledger;
mod memo;
mod pay;
mod show;
mod statement;

use crate::account::SignerArgs;
use crate::failure::Failure;
use crate::report::{Report, both_forms};
use crate::terminal::{self, Progress};
use crate::{Exit, amount, delegate};
use althing_client::{Client, Wallet};
use althing_primitives::{Address, Epoch};
use clap::{Subcommand, ValueEnum};
use gather::History;
use ledger::Ledger;
use memo::Terms;
use pay::{Books, Plan, Run};
use serde_json::json;
pub(crate) use show::parse_percent;
use statement::{Request, Statement};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

/// Epochs in one account, at most: more than a year of hours.
const MAX_EPOCHS: u64 = 10_000;

/// Commands about payouts by hand.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show who is owed what, what was paid and what is open. Nothing is sent.
    Preview(Selection),
    /// Pay what is open by transfers from the reward account; go on where an earlier run ended.
    Run(Box<RunArgs>),
    /// Write the same as `preview` for a spreadsheet.
    Export {
        /// What to account for.
        #[command(flatten)]
        selection: Selection,
        /// Form of the file.
        #[arg(long, value_enum, default_value_t = Format::Csv)]
        format: Format,
        /// File to write. Default: standard output.
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

/// Forms of a spreadsheet.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Format {
    /// Values with commas between them.
    Csv,
}

/// Kinds of reward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// For blocks that the candidate's node produced.
    Block,
    /// By votes in the ranking.
    Epoch,
    /// The foundation's bonus.
    Bonus,
}

/// What to account for.
#[derive(Clone, Debug, clap::Args)]
pub struct Selection {
    /// Name of the candidate.
    candidate: String,
    /// First epoch.
    #[arg(long, value_name = "EPOCH")]
    first: Epoch,
    /// Last epoch. Default: the last that is over.
    #[arg(long, value_name = "EPOCH")]
    last: Option<Epoch>,
    /// Part of the rewards that voters get, in percent, with at most two digits after the point.
    #[arg(long, value_name = "PERCENT", value_parser = show::parse_percent)]
    share: u16,
    /// Kinds of reward that voters get it of.
    #[arg(long, value_enum, value_delimiter = ',', default_values = ["block", "epoch", "bonus"])]
    kinds: Vec<Kind>,
    /// Pay nobody less than this; it stays owed. In coins.
    #[arg(long, default_value = "0", value_name = "AMOUNT")]
    min: String,
    /// Keep the shares of buckets that the candidate's owner or reward account owns.
    #[arg(long)]
    exclude_self: bool,
}

/// What `run` takes.
#[derive(Clone, Debug, clap::Args)]
pub struct RunArgs {
    /// What to account for.
    #[command(flatten)]
    selection: Selection,
    /// Whose key signs: the candidate's reward account, or its owner.
    #[command(flatten)]
    signer: SignerArgs,
    /// File that remembers transfers until they are final. Default: one of its own in ~/.althing/payout.
    #[arg(long, value_name = "FILE")]
    ledger: Option<PathBuf>,
    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
    /// Longest wait for a block in seconds.
    #[arg(long, default_value_t = 60, value_name = "SECONDS")]
    timeout: u64,
}

impl Selection {
    /// What is asked for, with the candidate's history; wrong epochs are refused.
    async fn read(&self, client: &Client) -> Result<(History, Request), Failure> {
        let least = amount::parse(&self.min).map_err(Failure::usage)?;
        let id = delegate::named(client, &self.candidate).await?.id;
        let history = gather::history(client, id).await?;
        let Some(over) = history.last_over else {
            return Err(Failure::new(Exit::NotFound, "no epoch is over yet, so nothing was paid"));
        };
        let last = self.last.unwrap_or(over);
        if last > over {
            return Err(Failure::usage(format!("epoch {last} is not over: the last that is over is {over}")));
        }
        if self.first > last {
            let first = self.first;
            return Err(Failure::usage(format!(
                "there is no epoch from {first} to {last}: --first is after --last"
            )));
        }
        if last - self.first >= MAX_EPOCHS {
            return Err(Failure::usage(format!(
                "more than {MAX_EPOCHS} epochs: pay them in parts, oldest first"
            )));
        }
        let of = |kind: Kind| if self.kinds.contains(&kind) { self.share } else { 0 };
        let own = [history.owner, history.reward];
        let request = Request {
            candidate: id,
            first: self.first,
            last,
            terms: Terms([Kind::Block, Kind::Epoch, Kind::Bonus].map(of)),
            least,
            kept: if self.exclude_self { BTreeSet::from(own) } else { BTreeSet::new() },
        };
        Ok((history, request))
    }

    /// The account as it is now.
    async fn statement(&self, client: &Client) -> Result<Statement, Failure> {
        let (history, request) = self.read(client).await?;
        books(&history, request).statement(client).await
    }
}

fn books(history: &History, request: Request) -> Books<'_> {
    Books { facts: &history.facts, payers: &history.payers, since: history.first_reward, request }
}

pub(crate) async fn run(command: Command, rpc: String) -> Result<Report, Failure> {
    let client = Client::new(&rpc)?;
    match command {
        Command::Preview(selection) => {
            let statement = selection.statement(&client).await?;
            let name = &selection.candidate;
            Ok(Report::new(show::json(name, &statement), show::text(name, &statement)))
        }
        Command::Export { selection, format: Format::Csv, output } => {
            let statement = selection.statement(&client).await?;
            let (json, csv) = (show::json(&selection.candidate, &statement), show::csv(&statement));
            let Some(path) = output else { return Ok(Report::new(json, csv)) };
            std::fs::write(&path, csv + "\n").map_err(Failure::io("write", &path))?;
            let text = format!("{} owners in {}", statement.lines.len(), path.display());
            Ok(Report::new(json!({ "file": path, "owners": statement.lines.len() }), text))
        }
        Command::Run(args) => pay(*args, client).await,
    }
}

async fn pay(args: RunArgs, client: Client) -> Result<Report, Failure> {
    let name = &args.selection.candidate;
    let payer = args.signer.address(&client).await?;
    let (history, mut request) = args.selection.read(&client).await?;
    check_payer(&history, payer)?;
    // A transfer to itself pays nobody.
    request.kept.insert(payer);
    let path = Ledger::path(args.ledger, history.spec_hash, history.id)?;
    let ledger = Ledger::open(path, history.spec_hash, history.id)?;
    let wallet = Wallet::new(client.clone(), args.signer.signer(&client).await?);
    let patience = Duration::from_secs(args.timeout);
    let mut run = Run { client: client.clone(), wallet, ledger, patience };
    let books = books(&history, request);
    let progress = Progress::start();
    let agree = |statement: &Statement, plan: &Plan| {
        progress.finish();
        let question = format!(
            "{} coins in {} transfers from {}, fees at most {} coins",
            amount::format(plan.total),
            plan.transfers.len(),
            both_forms(payer),
            amount::format(plan.fee)
        );
        eprintln!("{}\n{question}", show::text(name, statement));
        terminal::confirm("Send?", args.yes)
    };
    let (_, plan) = run.pay(&books, &progress, agree).await?;
    progress.finish();
    let statement = books.statement(&client).await?;
    Ok(report(name, &statement, &plan))
}

/// Payments are found by the accounts of the candidate: another's would not be.
fn check_payer(history: &History, payer: Address) -> Result<(), Failure> {
    if history.payers.contains(&payer) {
        return Ok(());
    }
    Err(Failure::new(
        Exit::Key,
        format!(
            "{} is neither the candidate's reward account {} nor its owner {}: payments from it would not be recognised, and be made again. Sign with one of these",
            both_forms(payer),
            both_forms(history.reward),
            both_forms(history.owner)
        ),
    ))
}

fn report(name: &str, statement: &Statement, plan: &Plan) -> Report {
    let left = statement.transfers();
    let mut text = show::text(name, statement);
    for (owner, reason) in &plan.refused {
        text.push_str(&format!(
            "\n{owner} takes no transfer: {reason}. Its share stays open; pay it in another way"
        ));
    }
    text.push_str(&match (plan.transfers.is_empty(), left.len()) {
        (true, 0) => "\nnothing left to pay".to_string(),
        (false, 0) => format!("\n{} transfers are final", plan.transfers.len()),
        (_, left) => format!("\n{left} owners were not paid: their share stays open"),
    });
    let mut json = show::json(name, statement);
    json["sent"] = plan.transfers.len().into();
    json["left"] = left.len().into();
    let refused = plan.refused.iter().map(|(owner, reason)| json!({ "owner": owner, "reason": reason }));
    json["refused"] = refused.collect::<Vec<_>>().into();
    let exit = if left.is_empty() { Exit::Ok } else { Exit::Reverted };
    Report { exit, ..Report::new(json, text) }
}

#[cfg(test)]
mod tests;
