//! `althing delegate`: candidates, for those who choose one and for those who run one.

mod conduct;
mod plan;

pub(crate) use plan::percent;

use crate::account::{StoreArgs, resolve};
use crate::report::{Report, both_forms, table};
use crate::stake::{ask, send};
use crate::transact::TransactionArgs;
use crate::{Exit, amount, failure::Failure, payout};
use alloy_primitives::{B256, Bytes, U256};
use althing_abi::{ChainInfo, Params, Staking as abi, SystemContract};
use althing_client::Client;
use althing_node::config::{CONFIG_FILE, NodeConfig};
use althing_node::vault::Vault;
use althing_primitives::{Address, OperatorKey, Param};
use clap::Subcommand;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Rows that a list shows when nothing else is asked for.
const DEFAULT_LIMIT: u32 = 100;

/// Commands about candidates.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List candidates by votes.
    List {
        /// First row in order of registration.
        #[arg(long, default_value_t = 0)]
        offset: u32,
        /// Rows, at most 1000.
        #[arg(long, default_value_t = DEFAULT_LIMIT)]
        limit: u32,
    },
    /// Show one candidate.
    Show {
        /// Its name.
        name: String,
    },
    /// Turns of an epoch's committee: produced and missed.
    Productivity {
        /// The epoch. Default: the present one, as far as it went.
        epoch: Option<u64>,
    },
    /// What is held against a candidate: missed blocks, probation, jail, slashes.
    Conduct {
        /// Its name.
        name: String,
    },
    /// Register a candidate that a node of yours works for.
    Register {
        /// Name: 1 to 12 lower-case letters and digits.
        name: String,
        /// The node's folder, made by `althing node init`; its operator key signs for the owner.
        #[arg(long, value_name = "DIR")]
        node: PathBuf,
        /// `ip:port` at which other validators reach the node.
        #[arg(long)]
        endpoint: String,
        /// Self-stake in coins; none to activate later.
        #[arg(long, default_value = "0")]
        self_stake: String,
        /// Days of the self-stake; it renews itself.
        #[arg(long, default_value_t = 91)]
        days: u32,
        /// Account that receives rewards. Default: the signer.
        #[arg(long)]
        reward: Option<String>,
        /// How to send; the signer becomes the owner.
        #[command(flatten)]
        transaction: TransactionArgs,
    },
    /// Change name and reward account of the signer's candidate.
    Update {
        /// New name.
        #[arg(long)]
        name: Option<String>,
        /// New account that receives rewards.
        #[arg(long)]
        reward: Option<String>,
        /// How to send.
        #[command(flatten)]
        transaction: TransactionArgs,
    },
    /// Let another node work for the signer's candidate.
    Rekey {
        /// The node's folder.
        #[arg(long, value_name = "DIR")]
        node: PathBuf,
        /// How to send.
        #[command(flatten)]
        transaction: TransactionArgs,
    },
    /// Change what the signer's candidate says of itself; what is left out stays.
    Profile {
        /// `ip:port` of the node; without one it is not elected.
        #[arg(long)]
        endpoint: Option<String>,
        /// Web page.
        #[arg(long)]
        website: Option<String>,
        /// How to reach its people.
        #[arg(long)]
        contact: Option<String>,
        /// keccak256 of its published plan.
        #[arg(long)]
        plan_hash: Option<B256>,
        /// How to send.
        #[command(flatten)]
        transaction: TransactionArgs,
    },
    /// Make a bucket the self-stake of the signer's candidate.
    Activate {
        /// The bucket's number.
        bucket: u64,
        /// How to send.
        #[command(flatten)]
        transaction: TransactionArgs,
    },
    /// Offer the signer's candidate to a new owner.
    Offer {
        /// New owner: address or name of a key.
        to: String,
        /// How to send.
        #[command(flatten)]
        transaction: TransactionArgs,
    },
    /// Take over a candidate that was offered to the signer.
    Accept {
        /// Its name.
        name: String,
        /// How to send.
        #[command(flatten)]
        transaction: TransactionArgs,
    },
    /// What voters get.
    #[command(subcommand)]
    Plan(plan::Command),
    /// Pay voters by hand, for a candidate that keeps its rewards by its plan.
    #[command(subcommand)]
    Payout(payout::Command),
    /// Leave: join the exit queue, and free the self-stake when the turn has come.
    Leave {
        /// Free the self-stake; the turn has come.
        #[arg(long)]
        confirm: bool,
        /// How to send.
        #[command(flatten)]
        transaction: TransactionArgs,
    },
}

