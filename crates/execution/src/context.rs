//! What a block's transactions can know of the block, and the EVM's settings for it.

use crate::{ExecutionError, SystemInputs, world::World};
use alloy_primitives::{Address, B256, U256};
use althing_primitives::{ChainSpec, Hardfork, Height, StateKey};
use althing_system::upgrades::HARDFORK_SLOT;
use revm::{
    context::{BlockEnv, CfgEnv},
    context_interface::block::BlobExcessGasAndPrice,
    database_interface::DatabaseRef as _,
    primitives::hardfork::SpecId,
};

/// Everything besides transactions and state that a block's outcome depends on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlockContext {
    /// Height.
    pub number: Height,
    /// Unix time in seconds.
    pub timestamp: u64,
    /// Account that receives the tips where no proposer is known; else the one that the proposer's seat names.
    pub beneficiary: Address,
    /// Most gas that the block's transactions may use together.
    pub gas_limit: u64,
    /// Base fee in Rau per gas.
    pub base_fee: u64,
    /// The beacon's value, PREVRANDAO.
    pub prevrandao: B256,
    /// Hash of the parent block.
    pub parent_hash: B256,
    /// What consensus tells the system contracts.
    pub system: SystemInputs,
}

impl BlockContext {
    /// The EVM's view of the block. Blobs do not exist here; BLOBBASEFEE is its minimum, 1.
    pub(crate) fn block_env(&self) -> BlockEnv {
        BlockEnv {
            number: U256::from(self.number),
            beneficiary: self.beneficiary,
            timestamp: U256::from(self.timestamp),
            gas_limit: self.gas_limit,
            basefee: self.base_fee,
            difficulty: U256::ZERO,
            prevrandao: Some(self.prevrandao),
            blob_excess_gas_and_price: Some(BlobExcessGasAndPrice { excess_blob_gas: 0, blob_gasprice: 1 }),
            slot_num: 0,
        }
    }
}

/// Largest contract in bytes since [`Hardfork::LargeContracts`]: twice EIP-170's.
const LARGE_CONTRACT_BYTES: usize = 48 * 1024;

/// Longest code that creates a contract, by EIP-3860.
const INITCODE_BYTES: usize = 48 * 1024;

/// The EVM's settings in a state.
pub(crate) fn cfg_env(spec: &ChainSpec, world: &World) -> Result<CfgEnv, ExecutionError> {
    let mut cfg = CfgEnv::new_with_spec(SpecId::OSAKA).with_chain_id(spec.chain_id);
    if hardfork(world)? >= Hardfork::LargeContracts {
        cfg.limit_contract_code_size = Some(LARGE_CONTRACT_BYTES);
        cfg.limit_contract_initcode_size = Some(INITCODE_BYTES);
    }
    Ok(cfg)
}

/// Where a state says which hardfork is in force.
pub(crate) fn hardfork_key() -> StateKey {
    StateKey::Slot(HARDFORK_SLOT.account(), HARDFORK_SLOT.number())
}

/// The hardfork in force in a state.
fn hardfork(world: &World) -> Result<Hardfork, ExecutionError> {
    let read = world.storage_ref(HARDFORK_SLOT.account(), HARDFORK_SLOT.number());
    let number: u64 = read.map_err(|error| ExecutionError::State(error.0))?.saturating_to();
    Hardfork::numbered(number).ok_or(ExecutionError::Hardfork(number))
}
