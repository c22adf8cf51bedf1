//! What the protocol itself does at the edges of a block: one visible list, in order.

use crate::{
    BlockContext, ExecutionError,
    evm::{Machine, Refused},
    fees,
    journal_host::JournalHost,
    outcome::Fees,
};
use alloy_eips::{eip2935::HISTORY_STORAGE_ADDRESS, eip4788::BEACON_ROOTS_ADDRESS};
use alloy_primitives::{Address, B256};
use althing_abi::REWARD_FUND;
use althing_primitives::ChainSpec;
use althing_system::SystemError;
use revm::context_interface::JournalTr;

/// Before the first transaction.
pub(crate) fn begin_block(machine: &mut Machine, block: &BlockContext) -> Result<(), ExecutionError> {
    // EIP-2935: the parent's hash into the ring.
    store(machine, HISTORY_STORAGE_ADDRESS, block.parent_hash)?;
    // EIP-4788: there is no beacon chain, so its root is zero.
    store(machine, BEACON_ROOTS_ADDRESS, B256::ZERO)?;
    // System contracts: epoch, key, committee.
    act(machine, |host| althing_system::begin_block(host, &block.system))
}

/// After the last transaction.
pub(crate) fn end_block(
    machine: &mut Machine,
    spec: &ChainSpec,
    block: &BlockContext,
    gas_used: u64,
) -> Result<Fees, ExecutionError> {
    // Base fee: burned in part (by the EVM, which credits it to nobody), the rest to the reward fund.
    let mut burn_bps = 0;
    if gas_used > 0 {
        act(machine, |host| {
            burn_bps = althing_system::base_fee_burn_bps(host)?;
            Ok(())
        })?;
    }
    let (burned, to_fund) = fees::split(gas_used, block.base_fee, burn_bps);
    if !to_fund.is_zero() {
        let credited = machine.context().journaled_state.balance_incr(REWARD_FUND, to_fund);
        credited.map_err(|error| ExecutionError::State(error.0))?;
        machine.commit_journal();
    }
    // System contracts.
    act(machine, |host| althing_system::end_block(host, &block.system))?;
    if spec.epoch_of(block.number) != spec.epoch_of(block.number.saturating_add(1)) {
        act(machine, |host| althing_system::end_epoch(host, &block.system))?;
    }
    Ok(Fees { burned, to_fund })
}

/// The account that gets the tips: the proposer's, or the one that a simulation names.
pub(crate) fn beneficiary(machine: &mut Machine, block: &BlockContext) -> Result<Address, ExecutionError> {
    let Some(proposer) = block.system.proposer else { return Ok(block.beneficiary) };
    let mut seat = None;
    act(machine, |host| {
        seat = althing_system::election::seat(host, block.system.epoch, proposer)?;
        Ok(())
    })?;
    seat.map(|seat| seat.reward).ok_or(ExecutionError::Proposer(proposer))
}

fn store(machine: &mut Machine, contract: Address, value: B256) -> Result<(), ExecutionError> {
    match machine.system_call(contract, value.into()) {
        Ok(executed) => {
            machine.commit(executed);
            Ok(())
        }
        Err(Refused::Failed(error)) => Err(error),
        Err(Refused::Invalid(reason)) => Err(ExecutionError::Internal(format!("{contract}: {reason}"))),
    }
}

fn act(
    machine: &mut Machine,
    step: impl FnOnce(&mut JournalHost<'_>) -> Result<(), SystemError>,
) -> Result<(), ExecutionError> {
    let result = step(&mut JournalHost::of_protocol(machine.context()));
    result.map_err(|error| machine.world().failure(format!("a system contract's hook failed: {error}")))?;
    machine.commit_journal();
    Ok(())
}
