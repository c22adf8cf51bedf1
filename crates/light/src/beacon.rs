//! The random beacon: checking a round's VRF output, and what contracts read of it.

use crate::{Scheme, Variant, Verifier};
use alloy_primitives::{B256, keccak256};
use commonware_codec::{Copying, DecodeExt as _};
use commonware_consensus::{
    simplex::scheme::bls12381_threshold::vrf::Seed,
    types::{Epoch, Round, View},
};
use commonware_cryptography::bls12381::primitives::variant::Variant as VariantTrait;

/// Bytes of a beacon: a compressed signature in G1.
pub const BEACON_BYTES: usize = 48;

/// Whether `beacon` is the VRF output of `round` under the group key of `verifier`. Costs about 1 ms.
pub fn verify_beacon(verifier: &Scheme, round: Round, beacon: &[u8]) -> bool {
    type Signature = <Variant as VariantTrait>::Signature;
    match Signature::decode(Copying(beacon)) {
        Ok(signature) => Seed::<Variant>::new(round, signature).verify(verifier),
        Err(_) => false,
    }
}

/// Whether `beacon` is the VRF output of (epoch, view) under an encoded group key. Costs about 1 ms.
pub fn verify_round(namespace: &[u8], group_key: &[u8], (epoch, view): (u64, u64), beacon: &[u8]) -> bool {
    let round = Round::new(Epoch::new(epoch), View::new(view));
    Verifier::from_key(namespace, group_key)
        .is_ok_and(|verifier| verify_beacon(verifier.scheme(), round, beacon))
}

/// The header's `mixHash`, which contracts read as PREVRANDAO.
///
/// A block without a beacon (only the first of an epoch may lack one) derives it from its parent.
pub fn mix_hash(beacon: &[u8], parent_mix_hash: B256, parent_hash: B256) -> B256 {
    if beacon.is_empty() {
        let mut bytes = [0u8; 64];
        bytes[..32].copy_from_slice(parent_mix_hash.as_slice());
        bytes[32..].copy_from_slice(parent_hash.as_slice());
        return keccak256(bytes);
    }
    keccak256(beacon)
}
