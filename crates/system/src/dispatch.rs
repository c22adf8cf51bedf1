//! The way into every system contract: rules that hold for all of them, then decoding, then the contract.

use crate::{
    CALL_BASE_GAS, Host, INPUT_WORD_GAS, SystemError, chain_info, conduct, election, governance,
    host::{CallResult, words},
    params, poll, rewards, roll_dpos, staking, upgrades,
};
use alloy_sol_types::SolInterface;
use althing_abi::{
    ChainInfo::ChainInfoCalls,
    Conduct::ConductCalls,
    Election::ElectionCalls,
    Governance::GovernanceCalls,
    Params::ParamsCalls,
    Poll::PollCalls,
    Rewards::RewardsCalls,
    RollDPoS::RollDPoSCalls,
    Staking::StakingCalls,
    SystemContract,
    SystemErrors::{DelegateCallRefused, MalformedArguments, NotPayable, UnknownFunction},
    Upgrades::UpgradesCalls,
};

/// Runs a call. Nothing is done before the first charge; a failed call's writes are the host's to undo.
pub fn call(host: &mut impl Host, contract: SystemContract, input: &[u8]) -> CallResult {
    host.charge(CALL_BASE_GAS.saturating_add(INPUT_WORD_GAS.saturating_mul(words(input.len()))))?;
    let info = host.call();
    if info.is_delegated {
        return Err(SystemError::revert(DelegateCallRefused {}));
    }
    match contract {
        SystemContract::ChainInfo => {
            refuse_value(host)?;
            let call = arguments::<ChainInfoCalls>(input)?;
            chain_info::dispatch(host, call)
        }
        SystemContract::Params => {
            refuse_value(host)?;
            let call = arguments::<ParamsCalls>(input)?;
            params::dispatch(host, call)
        }
        SystemContract::Election => {
            refuse_value(host)?;
            let call = arguments::<ElectionCalls>(input)?;
            election::dispatch(host, call)
        }
        SystemContract::Conduct => {
            refuse_value(host)?;
            let call = arguments::<ConductCalls>(input)?;
            conduct::dispatch(host, call)
        }
        SystemContract::Governance => {
            refuse_value(host)?;
            let call = arguments::<GovernanceCalls>(input)?;
            governance::dispatch(host, call)
        }
        SystemContract::Upgrades => {
            refuse_value(host)?;
            let call = arguments::<UpgradesCalls>(input)?;
            upgrades::dispatch(host, call)
        }
        SystemContract::Poll => {
            refuse_value(host)?;
            let call = arguments::<PollCalls>(input)?;
            poll::dispatch(host, call)
        }
        SystemContract::RollDPoS => {
            refuse_value(host)?;
            let call = arguments::<RollDPoSCalls>(input)?;
            roll_dpos::dispatch(host, call)
        }
        SystemContract::Rewards => {
            refuse_value(host)?;
            let call = arguments::<RewardsCalls>(input)?;
            rewards::dispatch(host, call)
        }
        SystemContract::Staking => {
            let call = arguments::<StakingCalls>(input)?;
            if !staking::is_payable(&call) {
                refuse_value(host)?;
            }
            staking::dispatch(host, call)
        }
    }
}

/// Refuses coins; a contract with payable functions asks per call instead.
fn refuse_value(host: &impl Host) -> Result<(), SystemError> {
    if host.call().value.is_zero() { Ok(()) } else { Err(SystemError::revert(NotPayable {})) }
}

fn arguments<C: SolInterface>(input: &[u8]) -> Result<C, SystemError> {
    let mut selector = [0u8; 4];
    let known = input.len() >= 4 && {
        selector.copy_from_slice(&input[..4]);
        C::valid_selector(selector)
    };
    if !known {
        return Err(SystemError::revert(UnknownFunction { selector: selector.into() }));
    }
    C::abi_decode(input).map_err(|_| SystemError::revert(MalformedArguments { selector: selector.into() }))
}
