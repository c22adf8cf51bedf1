//! `althing gov show`: one proposal with its text, its calls and how it stands.

use super::{
    document::{self, Document},
    events::account_words,
    list::{now, to_json},
    words::{Stage, bar, bps, kind_name, moment, part, percent, stage_name, until, votes},
};
use crate::amount;
use crate::report::{Report, both_forms};
use crate::{Exit, failure::Failure};
use alloy_primitives::U256;
use alloy_sol_types::SolError;
use althing_abi::{
    Governance::{Proposal, UnknownProposal, proposalCall},
    SystemContract,
};
use althing_client::{Client, ClientError};
use serde_json::json;

/// A proposal by its number.
pub(super) async fn find(client: &Client, number: u64) -> Result<Proposal, Failure> {
    client.read(SystemContract::Governance, proposalCall { number }).await.map_err(|error| {
        let is_unknown = match &error {
            ClientError::Reverted { data, .. } => UnknownProposal::abi_decode(data).is_ok(),
            _ => false,
        };
        let failure = Failure::from(error);
        if is_unknown { Failure::new(Exit::NotFound, failure.message) } else { failure }
    })
}

pub(super) async fn show(client: &Client, number: u64) -> Result<Report, Failure> {
    let proposal = find(client, number).await?;
    let document = document::read(client, &proposal).await?;
    let now = now(client).await?;
    let mut json = to_json(&proposal, Some(&document.title()));
    json["description"] = document.description.clone().into();
    let acts = document.payload.acts().map(|act| {
        json!({
            "target": act.to,
            "value": act.value.to_string(),
            "calldata": act.data,
            "words": act.words(),
        })
    });
    json["acts"] = acts.collect();
    Ok(Report::new(json, text(&proposal, &document, now)))
}

fn text(proposal: &Proposal, document: &Document, now: u64) -> String {
    let mut rows = vec![
        ("proposal", format!("{}: {}", proposal.number, document.title())),
        ("id", proposal.id.to_string()),
        ("proposer", both_forms(proposal.proposer)),
        ("kind", kind_name(proposal.kind).to_string()),
        ("stage", stage_name(proposal.stage).to_string()),
        ("submitted", format!("{}, block {}", moment(proposal.submittedAt), proposal.submittedHeight)),
    ];
    rows.extend(times(proposal, now));
    if !proposal.bond.is_zero() {
        rows.push(("bond held", format!("{} coins", amount::format(proposal.bond))));
    }
    rows.extend(standing(proposal));
    let mut text = Report::facts(json!(null), &rows).text;
    text.push_str(&format!("\n\n{}\n", document.description.trim_end()));
    text.push_str(match document.payload.targets.is_empty() {
        true => "\nIt does nothing by itself: it is a text.",
        false => "\nExecuted, it does this, all or nothing:",
    });
    for (place, act) in document.payload.acts().enumerate() {
        text.push_str(&format!("\n{:>3}. {}", place + 1, act.words()));
    }
    match next(proposal) {
        Some(next) => format!("{text}\n\n{next}"),
        None => text,
    }
}

fn times(proposal: &Proposal, now: u64) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    if proposal.openedAt == 0 {
        rows.push(("support until", until(proposal.supportUntil, now)));
        return rows;
    }
    rows.push(("vote began", format!("{}, block {}", moment(proposal.openedAt), proposal.openedHeight)));
    rows.push(("vote until", until(proposal.voteUntil, now)));
    if proposal.executableFrom != 0 {
        rows.push(("executable from", until(proposal.executableFrom, now)));
        rows.push(("executable until", until(proposal.executableUntil, now)));
    }
    rows
}

/// Votes with bars: support before the vote, then quorum and majority.
fn standing(proposal: &Proposal) -> Vec<(&'static str, String)> {
    let of = |side: U256, whole: U256, what: &str| {
        let part = part(side, whole);
        format!("{} {} of {what}: {} of {}", bar(part), percent(part), votes(side), votes(whole))
    };
    let Proposal { support, spam, supportNeeded: needed, yes, no, abstain, quorum, .. } = *proposal;
    let mut rows = vec![("support", of(support, needed, "what is needed"))];
    if !spam.is_zero() {
        rows.push(("spam", of(spam, needed, "what is needed")));
    }
    if proposal.openedAt == 0 {
        return rows;
    }
    let cast = yes.saturating_add(no);
    let took_part = cast.saturating_add(abstain);
    rows.push(("quorum", of(took_part, quorum, "what is needed")));
    let majority =
        format!("{} (more than {} needed)", of(yes, cast, "yes and no"), bps(proposal.majorityBps));
    rows.push(("yes", majority));
    rows.push(("no", of(no, cast, "yes and no")));
    rows.push(("abstain", format!("{} votes; they count for the quorum", votes(abstain))));
    rows
}

/// What somebody can do now.
fn next(proposal: &Proposal) -> Option<String> {
    let number = proposal.number;
    Some(match Stage::of(proposal.stage)? {
        Stage::Support => format!(
            "To have it voted on: `althing gov support {number}`. Against spam: `althing gov spam {number}`. Its proposer may `althing gov cancel {number}`."
        ),
        Stage::Voting => {
            format!("To vote, and to change a vote: `althing gov vote {number} yes|no|abstain`.")
        }
        Stage::Executable => format!("Anybody may `althing gov execute {number}`."),
        Stage::Expired if !proposal.bond.is_zero() => {
            format!(
                "Anybody may give {} the bond back: `althing gov settle {number}`.",
                account_words(proposal.proposer)
            )
        }
        Stage::Spam if !proposal.bond.is_zero() => {
            format!("Anybody may have the bond burned: `althing gov settle {number}`.")
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
