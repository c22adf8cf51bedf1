//! `althing reward`: what voters have earned, and the fund that rewards are paid from.

use crate::account::{StoreArgs, resolve};
use crate::report::{Report, both_forms, table};
use crate::transact::{TransactionArgs, invoke};
use crate::{amount, failure::Failure, stake};
use alloy_primitives::U256;
use alloy_sol_types::SolCall;
use althing_abi::{ChainInfo, Rewards as abi, Staking, SystemContract};
use althing_client::Client;
use clap::Subcommand;
use serde_json::{Value, json};

/// Buckets that a list of pending rewards shows.
const MAX_BUCKETS: u32 = 1_000;

/// Epochs whose rewards the contract keeps.
const MAX_EPOCHS: u64 = 256;

/// Epochs that a history shows when nothing else is asked for.
const DEFAULT_EPOCHS: u64 = 24;

/// Commands about rewards.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// What an account's buckets have earned and was not taken.
    Pending {
        /// Address or name of a key.
        owner: String,
        /// Where keys are kept.
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Take what the signer's buckets have earned, or let somebody else be paid.
    Claim {
        /// Coins. Default: all.
        #[arg(long)]
        amount: Option<String>,
        /// Owner to whom its own rewards are paid: address or name of a key. Default: the signer.
        #[arg(long, requires = "amount")]
        owner: Option<String>,
        /// How to send.
        #[command(flatten)]
        transaction: TransactionArgs,
    },
    /// Put what buckets have earned into them, if their owners let that be; anybody may.
    Compound {
        /// Their numbers, at most 100.
        #[arg(required = true)]
        buckets: Vec<u64>,
        /// How to send.
        #[command(flatten)]
        transaction: TransactionArgs,
    },
    /// Let anybody compound the signer's bucket.
    AutoCompound {
        /// Its number.
        bucket: u64,
        /// Let nobody.
        #[arg(long)]
        off: bool,
        /// How to send.
        #[command(flatten)]
        transaction: TransactionArgs,
    },
    /// Rewards of the last epochs.
    History {
        /// How many epochs, at most 256.
        #[arg(long, default_value_t = DEFAULT_EPOCHS)]
        epochs: u64,
    },
    /// The fund that rewards are paid from, and what voters have not taken.
    Fund,
}

pub(crate) async fn run(command: Command, rpc: String) -> Result<Report, Failure> {
    match command {
        Command::Pending { owner, store } => pending(&Client::new(&rpc)?, &owner, &store).await,
        Command::Claim { amount, owner, transaction } => claim(amount, owner, &transaction, &rpc).await,
        Command::Compound { buckets, transaction } => {
            send(abi::compoundCall { bucketIndexes: buckets }, &transaction, &rpc).await
        }
        Command::AutoCompound { bucket, off, transaction } => {
            send(abi::setAutoCompoundCall { bucketIndex: bucket, on: !off }, &transaction, &rpc).await
        }
        Command::History { epochs } => history(&Client::new(&rpc)?, epochs).await,
        Command::Fund => fund(&Client::new(&rpc)?).await,
    }
}

/// Reads from the rewarding contract.
pub(crate) async fn ask<C: SolCall>(client: &Client, question: C) -> Result<C::Return, Failure> {
    Ok(client.read(SystemContract::Rewards, question).await?)
}

/// Calls the rewarding contract in a transaction.
pub(crate) async fn send(
    call: impl SolCall,
    transaction: &TransactionArgs,
    rpc: &str,
) -> Result<Report, Failure> {
    invoke(SystemContract::Rewards, call, U256::ZERO, transaction, rpc).await
}

async fn claim(
    coins: Option<String>,
    owner: Option<String>,
    transaction: &TransactionArgs,
    rpc: &str,
) -> Result<Report, Failure> {
    let coins = coins.map(|text| amount::parse(&text)).transpose().map_err(Failure::usage)?;
    match (coins, owner) {
        (Some(amount), Some(owner)) => {
            let account = resolve(&owner, &transaction.signer.store)?.to_string();
            send(abi::claimForCall { amount, account, data: Vec::new() }, transaction, rpc).await
        }
        (Some(amount), None) => send(abi::claimCall { amount, data: Vec::new() }, transaction, rpc).await,
        (None, _) => send(abi::claimAllCall {}, transaction, rpc).await,
    }
}

async fn pending(client: &Client, owner: &str, store: &StoreArgs) -> Result<Report, Failure> {
    let account = resolve(owner, store)?;
    let total = ask(client, abi::unclaimedBalanceCall { account }).await?;
    let question = Staking::bucketsByVoterCall { voter: account, offset: 0, limit: MAX_BUCKETS };
    let mut json = Vec::new();
    let mut rows = Vec::new();
    for bucket in stake::ask(client, question).await? {
        let index = bucket.index;
        let earned = ask(client, abi::pendingCall { bucketIndex: index }).await?;
        let compounds = ask(client, abi::compoundsCall { bucketIndex: index }).await?;
        let word = if compounds { "yes" } else { "no" };
        rows.push(vec![index.to_string(), amount::format(earned), word.into()]);
        json.push(
            json!({ "bucket": index.to_string(), "pending": earned.to_string(), "compounds": compounds }),
        );
    }
    let json = json!({ "owner": account, "unclaimed": total.to_string(), "buckets": json });
    let mut text = format!("{} coins for {}", amount::format(total), both_forms(account));
    if !rows.is_empty() {
        text = format!("{text}\n{}", table(&["bucket", "coins", "compounds"], rows));
    }
    Ok(Report::new(json, text))
}

async fn history(client: &Client, epochs: u64) -> Result<Report, Failure> {
    let present = client.read(SystemContract::ChainInfo, ChainInfo::epochCall {}).await?;
    let mut json = Vec::new();
    let mut rows = Vec::new();
    for epoch in (present.saturating_sub(epochs.min(MAX_EPOCHS))..present).rev() {
        let paid = ask(client, abi::epochRewardsCall { epoch }).await?;
        let amounts =
            [paid.blockRewards, paid.epochRewards, paid.bonuses, paid.toVoters, paid.due, paid.fundAfter];
        let mut row = vec![epoch.to_string()];
        row.extend(amounts.map(amount::format));
        row.push(if paid.short { "short" } else { "" }.into());
        rows.push(row);
        json.push(to_json(&paid));
    }
    let header = ["epoch", "block", "epoch", "bonus", "voters", "due", "fund after", ""];
    let text = if rows.is_empty() { "no epoch is over yet".into() } else { table(&header, rows) };
    Ok(Report::new(json.into(), text))
}

fn to_json(paid: &abi::EpochRewards) -> Value {
    json!({
        "epoch": paid.epoch,
        "blockRewards": paid.blockRewards.to_string(),
        "epochRewards": paid.epochRewards.to_string(),
        "bonuses": paid.bonuses.to_string(),
        "toVoters": paid.toVoters.to_string(),
        "due": paid.due.to_string(),
        "short": paid.short,
        "fundAfter": paid.fundAfter.to_string(),
    })
}

async fn fund(client: &Client) -> Result<Report, Failure> {
    let total = ask(client, abi::totalBalanceCall {}).await?;
    let fund = ask(client, abi::availableBalanceCall {}).await?;
    // Two questions may meet two blocks.
    let pool = total.saturating_sub(fund);
    let json =
        json!({ "fund": fund.to_string(), "votersPool": pool.to_string(), "total": total.to_string() });
    let rows = [
        ("fund", amount::format(fund)),
        ("voters' pool", amount::format(pool)),
        ("account", both_forms(SystemContract::Rewards.address())),
    ];
    Ok(Report::facts(json, &rows))
}
