//! `Election`: who produces blocks. The ranking of candidates, the seed, the draw and the serving committee of each epoch.
//!
//! Lifecycle of the election of epoch N, in epoch N - 3 (the calendar is in `primitives`): after the ranking's block the
//! ranking and the list of delegates are fixed and a view is announced; a later block carries that view's beacon, which
//! becomes the seed; after the draw's block the committee is drawn. At the end of epoch N - 1 consensus says who got key
//! shares: the drawn committee, or the one before when resharing failed; that committee serves in epoch N.
//!
//! Invariants (tests.rs):
//! - the ranking is the one that sorting all active candidates by force gives;
//! - what was fixed for an epoch never changes, whatever candidates do afterwards;
//! - a committee is never empty, has no operator twice, and every member's node has an address;
//! - no step costs more than a bounded number of storage accesses: 4,096 active candidates, 100 ranked, 64 members.

mod dispatch;
mod draw;
mod endpoint;
mod ranking;
mod serve;
mod storage;

pub(crate) use dispatch::{dispatch, named};
pub use endpoint::Endpoint;
pub(crate) use serve::reward_of;
pub use storage::{Member, Who};

use crate::{BlockInputs, Host, SystemError, chain_info};
use alloy_primitives::{Address, B256, Log};
use alloy_sol_types::SolEvent;
use althing_primitives::{ChainSpec, Epoch, Height, calendar::ELECTION_LEAD_EPOCHS};
use storage::{self as at, ADDRESS, Election, Summary};
pub(crate) use storage::{Delegate, EPOCHS_KEPT, Ranked};

fn emit(host: &mut impl Host, event: &impl SolEvent) -> Result<(), SystemError> {
    host.emit(Log { address: ADDRESS, data: event.encode_log_data() })
}

/// Stores the bootstrap delegates and phases; they are the committee of the epochs before the first election.
pub(crate) fn genesis(host: &mut impl Host, spec: &ChainSpec) -> Result<(), SystemError> {
    for (number, validator) in spec.validators.iter().enumerate() {
        let record = at::BOOTSTRAP.at(host, number as u64)?;
        record.slot(0).set(host, validator.operator)?;
        record.slot(1).set(host, validator.reward)?;
        record.slot(2).set(host, Endpoint::parse(validator.p2p.as_bytes()))?;
        record.bytes(3).set(host, validator.name.as_bytes())?;
    }
    at::BOOTSTRAP_COUNT.set(host, spec.validators.len() as u64)?;
    for (number, phase) in spec.seat_phases.iter().enumerate() {
        at::PHASE.at(host, number as u64)?.set(host, [phase.from_epoch, phase.seats, 0, 0])?;
    }
    at::PHASE_COUNT.set(host, spec.seat_phases.len() as u64)?;
    for epoch in 0..ELECTION_LEAD_EPOCHS {
        draw::of_genesis(host, spec, epoch)?;
    }
    serve::of_genesis(host, spec)
}

/// Steps of the election that are due after this block.
pub(crate) fn end_block(host: &mut impl Host, inputs: &BlockInputs) -> Result<(), SystemError> {
    let calendar = chain_info::calendar(host)?;
    let (height, epoch) = (host.block().number, inputs.epoch);
    let ranking = calendar.ranking_block(epoch);
    if height == ranking {
        return ranking::fix(host, epoch, calendar.seed_view(inputs.view));
    }
    let draw = calendar.draw_block(epoch);
    if height > ranking && height <= draw && !inputs.election_beacon.is_empty() {
        draw::take_beacon(host, epoch, &inputs.election_beacon)?;
    }
    if height == draw { draw::draw(host, epoch) } else { Ok(()) }
}

/// Notes who serves in the next epoch.
pub(crate) fn end_epoch(host: &mut impl Host, inputs: &BlockInputs) -> Result<(), SystemError> {
    serve::install(host, inputs)
}

/// The view whose beacon this epoch's election waits for; none before the ranking, after the draw, and once a block
/// carried it.
pub fn awaited_view(host: &mut impl Host, epoch: Epoch) -> Result<Option<u64>, SystemError> {
    let summary = Election::of(host, epoch.saturating_add(ELECTION_LEAD_EPOCHS))?.summary(host)?;
    let waits = |summary: &Summary| !summary.has_seed && !summary.is_complete;
    Ok(summary.filter(waits).map(|summary| summary.seed_view))
}

/// What a node must know of an epoch's election to take part in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// The seed.
    pub seed: B256,
    /// The view, three epochs before, whose beacon is the seed.
    pub seed_view: u64,
    /// Height of the block that carries the beacon; `None` for a seed that no block revealed.
    pub seed_height: Option<Height>,
    /// Places of the drawn among the delegates, in order of the draw.
    pub places: Vec<u64>,
    /// The drawn operators with the addresses of their nodes, in order of the draw.
    pub members: Vec<(B256, Endpoint)>,
    /// All delegates, drawn or not.
    pub delegates: Vec<(B256, Endpoint)>,
}

