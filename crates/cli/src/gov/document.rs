//! What a proposal says and would do: the contract keeps hashes of it, its log has it all.

use super::acts::Payload;
use crate::history::broken;
use crate::{Exit, failure::Failure};
use alloy_primitives::keccak256;
use alloy_rpc_types_eth::{Filter, Log};
use alloy_sol_types::SolEvent;
use althing_abi::Governance::{Proposal, ProposalCreated};
use althing_client::{Call, Client};
use serde_json::json;

/// Questions in one request: what nodes allow.
const BATCH: usize = 100;

/// Text and calls of a proposal.
#[derive(Clone, Debug)]
pub(super) struct Document {
    pub(super) description: String,
    pub(super) payload: Payload,
}

impl Document {
    /// The first line of the text.
    pub(super) fn title(&self) -> String {
        title(&self.description)
    }
}

/// The first line that is not blank, without marks of a heading.
pub(super) fn title(description: &str) -> String {
    let line = description.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    line.trim_start_matches('#').trim().to_string()
}

fn filter(of: &Proposal) -> Filter {
    let filter = Filter::new().address(althing_abi::GOVERNANCE);
    filter.event_signature(ProposalCreated::SIGNATURE_HASH).select(of.submittedHeight)
}

fn find(of: &Proposal, logs: &[Log]) -> Option<Document> {
    let created = logs.iter().filter_map(|log| ProposalCreated::decode_log(&log.inner).ok());
    let ProposalCreated { targets, values, calldatas, description, .. } =
        created.map(|log| log.data).find(|created| created.proposalId == of.id)?;
    let is_whole = keccak256(&description) == of.descriptionHash;
    is_whole.then_some(Document { description, payload: Payload { targets, values, calldatas } })
}

/// The document of a proposal; refused when the node does not have its block.
pub(super) async fn read(client: &Client, of: &Proposal) -> Result<Document, Failure> {
    let logs = client.logs(&filter(of)).await.map_err(|error| {
        Failure::new(
            Exit::Network,
            format!(
                "the text and the calls of proposal {} are in the log of block {}, which the node did not give: {error}",
                of.number, of.submittedHeight
            ),
        )
    })?;
    find(of, &logs)
        .ok_or_else(|| broken(&format!("block {} has no log of proposal {}", of.submittedHeight, of.number)))
}

/// Titles of proposals; none where the node does not have the block.
pub(super) async fn titles(client: &Client, of: &[Proposal]) -> Result<Vec<Option<String>>, Failure> {
    let mut titles = Vec::with_capacity(of.len());
    for part in of.chunks(BATCH) {
        let question = |proposal| Call { method: "eth_getLogs", params: json!([filter(proposal)]) };
        let calls: Vec<Call> = part.iter().map(question).collect();
        for (proposal, answer) in part.iter().zip(client.rpc().batch(&calls).await?) {
            let logs = answer.ok().and_then(|logs| serde_json::from_value::<Vec<Log>>(logs).ok());
            titles.push(logs.and_then(|logs| find(proposal, &logs)).map(|found| found.title()));
        }
    }
    Ok(titles)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_title_is_the_first_line() {
        for (text, expected) in [
            ("Raise the quorum\n\nBecause.", "Raise the quorum"),
            ("\n# Raise the quorum", "Raise the quorum"),
            ("one line", "one line"),
            (" \n", ""),
        ] {
            assert_eq!(title(text), expected);
        }
    }
}