pub(crate) async fn run(command: Command, rpc: String) -> Result<Report, Failure> {
    match command {
        Command::List { offset, limit } => list(&Client::new(&rpc)?, offset, limit).await,
        Command::Show { name } => show(&Client::new(&rpc)?, &name).await,
        Command::Register { name, node, endpoint, self_stake, days, reward, transaction } => {
            let self_stake = amount::parse(&self_stake).map_err(Failure::usage)?;
            let client = Client::new(&rpc)?;
            let owner = transaction.signer.address(&client).await?;
            let (operator, proof) = consent(&client, &node, owner).await?;
            let fee = client.read(SystemContract::Params, Params::valueOfCall { name: fee_name() }).await?;
            let call = abi::registerCandidateCall {
                name,
                operatorKey: operator,
                operatorProof: proof,
                endpoint,
                reward: account(reward.as_deref(), &transaction.signer.store)?.unwrap_or(owner),
                owner,
                duration: days,
                autoStake: true,
            };
            send(call, fee + self_stake, &transaction, &rpc).await
        }
        Command::Update { name, reward, transaction } => {
            let client = Client::new(&rpc)?;
            let present = own(&client, &transaction).await?;
            let call = abi::candidateUpdateCall {
                name: name.unwrap_or(present.name),
                operatorAddress: present.operatorAddress,
                rewardAddress: account(reward.as_deref(), &transaction.signer.store)?
                    .unwrap_or(present.rewardAddress),
            };
            send(call, U256::ZERO, &transaction, &rpc).await
        }
        Command::Rekey { node, transaction } => {
            let client = Client::new(&rpc)?;
            let owner = transaction.signer.address(&client).await?;
            let (operator, proof) = consent(&client, &node, owner).await?;
            let call = abi::setOperatorKeyCall { operatorKey: operator, operatorProof: proof };
            send(call, U256::ZERO, &transaction, &rpc).await
        }
        Command::Profile { endpoint, website, contact, plan_hash, transaction } => {
            let client = Client::new(&rpc)?;
            let id = named(&client, &own(&client, &transaction).await?.name).await?.id;
            let present = ask(&client, abi::candidateInfoCall { id }).await?;
            let call = abi::setProfileCall {
                endpoint: endpoint.unwrap_or(present.endpoint),
                website: website.unwrap_or(present.website),
                contact: contact.unwrap_or(present.contact),
                planHash: plan_hash.unwrap_or(present.planHash),
            };
            send(call, U256::ZERO, &transaction, &rpc).await
        }
        Command::Activate { bucket, transaction } => {
            let call = abi::candidateActivateCall { bucketIndex: bucket };
            send(call, U256::ZERO, &transaction, &rpc).await
        }
        Command::Offer { to, transaction } => {
            let to = resolve(&to, &transaction.signer.store)?;
            let call = abi::candidateTransferOwnershipCall { newOwner: to, payload: Vec::new() };
            send(call, U256::ZERO, &transaction, &rpc).await
        }
        Command::Accept { name, transaction } => {
            let id = named(&Client::new(&rpc)?, &name).await?.id;
            send(abi::acceptCandidateOwnershipCall { id }, U256::ZERO, &transaction, &rpc).await
        }
        Command::Plan(command) => plan::run(command, rpc).await,
        Command::Payout(command) => payout::run(command, rpc).await,
        Command::Productivity { epoch } => conduct::productivity(&Client::new(&rpc)?, epoch).await,
        Command::Conduct { name } => conduct::conduct(&Client::new(&rpc)?, &name).await,
        Command::Leave { confirm: false, transaction } => {
            send(abi::requestCandidateDeactivationCall {}, U256::ZERO, &transaction, &rpc).await
        }
        Command::Leave { confirm: true, transaction } => {
            send(abi::confirmCandidateDeactivationCall {}, U256::ZERO, &transaction, &rpc).await
        }
    }
}

fn fee_name() -> String {
    Param::RegistrationFee.entry().name.into()
}

fn account(who: Option<&str>, store: &StoreArgs) -> Result<Option<Address>, Failure> {
    who.map(|who| resolve(who, store)).transpose()
}

/// The node's operator key and its signature that it works for `owner` on this chain.
async fn consent(client: &Client, node: &Path, owner: Address) -> Result<(OperatorKey, Bytes), Failure> {
    let config = NodeConfig::load(&node.join(CONFIG_FILE))?;
    let vault = Vault::open(&config.keys_dir(), &config.password()?)?;
    let chain = client.read(SystemContract::ChainInfo, ChainInfo::specHashCall {}).await?;
    Ok((vault.operator_key(), vault.consent(chain, owner)))
}

