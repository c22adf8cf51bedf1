//! `eth_createAccessList`: the accounts and slots that a call touches.

use crate::{Simulation, SimulationError, evm::Machine, simulate::call::halt_reason};
use alloy_primitives::U256;
use alloy_rpc_types_eth::{AccessListResult, TransactionRequest};
use althing_state::StateView;
use revm::{context::TxEnv, context_interface::result::ExecutionResult};
use revm_inspectors::access_list::AccessListInspector;

/// Runs until the list is stable; a list can change the way a call takes, since it changes what gas is left.
const MAX_ROUNDS: usize = 8;

/// Finds the access list of a call, and the gas that the call uses with it.
pub async fn create_access_list(
    at: Simulation,
    request: TransactionRequest,
    view: &impl StateView,
) -> Result<AccessListResult, SimulationError> {
    at.run(request, view, |prepared| {
        let (mut world, cfg, block) = (prepared.world, prepared.cfg, prepared.block);
        let mut tx = prepared.tx;
        let mut last = None;
        for _ in 0..MAX_ROUNDS {
            let inspector = AccessListInspector::new(tx.access_list.clone());
            let mut machine = Machine::inspected(world, cfg.clone(), block.clone(), inspector);
            let result = machine.inspect(tx.clone())?.result;
            let access_list = machine.inspector().access_list();
            world = machine.into_world();
            let stable = access_list == tx.access_list && tx.tx_type != 0;
            last = Some(result);
            // A list makes a legacy transaction one of EIP-2930.
            tx = TxEnv { access_list, tx_type: tx.tx_type.max(1), ..tx };
            if stable {
                break;
            }
        }
        let result = last.expect("there is at least one round");
        let error = match &result {
            ExecutionResult::Success { .. } => None,
            ExecutionResult::Revert { .. } => Some("execution reverted".into()),
            ExecutionResult::Halt { reason, .. } => Some(halt_reason(reason)),
        };
        let gas_used = U256::from(result.tx_gas_used());
        Ok(AccessListResult { access_list: tx.access_list, gas_used, error })
    })
    .await
}
