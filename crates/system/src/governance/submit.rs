//! Submitting a proposal, withdrawing it, and what becomes of its bond.

use super::{
    emit,
    payload::{MAX_DESCRIPTION_BYTES, Payload, check_length, description_hash},
    power,
    proposal::{End, Proposal, Rules, Stage},
    refused, storage as at,
};
use crate::{Host, SystemError, params};
use alloy_primitives::{Address, U256};
use althing_abi::{
    GOVERNANCE_BONDS,
    Governance::{
        BondSettled, EmptyDescription, GovernorRestrictedProposer, GovernorUnableToCancel, NoBond,
        ProposalCanceled, ProposalCreated, ProposalExists, Submitted,
    },
};
use althing_primitives::Param;

/// Where burned coins go: nobody has the key of the zero address.
const NOBODY: Address = Address::ZERO;

/// Submits a proposal of the caller's; gives its id.
pub(super) fn propose(
    host: &mut impl Host,
    payload: Payload,
    description: String,
) -> Result<U256, SystemError> {
    let proposer = host.call().caller;
    check_length("description", description.len(), MAX_DESCRIPTION_BYTES)?;
    if description.trim().is_empty() {
        return Err(refused(EmptyDescription {}));
    }
    if restricted_to(&description).is_some_and(|named| named != proposer) {
        return Err(refused(GovernorRestrictedProposer { proposer }));
    }
    let kind = payload.kind(host)?;
    let description_hash = description_hash(host, &description)?;
    let id = payload.id(host, description_hash)?;
    let numbers = at::NUMBER.at(host, id)?;
    if numbers.get(host)? != 0 {
        return Err(refused(ProposalExists { proposalId: id }));
    }
    let bond = params::get(host, Param::ProposalBond)?;
    host.transfer(proposer, GOVERNANCE_BONDS, U256::from(bond))?;
    let held = at::BONDS.get(host)?;
    at::BONDS.set(host, held.saturating_add(bond))?;
    let number = at::COUNT.get(host)?.saturating_add(1);
    at::COUNT.set(host, number)?;
    numbers.set(host, number)?;
    let block = host.block();
    let mut proposal = Proposal {
        number,
        id,
        proposer,
        submitted_at: block.timestamp,
        submitted_height: block.number,
        kind,
        support_until: block.timestamp.saturating_add(params::seconds(host, Param::SupportDays)?),
        rules: Rules::present(host, kind)?,
        bond,
        description_hash,
        ..Proposal::default()
    };
    proposal.all_at_submission = power::past(host, power::ALL, proposal.support_snapshot())?;
    proposal.store(host)?;
    announce(host, &proposal, payload, description)?;
    Ok(id)
}

fn announce(
    host: &mut impl Host,
    proposal: &Proposal,
    payload: Payload,
    description: String,
) -> Result<(), SystemError> {
    let Proposal { number, id, proposer, kind, bond, support_until, rules, .. } = *proposal;
    let vote_end = support_until.saturating_add(rules.vote_seconds);
    let created = ProposalCreated {
        proposalId: id,
        proposer,
        signatures: vec![String::new(); payload.targets.len()],
        targets: payload.targets,
        values: payload.values,
        calldatas: payload.calldatas,
        voteStart: U256::from(support_until),
        voteEnd: U256::from(vote_end),
        description,
    };
    emit(host, &created)?;
    let (kind, bond) = (kind as u8, U256::from(bond));
    emit(host, &Submitted { number, proposalId: id, proposer, kind, bond, supportUntil: support_until })
}

/// The account that a description's end says must submit it, so that nobody can be forestalled.
fn restricted_to(description: &str) -> Option<Address> {
    let (_, address) = description.trim_end().rsplit_once("#proposer=")?;
    address.parse().ok()
}

/// Withdraws a proposal of the caller's.
pub(super) fn cancel(host: &mut impl Host, mut proposal: Proposal) -> Result<(), SystemError> {
    let caller = host.call().caller;
    if caller != proposal.proposer {
        return Err(refused(GovernorUnableToCancel { proposalId: proposal.id, account: caller }));
    }
    proposal.check_stage(host, Stage::Support)?;
    proposal.end = End::Cancelled;
    let to = proposal.proposer;
    pay_bond(host, &mut proposal, to)?;
    proposal.store(host)?;
    emit(host, &ProposalCanceled { proposalId: proposal.id })
}

/// Gives a bond that is still held to whom it belongs now.
pub(super) fn settle_bond(host: &mut impl Host, mut proposal: Proposal) -> Result<(), SystemError> {
    let to = match proposal.stage(host.block().timestamp) {
        Stage::Expired => proposal.proposer,
        Stage::Spam => NOBODY,
        _ => return Err(refused(NoBond { number: proposal.number })),
    };
    if proposal.bond == 0 {
        return Err(refused(NoBond { number: proposal.number }));
    }
    pay_bond(host, &mut proposal, to)?;
    proposal.store(host)
}

/// Takes the bond out of those that are held; the proposal is stored by the caller.
pub(super) fn pay_bond(
    host: &mut impl Host,
    proposal: &mut Proposal,
    to: Address,
) -> Result<(), SystemError> {
    let bond = std::mem::take(&mut proposal.bond);
    let held = at::BONDS.get(host)?;
    at::BONDS.set(host, held.saturating_sub(bond))?;
    host.transfer(GOVERNANCE_BONDS, to, U256::from(bond))?;
    emit(host, &BondSettled { number: proposal.number, to, amount: U256::from(bond) })
}