/// The draw of an epoch; `None` before it took place.
pub fn drawn(host: &mut impl Host, epoch: Epoch) -> Result<Option<Drawn>, SystemError> {
    let election = Election::of(host, epoch)?;
    let Some(summary) = election.summary(host)?.filter(|summary| summary.is_complete) else {
        return Ok(None);
    };
    let all = delegates_of(host, &election, &summary)?;
    let delegates: Vec<_> = all.iter().map(|delegate| (delegate.operator, delegate.endpoint)).collect();
    let places = election.drawn(host, summary.drawn)?;
    let members = places.iter().filter_map(|place| delegates.get(*place as usize).copied()).collect();
    let Summary { seed, seed_view, seed_height, is_fallback, .. } = summary;
    let seed_height = (!is_fallback).then_some(seed_height);
    Ok(Some(Drawn { seed, seed_view, seed_height, places, members, delegates }))
}

/// The committee that serves in an epoch, in order of its operator keys; `None` for a future epoch.
pub fn serving(host: &mut impl Host, epoch: Epoch) -> Result<Option<Vec<Member>>, SystemError> {
    let election = Election::of(host, epoch)?;
    let Some(summary) = election.summary(host)?.filter(|summary| summary.members > 0) else {
        return Ok(None);
    };
    election.prefetch_members(host, summary.members)?;
    (0..summary.members).map(|place| election.member(host, place)).collect::<Result<_, _>>().map(Some)
}

/// A committee with names, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roster {
    /// Members in order of their operator keys, with their names and, for elected ones, their candidates' ids.
    pub members: Vec<(Member, String, Option<Address>)>,
    /// Places in the order in which they lead views.
    pub leaders: Vec<u64>,
    /// Whether it holds key shares; else it is drawn and will get them.
    pub serves: bool,
    /// Whether it serves on because its successors got no key shares.
    pub is_kept: bool,
}

/// The committee of an epoch: the serving one, or the drawn one when its term is to come. `None` before the draw.
pub fn roster(host: &mut impl Host, epoch: Epoch) -> Result<Option<Roster>, SystemError> {
    let serving = serving(host, epoch)?;
    let serves = serving.is_some();
    let Some(members) = (match serving {
        Some(members) => Some(members),
        None => serve::expected(host, epoch)?,
    }) else {
        return Ok(None);
    };
    let mut named = Vec::with_capacity(members.len());
    for member in members {
        let (candidate, name) = dispatch::named(host, member.who)?;
        named.push((member, name, Some(candidate).filter(|candidate| !candidate.is_zero())));
    }
    let summary = Election::of(host, epoch)?.summary(host)?.unwrap_or_default();
    let leaders = match serves {
        true => leaders(host, epoch)?,
        false => serve::order(host, epoch, &summary, named.len())?,
    };
    Ok(Some(Roster { members: named, leaders, serves, is_kept: summary.is_kept }))
}

/// Number of members that serve in an epoch.
pub(crate) fn seats(host: &mut impl Host, epoch: Epoch) -> Result<u64, SystemError> {
    Ok(Election::of(host, epoch)?.summary(host)?.map_or(0, |summary| summary.members))
}

/// The member that an operator was in an epoch that is kept.
pub(crate) fn member_of(
    host: &mut impl Host,
    epoch: Epoch,
    operator: B256,
) -> Result<Option<Member>, SystemError> {
    Ok(serving(host, epoch)?.unwrap_or_default().into_iter().find(|member| member.operator == operator))
}

/// The seat of an operator in the committee of an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seat {
    /// Place among the members.
    pub place: u64,
    /// Account that gets the tips.
    pub reward: Address,
}

/// The seat of an operator who serves in an epoch.
pub fn seat(host: &mut impl Host, epoch: Epoch, operator: B256) -> Result<Option<Seat>, SystemError> {
    let [tag, place, _, _] = at::SEAT.at(host, operator)?.get(host)?;
    if tag != epoch.saturating_add(1) {
        return Ok(None);
    }
    let member = Election::of(host, epoch)?.member(host, place)?;
    Ok(Some(Seat { place, reward: member.reward }))
}

/// The order in which the members of an epoch lead: places among the members.
pub(crate) fn leaders(host: &mut impl Host, epoch: Epoch) -> Result<Vec<u64>, SystemError> {
    let election = Election::of(host, epoch)?;
    match election.summary(host)? {
        Some(summary) => election.leaders(host, summary.members),
        None => Ok(Vec::new()),
    }
}

/// Whether anything is known of the election for an epoch.
pub(crate) fn is_known(host: &mut impl Host, epoch: Epoch) -> Result<bool, SystemError> {
    Ok(Election::of(host, epoch)?.summary(host)?.is_some())
}

/// The delegates whom the committee of an epoch is drawn from.
pub(crate) fn delegates(host: &mut impl Host, epoch: Epoch) -> Result<Vec<Delegate>, SystemError> {
    let election = Election::of(host, epoch)?;
    match election.summary(host)? {
        Some(summary) => delegates_of(host, &election, &summary),
        None => Ok(Vec::new()),
    }
}

/// The ranking for an epoch, best first.
pub(crate) fn ranking(host: &mut impl Host, epoch: Epoch) -> Result<Vec<Ranked>, SystemError> {
    let election = Election::of(host, epoch)?;
    let ranked = election.summary(host)?.map_or(0, |summary| summary.ranked);
    election.prefetch(host, ranked, 0)?;
    (0..ranked).map(|place| election.ranked(host, place)).collect()
}

fn delegates_of(
    host: &mut impl Host,
    election: &Election,
    summary: &Summary,
) -> Result<Vec<Delegate>, SystemError> {
    election.prefetch(host, 0, summary.delegates)?;
    (0..summary.delegates).map(|place| election.delegate(host, place)).collect()
}

#[cfg(test)]
mod tests;
