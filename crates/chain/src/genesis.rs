//! The first block: a pure function of the chain spec and of the state that its accounts make.

use crate::header;
use alloy_consensus::proofs::calculate_receipt_root;
use althing_consensus::{Payload, ceremony, encode_payload};
use althing_execution::BlockLimits;
use althing_primitives::{
    Block, ChainSpec, Header, OperatorKey, Receipt, SEAL_VERSION, Seal, StateCommitment,
};
use thiserror::Error;

/// Why a chain spec gives no first block.
#[derive(Debug, Error)]
pub enum GenesisError {
    /// Without a result of the key ceremony nobody could sign the next block.
    #[error(transparent)]
    Ceremony(#[from] ceremony::CeremonyError),
    /// Nobody could propose.
    #[error("the chain spec names no validators")]
    NoValidators,
}

/// The first block. Its parent hash is the chain spec's hash, so it commits to every field of the spec.
pub fn genesis_block(spec: &ChainSpec, state: StateCommitment) -> Result<Block, GenesisError> {
    let info = ceremony::epoch_info(&spec.committee)?;
    let first: &OperatorKey = &spec.validators.first().ok_or(GenesisError::NoValidators)?.operator;
    let seal = Seal {
        version: SEAL_VERSION,
        proposer: *first,
        time_ms: spec.genesis_time_ms,
        state,
        resharing: encode_payload(Some(&Payload::EpochInfo(info))),
        ..Default::default()
    };
    let header = Header {
        parent_hash: spec.hash(),
        state_root: state.root(),
        receipts_root: calculate_receipt_root::<Receipt>(&[]),
        gas_limit: BlockLimits::first(spec).gas_limit,
        timestamp: spec.genesis_time_ms / 1000,
        mix_hash: spec.hash(),
        base_fee_per_gas: Some(spec.base_fee),
        ..header::constant_fields()
    };
    Ok(Block::new(header, seal, Vec::new()))
}
