//! Contracts that are part of the node: the EVM's precompiles, and the system contracts as stateful ones.
//!
//! A system contract answers at its address before any code there is looked at. The code that genesis puts there
//! only runs in foreign EVMs; but for `Governance`, where it makes the calls of proposals.

use crate::{evm::EvmContext, journal_host::JournalHost};
use alloy_primitives::{Address, Bytes, map::AddressSet};
use alloy_sol_types::SolCall;
use althing_abi::{GOVERNANCE, Governance::executeCall, SYSTEM_CONTRACTS, SystemContract};
use althing_system::{CallInfo, SystemError};
use revm::{
    handler::{EthPrecompiles, PrecompileProvider},
    interpreter::{CallInputs, InstructionResult, InterpreterResult},
    primitives::hardfork::SpecId,
};

/// The EVM's precompiles and the system contracts.
#[derive(Clone, Debug)]
pub(crate) struct NodeContracts {
    evm: EthPrecompiles,
    warm: AddressSet,
}

impl NodeContracts {
    pub(crate) fn new(rules: SpecId) -> Self {
        let mut contracts = Self { evm: EthPrecompiles::new(rules), warm: AddressSet::default() };
        contracts.warm_up();
        contracts
    }

    fn warm_up(&mut self) {
        self.warm.clone_from(self.evm.warm_addresses());
        self.warm.extend(SYSTEM_CONTRACTS.iter().map(|contract| contract.address));
    }
}

impl PrecompileProvider<EvmContext> for NodeContracts {
    type Output = InterpreterResult;

    fn set_spec(&mut self, rules: SpecId) -> bool {
        let changed = PrecompileProvider::<EvmContext>::set_spec(&mut self.evm, rules);
        if changed {
            self.warm_up();
        }
        changed
    }

    fn run(
        &mut self,
        context: &mut EvmContext,
        inputs: &CallInputs,
    ) -> Result<Option<InterpreterResult>, String> {
        let Some(contract) = SystemContract::at(&inputs.bytecode_address) else {
            return self.evm.run(context, inputs);
        };
        if is_of_executor(context, inputs) {
            return Ok(None);
        }
        call(context, contract, inputs).map(Some)
    }

    fn warm_addresses(&self) -> &AddressSet {
        &self.warm
    }

    fn contains(&self, address: &Address) -> bool {
        self.warm.contains(address)
    }
}

/// Whether native code answers a call: what coins it moves, the EVM does not see.
pub(crate) fn is_native(context: &EvmContext, inputs: &CallInputs) -> bool {
    SystemContract::at(&inputs.bytecode_address).is_some() && !is_of_executor(context, inputs)
}

/// Whether the code at the address of `Governance` takes a call: `execute`, and coins for the treasury.
fn is_of_executor(context: &EvmContext, inputs: &CallInputs) -> bool {
    let input = inputs.input.as_bytes(context);
    inputs.bytecode_address == GOVERNANCE && (input.is_empty() || input.starts_with(&executeCall::SELECTOR))
}

fn call(
    context: &mut EvmContext,
    contract: SystemContract,
    inputs: &CallInputs,
) -> Result<InterpreterResult, String> {
    let input = inputs.input.as_bytes(context).to_vec();
    let info = CallInfo {
        caller: inputs.caller,
        value: inputs.call_value(),
        is_static: inputs.is_static,
        is_delegated: inputs.target_address != inputs.bytecode_address,
    };
    let mut host = JournalHost::new(context, info, inputs.gas_limit);
    let result = althing_system::call(&mut host, contract, &input);
    let mut gas = host.into_gas();
    match result {
        Ok(output) => Ok(InterpreterResult::new(InstructionResult::Return, output, gas)),
        Err(SystemError::Revert(reason)) => {
            gas.set_refund(0);
            Ok(InterpreterResult::new(InstructionResult::Revert, reason, gas))
        }
        Err(SystemError::OutOfGas) => {
            gas.spend_all();
            Ok(InterpreterResult::new(InstructionResult::PrecompileOOG, Bytes::new(), gas))
        }
        Err(SystemError::Fatal(reason)) => Err(reason),
    }
}
