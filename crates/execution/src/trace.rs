//! Looking into transactions: geth's tracers, and what Otterscan asks for.
//!
//! A block is replayed on its parent's state by the block executor's own code; only the transactions of interest
//! run under an inspector. So a trace shows what the block did, including what hooks and earlier transactions did.

use crate::{
    BlockContext, ExecutionError, Simulation, SimulationError,
    block::{Executor, environment},
    bridge,
    context::cfg_env,
    evm::{EvmContext, Executed, Machine, Refused},
    trace_budget::{TraceBudget, bounded},
    world::World,
};
use alloy_primitives::B256;
use alloy_rpc_types_eth::TransactionRequest;
use alloy_rpc_types_trace::{
    geth::{GethDebugTracingOptions, GethTrace},
    otterscan::{InternalOperation, TraceEntry},
    parity::{Action, TransactionTrace},
};
use althing_primitives::{ChainSpec, Recovered, Transaction};
use althing_state::StateView;
use revm::{
    Inspector,
    context::{BlockEnv, TxEnv},
};
use revm_inspectors::{
    otterscan::InternalOperationsInspector,
    tracing::{DebugInspector, TracingInspector, TracingInspectorConfig, TransactionContext},
};
use std::{ops::Range, sync::Arc};

/// A block to look into. The view given along is its parent's state.
#[derive(Clone, Debug)]
pub struct ReplayedBlock {
    /// The network.
    pub spec: Arc<ChainSpec>,
    /// The block's context.
    pub context: BlockContext,
    /// Its hash, which traces name; none for a block that is not decided.
    pub hash: Option<B256>,
    /// Its transactions.
    pub transactions: Vec<Recovered<Transaction>>,
}

/// Replays a block up to a transaction and traces that one.
pub async fn trace_transaction(
    block: ReplayedBlock,
    index: usize,
    options: GethDebugTracingOptions,
    view: &impl StateView,
) -> Result<GethTrace, SimulationError> {
    let traces = trace_range(block, index..index.saturating_add(1), options, view).await?;
    traces.into_iter().next().ok_or(SimulationError::NoTransaction(index))
}

/// Replays a block and traces every transaction.
pub async fn trace_block(
    block: ReplayedBlock,
    options: GethDebugTracingOptions,
    view: &impl StateView,
) -> Result<Vec<GethTrace>, SimulationError> {
    let all = 0..block.transactions.len();
    trace_range(block, all, options, view).await
}

async fn trace_range(
    block: ReplayedBlock,
    range: Range<usize>,
    options: GethDebugTracingOptions,
    view: &impl StateView,
) -> Result<Vec<GethTrace>, SimulationError> {
    let budget = TraceBudget::new();
    block
        .inspect(
            range,
            view,
            move || tracer(&budget, &options),
            |(inspector, _), run| {
                let context = TransactionContext {
                    block_hash: run.block_hash,
                    tx_index: Some(run.index),
                    tx_hash: Some(run.hash),
                };
                geth_trace(inspector, Some(context), run.tx, run.block, run.executed, run.world)
            },
        )
        .await
}

/// Traces a call that nobody signed.
pub async fn trace_call(
    at: Simulation,
    request: TransactionRequest,
    options: GethDebugTracingOptions,
    view: &impl StateView,
) -> Result<GethTrace, SimulationError> {
    at.run(request, view, move |prepared| {
        let (tx, block) = (prepared.tx, prepared.block);
        let tracer = tracer(&TraceBudget::new(), &options)?;
        let mut machine = Machine::inspected(prepared.world, prepared.cfg, block.clone(), tracer);
        let executed = machine.inspect(tx.clone())?;
        let (world, (mut inspector, _)) = machine.into_parts();
        geth_trace(&mut inspector, None, &tx, &block, &executed, &world)
    })
    .await
}

/// Coins that a transaction moved, and contracts it made or destroyed, below its top call.
pub async fn internal_operations(
    block: ReplayedBlock,
    index: usize,
    view: &impl StateView,
) -> Result<Vec<InternalOperation>, SimulationError> {
    let found = block
        .inspect(
            index..index.saturating_add(1),
            view,
            || Ok(InternalOperationsInspector::default()),
            |inspector, _| Ok(inspector.operations().to_vec()),
        )
        .await?;
    found.into_iter().next().ok_or(SimulationError::NoTransaction(index))
}

/// The calls of a transaction as Otterscan lists them.
pub async fn otterscan_trace(
    block: ReplayedBlock,
    index: usize,
    view: &impl StateView,
) -> Result<Vec<TraceEntry>, SimulationError> {
    let inspector = || Ok(bounded(TracingInspector::new(TracingInspectorConfig::default_parity())));
    let found = block
        .inspect(index..index.saturating_add(1), view, inspector, |inspector, _| {
            let traces = std::mem::take(inspector).into_parity_builder().into_transaction_traces();
            Ok(traces.iter().filter_map(trace_entry).collect())
        })
        .await?;
    found.into_iter().next().ok_or(SimulationError::NoTransaction(index))
}

