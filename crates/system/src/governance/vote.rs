//! The vote: every account's last word counts, with the votes that it had when the vote began.

use super::{
    ballot::{self, Choice},
    emit, power,
    proposal::{Proposal, Stage},
    refused,
};
use crate::{Host, SystemError};
use alloy_primitives::{Address, Bytes, U256};
use althing_abi::Governance::{GovernorInvalidVoteType, NoVotes, VoteCast, VoteCastWithParams};

/// Choices of a vote, as the interface numbers them.
const NO: u8 = 0;
const YES: u8 = 1;
const ABSTAIN: u8 = 2;

/// A vote as cast.
#[derive(Clone, Debug, Default)]
pub(super) struct Cast {
    pub(super) id: U256,
    pub(super) choice: u8,
    pub(super) reason: String,
    pub(super) params: Bytes,
}

/// Counts an account's vote; gives its weight.
pub(super) fn cast(host: &mut impl Host, voter: Address, cast: Cast) -> Result<U256, SystemError> {
    let Cast { id, choice, reason, params } = cast;
    let mut proposal = Proposal::by_id(host, id)?;
    proposal.check_stage(host, Stage::Voting)?;
    if choice > ABSTAIN {
        return Err(refused(GovernorInvalidVoteType {}));
    }
    let place = ballot::vote(host, proposal.number, voter)?;
    let votes = match place.get(host)? {
        Some(before) => {
            let sum = proposal.sum(before.choice);
            *sum = sum.saturating_sub(before.votes);
            before.votes
        }
        None => power::past(host, voter, proposal.snapshot())?,
    };
    if votes == 0 {
        return Err(refused(NoVotes { account: voter, timepoint: proposal.snapshot() }));
    }
    place.set(host, Choice { choice, votes })?;
    let sum = proposal.sum(choice);
    *sum = sum.saturating_add(votes);
    proposal.store(host)?;
    let weight = U256::from(votes);
    match params.is_empty() {
        true => emit(host, &VoteCast { voter, proposalId: id, support: choice, weight, reason })?,
        false => {
            emit(
                host,
                &VoteCastWithParams { voter, proposalId: id, support: choice, weight, reason, params },
            )?;
        }
    }
    Ok(weight)
}

impl Proposal {
    fn sum(&mut self, choice: u8) -> &mut u128 {
        match choice {
            NO => &mut self.no,
            YES => &mut self.yes,
            _ => &mut self.abstain,
        }
    }
}
