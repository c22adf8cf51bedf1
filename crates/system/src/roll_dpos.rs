//! `RollDPoS`: epochs as IoTeX's tools ask for them. A face of `ChainInfo` without storage of its own.

use crate::{Host, SystemError, chain_info, election, host::CallResult, params};
use alloy_primitives::U256;
use alloy_sol_types::SolValue;
use althing_abi::RollDPoS::{NumberTooLarge, RollDPoSCalls as Calls};
use althing_primitives::Param;

pub(crate) fn dispatch(host: &mut impl Host, call: Calls) -> CallResult {
    let calendar = chain_info::calendar(host)?;
    let value = match call {
        Calls::NumDelegates(_) => {
            let epoch = chain_info::epoch(host)?;
            election::seats(host, epoch)?
        }
        Calls::NumCandidateDelegates(_) => params::get_u64(host, Param::DelegateSeats)?,
        Calls::NumSubEpochs(_) => 1,
        Calls::SubEpochNumber(_) => 0,
        Calls::EpochNumber(call) => calendar.epoch_of(number(call.blockHeight)?),
        Calls::EpochHeight(call) => calendar.first_block(number(call.epochNumber)?),
        Calls::EpochLastHeight(call) => calendar.last_block(number(call.epochNumber)?),
    };
    // Every function gives the same pair.
    Ok((U256::from(value), U256::from(host.block().number)).abi_encode().into())
}

fn number(number: U256) -> Result<u64, SystemError> {
    u64::try_from(number).map_err(|_| SystemError::revert(NumberTooLarge { number }))
}
