//! `althing delegate plan`: what part of its rewards a candidate gives its voters.

use super::named;
use crate::failure::Failure;
use crate::report::Report;
use crate::reward::{ask, send};
use crate::transact::TransactionArgs;
use althing_abi::Rewards as abi;
use althing_client::Client;
use clap::Subcommand;
use serde_json::{Value, json};

/// Basis points of a whole.
const WHOLE: u16 = 10_000;

/// Commands about plans.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show a candidate's plan, and the one that it announced.
    Show {
        /// Its name.
        name: String,
    },
    /// Announce a plan of the signer's candidate; it is in force after the notice.
    Set {
        /// Voters' part of block rewards in basis points: 5000 is half.
        #[arg(long, value_parser = clap::value_parser!(u16).range(0..=i64::from(WHOLE)))]
        block: u16,
        /// Voters' part of epoch rewards in basis points.
        #[arg(long, value_parser = clap::value_parser!(u16).range(0..=i64::from(WHOLE)))]
        epoch: u16,
        /// Voters' part of the foundation's bonus in basis points.
        #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u16).range(0..=i64::from(WHOLE)))]
        bonus: u16,
        /// How to send.
        #[command(flatten)]
        transaction: TransactionArgs,
    },
}

pub(super) async fn run(command: Command, rpc: String) -> Result<Report, Failure> {
    match command {
        Command::Show { name } => show(&Client::new(&rpc)?, &name).await,
        Command::Set { block, epoch, bonus, transaction } => {
            let call = abi::setPlanCall { blockShare: block, epochShare: epoch, bonusShare: bonus };
            send(call, &transaction, &rpc).await
        }
    }
}

async fn show(client: &Client, name: &str) -> Result<Report, Failure> {
    let id = named(client, name).await?.id;
    let plans = ask(client, abi::planOfCall { candidate: id }).await?;
    let json = json!({
        "candidate": name,
        "present": to_json(&plans.present),
        "next": plans.announced.then(|| to_json(&plans.next)),
        "fromEpoch": plans.announced.then_some(plans.fromEpoch),
    });
    let mut rows = vec![("candidate", name.to_string()), ("voters get", words(&plans.present))];
    if plans.announced {
        rows.push(("announced", format!("{}, from epoch {} on", words(&plans.next), plans.fromEpoch)));
    }
    Ok(Report::facts(json, &rows))
}

fn to_json(plan: &abi::Plan) -> Value {
    json!({ "blockShare": plan.blockShare, "epochShare": plan.epochShare, "bonusShare": plan.bonusShare })
}

fn words(plan: &abi::Plan) -> String {
    let [block, epoch, bonus] = [plan.blockShare, plan.epochShare, plan.bonusShare].map(percent);
    format!("{block} of block rewards, {epoch} of epoch rewards, {bonus} of the bonus")
}

/// Basis points in percent.
pub(crate) fn percent(basis_points: u16) -> String {
    let (whole, part) = (basis_points / 100, basis_points % 100);
    if part == 0 { format!("{whole} %") } else { format!("{whole}.{part:02} %") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_shown_in_percent() {
        for (share, text) in [(0, "0 %"), (1, "0.01 %"), (5_050, "50.50 %"), (10_000, "100 %")] {
            assert_eq!(percent(share), text);
        }
    }
}
