//! `althing delegate productivity` and `althing delegate conduct`: how members of committees do their duty, and what it cost
//! them not to.

use super::named;
use crate::failure::Failure;
use crate::report::{Report, both_forms, table};
use crate::{Exit, amount};
use alloy_sol_types::SolCall;
use althing_abi::{ChainInfo, Conduct as abi, SystemContract};
use althing_client::Client;
use serde_json::{Value, json};

async fn ask<C: SolCall>(client: &Client, question: C) -> Result<C::Return, Failure> {
    Ok(client.read(SystemContract::Conduct, question).await?)
}

/// Turns of an epoch's committee; the present epoch's by default, as far as it went.
pub(super) async fn productivity(client: &Client, epoch: Option<u64>) -> Result<Report, Failure> {
    let epoch = match epoch {
        Some(epoch) => epoch,
        None => client.read(SystemContract::ChainInfo, ChainInfo::epochCall {}).await?,
    };
    let unknown = |_| {
        let reason = format!("the turns of epoch {epoch} are not known: it is to come, or forgotten");
        Failure::new(Exit::NotFound, reason)
    };
    let members = ask(client, abi::productivityCall { epoch }).await.map_err(unknown)?;
    let row = |member: &abi::Productivity| {
        let turns = member.produced.saturating_add(member.missed);
        let share = if turns == 0 { "no turn yet".into() } else { percent(member.basisPoints) };
        vec![member.name.clone(), member.produced.to_string(), member.missed.to_string(), share]
    };
    let rows = members.iter().map(row);
    let text = format!("epoch {epoch}\n\n{}", table(&["member", "produced", "missed", "productivity"], rows));
    let json = json!({
        "epoch": epoch.to_string(),
        "members": members.iter().map(member_json).collect::<Vec<_>>(),
    });
    Ok(Report::new(json, text))
}

fn percent(basis_points: u64) -> String {
    format!("{}.{:02} %", basis_points / 100, basis_points % 100)
}

fn member_json(member: &abi::Productivity) -> Value {
    json!({
        "name": member.name, "operator": member.operatorKey, "candidate": member.candidate,
        "produced": member.produced, "missed": member.missed, "basisPoints": member.basisPoints,
    })
}

/// What is held against a candidate.
pub(super) async fn conduct(client: &Client, name: &str) -> Result<Report, Failure> {
    let id = named(client, name).await?.id;
    let record = ask(client, abi::conductOfCall { candidate: id }).await?;
    let until =
        |what: &str, value: u64| if value == 0 { "never".into() } else { format!("until {what} {value}") };
    let json = json!({
        "candidate": name, "id": id, "probationUntilEpoch": record.probationUntil,
        "jailedUntil": record.jailedUntil, "missed": record.missed,
        "doubleProposals": record.doubleProposals, "slashed": record.slashed.to_string(),
    });
    Ok(Report::facts(
        json,
        &[
            ("candidate", name.to_string()),
            ("id", both_forms(id)),
            ("probation", until("epoch", record.probationUntil)),
            ("jail", until("Unix time", record.jailedUntil)),
            ("missed blocks", record.missed.to_string()),
            ("double proposals", record.doubleProposals.to_string()),
            ("slashed", format!("{} coins", amount::format(record.slashed))),
        ],
    ))
}
