//! Changes that governance decided: they come into force with an epoch that is announced, and touch nothing before.

use super::{ADDRESS, get, slot};
use crate::{
    Host, SystemError, chain_info, governance,
    storage::{Map, Slot, Triple},
};
use alloy_primitives::{Log, U256};
use alloy_sol_types::{SolError, SolEvent};
use althing_abi::Params::{Change, ChangeDecided, Changed, OutOfBounds, Unchangeable, UnknownParam};
use althing_primitives::{Epoch, Param, chainspec::MIN_EPOCH_BLOCKS_PER_MEMBER, params::PARAMS};

/// A bit for each parameter that will change. The slots before are the parameters'.
const PENDING: Slot<U256> = Slot::new(ADDRESS, 1_000);
/// By parameter: value and first epoch.
const CHANGE: Map<u64, Triple> = Map::new(ADDRESS, 1_001);

fn refused(error: impl SolError) -> SystemError {
    SystemError::revert(error)
}

fn emit(host: &mut impl Host, event: &impl SolEvent) -> Result<(), SystemError> {
    host.emit(Log { address: ADDRESS, data: event.encode_log_data() })
}

/// The parameter with a name, if governance may give it a value.
pub(crate) fn check(host: &mut impl Host, name: &str, value: U256) -> Result<(Param, u128), SystemError> {
    let param = Param::named(name).ok_or_else(|| refused(UnknownParam { name: name.into() }))?;
    if param.is_fixed() {
        return Err(refused(Unchangeable { name: name.into() }));
    }
    let entry = param.entry();
    let most = most(host, param)?;
    match u128::try_from(value) {
        Ok(value) if (entry.least..=most).contains(&value) => Ok((param, value)),
        _ => {
            let (least, most) = (U256::from(entry.least), U256::from(most));
            Err(refused(OutOfBounds { name: name.into(), value, least, most }))
        }
    }
}

/// Greatest value that a parameter may be given now.
fn most(host: &mut impl Host, param: Param) -> Result<u128, SystemError> {
    let most = param.entry().most;
    // A committee has as many seats as both allow, and needs some blocks for each to hand its shares on. One of both is small
    // enough, now and after every change that was decided.
    let other = match param {
        Param::CommitteeSeats => Param::DelegateSeats,
        Param::DelegateSeats => Param::CommitteeSeats,
        _ => return Ok(most),
    };
    let fit = u128::from(chain_info::calendar(host)?.epoch_blocks / MIN_EPOCH_BLOCKS_PER_MEMBER);
    Ok(if greatest(host, other)? <= fit { most } else { most.min(fit) })
}

/// A parameter's present value, or the one that it will have if that is greater.
fn greatest(host: &mut impl Host, param: Param) -> Result<u128, SystemError> {
    let present = get(host, param)?;
    if !PENDING.get(host)?.bit(param as usize) {
        return Ok(present);
    }
    let (decided, _, _) = CHANGE.at(host, param as u64)?.get(host)?;
    Ok(present.max(decided))
}

/// Decides a change; for governance only.
pub(super) fn set(host: &mut impl Host, name: String, value: U256) -> Result<(), SystemError> {
    governance::check_caller(host)?;
    let (param, number) = check(host, &name, value)?;
    let notice = super::get_u64(host, Param::NoticeEpochs)?;
    let from = chain_info::epoch(host)?.saturating_add(1).saturating_add(notice);
    CHANGE.at(host, param as u64)?.set(host, (number, from, 0))?;
    let mut pending = PENDING.get(host)?;
    pending.set_bit(param as usize, true);
    PENDING.set(host, pending)?;
    emit(host, &ChangeDecided { name, value, fromEpoch: from })
}

/// Changes that are not in force yet, in order of the table: value and first epoch.
fn pending(host: &mut impl Host) -> Result<Vec<(Param, u128, Epoch)>, SystemError> {
    let bits = PENDING.get(host)?;
    let mut found = Vec::new();
    for entry in PARAMS.iter().filter(|entry| bits.bit(entry.param as usize)) {
        let (value, from, _) = CHANGE.at(host, entry.param as u64)?.get(host)?;
        found.push((entry.param, value, from));
    }
    Ok(found)
}

/// The same for the interface.
pub(super) fn list(host: &mut impl Host) -> Result<Vec<Change>, SystemError> {
    let shown = |(param, value, from): (Param, u128, Epoch)| Change {
        name: param.entry().name.into(),
        value: U256::from(value),
        fromEpoch: from,
    };
    Ok(pending(host)?.into_iter().map(shown).collect())
}

/// Brings into force what is due with the epoch after this one.
pub(crate) fn end_epoch(host: &mut impl Host, epoch: Epoch) -> Result<(), SystemError> {
    let next = epoch.saturating_add(1);
    let mut bits = PENDING.get(host)?;
    for (param, value, _) in pending(host)?.into_iter().filter(|(_, _, from)| *from <= next) {
        let previous = U256::from(get(host, param)?);
        slot(param).set(host, value)?;
        bits.set_bit(param as usize, false);
        PENDING.set(host, bits)?;
        let name = param.entry().name.into();
        emit(host, &Changed { name, previous, value: U256::from(value), epoch: next })?;
    }
    Ok(())
}
