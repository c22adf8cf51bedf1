//! `althing chain`: blocks, transactions, and proof that a block is final.

mod certificate;
mod election;
mod proof;
mod proven;
mod upgrade;

use crate::report::{Report, both_forms};
use crate::transact::receipt_report;
use crate::{Exit, amount, failure::Failure};
use alloy_primitives::{B256, U256};
use althing_abi::{ChainInfo, SystemContract};
use althing_client::{Block, Client, RpcTransaction};
use althing_primitives::parse_address;
use certificate::{Certificate, Trust, certificate};
use clap::Subcommand;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Commands about the chain.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Chain id, height, fees.
    Info,
    /// A block by height or hash; the latest by default.
    Block {
        /// Height, hash, or `latest`.
        #[arg(default_value = "latest")]
        block: String,
    },
    /// A transaction by hash.
    Tx {
        /// Hash of the transaction.
        hash: B256,
    },
    /// What a transaction did.
    Receipt {
        /// Hash of the transaction.
        hash: B256,
    },
    /// Prove that a block is final: its certificate is checked here, with the chain spec's key. The node is not
    /// trusted.
    Verify {
        /// Height, hash, or `latest`.
        #[arg(default_value = "latest")]
        block: String,
        /// The network's chain spec: the only thing that is trusted.
        #[arg(long, default_value = ".althing/devnet/genesis.json")]
        genesis: PathBuf,
    },
    /// The present epoch: its blocks, and the election that is under way in it.
    Epoch,
    /// The committee of an epoch: who serves, or is drawn to serve.
    Committee {
        /// The epoch; the present one by default. Committees are known two full epochs ahead.
        epoch: Option<u64>,
        /// Replay the draw from public data and show each step.
        #[arg(long)]
        explain: bool,
        /// Say whether the node told the truth: everything is proven from the chain spec's key. The node is not trusted.
        #[arg(long)]
        verify: bool,
        /// The network's chain spec: the only thing that is trusted.
        #[arg(long, default_value = ".althing/devnet/genesis.json")]
        genesis: PathBuf,
    },
    /// The hardfork in force, the upgrade that comes, and how many seats are ready for it.
    Upgrade,
    /// An account and storage slots with proofs that lead to the latest block's state root.
    Proof {
        /// Address (0x or io1).
        address: String,
        /// A storage slot, decimal or 0x; several with several flags.
        #[arg(long = "slot", value_name = "SLOT")]
        slots: Vec<U256>,
        /// Check the proofs, and that their block is final, here. The node is not trusted.
        #[arg(long)]
        verify: bool,
        /// The network's chain spec: the only thing that is trusted.
        #[arg(long, default_value = ".althing/devnet/genesis.json")]
        genesis: PathBuf,
    },
}

pub(crate) async fn run(command: Command, rpc: String) -> Result<Report, Failure> {
    let client = Client::new(&rpc)?;
    match command {
        Command::Info => info(&client).await,
        Command::Block { block } => Ok(block_report(&find(&client, &block).await?)),
        Command::Tx { hash } => {
            let found = client.transaction(hash).await?.ok_or_else(|| no_transaction(hash))?;
            Ok(transaction_report(&found))
        }
        Command::Receipt { hash } => {
            let found = client.receipt(hash).await?.ok_or_else(|| no_transaction(hash))?;
            // To look at a failed transaction is no failure.
            Ok(Report { exit: Exit::Ok, ..receipt_report(&found) })
        }
        Command::Epoch => election::epoch(&client).await,
        Command::Committee { epoch, explain, verify, genesis } => {
            let epoch = match epoch {
                Some(epoch) => epoch,
                None => client.read(SystemContract::ChainInfo, ChainInfo::epochCall {}).await?,
            };
            if !explain && !verify {
                return election::committee(&client, epoch).await;
            }
            election::explain(&client, epoch, verify.then_some(genesis.as_path())).await
        }
        Command::Upgrade => upgrade::upgrade(&client).await,
        Command::Verify { block, genesis } => verify(&client, &block, &genesis).await,
        Command::Proof { address, slots, verify, genesis } => {
            let address = parse_address(&address)?;
            proof::proof(&client, address, &slots, verify.then_some(genesis.as_path())).await
        }
    }
}

fn no_transaction(hash: B256) -> Failure {
    Failure::new(Exit::NotFound, format!("no transaction {hash} in a block of this chain"))
}

