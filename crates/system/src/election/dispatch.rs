//! The calls of `Election`, one arm each.

use super::{
    delegates_of, ranking,
    storage::{self as at, Election, Who},
};
use crate::{Host, SystemError, host::CallResult, staking};
use alloy_primitives::{Address, U256};
use alloy_sol_types::SolCall;
use althing_abi::Election::{self as abi, ElectionCalls as Calls, UnknownEpoch};
use althing_primitives::Epoch;

pub(crate) fn dispatch(host: &mut impl Host, call: Calls) -> CallResult {
    let bytes = match call {
        Calls::ranking(call) => abi::rankingCall::abi_encode_returns(&ranked(host, call.epoch)?),
        Calls::draw(call) => abi::drawCall::abi_encode_returns(&draw(host, call.epoch)?),
        Calls::committee(call) => abi::committeeCall::abi_encode_returns(&committee(host, call.epoch)?),
        Calls::openSeats(call) => {
            abi::openSeatsCall::abi_encode_returns(&ranking::open_seats(host, call.epoch)?)
        }
    };
    Ok(bytes.into())
}

fn unknown(epoch: Epoch) -> SystemError {
    SystemError::revert(UnknownEpoch { epoch })
}

fn ranked(host: &mut impl Host, epoch: Epoch) -> Result<Vec<abi::Ranked>, SystemError> {
    let mut rows = Vec::new();
    for place in super::ranking(host, epoch)? {
        let (candidate, name) = staking::name_of(host, place.candidate)?;
        let (votes, on_probation) = (U256::from(place.votes), place.on_probation);
        rows.push(abi::Ranked { candidate, name, votes, onProbation: on_probation });
    }
    Ok(rows)
}

/// The candidate's id and name; a bootstrap delegate has a name only.
pub(crate) fn named(host: &mut impl Host, who: Who) -> Result<(Address, String), SystemError> {
    match who {
        Who::Candidate(number) => staking::name_of(host, number),
        Who::Bootstrap(number) => {
            let name = at::BOOTSTRAP.at(host, number)?.bytes(3).get(host)?;
            Ok((Address::ZERO, String::from_utf8_lossy(&name).into_owned()))
        }
    }
}

fn draw(host: &mut impl Host, epoch: Epoch) -> Result<abi::Draw, SystemError> {
    let election = Election::of(host, epoch)?;
    let summary = election.summary(host)?.ok_or_else(|| unknown(epoch))?;
    let mut delegates = Vec::new();
    for delegate in delegates_of(host, &election, &summary)? {
        let (candidate, name) = named(host, delegate.who)?;
        delegates.push(abi::Delegate {
            operatorKey: delegate.operator,
            candidate,
            name,
            votes: U256::from(delegate.votes),
            endpoint: delegate.endpoint.to_string(),
        });
    }
    Ok(abi::Draw {
        epoch,
        rankingHeight: summary.ranking_height,
        seedView: summary.seed_view,
        seedHeight: summary.seed_height,
        seed: summary.seed,
        fallbackSeed: summary.is_fallback,
        complete: summary.is_complete,
        openSeats: summary.open_seats,
        delegates,
        drawn: election.drawn(host, summary.drawn)?,
    })
}

fn committee(host: &mut impl Host, epoch: Epoch) -> Result<abi::Committee, SystemError> {
    let members = super::serving(host, epoch)?.ok_or_else(|| unknown(epoch))?;
    let mut rows = Vec::with_capacity(members.len());
    for member in members {
        let (candidate, name) = named(host, member.who)?;
        rows.push(abi::Member {
            operatorKey: member.operator,
            candidate,
            name,
            reward: member.reward,
            endpoint: member.endpoint.to_string(),
        });
    }
    let kept = Election::of(host, epoch)?.summary(host)?.is_some_and(|summary| summary.is_kept);
    Ok(abi::Committee { epoch, kept, members: rows, leaders: super::leaders(host, epoch)? })
}
