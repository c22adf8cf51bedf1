//! `althing gov`: proposals, votes, parameters and the treasury.
//!
//! `acts` reads what a proposal shall do, `document` finds what a submitted one says, `list` and `show` print, `submit` sends,
//! `upgrade` composes one, `simulate` tries a proposal out, `recount` counts its votes anew out of logs. `words` and `events` put numbers into words.

mod acts;
mod document;
mod events;
mod list;
mod recount;
mod show;
mod simulate;
mod submit;
mod upgrade;
mod words;

pub(crate) use words::{moment, stage_name};

use crate::account::StoreArgs;
use crate::failure::Failure;
use crate::report::Report;
use crate::transact::TransactionArgs;
use acts::{Acts, Payload};
use alloy_sol_types::SolCall;
use althing_abi::{Governance as abi, SystemContract};
use althing_client::Client;
use clap::{Subcommand, ValueEnum};
use submit::{NewArgs, send};
use words::Stage;

/// Proposals that a list shows when nothing else is asked for.
const DEFAULT_LIMIT: usize = 50;

/// What a voter can say, in the order of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Choice {
    /// Against it.
    No,
    /// For it.
    Yes,
    /// Neither; counts for the quorum.
    Abstain,
}

/// Commands about governance.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List proposals, newest first.
    List {
        /// Only those in this stage; repeatable.
        #[arg(long, value_enum, value_delimiter = ',')]
        stage: Vec<Stage>,
        /// Rows.
        #[arg(long, default_value_t = DEFAULT_LIMIT)]
        limit: usize,
    },
    /// Show one proposal: text, calls, votes, times.
    Show {
        /// Its number.
        number: u64,
    },
    /// Submit a proposal; its bond is taken from the signer's coins.
    New(Box<NewArgs>),
    /// Pledge all votes of the signer for a proposal to be voted on.
    Support {
        /// Its number.
        number: u64,
        /// How to send.
        #[command(flatten)]
        transaction: TransactionArgs,
    },
    /// Pledge all votes of the signer for a proposal to be spam, whose bond is burned.
    Spam {
        /// Its number.
        number: u64,
        /// How to send.
        #[command(flatten)]
        transaction: TransactionArgs,
    },
    /// Vote with all votes of the signer; the last vote counts.
    Vote {
        /// Number of the proposal.
        number: u64,
        /// The vote.
        #[arg(value_enum)]
        choice: Choice,
        /// Why, for everybody to read.
        #[arg(long)]
        reason: Option<String>,
        /// How to send.
        #[command(flatten)]
        transaction: TransactionArgs,
    },
    /// Withdraw a proposal of the signer's before the vote; the bond comes back.
    Cancel {
        /// Its number.
        number: u64,
        /// How to send.
        #[command(flatten)]
        transaction: TransactionArgs,
    },
    /// Execute a proposal that passed, when its time has come. Anybody may.
    Execute {
        /// Its number.
        number: u64,
        /// How to send.
        #[command(flatten)]
        transaction: TransactionArgs,
    },
    /// Give back the bond of an expired proposal, or burn that of spam. Anybody may.
    Settle {
        /// Its number.
        number: u64,
        /// How to send.
        #[command(flatten)]
        transaction: TransactionArgs,
    },
    /// Try out what a proposal would do now; nothing is sent.
    Simulate {
        /// Number of a submitted proposal; else say by options what it would do.
        #[arg(conflicts_with_all = ["set", "pay", "call", "call-data"])]
        number: Option<u64>,
        /// What it would do.
        #[command(flatten)]
        acts: Acts,
        /// Where keys are kept.
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Count a proposal's support and votes anew, out of logs alone, and compare with the contract.
    Recount {
        /// Its number.
        number: u64,
    },
    /// List every parameter that governance may change.
    Params,
    /// Show what proposals may spend.
    Treasury,
}

pub(crate) async fn run(command: Command, rpc: String) -> Result<Report, Failure> {
    let client = Client::new(&rpc)?;
    match command {
        Command::List { stage, limit } => list::list(&client, &stage, limit).await,
        Command::Show { number } => show::show(&client, number).await,
        Command::New(args) => submit::new(*args, &client, &rpc).await,
        Command::Support { number, transaction } => {
            send(abi::supportCall { number }, &transaction, &rpc).await
        }
        Command::Spam { number, transaction } => send(abi::markSpamCall { number }, &transaction, &rpc).await,
        Command::Vote { number, choice, reason, transaction } => {
            let (id, support) = (show::find(&client, number).await?.id, choice as u8);
            match reason {
                None => send(abi::castVoteCall { proposalId: id, support }, &transaction, &rpc).await,
                Some(reason) => {
                    let call = abi::castVoteWithReasonCall { proposalId: id, support, reason };
                    send(call, &transaction, &rpc).await
                }
            }
        }
        Command::Cancel { number, transaction } => {
            let id = show::find(&client, number).await?.id;
            send(abi::cancel_1Call { proposalId: id }, &transaction, &rpc).await
        }
        Command::Execute { number, transaction } => {
            submit::execute(number, &transaction, &client, &rpc).await
        }
        Command::Settle { number, transaction } => {
            send(abi::settleBondCall { number }, &transaction, &rpc).await
        }
        Command::Simulate { number, acts, store } => {
            simulate::simulate(&client, number, &Payload::of(acts.read(&store)?)).await
        }
        Command::Recount { number } => recount::recount(&client, number).await,
        Command::Params => list::params(&client).await,
        Command::Treasury => list::treasury(&client).await,
    }
}

/// Reads from the governance contract.
async fn ask<C: SolCall>(client: &Client, question: C) -> Result<C::Return, Failure> {
    Ok(client.read(SystemContract::Governance, question).await?)
}
