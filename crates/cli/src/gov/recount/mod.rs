//! `althing gov recount`: a proposal's support and votes counted anew, out of the logs of stakes and ballots alone, and compared
//! with what the contract counted. `gather` asks the node, `count` counts.

mod count;
mod gather;

use super::words::{choice_name, moment, votes};
use crate::report::{Report, table};
use crate::{Exit, failure::Failure};
use alloy_primitives::U256;
use althing_client::Client;
use count::{Recount, Said, Voter};
use gather::{Evidence, Snapshot};
use serde_json::{Value, json};

pub(super) async fn recount(client: &Client, number: u64) -> Result<Report, Failure> {
    let Evidence { snapshots, weights: [submitted, opened], ballots, rules, told } =
        gather::evidence(client, number).await?;
    let recount = Recount::new(ballots, [&submitted, &opened], rules, &told);
    let differences = recount.differences();
    let exit = if differences.is_empty() { Exit::Ok } else { Exit::Failure };
    let text = text(&recount, &snapshots, &differences);
    Ok(Report { exit, ..Report::new(to_json(number, &recount, &snapshots, &differences), text) })
}

fn pledge_name(said: Said) -> &'static str {
    if said.choice == 1 { "support" } else { "spam" }
}

fn text(recount: &Recount, snapshots: &[Snapshot], differences: &[String]) -> String {
    let what = ["support", "the vote"].into_iter().zip(snapshots).map(|(what, snapshot)| {
        let height =
            snapshot.height.map_or("before the first block".into(), |height| format!("block {height}"));
        format!("votes of {} ({height}) count for {what}\n", moment(snapshot.time))
    });
    let mut text: String = what.collect();
    let row = |voter: &Voter| {
        let shown = |said: Option<Said>, had: U256, name: fn(Said) -> &'static str| match said {
            Some(said) => [name(said).to_string(), votes(had)],
            None => Default::default(),
        };
        let pledge = shown(voter.ballot.pledge, voter.had[0], pledge_name);
        let vote = shown(voter.ballot.vote, voter.had[1], |said| choice_name(said.choice));
        std::iter::once(voter.account.to_string()).chain(pledge).chain(vote).collect()
    };
    text.push_str(&match recount.voters.is_empty() {
        true => "nobody pledged or voted".to_string(),
        false => table(&["voter", "pledge", "votes", "vote", "votes"], recount.voters.iter().map(row)),
    });
    let sums = recount.sums.iter().map(|sum| {
        let mark = if sum.agrees() { "" } else { "DIFFERS" };
        vec![sum.what.into(), votes(sum.recounted), votes(sum.told), mark.into()]
    });
    text.push_str(&format!("\n\n{}\n\n", table(&["", "recounted", "contract", ""], sums)));
    text.push_str(&match differences.is_empty() {
        true => "the recount agrees with the contract, to the last unit".to_string(),
        false => format!(
            "the recount DIFFERS from the contract; ask another node by --rpc, and if it says the same, report it:\n{}",
            differences.join("\n")
        ),
    });
    text
}

fn to_json(number: u64, recount: &Recount, snapshots: &[Snapshot], differences: &[String]) -> Value {
    let voters = recount.voters.iter().map(|voter| {
        json!({
            "account": voter.account,
            "pledge": voter.ballot.pledge.map(pledge_name),
            "votesAtSubmission": voter.had[0].to_string(),
            "vote": voter.ballot.vote.map(|said| choice_name(said.choice)),
            "votesAtBegin": voter.had[1].to_string(),
            "agrees": voter.agrees(),
        })
    });
    let sums = recount.sums.iter().map(|sum| {
        json!({
            "what": sum.what,
            "recounted": sum.recounted.to_string(),
            "contract": sum.told.to_string(),
            "agrees": sum.agrees(),
        })
    });
    let snapshots =
        snapshots.iter().map(|snapshot| json!({ "time": snapshot.time, "height": snapshot.height }));
    json!({
        "number": number,
        "agrees": differences.is_empty(),
        "snapshots": snapshots.collect::<Vec<_>>(),
        "voters": voters.collect::<Vec<_>>(),
        "sums": sums.collect::<Vec<_>>(),
        "differences": differences,
    })
}

#[cfg(test)]
mod tests;