/// The candidate of the signer.
async fn own(client: &Client, transaction: &TransactionArgs) -> Result<abi::Candidate, Failure> {
    let owner = transaction.signer.address(client).await?;
    let found = ask(client, abi::candidateByAddressCall { ownerAddress: owner }).await?;
    if found.ownerAddress.is_zero() {
        return Err(Failure::new(Exit::NotFound, format!("{} owns no candidate", both_forms(owner))));
    }
    Ok(found)
}

pub(crate) async fn named(client: &Client, name: &str) -> Result<abi::CandidateV3, Failure> {
    let found = ask(client, abi::candidateByNameV3Call { candName: name.into() }).await?;
    if found.ownerAddress.is_zero() {
        return Err(Failure::new(Exit::NotFound, format!("no candidate is called `{name}`")));
    }
    Ok(found)
}

async fn list(client: &Client, offset: u32, limit: u32) -> Result<Report, Failure> {
    let mut found = ask(client, abi::candidatesV3Call { offset, limit }).await?;
    found.sort_by(|a, b| b.totalWeightedVotes.cmp(&a.totalWeightedVotes).then_with(|| a.id.cmp(&b.id)));
    let row = |candidate: &abi::CandidateV3| {
        vec![
            candidate.name.clone(),
            amount::format(candidate.totalWeightedVotes),
            amount::format(candidate.selfStakingTokens),
            candidate.ownerAddress.to_string(),
        ]
    };
    let json = |candidate: &abi::CandidateV3| {
        json!({
            "name": candidate.name,
            "id": candidate.id,
            "owner": candidate.ownerAddress,
            "operator": candidate.operatorAddress,
            "reward": candidate.rewardAddress,
            "votes": candidate.totalWeightedVotes.to_string(),
            "selfStake": candidate.selfStakingTokens.to_string(),
        })
    };
    let text = match found.is_empty() {
        true => "no candidates: `althing delegate register` makes the first".into(),
        false => table(&["candidate", "votes", "self-stake", "owner"], found.iter().map(row)),
    };
    Ok(Report::new(Value::from(found.iter().map(json).collect::<Vec<_>>()), text))
}

async fn show(client: &Client, name: &str) -> Result<Report, Failure> {
    let id = named(client, name).await?.id;
    let info = ask(client, abi::candidateInfoCall { id }).await?;
    let leaves = match (info.leaving, info.leaveScheduled) {
        (false, _) => None,
        (true, false) => Some("waits for its turn".to_string()),
        (true, true) => Some(format!("from epoch {} on", info.leaveEpoch)),
    };
    let or_none = |text: &str| if text.is_empty() { "none".to_string() } else { text.to_string() };
    let mut rows = vec![
        ("candidate", info.name.clone()),
        ("id", both_forms(id)),
        ("votes", amount::format(info.votes)),
        ("buckets", info.bucketCount.to_string()),
        (
            "self-stake",
            match info.hasSelfStake {
                true => format!("{} in bucket {}", amount::format(info.selfStake), info.selfStakeBucket),
                false => "none: not active".into(),
            },
        ),
        ("owner", both_forms(info.owner)),
        ("reward account", both_forms(info.reward)),
        (
            "operator key",
            if info.operatorKey.is_zero() { "none".into() } else { info.operatorKey.to_string() },
        ),
        ("endpoint", or_none(&info.endpoint)),
        ("website", or_none(&info.website)),
        ("contact", or_none(&info.contact)),
    ];
    rows.extend(leaves.clone().map(|leaves| ("leaves", leaves)));
    rows.extend((!info.pendingOwner.is_zero()).then(|| ("offered to", both_forms(info.pendingOwner))));
    let json = json!({
        "name": info.name,
        "id": id,
        "owner": info.owner,
        "pendingOwner": (!info.pendingOwner.is_zero()).then_some(info.pendingOwner),
        "reward": info.reward,
        "operatorKey": (!info.operatorKey.is_zero()).then_some(info.operatorKey),
        "endpoint": info.endpoint,
        "website": info.website,
        "contact": info.contact,
        "planHash": info.planHash,
        "votes": info.votes.to_string(),
        "selfStake": info.selfStake.to_string(),
        "selfStakeBucket": info.hasSelfStake.then(|| info.selfStakeBucket.to_string()),
        "buckets": info.bucketCount.to_string(),
        "leaves": leaves,
    });
    Ok(Report::facts(json, &rows))
}
