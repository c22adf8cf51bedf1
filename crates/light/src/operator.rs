//! An operator key's consent to work for a candidate's owner.

use crate::PublicKey;
use alloy_primitives::{Address, B256};
use commonware_codec::{Copying, DecodeExt as _};
use commonware_cryptography::{Verifier as _, ed25519};

/// Domain of the signature. The chain is part of the message.
pub const OPERATOR_NAMESPACE: &[u8] = b"ALTHING/OPERATOR";

/// What an operator key signs: the hash of the chain spec and the owner's address.
pub fn operator_message(spec_hash: B256, owner: Address) -> [u8; 52] {
    let mut message = [0u8; 52];
    message[..32].copy_from_slice(spec_hash.as_slice());
    message[32..].copy_from_slice(owner.as_slice());
    message
}

/// Whether `key` signed that it works for `owner` on the chain of a spec.
pub fn verify_operator(spec_hash: B256, owner: Address, key: B256, proof: &[u8]) -> bool {
    let Ok(key) = PublicKey::decode(Copying(key.as_slice())) else { return false };
    let Ok(signature) = ed25519::Signature::decode(Copying(proof)) else { return false };
    key.verify(OPERATOR_NAMESPACE, &operator_message(spec_hash, owner), &signature)
}
