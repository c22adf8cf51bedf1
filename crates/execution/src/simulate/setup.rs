//! What all simulations share: where they run, and how a request becomes a transaction.

use crate::{
    BlockContext, ExecutionError, SimulationError,
    bridge::{self, Port},
    context::cfg_env,
    world::World,
};
use alloy_evm::{
    EvmEnv,
    call::{CallError, caller_gas_allowance},
    overrides::{OverrideBlockHashes, StateOverrideError, apply_state_overrides},
    rpc::TryIntoTxEnv,
};
use alloy_primitives::B256;
use alloy_rpc_types_eth::{TransactionRequest, state::EvmOverrides};
use althing_primitives::ChainSpec;
use althing_state::StateView;
use revm::context::{BlockEnv, CfgEnv, TxEnv};
use std::{collections::BTreeMap, sync::Arc};

/// Most memory in bytes that a simulated call may use, so that a node's memory is not the caller's.
pub const MAX_SIMULATION_MEMORY_BYTES: u64 = 128 * 1024 * 1024;

/// Where and with what bounds calls are simulated.
#[derive(Clone, Debug)]
pub struct Simulation {
    /// The network.
    pub spec: Arc<ChainSpec>,
    /// The block whose context the call sees; the view given along is the state after it.
    pub block: BlockContext,
    /// Overrides of that state and context.
    pub overrides: EvmOverrides,
    /// Most gas of a call.
    pub gas_cap: u64,
}

/// A call ready to run.
pub(crate) struct Prepared {
    pub(crate) world: World,
    pub(crate) cfg: CfgEnv,
    pub(crate) block: BlockEnv,
    pub(crate) tx: TxEnv,
    /// Gas that the caller may use: the cap, what it asked for and what it can pay for.
    pub(crate) allowance: u64,
}

impl Simulation {
    /// Runs a job with the request prepared, over a view.
    pub(crate) async fn run<T: Send + 'static>(
        self,
        request: TransactionRequest,
        view: &impl StateView,
        job: impl FnOnce(Prepared) -> Result<T, SimulationError> + Clone + Send + 'static,
    ) -> Result<T, SimulationError> {
        bridge::run(view, move |port| Ok(self.prepare(port, request).and_then(job))).await?
    }

    fn prepare(self, port: Port, request: TransactionRequest) -> Result<Prepared, SimulationError> {
        let parent = self.block.number.checked_sub(1).map(|parent| (parent, self.block.parent_hash));
        let mut world = World::new(port, parent);
        let mut block = self.block.block_env();
        if let Some(overrides) = self.overrides.block {
            world.apply_block_overrides(*overrides, &mut block);
        }
        if let Some(overrides) = self.overrides.state {
            apply_state_overrides(overrides, &mut world).map_err(override_error)?;
        }
        let cfg = simulation_cfg(&self.spec, &world, &request)?;
        let (asked, cap) = (request.gas, self.gas_cap);
        let environment = EvmEnv::new(cfg.clone(), block.clone());
        let mut tx: TxEnv =
            request.try_into_tx_env(&environment).map_err(|e| SimulationError::Request(e.to_string()))?;
        let mut allowance = asked.unwrap_or(cap).min(cap);
        if tx.gas_price > 0 {
            let paid = caller_gas_allowance(&mut world, &tx).map_err(|error| match error {
                CallError::Database(error) => SimulationError::Execution(ExecutionError::State(error.0)),
                CallError::InsufficientFunds(error) => SimulationError::Request(error.to_string()),
            })?;
            allowance = allowance.min(paid);
        }
        tx.gas_limit = allowance;
        Ok(Prepared { world, cfg, block, tx, allowance })
    }
}

/// Rules for a call that nobody signed: no nonce, any sender, no fee unless it offers one.
pub(super) fn simulation_cfg(
    spec: &ChainSpec,
    world: &World,
    request: &TransactionRequest,
) -> Result<CfgEnv, ExecutionError> {
    let mut cfg = cfg_env(spec, world)?;
    cfg.disable_nonce_check = true;
    cfg.disable_eip3607 = true;
    cfg.disable_block_gas_limit = true;
    cfg.disable_base_fee = request.gas_price.or(request.max_fee_per_gas).is_none_or(|price| price == 0);
    cfg.tx_gas_limit_cap = Some(u64::MAX);
    cfg.memory_limit = MAX_SIMULATION_MEMORY_BYTES;
    Ok(cfg)
}

pub(super) fn override_error(error: StateOverrideError<crate::world::ReadError>) -> SimulationError {
    match error {
        StateOverrideError::Database(error) => SimulationError::Execution(ExecutionError::State(error.0)),
        other => SimulationError::Overrides(other.to_string()),
    }
}

impl OverrideBlockHashes for World {
    fn override_block_hashes(&mut self, hashes: BTreeMap<u64, B256>) {
        for (number, hash) in hashes {
            self.set_block_hash(number, hash);
        }
    }
}
