//! The rules of headers and seals: how they are made, and what a valid one looks like.
//!
//! One function makes a header from execution's outcome; proposer and verifier both use it, so a verified block
//! equals the block that the verifier would have made from the same draft.

use alloy_consensus::{
    EMPTY_OMMER_ROOT_HASH, constants::EMPTY_WITHDRAWALS, proofs::calculate_transaction_root,
};
use alloy_eips::eip7685::EMPTY_REQUESTS_HASH;
use althing_execution::{BlockContext, Outcome};
use althing_light::MAX_EVIDENCE_BYTES;
use althing_primitives::{B256, Block, ChainSpec, Header, Seal, StateCommitment};
use thiserror::Error;

/// How far a block's time may be ahead of a verifier's clock, in milliseconds.
///
/// A verifier whose clock is more than this behind refuses to vote, and follows the others' certificates.
pub const MAX_CLOCK_DRIFT_MS: u64 = 15_000;

/// Why a header cannot follow its parent.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum HeaderError {
    /// A field of the seal or header is not what the rules give.
    #[error("{field} is {found}, but must be {expected}")]
    Field {
        /// Name of the field.
        field: &'static str,
        /// What the block says.
        found: String,
        /// What the rules say.
        expected: String,
    },
    /// The header differs from the one that execution gives.
    #[error(
        "the header is not the one that executing the block gives: it says {found}, execution says {expected}"
    )]
    Outcome {
        /// The block's header.
        found: String,
        /// Ours.
        expected: String,
    },
}

fn expect<T: PartialEq + std::fmt::Debug>(
    field: &'static str,
    found: T,
    expected: T,
) -> Result<(), HeaderError> {
    if found == expected {
        return Ok(());
    }
    Err(HeaderError::Field { field, found: format!("{found:?}"), expected: format!("{expected:?}") })
}

/// Earliest time of a child in milliseconds.
pub(crate) fn earliest_ms(spec: &ChainSpec, parent: &Block) -> u64 {
    parent.seal().time_ms.saturating_add(spec.block_interval_ms)
}

/// Whether a block of this height may lack a beacon: the parent's round may belong to an epoch whose records
/// the proposer does not have any more.
pub(crate) fn may_lack_beacon(spec: &ChainSpec, height: u64) -> bool {
    height == 1 || height.is_multiple_of(spec.epoch_blocks)
}

/// Checks what the block, its parent, the spec and the id of the epoch's group key fix, before anything is executed.
pub(crate) fn check(spec: &ChainSpec, key_id: u64, block: &Block, parent: &Block) -> Result<(), HeaderError> {
    let (header, seal) = (block.header(), block.seal());
    expect("number", header.number, parent.height() + 1)?;
    expect("parentHash", header.parent_hash, parent.hash())?;
    expect("seal.version", seal.version, althing_primitives::SEAL_VERSION)?;
    expect("seal.epoch", seal.epoch, spec.epoch_of(header.number))?;
    expect("seal.keyId", seal.key_id, key_id)?;
    // No key is made anew yet.
    expect("seal.nextKey", seal.next_key, None)?;
    expect("seal.outboxRoot", seal.outbox_root, B256::ZERO)?;
    expect("timestamp", header.timestamp, seal.time_ms / 1000)?;
    let earliest = earliest_ms(spec, parent);
    if seal.time_ms < earliest {
        let expected = format!("at least {earliest}");
        return Err(HeaderError::Field { field: "seal.timeMs", found: seal.time_ms.to_string(), expected });
    }
    if !seal.election.is_empty() {
        expect("the length of seal.election", seal.election.len(), althing_light::BEACON_BYTES)?;
    }
    let evidence = seal.evidence.len();
    if evidence > MAX_EVIDENCE_BYTES {
        let expected = format!("at most {MAX_EVIDENCE_BYTES}");
        let field = "the length of seal.evidence";
        return Err(HeaderError::Field { field, found: evidence.to_string(), expected });
    }
    if seal.beacon.is_empty() && !may_lack_beacon(spec, header.number) {
        let expected = "the VRF output of the parent's round".to_string();
        return Err(HeaderError::Field { field: "seal.beacon", found: "empty".into(), expected });
    }
    let mix_hash = althing_light::mix_hash(&seal.beacon, parent.header().mix_hash, parent.hash());
    expect("mixHash", header.mix_hash, mix_hash)
}

/// The fields that every block of this chain has alike, as Ethereum's rules want them; the rest is empty.
pub(crate) fn constant_fields() -> Header {
    Header {
        ommers_hash: EMPTY_OMMER_ROOT_HASH,
        withdrawals_root: Some(EMPTY_WITHDRAWALS),
        blob_gas_used: Some(0),
        excess_blob_gas: Some(0),
        parent_beacon_block_root: Some(B256::ZERO),
        requests_hash: Some(EMPTY_REQUESTS_HASH),
        ..Default::default()
    }
}

/// The header that follows from a block's context and outcome. `extraData` and `transactionsRoot` are set when
/// the block is put together.
pub(crate) fn assemble(context: &BlockContext, outcome: &Outcome, state: &StateCommitment) -> Header {
    Header {
        parent_hash: context.parent_hash,
        beneficiary: outcome.beneficiary,
        state_root: state.root(),
        receipts_root: outcome.receipts_root,
        logs_bloom: outcome.logs_bloom,
        number: context.number,
        gas_limit: context.gas_limit,
        gas_used: outcome.gas_used,
        timestamp: context.timestamp,
        mix_hash: context.prevrandao,
        base_fee_per_gas: Some(context.base_fee),
        ..constant_fields()
    }
}

/// Checks what the parameters in force fix.
pub(crate) fn check_limits(block: &Block, context: &BlockContext) -> Result<(), HeaderError> {
    let header = block.header();
    expect("gasLimit", header.gas_limit, context.gas_limit)?;
    expect("baseFeePerGas", header.base_fee_per_gas.unwrap_or_default(), context.base_fee)
}

/// Compares a block with what executing it gave.
pub(crate) fn check_outcome(
    block: &Block,
    context: &BlockContext,
    outcome: &Outcome,
    state: &StateCommitment,
) -> Result<(), HeaderError> {
    let expected = Header {
        transactions_root: block.header().transactions_root,
        extra_data: block.header().extra_data.clone(),
        ..assemble(context, outcome, state)
    };
    if expected != *block.header() {
        let found = format!("{:?}", block.header());
        return Err(HeaderError::Outcome { found, expected: format!("{expected:?}") });
    }
    expect("seal.state", block.seal().state, *state)
}

/// Puts a block together and signs it.
pub(crate) fn seal(
    mut header: Header,
    mut seal: Seal,
    operator: &crate::Operator,
    transactions: Vec<althing_primitives::Transaction>,
) -> Block {
    // The signature covers the transactions through the header, so their root is needed first.
    header.transactions_root = calculate_transaction_root(&transactions);
    seal.signature = operator.sign(seal.signing_hash(&header).as_slice());
    Block::new(header, seal, transactions)
}

#[cfg(test)]
mod tests;
