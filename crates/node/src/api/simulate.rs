//! Calls that nobody signed, and replays of final blocks, on a thread pool of their own so that a costly call
//! never holds up consensus.

use super::{Node, state_error};
use crate::history::HistoryView;
use alloy_primitives::Bytes;
use alloy_rpc_types_eth::{
    AccessListResult,
    simulate::{SimulatePayload, SimulatedBlock},
    state::EvmOverrides,
};
use alloy_rpc_types_trace::geth::{GethDebugTracingOptions, GethTrace};
use althing_chain::Chain;
use althing_execution::{
    BlockLimits, BlockSimulation, BlocksError, CallStatus, ExecutionError, ReplayedBlock, Simulation,
    SimulationError, call, create_access_list, estimate_gas, simulate_blocks, trace_block, trace_call,
    trace_transaction,
};
use althing_primitives::{FinalizedBlock, Height, Recovered};
use althing_rpc::api::{CallRequest, NodeError, TransactionLocation};
use std::{
    future::Future,
    time::{Duration, Instant},
};

/// Most time for the simulation of blocks: less than the server waits for an answer.
const MAX_SIMULATION_TIME: Duration = Duration::from_secs(15);

fn blocks_error(error: BlocksError) -> NodeError {
    match error {
        BlocksError::Execution(error) => simulation_error(SimulationError::Execution(error)),
        other => match other.code() {
            Some(code) => NodeError::Refused { code, reason: other.to_string() },
            None => NodeError::Internal(other.to_string()),
        },
    }
}

fn simulation_error(error: SimulationError) -> NodeError {
    match error {
        SimulationError::Reverted(data) => NodeError::Revert(data),
        SimulationError::Halted(reason) => NodeError::Halt(reason),
        SimulationError::GasExceedsAllowance(_) => NodeError::Halt(error.to_string()),
        SimulationError::Execution(ExecutionError::State(error)) => state_error(error),
        SimulationError::Execution(error) => NodeError::Internal(error.to_string()),
        _ => NodeError::Invalid(error.to_string()),
    }
}

/// Drives a future that computes for long on a blocking thread.
async fn off_the_workers<T: Send + 'static, E: Send + 'static>(
    work: impl Future<Output = Result<T, E>> + Send + 'static,
    explain: fn(E) -> NodeError,
) -> Result<T, NodeError> {
    let handle = tokio::runtime::Handle::current();
    match tokio::task::spawn_blocking(move || handle.block_on(work)).await {
        Ok(result) => result.map_err(explain),
        Err(panic) if panic.is_panic() => std::panic::resume_unwind(panic.into_panic()),
        Err(cancelled) => Err(NodeError::Internal(cancelled.to_string())),
    }
}

impl Node {
    async fn known_block(&self, height: Height) -> Result<std::sync::Arc<FinalizedBlock>, NodeError> {
        self.block_at(height).await?.ok_or_else(|| NodeError::Invalid(format!("block {height} is unknown")))
    }

    /// Where a call is simulated: in the block itself, or for gas estimates in the one after it.
    async fn simulation(
        &self,
        request: &CallRequest,
        next: bool,
    ) -> Result<(Simulation, HistoryView), NodeError> {
        let block = self.known_block(request.height).await?;
        let view = self.state_at(request.height)?;
        let simulation = Simulation {
            spec: self.chain.spec.clone(),
            block: if next {
                let limits = BlockLimits::read(&view).await.map_err(state_error)?;
                self.chain.context_after(&block.block, limits)
            } else {
                self.chain.context_of(&block.block)
            },
            overrides: EvmOverrides {
                state: request.state_overrides.clone(),
                block: request.block_overrides.clone().map(Box::new),
            },
            gas_cap: request.gas_cap,
        };
        Ok((simulation, view))
    }

    pub(super) async fn simulate_call(&self, request: CallRequest) -> Result<Bytes, NodeError> {
        let (at, view) = self.simulation(&request, false).await?;
        let result =
            off_the_workers(async move { call(at, request.transaction, &view).await }, simulation_error)
                .await?;
        match result.status {
            CallStatus::Success => Ok(result.output),
            CallStatus::Revert => Err(NodeError::Revert(result.output)),
            CallStatus::Halt(reason) => Err(NodeError::Halt(reason)),
        }
    }

    pub(super) async fn simulate_estimate(&self, request: CallRequest) -> Result<u64, NodeError> {
        let (at, view) = self.simulation(&request, true).await?;
        off_the_workers(async move { estimate_gas(at, request.transaction, &view).await }, simulation_error)
            .await
    }

    pub(super) async fn simulate_access_list(
        &self,
        request: CallRequest,
    ) -> Result<AccessListResult, NodeError> {
        let (at, view) = self.simulation(&request, true).await?;
        off_the_workers(
            async move { create_access_list(at, request.transaction, &view).await },
            simulation_error,
        )
        .await
    }

    pub(super) async fn simulate_all(
        &self,
        payload: SimulatePayload,
        height: Height,
        gas_cap: u64,
    ) -> Result<Vec<SimulatedBlock>, NodeError> {
        let block = self.known_block(height).await?;
        let view = self.state_at(height)?;
        let limits = BlockLimits::read(&view).await.map_err(state_error)?;
        let at = BlockSimulation {
            spec: self.chain.spec.clone(),
            base: block.block.header().clone(),
            base_hash: block.block.hash(),
            system: self.chain.context_after(&block.block, limits).system,
            gas_cap,
        };
        let started = Instant::now();
        let late = move || started.elapsed() > MAX_SIMULATION_TIME;
        off_the_workers(async move { simulate_blocks(at, payload, late, &view).await }, blocks_error).await
    }

    pub(super) async fn simulate_trace(
        &self,
        request: CallRequest,
        options: GethDebugTracingOptions,
    ) -> Result<GethTrace, NodeError> {
        let (at, view) = self.simulation(&request, false).await?;
        off_the_workers(
            async move { trace_call(at, request.transaction, options, &view).await },
            simulation_error,
        )
        .await
    }

    /// A block to replay, with its parent's state.
    async fn replay(&self, height: Height) -> Result<(ReplayedBlock, HistoryView), NodeError> {
        let parent = height
            .checked_sub(1)
            .ok_or_else(|| NodeError::Invalid("genesis has no transactions to trace".into()))?;
        let block = self.known_block(height).await?;
        Ok((replayed(&self.chain, &block), self.state_at(parent)?))
    }

    pub(super) async fn replay_transaction(
        &self,
        location: TransactionLocation,
        options: GethDebugTracingOptions,
    ) -> Result<GethTrace, NodeError> {
        let (block, view) = self.replay(location.height).await?;
        off_the_workers(
            async move { trace_transaction(block, location.index, options, &view).await },
            simulation_error,
        )
        .await
    }

    pub(super) async fn replay_block(
        &self,
        height: Height,
        options: GethDebugTracingOptions,
    ) -> Result<Vec<GethTrace>, NodeError> {
        let (block, view) = self.replay(height).await?;
        off_the_workers(async move { trace_block(block, options, &view).await }, simulation_error).await
    }
}

fn replayed(chain: &Chain, block: &FinalizedBlock) -> ReplayedBlock {
    let pairs = block.block.transactions().iter().zip(&block.senders);
    ReplayedBlock {
        spec: chain.spec.clone(),
        context: chain.context_of(&block.block),
        hash: Some(block.block.hash()),
        transactions: pairs.map(|(tx, sender)| Recovered::new_unchecked(tx.clone(), *sender)).collect(),
    }
}
