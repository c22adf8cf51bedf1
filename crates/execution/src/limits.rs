//! What governance allows a block: its gas, and the floor of its base fee, as its parent's state has them.
//!
//! Parameters change as the last act of an epoch, so a change begins with the first block of the next.

use crate::{ExecutionError, world::World};
use alloy_eips::eip1559::BaseFeeParams;
use alloy_primitives::U256;
use althing_primitives::{ChainSpec, Header, Param, StateKey, StateValue};
use althing_state::{StateError, StateView};
use althing_system::param_slot;
use revm::database_interface::DatabaseRef as _;

/// The parameters that bind headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockLimits {
    /// Most gas of the block's transactions together.
    pub gas_limit: u64,
    /// Lowest base fee in Rau per gas.
    pub min_base_fee: u64,
}

impl BlockLimits {
    /// Those of a network's first blocks.
    pub fn first(spec: &ChainSpec) -> Self {
        let value = |param| u64::try_from(spec.params.get(param)).unwrap_or(u64::MAX);
        Self { gas_limit: value(Param::BlockGasLimit), min_base_fee: value(Param::MinBaseFee) }
    }

    /// Those of the block after the one whose state this is, with one question.
    pub async fn read(view: &impl StateView) -> Result<Self, StateError> {
        let key = |param| StateKey::Slot(param_slot(param).account(), param_slot(param).number());
        let values = view.get_many(&[key(Param::BlockGasLimit), key(Param::MinBaseFee)]).await?;
        let value = |place: usize| match values.get(place) {
            Some(Some(StateValue::Slot(value))) => value.saturating_to(),
            _ => 0,
        };
        Ok(Self { gas_limit: value(0), min_base_fee: value(1) })
    }

    /// The same of a state in execution.
    pub(crate) fn of_world(world: &World) -> Result<Self, ExecutionError> {
        let value = |param| {
            let slot = param_slot(param);
            let read = world.storage_ref(slot.account(), slot.number());
            read.map(|value: U256| value.saturating_to()).map_err(|error| ExecutionError::State(error.0))
        };
        Ok(Self { gas_limit: value(Param::BlockGasLimit)?, min_base_fee: value(Param::MinBaseFee)? })
    }

    /// Base fee of the block after `parent`: moved by at most an eighth towards a half-full block, never below the
    /// floor. The first block has the one that genesis says.
    pub fn base_fee_after(&self, parent: &Header) -> u64 {
        let fee = parent.base_fee_per_gas.unwrap_or_default();
        let next = match parent.number {
            0 => fee,
            _ => BaseFeeParams::ethereum().next_block_base_fee(parent.gas_used, parent.gas_limit, fee),
        };
        next.max(self.min_base_fee)
    }
}
