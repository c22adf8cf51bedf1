//! The seed of an election, and the draw of the committee.

use super::{
    delegates_of, emit,
    ranking::bootstrap,
    storage::{self as at, Election, Summary},
};
use crate::{Host, SystemError, chain_info, params};
use alloy_primitives::{B256, Bytes};
use althing_abi::Election::{CommitteeDrawn, SeedFixed};
use althing_light::{DrawSeed, fallback_seed, seed_of_beacon, verify_round};
use althing_primitives::{
    ChainSpec, Epoch, Param,
    calendar::ELECTION_LEAD_EPOCHS,
    chainspec::{MAX_VALIDATORS, MIN_EPOCH_BLOCKS_PER_MEMBER},
};

/// Before the first election all bootstrap delegates serve; their order follows from the chain spec.
pub(super) fn of_genesis(host: &mut impl Host, spec: &ChainSpec, epoch: Epoch) -> Result<(), SystemError> {
    let election = Election::of(host, epoch)?;
    let count = at::BOOTSTRAP_COUNT.get(host)?;
    for number in 0..count {
        let delegate = bootstrap(host, number)?;
        election.set_delegate(host, number, &delegate)?;
    }
    let places: Vec<usize> = (0..count as usize).collect();
    election.set_drawn(host, &places)?;
    let summary = Summary {
        delegates: count,
        drawn: count,
        is_complete: true,
        has_seed: true,
        is_fallback: true,
        seed: fallback_seed(spec.hash(), epoch),
        ..Summary::default()
    };
    election.set_summary(host, &summary)
}

/// Takes the beacon that a block carries as the seed, if it is the awaited one. Anything else changes nothing: a later
/// block may carry the right one.
pub(super) fn take_beacon(host: &mut impl Host, epoch: Epoch, beacon: &Bytes) -> Result<(), SystemError> {
    let target = epoch.saturating_add(ELECTION_LEAD_EPOCHS);
    let election = Election::of(host, target)?;
    let Some(summary) = election.summary(host)?.filter(|summary| !summary.has_seed) else { return Ok(()) };
    let (chain_id, key) = (chain_info::chain_id(host)?, chain_info::group_key(host)?);
    let namespace = ChainSpec::namespace_of(chain_id);
    if !verify_round(&namespace, &key, (epoch, summary.seed_view), beacon) {
        return Ok(());
    }
    let seed_height = host.block().number;
    let summary = Summary { has_seed: true, seed: seed_of_beacon(beacon), seed_height, ..summary };
    election.set_summary(host, &summary)
}

/// Draws the committee of the epoch that is elected in `epoch`.
pub(super) fn draw(host: &mut impl Host, epoch: Epoch) -> Result<(), SystemError> {
    let target = epoch.saturating_add(ELECTION_LEAD_EPOCHS);
    let election = Election::of(host, target)?;
    let missing = || SystemError::Fatal(format!("the election of epoch {target} has no ranking"));
    let mut summary = election.summary(host)?.ok_or_else(missing)?;
    if !summary.has_seed {
        summary.seed = fallback_seed(seed_before(host, target)?, target);
        summary.is_fallback = true;
        summary.has_seed = true;
    }
    let seats = committee_seats(host)?;
    let of = DrawSeed { chain_id: chain_info::chain_id(host)?, epoch: target, seed: summary.seed };
    let places = of.committee(summary.delegates as usize, seats);
    election.set_drawn(host, &places)?;
    summary.drawn = places.len() as u64;
    summary.is_complete = true;
    election.set_summary(host, &summary)?;
    emit(host, &SeedFixed { epoch: target, seed: summary.seed, fallbackSeed: summary.is_fallback })?;
    let delegates = delegates_of(host, &election, &summary)?;
    let operators = places.iter().filter_map(|place| delegates.get(*place)).map(|d| d.operator);
    emit(host, &CommitteeDrawn { epoch: target, operatorKeys: operators.collect() })
}

/// Seats of a committee: the parameter, as far as an epoch has blocks for resharing.
fn committee_seats(host: &mut impl Host) -> Result<usize, SystemError> {
    let seats = params::get_u64(host, Param::CommitteeSeats)?;
    let blocks = chain_info::calendar(host)?.epoch_blocks;
    let most = (blocks / MIN_EPOCH_BLOCKS_PER_MEMBER).min(MAX_VALIDATORS as u64);
    Ok(seats.min(most).max(1) as usize)
}

fn seed_before(host: &mut impl Host, epoch: Epoch) -> Result<B256, SystemError> {
    let before = Election::of(host, epoch.saturating_sub(1))?.summary(host)?;
    Ok(before.map(|summary| summary.seed).unwrap_or_default())
}
