//! The committee that serves: who holds key shares, in which order they lead.

use super::{
    delegates_of, emit,
    storage::{self as at, Election, Member, Summary, Who},
};
use crate::{BlockInputs, Host, NextCommittee, SystemError, chain_info, staking};
use alloy_primitives::{Address, B256};
use althing_abi::Election::CommitteeServes;
use althing_light::DrawSeed;
use althing_primitives::{ChainSpec, Epoch};
use std::collections::BTreeMap;

/// The bootstrap delegates serve in epoch 0.
pub(super) fn of_genesis(host: &mut impl Host, spec: &ChainSpec) -> Result<(), SystemError> {
    let mut members: Vec<_> = spec.validators.iter().map(|validator| validator.operator).collect();
    members.sort_unstable();
    serve(host, 0, spec.chain_id, &NextCommittee { members, is_kept: false })
}

/// At the end of an epoch, notes who serves in the next.
pub(super) fn install(host: &mut impl Host, inputs: &BlockInputs) -> Result<(), SystemError> {
    let Some(next) = &inputs.next_committee else { return Ok(()) };
    let chain_id = chain_info::chain_id(host)?;
    let epoch = inputs.epoch.saturating_add(1);
    serve(host, epoch, chain_id, next)?;
    emit(host, &CommitteeServes { epoch, kept: next.is_kept })
}

fn serve(host: &mut impl Host, epoch: Epoch, chain_id: u64, next: &NextCommittee) -> Result<(), SystemError> {
    let election = Election::of(host, epoch)?;
    let missing = || SystemError::Fatal(format!("epoch {epoch} begins without an election"));
    let summary = election.summary(host)?.ok_or_else(missing)?;
    let known = known_operators(host, epoch, &election, &summary)?;
    for (place, operator) in next.members.iter().enumerate() {
        let stranger = || SystemError::Fatal(format!("operator {operator} serves but was never drawn"));
        let (who, endpoint) = *known.get(operator).ok_or_else(stranger)?;
        let reward = reward_of(host, who)?;
        let place = place as u64;
        election.set_member(host, place, &Member { operator: *operator, who, reward, endpoint })?;
        at::SEAT.at(host, *operator)?.set(host, [epoch.saturating_add(1), place, who.to_number(), 0])?;
    }
    let count = next.members.len();
    let leaders = DrawSeed { chain_id, epoch, seed: summary.seed }.leaders(count);
    election.set_leaders(host, &leaders)?;
    election.set_summary(host, &Summary { members: count as u64, is_kept: next.is_kept, ..summary })
}

/// The drawn committee of an epoch as it will serve, if resharing succeeds.
pub(super) fn expected(host: &mut impl Host, epoch: Epoch) -> Result<Option<Vec<Member>>, SystemError> {
    let election = Election::of(host, epoch)?;
    let Some(summary) = election.summary(host)?.filter(|summary| summary.is_complete) else {
        return Ok(None);
    };
    let delegates = delegates_of(host, &election, &summary)?;
    let mut members = Vec::new();
    for place in election.drawn(host, summary.drawn)? {
        let Some(delegate) = delegates.get(place as usize) else { continue };
        let reward = reward_of(host, delegate.who)?;
        let (operator, who, endpoint) = (delegate.operator, delegate.who, delegate.endpoint);
        members.push(Member { operator, who, reward, endpoint });
    }
    members.sort_by_key(|member| member.operator);
    Ok(Some(members))
}

/// The order in which so many members lead in an epoch: places among the members.
pub(super) fn order(
    host: &mut impl Host,
    epoch: Epoch,
    summary: &Summary,
    members: usize,
) -> Result<Vec<u64>, SystemError> {
    let of = DrawSeed { chain_id: chain_info::chain_id(host)?, epoch, seed: summary.seed };
    Ok(of.leaders(members).into_iter().map(|place| place as u64).collect())
}

type Known = BTreeMap<B256, (Who, super::Endpoint)>;

/// The epoch's delegates, and the members of the epoch before, who may serve on.
fn known_operators(
    host: &mut impl Host,
    epoch: Epoch,
    election: &Election,
    summary: &Summary,
) -> Result<Known, SystemError> {
    let mut known = Known::new();
    if let Some(before) = epoch.checked_sub(1) {
        for member in super::serving(host, before)?.unwrap_or_default() {
            known.insert(member.operator, (member.who, member.endpoint));
        }
    }
    for delegate in delegates_of(host, election, summary)? {
        known.insert(delegate.operator, (delegate.who, delegate.endpoint));
    }
    Ok(known)
}

/// The account that a member's tips and rewards go to.
pub(crate) fn reward_of(host: &mut impl Host, who: Who) -> Result<Address, SystemError> {
    match who {
        Who::Candidate(number) => staking::reward_of(host, number),
        Who::Bootstrap(number) => at::BOOTSTRAP.at(host, number)?.slot(1).get(host),
    }
}
