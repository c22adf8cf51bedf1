//! `althing gov new`, `execute` and the other commands that send.

use super::{
    Acts,
    acts::Payload,
    ask, document, show,
    upgrade::UpgradeArgs,
    words::{kind_name, moment},
};
use crate::report::Report;
use crate::transact::{Delivery, TransactionArgs, deliver, invoke, receipt_report};
use crate::{amount, failure::Failure};
use alloy_primitives::{Bytes, U256, keccak256};
use alloy_sol_types::{SolCall, SolEvent};
use althing_abi::{
    Governance::{self as abi, Submitted},
    Params::valueOfCall,
    SystemContract,
};
use althing_client::{Client, TransactionReceipt, TransactionRequest};
use althing_primitives::Param;
use std::io::Read;
use std::path::PathBuf;

/// What `new` takes.
#[derive(Clone, Debug, clap::Args)]
pub struct NewArgs {
    /// Text of the proposal; without --text all of it.
    #[arg(long, required_unless_present = "text")]
    title: Option<String>,
    /// File with the text, whose first line is the title; `-` is standard input.
    #[arg(long, value_name = "FILE|-")]
    text: Option<PathBuf>,
    /// What it shall do; a text alone does nothing.
    #[command(flatten)]
    acts: Acts,
    /// An upgrade that it shall schedule.
    #[command(flatten)]
    upgrade: UpgradeArgs,
    /// How to send.
    #[command(flatten)]
    transaction: TransactionArgs,
}

impl NewArgs {
    fn description(&self) -> Result<String, Failure> {
        let text = match &self.text {
            None => None,
            Some(path) if path.as_os_str() == "-" => {
                let mut text = String::new();
                let read = std::io::stdin().lock().read_to_string(&mut text);
                read.map_err(Failure::io("read", path))?;
                Some(text)
            }
            Some(path) => Some(std::fs::read_to_string(path).map_err(Failure::io("read", path))?),
        };
        Ok(described(self.title.as_deref(), text.as_deref()))
    }
}

fn described(title: Option<&str>, text: Option<&str>) -> String {
    let parts = [title, text].into_iter().flatten().map(str::trim).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("\n\n")
}

pub(super) async fn new(args: NewArgs, client: &Client, rpc: &str) -> Result<Report, Failure> {
    let description = args.description()?;
    let mut acts = args.acts.read(&args.transaction.signer.store)?;
    acts.extend(args.upgrade.act(client, &acts).await?);
    let payload = Payload::of(acts);
    let name = Param::ProposalBond.entry().name.to_string();
    let bond = client.read(SystemContract::Params, valueOfCall { name }).await?;
    let delay = ask(client, abi::votingDelayCall {}).await?;
    let until = super::list::now(client).await?.saturating_add(delay.saturating_to());
    if !args.transaction.yes {
        eprintln!("{}\n", plan(&description, &payload, bond, until));
    }
    let Payload { targets, values, calldatas } = payload;
    let call = abi::proposeCall { targets, values, calldatas, description };
    let input = Bytes::from(call.abi_encode());
    let request = TransactionRequest::default().to(althing_abi::GOVERNANCE).input(input.into());
    Ok(match deliver(request, &args.transaction, rpc).await? {
        Delivery::Open(report) => report,
        Delivery::Included(receipt) => submitted(&receipt),
    })
}

fn plan(description: &str, payload: &Payload, bond: U256, until: u64) -> String {
    let mut text = format!(
        "A {} proposal: {}\nbond: {} coins, which come back when the vote begins, when it is withdrawn, or when it expires and was not called spam\nsupport: until about {}\n",
        kind_name(payload.kind()),
        document::title(description),
        amount::format(bond),
        moment(until),
    );
    text.push_str(match payload.targets.is_empty() {
        true => "It does nothing by itself.",
        false => "Executed, it does this, all or nothing:",
    });
    for (place, act) in payload.acts().enumerate() {
        text.push_str(&format!("\n{:>3}. {}", place + 1, act.words()));
    }
    if !payload.spends().is_zero() {
        text.push_str(&format!("\nIt spends {} coins of the treasury.", amount::format(payload.spends())));
    }
    text
}

fn submitted(receipt: &TransactionReceipt) -> Report {
    let mut report = receipt_report(receipt);
    let found = receipt.logs().iter().find_map(|log| Submitted::decode_log(&log.inner).ok());
    if let Some(Submitted { number, proposalId, .. }) = found.map(|log| log.data) {
        report.json["proposal"] = number.into();
        report.json["proposalId"] = proposalId.to_string().into();
        report.text = format!("proposal {number} is submitted: `althing gov show {number}`\n{}", report.text);
    }
    report
}

/// Sends a call to the contract.
pub(super) async fn send(
    call: impl SolCall,
    transaction: &TransactionArgs,
    rpc: &str,
) -> Result<Report, Failure> {
    invoke(SystemContract::Governance, call, U256::ZERO, transaction, rpc).await
}

/// Executes a proposal; its calls come from its log.
pub(super) async fn execute(
    number: u64,
    transaction: &TransactionArgs,
    client: &Client,
    rpc: &str,
) -> Result<Report, Failure> {
    let proposal = show::find(client, number).await?;
    let document = document::read(client, &proposal).await?;
    let Payload { targets, values, calldatas } = document.payload;
    let description_hash = keccak256(&document.description);
    send(abi::executeCall { targets, values, calldatas, descriptionHash: description_hash }, transaction, rpc)
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn title_and_text_make_one_description() {
        for (title, text, expected) in [
            (Some("Title"), None, "Title"),
            (None, Some("Title\n\nText\n"), "Title\n\nText"),
            (Some(" Title "), Some("Text"), "Title\n\nText"),
            (Some(""), Some(" "), ""),
        ] {
            assert_eq!(described(title, text), expected);
        }
    }

    #[test]
    fn a_plan_says_kind_bond_and_acts() {
        let plan = plan("# Pay\n\nText", &Payload::default(), U256::from(5), 60);
        for words in [
            "A text proposal: Pay\n",
            "0.000000000000000005 coins",
            "1970-01-01 00:01:00 UTC",
            "does nothing",
        ] {
            assert!(plan.contains(words), "{plan}");
        }
    }
}
