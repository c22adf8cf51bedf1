//! Whether there shall be a vote: accounts pledge their votes for it, or call the proposal spam.

use super::{
    ballot::{self, Choice},
    emit, power,
    proposal::{Proposal, Stage},
    refused, submit,
};
use crate::{Host, SystemError};
use alloy_primitives::U256;
use althing_abi::Governance::{NoVotes, Pledged, PledgedBefore, VoteOpened, WrongStage};

/// Choices of a pledge, as the interface numbers them.
pub(super) const SUPPORT: u8 = 1;
pub(super) const SPAM: u8 = 2;

/// Pledges the caller's votes. The vote begins when enough support it.
pub(super) fn pledge(host: &mut impl Host, number: u64, choice: u8) -> Result<(), SystemError> {
    let account = host.call().caller;
    let mut proposal = Proposal::load(host, number)?;
    let stage = proposal.stage(host.block().timestamp);
    if stage != Stage::Support {
        return Err(refused(WrongStage { number, stage: stage as u8 }));
    }
    let place = ballot::pledge(host, number, account)?;
    if place.get(host)?.is_some() {
        return Err(refused(PledgedBefore { number, account }));
    }
    let timepoint = proposal.support_snapshot();
    let votes = power::past(host, account, timepoint)?;
    if votes == 0 {
        return Err(refused(NoVotes { account, timepoint }));
    }
    place.set(host, Choice { choice, votes })?;
    emit(host, &Pledged { number, account, kind: choice, votes: U256::from(votes) })?;
    let sum = if choice == SUPPORT { &mut proposal.support } else { &mut proposal.spam };
    *sum = sum.saturating_add(votes);
    if proposal.support >= proposal.support_needed() {
        open(host, &mut proposal)?;
    }
    proposal.store(host)
}

fn open(host: &mut impl Host, proposal: &mut Proposal) -> Result<(), SystemError> {
    let block = host.block();
    proposal.opened_at = block.timestamp;
    proposal.opened_height = block.number;
    let snapshot = proposal.snapshot();
    proposal.all_at_opening = power::past(host, power::ALL, snapshot)?;
    let (number, id, until) = (proposal.number, proposal.id, proposal.vote_until());
    emit(host, &VoteOpened { number, proposalId: id, snapshot, voteUntil: until })?;
    let to = proposal.proposer;
    submit::pay_bond(host, proposal, to)
}
