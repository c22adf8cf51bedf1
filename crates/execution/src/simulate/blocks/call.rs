//! The calls of a simulated block: each becomes a transaction without a signature, and is executed as one.

use super::{BlocksError, MAX_SIMULATION_OUTPUT_BYTES, transfers::TransferLogs};
use crate::{
    InvalidTransaction,
    block::{environment, receipt},
    build::LEAST_TRANSACTION_GAS,
    context::cfg_env,
    evm::{Executed, Machine, Refused},
    simulate::{
        call::{CallResult, CallStatus},
        setup::{MAX_SIMULATION_MEMORY_BYTES, simulation_cfg},
    },
    world::World,
};
use alloy_primitives::{Log, Signature, TxKind, U256};
use alloy_rpc_types_eth::TransactionRequest;
use althing_primitives::{ChainSpec, Height, MAX_TRANSACTION_GAS, Receipt, Recovered, Transaction};
use revm::{
    DatabaseCommit,
    context::{BlockEnv, CfgEnv, TxEnv},
    database_interface::DatabaseRef,
};

/// What a simulation may still use.
pub(super) struct Budget {
    pub(super) gas: u64,
    pub(super) bytes: usize,
    /// The gas that there was at first.
    pub(super) cap: u64,
}

/// A call that was executed.
pub(super) struct Done {
    pub(super) transaction: Recovered<Transaction>,
    pub(super) result: CallResult,
    /// Gas used before refunds.
    pub(super) max_used_gas: u64,
}

/// The calls of a block that were executed.
#[derive(Default)]
pub(super) struct DoneCalls {
    pub(super) calls: Vec<Done>,
    pub(super) receipts: Vec<Receipt>,
    pub(super) gas_used: u64,
}

/// The calls of a block in execution.
pub(super) struct Calls<'a> {
    spec: &'a ChainSpec,
    block: BlockEnv,
    validation: bool,
    trace_transfers: bool,
    /// Always there between calls.
    world: Option<World>,
    done: DoneCalls,
}

impl<'a> Calls<'a> {
    pub(super) fn new(
        spec: &'a ChainSpec,
        block: BlockEnv,
        validation: bool,
        trace_transfers: bool,
        world: World,
    ) -> Self {
        Self { spec, block, validation, trace_transfers, world: Some(world), done: DoneCalls::default() }
    }

    pub(super) fn finish(self) -> (DoneCalls, World) {
        (self.done, self.world.expect("the world is given back after every call"))
    }

    /// Executes the next call and keeps its effect.
    pub(super) fn run(
        &mut self,
        request: TransactionRequest,
        budget: &mut Budget,
    ) -> Result<(), BlocksError> {
        let (number, call) = (self.height(), self.done.calls.len());
        let world = self.world.take().expect("the world is given back after every call");
        let request = self.complete(request, &world, budget)?;
        let cfg = if self.validation {
            let mut cfg = cfg_env(self.spec, &world)?;
            cfg.memory_limit = MAX_SIMULATION_MEMORY_BYTES;
            cfg
        } else {
            simulation_cfg(self.spec, &world, &request)?
        };
        let transaction =
            unsigned(request).map_err(|reason| BlocksError::Request { number, call, reason })?;
        let environment = environment(self.spec, &transaction).map_err(|reason| BlocksError::Refused {
            number,
            call,
            reason,
        })?;
        let (mut world, executed, traced) = self
            .execute(world, cfg, environment)
            .map_err(|refused| BlocksError::refused(refused, number, call))?;
        world.commit(executed.state);
        self.world = Some(world);
        let gas_used = executed.result.tx_gas_used();
        let max_used_gas = executed.result.gas().total_gas_spent().max(gas_used);
        budget.gas = budget.gas.saturating_sub(gas_used);
        self.done.gas_used = self.done.gas_used.saturating_add(gas_used);
        self.done.receipts.push(receipt(&transaction, executed.result.clone(), self.done.gas_used));
        let mut result = CallResult::from(executed.result);
        if let Some(logs) = traced.filter(|_| result.status == CallStatus::Success) {
            result.logs = logs;
        }
        let bytes = result.logs.iter().map(|log| log.data.data.len()).sum::<usize>() + result.output.len();
        budget.bytes =
            budget.bytes.checked_sub(bytes).ok_or(BlocksError::TooMuchOutput(MAX_SIMULATION_OUTPUT_BYTES))?;
        self.done.calls.push(Done { transaction, result, max_used_gas });
        Ok(())
    }

    fn height(&self) -> Height {
        self.block.number.saturating_to()
    }

    /// Fills in what a request leaves open: the sender's next nonce, what gas is left, no fee.
    fn complete(
        &self,
        mut request: TransactionRequest,
        world: &World,
        budget: &Budget,
    ) -> Result<TransactionRequest, BlocksError> {
        let (number, call) = (self.height(), self.done.calls.len());
        let left = self.block.gas_limit.saturating_sub(self.done.gas_used);
        if budget.gas < LEAST_TRANSACTION_GAS {
            return Err(BlocksError::TooMuchGas(budget.cap));
        }
        let most = if self.validation { left.min(MAX_TRANSACTION_GAS) } else { left };
        let limit = request.gas.unwrap_or(most);
        if limit > left {
            let reason = InvalidTransaction::BlockGas { limit, left };
            return Err(BlocksError::Refused { number, call, reason });
        }
        request.gas = Some(limit.min(budget.gas));
        let from = *request.from.get_or_insert_default();
        if request.nonce.is_none() {
            request.nonce = Some(world.basic_ref(from)?.unwrap_or_default().nonce);
        }
        request.chain_id.get_or_insert(self.spec.chain_id);
        request.to.get_or_insert(TxKind::Create);
        if request.gas_price.is_none() {
            request.max_fee_per_gas.get_or_insert(0);
            request.max_priority_fee_per_gas.get_or_insert(0);
        }
        Ok(request)
    }

    /// Runs a transaction; the logs are those with transfers, if they are traced.
    fn execute(
        &self,
        world: World,
        cfg: CfgEnv,
        tx: TxEnv,
    ) -> Result<(World, Executed, Option<Vec<Log>>), Refused> {
        if self.trace_transfers {
            let mut machine = Machine::inspected(world, cfg, self.block.clone(), TransferLogs::default());
            let executed = machine.inspect(tx)?;
            let (world, inspector) = machine.into_parts();
            Ok((world, executed, Some(inspector.logs)))
        } else {
            let mut machine = Machine::new(world, cfg, self.block.clone());
            let executed = machine.transact(tx)?;
            Ok((machine.into_world(), executed, None))
        }
    }
}

/// The transaction that a complete request describes, with a signature of zeros.
fn unsigned(request: TransactionRequest) -> Result<Recovered<Transaction>, String> {
    let from = request.from.unwrap_or_default();
    if request.gas_price.is_some()
        && (request.max_fee_per_gas.is_some() || request.max_priority_fee_per_gas.is_some())
    {
        return Err("both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified".into());
    }
    request.input.unique_input().map_err(|error| error.to_string())?;
    let typed = request.build_typed_tx().map_err(|_| "fields of its transaction type are missing")?;
    let signature = Signature::new(U256::ZERO, U256::ZERO, false);
    Ok(Recovered::new_unchecked(typed.into_envelope(signature), from))
}
