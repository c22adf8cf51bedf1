//! `althing stake`: buckets of coins that vote for candidates.

use crate::account::{StoreArgs, resolve};
use crate::report::{Report, both_forms, table};
use crate::transact::{TransactionArgs, invoke};
use crate::{amount, failure::Failure};
use alloy_primitives::U256;
use alloy_sol_types::SolCall;
use althing_abi::{Staking as abi, SystemContract};
use althing_client::Client;
use althing_primitives::Address;
use clap::Subcommand;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Rows that a list shows when nothing else is asked for.
const DEFAULT_LIMIT: u32 = 50;

/// Commands about buckets.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List buckets: of an owner, of a candidate, or all.
    List {
        /// Owner: address or name of a key.
        #[arg(long)]
        owner: Option<String>,
        /// Name of the candidate that they vote for.
        #[arg(long, conflicts_with = "owner")]
        candidate: Option<String>,
        /// First row.
        #[arg(long, default_value_t = 0)]
        offset: u32,
        /// Rows, at most 1000.
        #[arg(long, default_value_t = DEFAULT_LIMIT)]
        limit: u32,
        /// Where keys are kept.
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Show one bucket.
    Show {
        /// Its number.
        bucket: u64,
    },
    /// Votes that a stake would have.
    Calc {
        /// Coins.
        amount: String,
        /// Days.
        #[arg(long, default_value_t = 0)]
        days: u32,
        /// Renewed by itself.
        #[arg(long)]
        auto: bool,
        /// As a candidate's own stake.
        #[arg(long)]
        self_stake: bool,
    },
    /// Stake coins and vote for a candidate.
    Create {
        /// Name of the candidate.
        candidate: String,
        /// Coins.
        amount: String,
        /// Days.
        #[arg(long, default_value_t = 0)]
        days: u32,
        /// Renew by itself: more votes, and it must be switched off before unstaking.
        #[arg(long)]
        auto: bool,
        /// How to send.
        #[command(flatten)]
        transaction: TransactionArgs,
    },
    /// Add coins to an auto-staked bucket.
    Deposit {
        /// Its number.
        bucket: u64,
        /// Coins.
        amount: String,
        /// How to send.
        #[command(flatten)]
        transaction: TransactionArgs,
    },
    /// Change duration and renewal; the duration starts anew.
    Restake {
        /// Its number.
        bucket: u64,
        /// Days.
        #[arg(long)]
        days: u32,
        /// Renew by itself.
        #[arg(long)]
        auto: bool,
        /// How to send.
        #[command(flatten)]
        transaction: TransactionArgs,
    },
    /// Vote for another candidate.
    Change {
        /// Its number.
        bucket: u64,
        /// Name of the candidate.
        candidate: String,
        /// How to send.
        #[command(flatten)]
        transaction: TransactionArgs,
    },
    /// Take the votes back; the coins can be withdrawn after the waiting time.
    Unstake {
        /// Its number.
        bucket: u64,
        /// How to send.
        #[command(flatten)]
        transaction: TransactionArgs,
    },
    /// Take the coins of an unstaked bucket.
    Withdraw {
        /// Its number.
        bucket: u64,
        /// How to send.
        #[command(flatten)]
        transaction: TransactionArgs,
    },
    /// Give a bucket to another owner.
    Transfer {
        /// Its number.
        bucket: u64,
        /// New owner: address or name of a key.
        to: String,
        /// How to send.
        #[command(flatten)]
        transaction: TransactionArgs,
    },
    /// Move the coins of other buckets into one.
    Merge {
        /// The bucket that stays.
        into: u64,
        /// The buckets that go.
        #[arg(required = true)]
        buckets: Vec<u64>,
        /// How to send.
        #[command(flatten)]
        transaction: TransactionArgs,
    },
    /// Let a candidate use the bucket as its self-stake.
    Endorse {
        /// Its number.
        bucket: u64,
        /// How to send.
        #[command(flatten)]
        transaction: TransactionArgs,
    },
    /// Take an endorsement back: first the intent, and after the waiting time once more.
    Revoke {
        /// Its number.
        bucket: u64,
        /// How to send.
        #[command(flatten)]
        transaction: TransactionArgs,
    },
}