fn trace_entry(trace: &TransactionTrace) -> Option<TraceEntry> {
    let depth = trace.trace_address.len() as u32;
    let output = trace.result.as_ref().map(|result| result.output().clone()).unwrap_or_default();
    match &trace.action {
        Action::Call(_) => TraceEntry::from_transaction_trace(trace),
        Action::Create(create) => Some(TraceEntry {
            r#type: "CREATE".into(),
            depth,
            from: create.from,
            to: trace.result.as_ref().and_then(created).unwrap_or_default(),
            value: Some(create.value),
            input: create.init.clone(),
            output,
        }),
        Action::Selfdestruct(end) => Some(TraceEntry {
            r#type: "SELFDESTRUCT".into(),
            depth,
            from: end.address,
            to: end.refund_address,
            value: Some(end.balance),
            input: Default::default(),
            output,
        }),
        Action::Reward(_) => None,
    }
}

fn created(output: &alloy_rpc_types_trace::parity::TraceOutput) -> Option<alloy_primitives::Address> {
    match output {
        alloy_rpc_types_trace::parity::TraceOutput::Create(create) => Some(create.address),
        alloy_rpc_types_trace::parity::TraceOutput::Call(_) => None,
    }
}

/// One inspected run of a transaction of a block.
struct Run<'a> {
    index: usize,
    hash: B256,
    block_hash: Option<B256>,
    tx: &'a TxEnv,
    block: &'a BlockEnv,
    executed: &'a Executed,
    /// The state before the transaction.
    world: &'a World,
}

impl ReplayedBlock {
    /// Replays the block, running the transactions of a range under inspectors, and reads each inspector.
    async fn inspect<I, T>(
        self,
        range: Range<usize>,
        view: &impl StateView,
        make: impl Fn() -> Result<I, SimulationError> + Clone + Send + 'static,
        read: impl Fn(&mut I, Run<'_>) -> Result<T, SimulationError> + Clone + Send + 'static,
    ) -> Result<Vec<T>, SimulationError>
    where
        I: Inspector<EvmContext>,
        T: Send + 'static,
    {
        let block = Arc::new(self);
        bridge::run(view, move |port| {
            let end = range.end.min(block.transactions.len());
            let mut executor =
                Executor::begin(&block.spec, &block.context, port, &block.transactions[..end])?;
            for (index, transaction) in block.transactions[..end.min(range.start)].iter().enumerate() {
                executor.apply(transaction).map_err(|refused| refused.at(index, transaction))?;
            }
            let mut world = executor.into_world();
            let mut results = Vec::new();
            for index in range.start..end {
                let (next, result) = block.inspect_one(index, world, &make, &read)?;
                world = next;
                match result {
                    Ok(value) => results.push(value),
                    Err(error) => return Ok(Err(error)),
                }
            }
            Ok(Ok(results))
        })
        .await?
    }

    /// The inner result is that of the tracer, the outer that of the executor.
    fn inspect_one<I: Inspector<EvmContext>, T>(
        &self,
        index: usize,
        world: World,
        make: impl Fn() -> Result<I, SimulationError>,
        read: impl Fn(&mut I, Run<'_>) -> Result<T, SimulationError>,
    ) -> Result<(World, Result<T, SimulationError>), ExecutionError> {
        let transaction = &self.transactions[index];
        let invalid = |reason| Refused::Invalid(reason).at(index, transaction);
        let tx = environment(&self.spec, transaction).map_err(invalid)?;
        let inspector = match make() {
            Ok(inspector) => inspector,
            Err(error) => return Ok((world, Err(error))),
        };
        let block = self.context.block_env();
        let cfg = cfg_env(&self.spec, &world)?;
        let mut machine = Machine::inspected(world, cfg, block.clone(), inspector);
        let executed = machine.inspect(tx.clone()).map_err(|refused| refused.at(index, transaction))?;
        let (mut world, mut inspector) = machine.into_parts();
        let run = Run {
            index,
            hash: *transaction.hash(),
            block_hash: self.hash,
            tx: &tx,
            block: &block,
            executed: &executed,
            world: &world,
        };
        let result = read(&mut inspector, run);
        revm::DatabaseCommit::commit(&mut world, executed.state);
        Ok((world, result))
    }
}

fn tracer(
    budget: &TraceBudget,
    options: &GethDebugTracingOptions,
) -> Result<(DebugInspector, TraceBudget), SimulationError> {
    budget.tracer(options).map_err(|error| SimulationError::Tracer(error.to_string()))
}

fn geth_trace(
    inspector: &mut DebugInspector,
    context: Option<TransactionContext>,
    tx: &TxEnv,
    block: &BlockEnv,
    executed: &Executed,
    world: &World,
) -> Result<GethTrace, SimulationError> {
    let mut state = world;
    inspector
        .get_result(context, tx, block, executed, &mut state)
        .map_err(|error| SimulationError::Tracer(error.to_string()))
}
