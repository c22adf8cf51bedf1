//! `eth_simulateV1`: blocks of calls that nobody signed, one after another on the state after a final block.
//!
//! A simulated block does what a block does, hooks included; its state root alone is zero, since a root belongs to
//! changes that are written. Without validation, calls need no fee and no nonce.

mod call;
mod error;
mod seal;
mod sequence;
mod transfers;

pub use error::BlocksError;

use crate::{
    BlockContext, BlockLimits, ExecutionError, SystemInputs, bridge, context::cfg_env, evm::Machine, hooks,
    simulate::setup::override_error, world::World,
};
use alloy_evm::overrides::{OverrideBlockHashes as _, apply_state_overrides};
use alloy_primitives::B256;
use alloy_rpc_types_eth::{
    BlockOverrides,
    simulate::{SimulatePayload, SimulatedBlock},
    state::StateOverride,
};
use althing_primitives::{ChainSpec, Header};
use althing_state::StateView;
use call::{Budget, Calls};
use sequence::Planned;
use std::sync::Arc;

/// Most blocks of one simulation, those that fill gaps included (the number of the specification).
pub const MAX_SIMULATED_BLOCKS: u64 = 256;
/// Most calls of one simulation, over all its blocks.
pub const MAX_SIMULATED_CALLS: usize = 5_000;
/// Most bytes that the calls of a simulation return and log together: hexadecimal, they fit into one answer.
pub const MAX_SIMULATION_OUTPUT_BYTES: usize = 12 * 1024 * 1024;

/// Where blocks are simulated, and with what bounds.
#[derive(Clone, Debug)]
pub struct BlockSimulation {
    /// The network.
    pub spec: Arc<ChainSpec>,
    /// Header of the block that they follow; the view given along is the state after it.
    pub base: Header,
    /// Its hash.
    pub base_hash: B256,
    /// What consensus would tell the system contracts in the next block; in all simulated blocks.
    pub system: SystemInputs,
    /// Most gas of all calls together.
    pub gas_cap: u64,
}

/// Simulates blocks. `late` is asked before every call whether time is up.
pub async fn simulate_blocks(
    at: BlockSimulation,
    payload: SimulatePayload,
    late: impl FnMut() -> bool + Clone + Send + 'static,
    view: &impl StateView,
) -> Result<Vec<SimulatedBlock>, BlocksError> {
    bridge::run(view, move |port| {
        let world = World::new(port, Some((at.base.number, at.base_hash)));
        Ok(run(&at, payload, late, world))
    })
    .await?
}

fn run(
    at: &BlockSimulation,
    payload: SimulatePayload,
    mut late: impl FnMut() -> bool,
    mut world: World,
) -> Result<Vec<SimulatedBlock>, BlocksError> {
    let SimulatePayload { block_state_calls, trace_transfers, validation, return_full_transactions } =
        payload;
    let (mut parent, mut parent_hash) = (at.base.clone(), at.base_hash);
    let mut budget = Budget { gas: at.gas_cap, bytes: MAX_SIMULATION_OUTPUT_BYTES, cap: at.gas_cap };
    let mut blocks = Vec::new();
    for Planned { number, timestamp, asked } in sequence::sequence(&at.base, block_state_calls)? {
        if late() {
            return Err(BlocksError::Late);
        }
        let overrides = asked.block_overrides.unwrap_or_default();
        let limits = BlockLimits::of_world(&world)?;
        let context = BlockContext {
            number,
            timestamp,
            base_fee: base_fee(limits, &overrides, validation, &parent),
            beneficiary: overrides.coinbase.unwrap_or(parent.beneficiary),
            gas_limit: overrides.gas_limit.unwrap_or(limits.gas_limit),
            prevrandao: overrides.random.unwrap_or_default(),
            parent_hash,
            system: at.system.clone(),
        };
        apply_state(&mut world, asked.state_overrides)?;
        let mut block = context.block_env();
        world.apply_block_overrides(overrides, &mut block);
        let cfg = cfg_env(&at.spec, &world)?;
        let mut machine = Machine::new(world, cfg.clone(), block.clone());
        hooks::begin_block(&mut machine, &context)?;
        let mut calls =
            Calls::new(&at.spec, block.clone(), validation, trace_transfers, machine.into_world());
        for request in asked.calls {
            if late() {
                return Err(BlocksError::Late);
            }
            calls.run(request, &mut budget)?;
        }
        let (done, after) = calls.finish();
        let mut machine = Machine::new(after, cfg, block.clone());
        hooks::end_block(&mut machine, &at.spec, &context, done.gas_used)?;
        world = machine.into_world();
        let sealed = seal::seal(&at.base, parent_hash, &block, done, return_full_transactions);
        parent = sealed.inner.header.inner.clone();
        parent_hash = sealed.inner.header.hash;
        world.set_block_hash(number, parent_hash);
        blocks.push(sealed);
    }
    Ok(blocks)
}

/// The fee that is asked for, or that of the protocol; without validation none, so that calls need not pay.
fn base_fee(limits: BlockLimits, overrides: &BlockOverrides, validation: bool, parent: &Header) -> u64 {
    match overrides.base_fee {
        Some(fee) => fee.saturating_to(),
        None if validation => limits.base_fee_after(parent),
        None => 0,
    }
}

fn apply_state(world: &mut World, overrides: Option<StateOverride>) -> Result<(), BlocksError> {
    let Some(overrides) = overrides else { return Ok(()) };
    if overrides.values().any(|account| account.move_precompile_to.is_some()) {
        let reason = "movePrecompileToAddress is not supported: precompiles stay where they are";
        return Err(BlocksError::Overrides(reason.into()));
    }
    apply_state_overrides(overrides, world).map_err(|error| match override_error(error) {
        crate::SimulationError::Execution(error) => BlocksError::Execution(error),
        other => BlocksError::Overrides(other.to_string()),
    })
}

impl From<crate::world::ReadError> for BlocksError {
    fn from(error: crate::world::ReadError) -> Self {
        Self::Execution(ExecutionError::State(error.0))
    }
}
