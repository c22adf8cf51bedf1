//! The calls of `Conduct`, one arm each.

use super::{
    evidence::{marker, report},
    judge::productivity_bps,
    record::Record,
    refused, release, storage as at, tally,
};
use crate::{Host, SystemError, chain_info, election, host::CallResult, staking};
use alloy_primitives::{Address, Bytes};
use alloy_sol_types::SolCall;
use althing_abi::Conduct::{self as abi, ConductCalls as Calls, UnknownCandidate, UnknownEpoch};
use althing_light::Fault;
use althing_primitives::Epoch;

/// Most records of a page; a longer page is cut.
const MAX_PAGE: u32 = 100;

pub(crate) fn dispatch(host: &mut impl Host, call: Calls) -> CallResult {
    let bytes = match call {
        Calls::productivity(call) => {
            abi::productivityCall::abi_encode_returns(&productivity(host, call.epoch)?)
        }
        Calls::conductOf(call) => abi::conductOfCall::abi_encode_returns(&conduct_of(host, call.candidate)?),
        Calls::recordsCount(_) => abi::recordsCountCall::abi_encode_returns(&at::LISTED.len(host)?),
        Calls::records(call) => {
            abi::recordsCall::abi_encode_returns(&records(host, call.offset, call.limit)?)
        }
        Calls::probationList(call) => {
            let epoch = chain_info::epoch(host)?;
            let mut page = records(host, call.offset, call.limit)?;
            page.retain(|record| record.probationUntil > epoch);
            abi::probationListCall::abi_encode_returns(&page)
        }
        Calls::punished(call) => {
            let fault = Fault { operator: call.operatorKey, epoch: call.epoch, view: call.viewNumber };
            let marker = marker(host, fault)?;
            abi::punishedCall::abi_encode_returns(&marker.get(host)?)
        }
        Calls::reportDoubleProposal(call) => {
            let reporter = host.call().caller;
            report(host, &call.evidence, reporter)?;
            return Ok(Bytes::new());
        }
        Calls::release(call) => {
            release(host, call.candidate)?;
            return Ok(Bytes::new());
        }
    };
    Ok(bytes.into())
}

fn productivity(host: &mut impl Host, epoch: Epoch) -> Result<Vec<abi::Productivity>, SystemError> {
    let unknown = || refused(UnknownEpoch { epoch });
    let members = election::serving(host, epoch)?.ok_or_else(unknown)?;
    let mut rows = Vec::with_capacity(members.len());
    for (member, turns) in members.into_iter().zip(tally(host, epoch)?) {
        let (candidate, name) = election::named(host, member.who)?;
        rows.push(abi::Productivity {
            operatorKey: member.operator,
            candidate,
            name,
            produced: turns.produced,
            missed: turns.missed,
            basisPoints: productivity_bps(turns),
        });
    }
    Ok(rows)
}

fn conduct_of(host: &mut impl Host, candidate: Address) -> Result<abi::Record, SystemError> {
    let unknown = || refused(UnknownCandidate { candidate });
    let number = staking::find_number(host, candidate)?.ok_or_else(unknown)?;
    Record::of(host, number)?.shown(host, number)
}

fn records(host: &mut impl Host, offset: u32, limit: u32) -> Result<Vec<abi::Record>, SystemError> {
    let numbers = at::LISTED.page(host, offset.into(), limit.min(MAX_PAGE).into())?;
    numbers.into_iter().map(|number| Record::of(host, number)?.shown(host, number)).collect()
}
