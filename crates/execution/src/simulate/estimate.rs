//! `eth_estimateGas`: the least gas limit, within a tolerance, with which a call succeeds.
//!
//! Gas used is a lower bound only: refunds come after the end, and a call passes on at most 63/64 of what is left.
//! So the limit is found by bisection, from bounds that the first run gives. Calls of system contracts get a margin.

use crate::{
    InvalidTransaction, Simulation, SimulationError,
    evm::{Machine, Refused},
    simulate::{call::halt_reason, setup::Prepared},
};
use alloy_primitives::TxKind;
use alloy_rpc_types_eth::TransactionRequest;
use althing_abi::SystemContract;
use althing_primitives::MAX_TRANSACTION_GAS;
use althing_state::StateView;
use revm::{
    context::TxEnv,
    context_interface::result::{ExecutionResult, HaltReason, InvalidTransaction as Rule},
    database_interface::DatabaseRef,
};

/// Gas of a plain transfer.
const TRANSFER_GAS: u64 = 21_000;

/// Gas that a callee gets on top when a call sends coins: it must be there even if it is not used.
const CALL_STIPEND_GAS: u64 = 2_300;

/// The search stops when the bounds are this close, in thousandths of the upper one.
const TOLERANCE_PER_MILLE: u64 = 15;

/// Gas on top of what a call of a system contract needs now: some fill a slot or two more in the next second or after the
/// next block of an election than in this one. What is not used is not paid.
const SYSTEM_CALL_GAS: u64 = 120_000;

/// Finds a gas limit with which the call succeeds.
pub async fn estimate_gas(
    at: Simulation,
    request: TransactionRequest,
    view: &impl StateView,
) -> Result<u64, SimulationError> {
    at.run(request, view, |prepared| {
        let Prepared { world, cfg, block, tx, allowance } = prepared;
        let allowance = allowance.min(MAX_TRANSACTION_GAS).min(block.gas_limit);
        Search { machine: Machine::new(world, cfg, block), tx, allowance }.run()
    })
    .await
}

struct Search {
    machine: Machine,
    tx: TxEnv,
    allowance: u64,
}

enum Trial {
    Enough(ExecutionResult),
    TooLittle,
    Fails(SimulationError),
}

impl Search {
    fn run(mut self) -> Result<u64, SimulationError> {
        if self.is_transfer()?
            && self.allowance >= TRANSFER_GAS
            && let Trial::Enough(_) = self.attempt(TRANSFER_GAS)?
        {
            return Ok(TRANSFER_GAS);
        }
        let first = match self.attempt(self.allowance)? {
            Trial::Enough(result) => result,
            Trial::TooLittle => return Err(SimulationError::GasExceedsAllowance(self.allowance)),
            Trial::Fails(error) => return Err(error),
        };
        let mut enough = self.allowance;
        let mut too_little = first.tx_gas_used().saturating_sub(1);
        // A good guess first: what was spent before refunds and the stipend, over the 63/64 rule.
        let spent = first.gas().total_gas_spent().saturating_add(CALL_STIPEND_GAS);
        let guess = spent.saturating_mul(64) / 63;
        if guess < enough {
            self.narrow(guess, &mut too_little, &mut enough)?;
        }
        while enough.saturating_sub(too_little) > 1
            && (enough - too_little).saturating_mul(1_000) > enough.saturating_mul(TOLERANCE_PER_MILLE)
        {
            // Most calls need little more than they use: look low first.
            let middle = (too_little + (enough - too_little) / 2).min(too_little.saturating_mul(2).max(1));
            self.narrow(middle, &mut too_little, &mut enough)?;
        }
        let margin = if self.is_system_call() { SYSTEM_CALL_GAS } else { 0 };
        Ok(enough.saturating_add(margin).min(self.allowance))
    }

    fn is_system_call(&self) -> bool {
        matches!(self.tx.kind, TxKind::Call(to) if SystemContract::at(&to).is_some())
    }

    fn narrow(&mut self, gas: u64, too_little: &mut u64, enough: &mut u64) -> Result<(), SimulationError> {
        match self.attempt(gas)? {
            Trial::Enough(_) => *enough = gas,
            // A contract may revert because of the gas it is given; with more it succeeded.
            Trial::TooLittle | Trial::Fails(_) => *too_little = gas,
        }
        Ok(())
    }

    fn is_transfer(&mut self) -> Result<bool, SimulationError> {
        let TxKind::Call(to) = self.tx.kind else { return Ok(false) };
        if !self.tx.data.is_empty() || !self.tx.authorization_list.is_empty() {
            return Ok(false);
        }
        let account = self.machine.world().basic_ref(to).map_err(|e| crate::ExecutionError::State(e.0))?;
        Ok(account.is_none_or(|account| account.is_empty_code_hash()))
    }

    fn attempt(&mut self, gas_limit: u64) -> Result<Trial, SimulationError> {
        let tx = TxEnv { gas_limit, ..self.tx.clone() };
        match self.machine.transact(tx) {
            Ok(executed) => Ok(match executed.result {
                result @ ExecutionResult::Success { .. } => Trial::Enough(result),
                ExecutionResult::Revert { output, .. } => Trial::Fails(SimulationError::Reverted(output)),
                ExecutionResult::Halt { reason: HaltReason::OutOfGas(_), .. } => Trial::TooLittle,
                ExecutionResult::Halt { reason, .. } => {
                    Trial::Fails(SimulationError::Halted(halt_reason(&reason)))
                }
            }),
            Err(Refused::Invalid(InvalidTransaction::Rule(
                Rule::CallGasCostMoreThanGasLimit { .. } | Rule::GasFloorMoreThanGasLimit { .. },
            ))) => Ok(Trial::TooLittle),
            Err(refused) => Err(refused.into()),
        }
    }
}
