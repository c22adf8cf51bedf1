//! What a block's transactions can know of the block, and the EVM's settings for it.

use crate::SystemInputs;
use alloy_primitives::{Address, B256, U256};
use althing_primitives::{ChainSpec, Hardfork, Height};
use revm::{
    context::{BlockEnv, CfgEnv},
    context_interface::block::BlobExcessGasAndPrice,
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

/// The EVM's settings at a height.
pub(crate) fn cfg_env(spec: &ChainSpec, number: Height) -> CfgEnv {
    let rules = match spec.hardfork(number) {
        Hardfork::Genesis => SpecId::OSAKA,
    };
    CfgEnv::new_with_spec(rules).with_chain_id(spec.chain_id)
}
