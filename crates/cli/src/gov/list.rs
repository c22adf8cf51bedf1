//! `althing gov list`, `params` and `treasury`.

use super::{
    ask, document,
    words::{Stage, kind_name, part, percent, span, stage_name, stage_word, value},
};
use crate::failure::Failure;
use crate::report::{Report, both_forms, table};
use crate::{amount, history::broken};
use alloy_primitives::U256;
use althing_abi::{
    Governance::{self as abi, Proposal},
    Params, SystemContract,
};
use althing_client::Client;
use althing_primitives::Param;
use serde_json::{Value, json};

/// Proposals of a page: what the contract gives at most.
const PAGE: u64 = 100;
/// Proposals that are looked at, newest first.
const MAX_PROPOSALS: u64 = 10_000;
/// Characters of a title in a list.
const TITLE_CHARS: usize = 48;

/// The time of the latest block, by which stages are.
pub(super) async fn now(client: &Client) -> Result<u64, Failure> {
    let block = client.latest().await?.ok_or_else(|| broken("there is no latest block"))?;
    Ok(block.header.timestamp)
}

pub(super) async fn list(client: &Client, stages: &[Stage], limit: usize) -> Result<Report, Failure> {
    let now = now(client).await?;
    let found = newest(client, stages, limit).await?;
    let titles = document::titles(client, &found).await?;
    let mut rows = Vec::new();
    let mut json = Vec::new();
    for (proposal, title) in found.iter().zip(titles) {
        json.push(to_json(proposal, title.as_deref()));
        rows.push(vec![
            proposal.number.to_string(),
            stage_name(proposal.stage).into(),
            kind_name(proposal.kind).into(),
            standing(proposal),
            ends(proposal, now),
            shortened(&title.unwrap_or_else(|| "(not kept by the node)".into())),
        ]);
    }
    let text = match rows.is_empty() {
        true => "no proposals".into(),
        false => table(&["number", "stage", "kind", "votes", "ends in", "title"], rows),
    };
    Ok(Report::new(json.into(), text))
}

async fn newest(client: &Client, stages: &[Stage], limit: usize) -> Result<Vec<Proposal>, Failure> {
    let count: u64 = ask(client, abi::proposalCountCall {}).await?.saturating_to();
    let (mut end, last) = (count, count.saturating_sub(MAX_PROPOSALS));
    let mut found = Vec::new();
    while end > last && found.len() < limit {
        let offset = end.saturating_sub(PAGE);
        let page = ask(client, abi::proposalsCall { offset, limit: end - offset }).await?;
        let wanted = |proposal: &Proposal| {
            stages.is_empty() || Stage::of(proposal.stage).is_some_and(|stage| stages.contains(&stage))
        };
        found.extend(page.into_iter().rev().filter(wanted));
        end = offset;
    }
    found.truncate(limit);
    Ok(found)
}

/// How it goes, in one column.
fn standing(proposal: &Proposal) -> String {
    if proposal.openedAt == 0 {
        let support = part(proposal.support, proposal.supportNeeded);
        return format!("{} of support", percent(support));
    }
    let [yes, no] = [proposal.yes, proposal.no].map(|side| percent(part(side, proposal.yes + proposal.no)));
    format!("{yes} yes, {no} no")
}

fn ends(proposal: &Proposal, now: u64) -> String {
    let end = match Stage::of(proposal.stage) {
        Some(Stage::Support) => proposal.supportUntil,
        Some(Stage::Voting) => proposal.voteUntil,
        Some(Stage::Waiting) => proposal.executableFrom,
        Some(Stage::Executable) => proposal.executableUntil,
        _ => return String::new(),
    };
    span(end.saturating_sub(now))
}

fn shortened(title: &str) -> String {
    match title.char_indices().nth(TITLE_CHARS) {
        Some((place, _)) => format!("{}…", title[..place].trim_end()),
        None => title.to_string(),
    }
}

