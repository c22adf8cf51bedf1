//! `Params`: the present value of every number that governance may change, one slot each, in the table's order.
//!
//! Every part of the protocol reads its numbers here; `changes.rs` changes them.

mod changes;

pub(crate) use changes::{check, end_epoch};

use crate::{Host, SystemError, host::CallResult, storage::Slot};
use alloy_primitives::{Address, U256, address};
use alloy_sol_types::SolCall;
use althing_abi::Params::{self as abi, ParamsCalls as Calls};
use althing_primitives::{ChainSpec, Param, WHOLE_BPS, params::PARAMS};

/// Where the contract answers (test: storage_is_at_the_address_of_the_table).
const ADDRESS: Address = address!("00000000000000000000000000000000A1740002");

/// Where a parameter's present value lies.
pub fn slot(param: Param) -> Slot<u128> {
    Slot::new(ADDRESS, param as u64)
}

/// A parameter's present value.
pub(crate) fn get(host: &mut impl Host, param: Param) -> Result<u128, SystemError> {
    slot(param).get(host)
}

/// A parameter's present value, for those that fit 64 bits.
pub(crate) fn get_u64(host: &mut impl Host, param: Param) -> Result<u64, SystemError> {
    Ok(u64::try_from(get(host, param)?).unwrap_or(u64::MAX))
}

/// A parameter in basis points.
pub(crate) fn bps(host: &mut impl Host, param: Param) -> Result<u16, SystemError> {
    Ok(u16::try_from(get(host, param)?).unwrap_or(u16::MAX))
}

/// A parameter in days, in seconds.
pub(crate) fn seconds(host: &mut impl Host, param: Param) -> Result<u64, SystemError> {
    let count = get_u64(host, param)?;
    days(host, count)
}

/// The part of an amount that a parameter in basis points says, rounded down.
pub(crate) fn part(host: &mut impl Host, amount: u128, share: Param) -> Result<u128, SystemError> {
    // At most 2^128 / 10^4 Rau or votes exist: the product fits.
    Ok(amount.saturating_mul(get(host, share)?) / u128::from(WHOLE_BPS))
}

/// Seconds that so many days of the network have.
pub(crate) fn days(host: &mut impl Host, days: u64) -> Result<u64, SystemError> {
    Ok(get_u64(host, Param::DaySeconds)?.saturating_mul(days))
}

pub(crate) fn genesis(host: &mut impl Host, spec: &ChainSpec) -> Result<(), SystemError> {
    PARAMS.iter().try_for_each(|entry| slot(entry.param).set(host, spec.params.get(entry.param)))
}

pub(crate) fn dispatch(host: &mut impl Host, call: Calls) -> CallResult {
    let bytes = match call {
        Calls::all(_) => {
            let mut rows = Vec::with_capacity(PARAMS.len());
            for entry in PARAMS {
                rows.push(abi::Param {
                    name: entry.name.into(),
                    unit: entry.unit.name().into(),
                    value: U256::from(get(host, entry.param)?),
                    least: U256::from(entry.least),
                    most: U256::from(entry.most),
                });
            }
            abi::allCall::abi_encode_returns(&rows)
        }
        Calls::valueOf(call) => {
            let unknown = || SystemError::revert(abi::UnknownParam { name: call.name.clone() });
            let param = Param::named(&call.name).ok_or_else(unknown)?;
            abi::valueOfCall::abi_encode_returns(&U256::from(get(host, param)?))
        }
        Calls::changes(_) => abi::changesCall::abi_encode_returns(&changes::list(host)?),
        Calls::set(call) => {
            changes::set(host, call.name, call.value)?;
            Vec::new()
        }
    };
    Ok(bytes.into())
}
