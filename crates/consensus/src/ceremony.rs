//! The initial key ceremony: who holds the group key's first shares.
//!
//! [`deal_genesis`] is the trusted dealer: whoever runs it knows the group's secret for a moment, so it is for
//! devnets and tests. Real networks run the distributed ceremony.

use crate::{Directory, EpochInfo, MAX_PARTICIPANTS, PublicKey, Variant, max_sharing_mode};
use althing_primitives::{OperatorKey, Validator, chainspec::GenesisCommittee};
use commonware_codec::{Copying, Decode as _, DecodeExt as _, Encode as _};
use commonware_consensus::types::Epoch;
use commonware_cryptography::bls12381::{dkg::feldman_desmedt::deal, primitives::sharing::Mode};
use commonware_glue::dkg::types::EpochOutcome;
use commonware_p2p::Address;
use commonware_utils::{N3f1, ordered::Set};
use rand::{SeedableRng as _, rngs::StdRng};
use std::net::SocketAddr;
use thiserror::Error;

/// Why a ceremony cannot be held or its result not be used.
#[derive(Debug, Error)]
pub enum CeremonyError {
    /// An operator key is not an Ed25519 public key.
    #[error("operator key {0} of the chain spec is not an Ed25519 public key")]
    Operator(OperatorKey),
    /// An address is not `ip:port`.
    #[error("p2p address `{0}` of the chain spec is not ip:port")]
    Address(String),
    /// The dealing failed.
    #[error("the key ceremony failed: {0}")]
    Deal(String),
    /// The spec has no usable ceremony result.
    #[error(
        "the chain spec holds no valid key ceremony result ({0}): run `althing genesis deal` or the ceremony"
    )]
    Missing(String),
}

/// Outcome of the trusted dealer.
#[derive(Debug)]
pub struct Dealt {
    /// What goes into the chain spec.
    pub committee: GenesisCommittee,
    /// Each operator's encoded secret share.
    pub shares: Vec<(OperatorKey, Vec<u8>)>,
}

/// Deals the group key to the validators from a secret seed.
pub fn deal_genesis(validators: &[Validator], seed: [u8; 32]) -> Result<Dealt, CeremonyError> {
    let members = members(validators)?;
    let players = Set::from_iter_dedup(members.iter().map(|(key, _)| key.clone()));
    let (output, shares) =
        deal::<Variant, _, N3f1>(StdRng::from_seed(seed), Mode::NonZeroCounter, players.clone())
            .map_err(|error| CeremonyError::Deal(format!("{error:?}")))?;
    let group_key = output.public().public().encode().to_vec().into();
    let directory: Directory =
        members.into_iter().map(|(key, address)| (key, Address::Symmetric(address))).collect();
    let info = EpochInfo {
        outcome: EpochOutcome::Success,
        epoch: Epoch::zero(),
        output,
        players: players.clone(),
        next_players: players,
        directory,
    };
    let committee = GenesisCommittee { group_key, epoch_info: info.encode().to_vec().into() };
    let shares = shares
        .iter_pairs()
        .map(|(key, share)| (OperatorKey::from_slice(key.as_ref()), share.encode().to_vec()))
        .collect();
    Ok(Dealt { committee, shares })
}

/// Reads the ceremony's result from a chain spec, and checks that group key and polynomial agree.
pub fn epoch_info(committee: &GenesisCommittee) -> Result<EpochInfo, CeremonyError> {
    let missing = |reason: &str| CeremonyError::Missing(reason.to_string());
    let info = EpochInfo::decode_cfg(Copying(&committee.epoch_info), &(MAX_PARTICIPANTS, max_sharing_mode()))
        .map_err(|error| missing(&error.to_string()))?;
    if info.output.public().public().encode().as_ref() != committee.group_key.as_ref() {
        return Err(missing("group key and public polynomial disagree"));
    }
    Ok(info)
}

fn members(validators: &[Validator]) -> Result<Vec<(PublicKey, SocketAddr)>, CeremonyError> {
    validators
        .iter()
        .map(|validator| {
            let key = PublicKey::decode(Copying(validator.operator.as_slice()))
                .map_err(|_| CeremonyError::Operator(validator.operator))?;
            let address = validator.p2p.parse().map_err(|_| CeremonyError::Address(validator.p2p.clone()))?;
            Ok((key, address))
        })
        .collect()
}

#[cfg(test)]
mod tests;
