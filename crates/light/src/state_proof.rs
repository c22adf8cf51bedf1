//! Proofs that accounts and storage slots have the values that somebody claims, after a block.
//!
//! A header commits to its seal, the seal to the roots of the state, a root to the operations that are current. So with
//! the block's certificate everything hangs on the group key. What is absent cannot be proven absent.

use alloy_primitives::{Address, B256, U256};
use althing_primitives::{
    ACCOUNT_BYTES, ACTIVITY_CHUNK_BYTES, AccountRecord, Header, Seal, StateCommitment, StateKey,
};
use commonware_codec::{Copying, Decode as _};
use commonware_cryptography::{Sha256, sha256::Digest};
use commonware_storage::{
    mmr,
    qmdb::{
        any::unordered::{Update, fixed::Operation},
        current::proof::constant::OperationProof,
    },
};
use commonware_utils::sequence::FixedBytes;
use thiserror::Error;

/// Most hashes in a proof: a path and the peaks of the largest log of operations, twice over.
pub const MAX_PROOF_DIGESTS: usize = 256;

/// Why a value is not proven.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum StateProofError {
    /// The seal is not the one that the header commits to.
    #[error("the header does not commit to the seal")]
    Seal,
    /// The seal's roots are not those of the header.
    #[error("the header's state root is not that of the seal's roots")]
    StateRoot,
    /// The proof's bytes do not decode.
    #[error("the proof does not decode: {0}")]
    Encoding(String),
    /// The proof is for another key, value or state.
    #[error("the proof does not prove this value in this state")]
    Invalid,
}

/// The roots of the state after a block. The header must be proven final by its certificate; this shows that the seal
/// belongs to it.
pub fn state_of<'a>(header: &Header, seal: &'a Seal) -> Result<&'a StateCommitment, StateProofError> {
    if header.extra_data.as_ref() != seal.hash().as_slice() {
        return Err(StateProofError::Seal);
    }
    if header.state_root != seal.state.root() {
        return Err(StateProofError::StateRoot);
    }
    Ok(&seal.state)
}

/// Checks that an account is exactly so.
pub fn verify_account(
    state: &StateCommitment,
    address: Address,
    account: &AccountRecord,
    proof: &[u8],
) -> Result<(), StateProofError> {
    let value = FixedBytes::<ACCOUNT_BYTES>::new(account.to_bytes());
    verify(state.accounts.root, StateKey::Account(address), value, proof)
}

/// Checks that a storage slot has a value.
pub fn verify_slot(
    state: &StateCommitment,
    address: Address,
    slot: U256,
    value: U256,
    proof: &[u8],
) -> Result<(), StateProofError> {
    let value = FixedBytes::new(value.to_be_bytes::<32>());
    verify(state.slots.root, StateKey::Slot(address, slot), value, proof)
}

fn verify<const N: usize>(
    root: B256,
    key: StateKey,
    value: FixedBytes<N>,
    proof: &[u8],
) -> Result<(), StateProofError> {
    type Proof = OperationProof<mmr::Family, Digest, ACTIVITY_CHUNK_BYTES>;
    let proof = Proof::decode_cfg(Copying(proof), &MAX_PROOF_DIGESTS)
        .map_err(|error| StateProofError::Encoding(error.to_string()))?;
    let operation: Operation<mmr::Family, Digest, FixedBytes<N>> =
        Operation::Update(Update(Digest(key.hashed().0), value));
    match proof.verify::<Sha256, _>(operation, &Digest(root.0)) {
        true => Ok(()),
        false => Err(StateProofError::Invalid),
    }
}

#[cfg(test)]
mod tests;