/// A proposal as JSON: votes and coins in Rau as text, times in seconds, null while they are not known.
pub(super) fn to_json(proposal: &Proposal, title: Option<&str>) -> Value {
    let time = |seconds: u64| (seconds != 0).then_some(seconds);
    json!({
        "number": proposal.number,
        "id": proposal.id.to_string(),
        "title": title,
        "proposer": proposal.proposer,
        "kind": kind_name(proposal.kind),
        "stage": stage_word(proposal.stage),
        "submittedAt": proposal.submittedAt,
        "submittedHeight": proposal.submittedHeight,
        "supportUntil": proposal.supportUntil,
        "openedAt": time(proposal.openedAt),
        "openedHeight": time(proposal.openedHeight),
        "voteUntil": time(proposal.voteUntil),
        "executableFrom": time(proposal.executableFrom),
        "executableUntil": time(proposal.executableUntil),
        "support": proposal.support.to_string(),
        "spam": proposal.spam.to_string(),
        "supportNeeded": proposal.supportNeeded.to_string(),
        "yes": proposal.yes.to_string(),
        "no": proposal.no.to_string(),
        "abstain": proposal.abstain.to_string(),
        "quorum": (proposal.openedAt != 0).then(|| proposal.quorum.to_string()),
        "majorityBps": proposal.majorityBps,
        "bond": proposal.bond.to_string(),
        "descriptionHash": proposal.descriptionHash,
    })
}

pub(super) async fn params(client: &Client) -> Result<Report, Failure> {
    let all = client.read(SystemContract::Params, Params::allCall {}).await?;
    let changes = client.read(SystemContract::Params, Params::changesCall {}).await?;
    let mut rows = Vec::new();
    let mut json = Vec::new();
    for param in &all {
        let known = Param::named(&param.name);
        let is_fixed = known.is_some_and(Param::is_fixed);
        let doc = known.map_or("", |known| known.entry().doc);
        let change = changes.iter().find(|change| change.name == param.name);
        let next = match change {
            Some(change) => format!("{} from epoch {}", value(&param.unit, change.value), change.fromEpoch),
            None if is_fixed => "fixed".into(),
            None => String::new(),
        };
        let shown = |number: U256| value(&param.unit, number);
        rows.push(vec![
            param.name.clone(),
            shown(param.value),
            shown(param.least),
            shown(param.most),
            next,
            doc.into(),
        ]);
        json.push(json!({
            "name": param.name,
            "unit": param.unit,
            "value": param.value.to_string(),
            "least": param.least.to_string(),
            "most": param.most.to_string(),
            "isFixed": is_fixed,
            "change": change.map(|change| json!({
                "value": change.value.to_string(),
                "fromEpoch": change.fromEpoch,
            })),
            "doc": doc,
        }));
    }
    Ok(Report::new(json.into(), table(&["name", "value", "least", "most", "change", "what it is"], rows)))
}

pub(super) async fn treasury(client: &Client) -> Result<Report, Failure> {
    let (treasury, bonds) =
        futures::try_join!(ask(client, abi::treasuryCall {}), ask(client, abi::bondsCall {}))?;
    let account = althing_abi::GOVERNANCE;
    let json = json!({ "treasury": treasury.to_string(), "bonds": bonds.to_string(), "account": account });
    let rows = [
        ("treasury", format!("{} coins", amount::format(treasury))),
        ("bonds held", format!("{} coins", amount::format(bonds))),
        ("account", both_forms(account)),
        ("to pay in", format!("althing send {account} AMOUNT")),
    ];
    Ok(Report::facts(json, &rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proposal(stage: u8, opened: u64, votes: [u64; 3]) -> Proposal {
        let [support, yes, no] = votes.map(U256::from);
        Proposal {
            stage,
            openedAt: opened,
            supportUntil: 100,
            voteUntil: 200,
            executableFrom: 301,
            executableUntil: 400,
            supportNeeded: U256::from(8),
            support,
            yes,
            no,
            ..Default::default()
        }
    }

    #[test]
    fn a_row_says_how_it_goes_and_when_it_ends() {
        for (proposal, shown, left) in [
            (proposal(0, 0, [2, 0, 0]), "25 % of support", "1 min 30 s"),
            (proposal(1, 50, [9, 0, 0]), "0 % yes, 0 % no", "3 min 10 s"),
            (proposal(1, 50, [9, 2, 1]), "66.66 % yes, 33.33 % no", "3 min 10 s"),
            (proposal(2, 50, [9, 1, 0]), "100 % yes, 0 % no", "4 min 51 s"),
            (proposal(3, 50, [9, 1, 0]), "100 % yes, 0 % no", "6 min 30 s"),
            (proposal(9, 50, [9, 0, 1]), "0 % yes, 100 % no", ""),
        ] {
            assert_eq!((standing(&proposal).as_str(), ends(&proposal, 10).as_str()), (shown, left));
        }
    }

    #[test]
    fn long_titles_are_cut() {
        assert_eq!(shortened("short"), "short");
        assert_eq!(shortened(&"ä".repeat(60)), format!("{}…", "ä".repeat(48)));
    }
}