pub(crate) async fn run(command: Command, rpc: String) -> Result<Report, Failure> {
    let data = Vec::new();
    match command {
        Command::List { owner, candidate, offset, limit, store } => {
            let client = Client::new(&rpc)?;
            let owner = owner.map(|who| resolve(&who, &store)).transpose()?;
            let found = match (owner, candidate) {
                (Some(voter), _) => ask(&client, abi::bucketsByVoterCall { voter, offset, limit }).await?,
                (None, Some(name)) => {
                    ask(&client, abi::bucketsByCandidateCall { candName: name, offset, limit }).await?
                }
                (None, None) => ask(&client, abi::bucketsCall { offset, limit }).await?,
            };
            list(&client, &found).await
        }
        Command::Show { bucket } => show(&Client::new(&rpc)?, bucket).await,
        Command::Calc { amount, days, auto, self_stake } => {
            let amount = amount::parse(&amount).map_err(Failure::usage)?;
            let question =
                abi::votesForCall { amount, duration: days, autoStake: auto, selfStake: self_stake };
            let votes = ask(&Client::new(&rpc)?, question).await?;
            Ok(Report::new(json!({ "votes": votes.to_string() }), format!("{} votes", amount::format(votes))))
        }
        Command::Create { candidate, amount, days, auto, transaction } => {
            let amount = amount::parse(&amount).map_err(Failure::usage)?;
            let call = abi::stakeCall { candName: candidate, duration: days, autoStake: auto };
            send(call, amount, &transaction, &rpc).await
        }
        Command::Deposit { bucket, amount, transaction } => {
            let amount = amount::parse(&amount).map_err(Failure::usage)?;
            send(abi::depositCall { bucketIndex: bucket }, amount, &transaction, &rpc).await
        }
        Command::Restake { bucket, days, auto, transaction } => {
            let call = abi::restakeCall { bucketIndex: bucket, duration: days, autoStake: auto, data };
            send(call, U256::ZERO, &transaction, &rpc).await
        }
        Command::Change { bucket, candidate, transaction } => {
            let call = abi::changeCandidateCall { candName: candidate, bucketIndex: bucket, data };
            send(call, U256::ZERO, &transaction, &rpc).await
        }
        Command::Unstake { bucket, transaction } => {
            send(abi::unstakeCall { bucketIndex: bucket, data }, U256::ZERO, &transaction, &rpc).await
        }
        Command::Withdraw { bucket, transaction } => {
            send(abi::withdrawStakeCall { bucketIndex: bucket, data }, U256::ZERO, &transaction, &rpc).await
        }
        Command::Transfer { bucket, to, transaction } => {
            let to = resolve(&to, &transaction.signer.store)?;
            let call = abi::transferStakeCall { voterAddress: to, bucketIndex: bucket, data };
            send(call, U256::ZERO, &transaction, &rpc).await
        }
        Command::Merge { into, buckets: from, transaction } => {
            send(abi::mergeStakeCall { into, from }, U256::ZERO, &transaction, &rpc).await
        }
        Command::Endorse { bucket, transaction } => {
            send(abi::endorseCandidateCall { bucketIndex: bucket }, U256::ZERO, &transaction, &rpc).await
        }
        Command::Revoke { bucket, transaction } => {
            let call = abi::candidateEndorsementCall { bucketIndex: bucket, endorse: false };
            send(call, U256::ZERO, &transaction, &rpc).await
        }
    }
}

/// Reads from the staking contract.
pub(crate) async fn ask<C: SolCall>(client: &Client, question: C) -> Result<C::Return, Failure> {
    Ok(client.read(SystemContract::Staking, question).await?)
}

/// Calls the staking contract in a transaction.
pub(crate) async fn send(
    call: impl SolCall,
    value: U256,
    transaction: &TransactionArgs,
    rpc: &str,
) -> Result<Report, Failure> {
    invoke(SystemContract::Staking, call, value, transaction, rpc).await
}

async fn list(client: &Client, buckets: &[abi::Bucket]) -> Result<Report, Failure> {
    let mut names = BTreeMap::new();
    let mut json = Vec::new();
    let mut rows = Vec::new();
    for bucket in buckets {
        let name = name_of(client, bucket.candidateAddress, &mut names).await?;
        rows.push(vec![
            bucket.index.to_string(),
            name.clone(),
            amount::format(bucket.stakedAmount),
            bucket.stakedDuration.to_string(),
            if bucket.autoStake { "yes".into() } else { "no".into() },
            state(bucket).into(),
            bucket.owner.to_string(),
        ]);
        json.push(to_json(bucket, &name));
    }
    let text = match rows.is_empty() {
        true => "no buckets".into(),
        false => table(&["bucket", "candidate", "coins", "days", "auto", "state", "owner"], rows),
    };
    Ok(Report::new(json.into(), text))
}

async fn name_of(
    client: &Client,
    id: Address,
    known: &mut BTreeMap<Address, String>,
) -> Result<String, Failure> {
    if let Some(name) = known.get(&id) {
        return Ok(name.clone());
    }
    let name = ask(client, abi::candidateByIDV3Call { id }).await?.name;
    known.insert(id, name.clone());
    Ok(name)
}

fn state(bucket: &abi::Bucket) -> &'static str {
    if bucket.unstakeStartTime == 0 { "staked" } else { "unstaked" }
}

fn to_json(bucket: &abi::Bucket, candidate: &str) -> Value {
    json!({
        "index": bucket.index.to_string(),
        "candidate": candidate,
        "candidateId": bucket.candidateAddress,
        "amount": bucket.stakedAmount.to_string(),
        "days": bucket.stakedDuration,
        "autoStake": bucket.autoStake,
        "owner": bucket.owner,
        "createdAt": bucket.createTime.to_string(),
        "stakedAt": bucket.stakeStartTime.to_string(),
        "unstakedAt": (bucket.unstakeStartTime != 0).then(|| bucket.unstakeStartTime.to_string()),
    })
}

async fn show(client: &Client, index: u64) -> Result<Report, Failure> {
    let found = ask(client, abi::bucketsByIndexesCall { index: vec![index] }).await?;
    let Some(bucket) = found.first() else {
        return Err(Failure::new(crate::Exit::NotFound, format!("there is no bucket {index}, or no more")));
    };
    let name = name_of(client, bucket.candidateAddress, &mut BTreeMap::new()).await?;
    let votes = ask(client, abi::votesOfBucketCall { bucketIndex: index }).await?;
    let mut json = to_json(bucket, &name);
    json["votes"] = votes.to_string().into();
    let rows = [
        ("bucket", index.to_string()),
        ("state", state(bucket).into()),
        ("candidate", name),
        ("coins", amount::format(bucket.stakedAmount)),
        ("votes", amount::format(votes)),
        ("days", bucket.stakedDuration.to_string()),
        ("auto-stake", bucket.autoStake.to_string()),
        ("owner", both_forms(bucket.owner)),
    ];
    Ok(Report::facts(json, &rows))
}