async fn info(client: &Client) -> Result<Report, Failure> {
    let (chain_id, fees, latest) = futures::try_join!(client.chain_id(), client.fees(), client.latest())?;
    let block = latest.ok_or_else(|| Failure::new(Exit::Network, "the node has no blocks"))?;
    let base_fee = block.header.base_fee_per_gas.unwrap_or_default();
    let json = json!({
        "chain_id": chain_id.to_string(), "height": block.header.number.to_string(), "hash": block.header.hash,
        "timestamp": block.header.timestamp.to_string(), "base_fee_rau": base_fee.to_string(), "tip_rau": fees.tip.to_string(),
    });
    Ok(Report::facts(
        json,
        &[
            ("chain id", chain_id.to_string()),
            ("height", format!("{} (final)", block.header.number)),
            ("hash", block.header.hash.to_string()),
            ("base fee", format!("{base_fee} Rau per gas")),
            ("tip", format!("{} Rau per gas", fees.tip)),
        ],
    ))
}

/// A block by what people type.
async fn find(client: &Client, what: &str) -> Result<Block, Failure> {
    let found = if what == "latest" {
        client.latest().await?
    } else if let Ok(height) = what.parse::<u64>() {
        client.block(height).await?
    } else {
        let hash = what.parse::<B256>().map_err(|_| {
            Failure::usage(format!("`{what}` is neither a height, nor a hash of 64 hex digits, nor `latest`"))
        })?;
        client.block_by_hash(hash).await?
    };
    found.ok_or_else(|| Failure::new(Exit::NotFound, format!("no block {what} on this node")))
}

fn block_report(block: &Block) -> Report {
    let header = &block.header;
    Report::facts(
        serde_json::to_value(block).expect("a block has only string keys"),
        &[
            ("height", header.number.to_string()),
            ("hash", header.hash.to_string()),
            ("parent", header.parent_hash.to_string()),
            ("time", format!("{} (Unix)", header.timestamp)),
            ("proposer's account", both_forms(header.beneficiary)),
            ("transactions", block.transactions.len().to_string()),
            ("gas", format!("{} of {}", header.gas_used, header.gas_limit)),
            ("base fee", format!("{} Rau per gas", header.base_fee_per_gas.unwrap_or_default())),
            ("state root", header.state_root.to_string()),
        ],
    )
}

fn transaction_report(transaction: &RpcTransaction) -> Report {
    use alloy_consensus::Transaction as _;
    let inner = transaction.inner.inner();
    let to = inner.to().map_or("a new contract".into(), both_forms);
    Report::facts(
        serde_json::to_value(transaction).expect("a transaction has only string keys"),
        &[
            ("transaction", inner.tx_hash().to_string()),
            ("block", transaction.block_number.map_or("pending".into(), |height| height.to_string())),
            ("from", both_forms(transaction.inner.signer())),
            ("to", to),
            ("amount", format!("{} coins", amount::format(inner.value()))),
            ("nonce", inner.nonce().to_string()),
            ("gas limit", inner.gas_limit().to_string()),
            ("data", format!("{} bytes", inner.input().len())),
        ],
    )
}

async fn verify(client: &Client, what: &str, genesis: &Path) -> Result<Report, Failure> {
    let trust = Trust::load(client, genesis).await?;
    let wanted = find(client, what).await?;
    let (height, hash) = (wanted.header.number, wanted.header.hash);
    let Certificate { headers, certified, seal } = certificate(client, &trust, height).await?;
    let spec = &trust.spec;
    if headers[0].hash_slow() != hash {
        return Err(invalid(format!("NOT PROVEN: the certificate is for another block than {hash}")));
    }
    let later = headers.len() - 1;
    let json = json!({
        "verified": true, "height": height.to_string(), "hash": hash, "epoch": certified.epoch.to_string(),
        "view": certified.view.to_string(), "certified_hash": certified.hash, "spec_hash": spec.hash(),
    });
    Ok(Report::facts(
        json,
        &[
            ("block", height.to_string()),
            ("hash", hash.to_string()),
            (
                "final",
                format!(
                    "yes: certificate of epoch {}, view {}, {later} blocks later",
                    certified.epoch, certified.view
                ),
            ),
            (
                "checked with",
                format!("group key {} of {} (chain id {})", seal.key_id, spec.name, spec.chain_id),
            ),
        ],
    ))
}

fn invalid(reason: String) -> Failure {
    Failure::new(Exit::Verification, reason)
}
