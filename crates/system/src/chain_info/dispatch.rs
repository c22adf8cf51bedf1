//! The calls of `ChainInfo`, one arm each.

use super::storage as at;
use crate::{Host, SystemError, host::CallResult};
use alloy_sol_types::SolCall;
use althing_abi::ChainInfo::{self, ChainInfoCalls as Calls};

pub(crate) fn dispatch(host: &mut impl Host, call: Calls) -> CallResult {
    let bytes = match call {
        Calls::chainName(_) => {
            let name = at::NAME.get(host)?;
            // Genesis accepts ASCII names only; a state override may hold anything.
            let name = String::from_utf8_lossy(&name).into_owned();
            ChainInfo::chainNameCall::abi_encode_returns(&name)
        }
        Calls::specHash(_) => ChainInfo::specHashCall::abi_encode_returns(&at::SPEC_HASH.get(host)?),
        Calls::epoch(_) => ChainInfo::epochCall::abi_encode_returns(&at::EPOCH.get(host)?),
        Calls::epochStart(_) => ChainInfo::epochStartCall::abi_encode_returns(&at::EPOCH_START.get(host)?),
        Calls::keyId(_) => ChainInfo::keyIdCall::abi_encode_returns(&at::KEY_ID.get(host)?),
        Calls::committeeKey(_) => ChainInfo::committeeKeyCall::abi_encode_returns(&at::GROUP_KEY.get(host)?),
        Calls::seatCount(_) => ChainInfo::seatCountCall::abi_encode_returns(&at::SEATS.get(host)?),
    };
    Ok::<_, SystemError>(bytes.into())
}
