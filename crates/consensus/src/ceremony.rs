//! The initial key ceremony: who holds the group key's first shares.
//!
//! [`deal_genesis`] is the trusted dealer: whoever runs it knows the group's secret for a moment, so it is for
//! devnets and tests. Validators of real networks make the key together: they meet by [`RollCall`], and
//! [`committee_of`] turns what they made into what the chain spec holds.

mod roll;

pub use roll::{Progress, RollCall, RollError, Stage, WORD_BYTES, Word};

use crate::{Directory, EpochInfo, MAX_PARTICIPANTS, PublicKey, Variant, max_sharing_mode};
use althing_primitives::{OperatorKey, Validator, chainspec::GenesisCommittee};
use commonware_codec::{Copying, Decode as _, DecodeExt as _, Encode as _};
use commonware_consensus::types::Epoch;
use commonware_cryptography::bls12381::{
    dkg::feldman_desmedt::deal,
    primitives::{group::Share, sharing::Mode},
};
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
        "the chain spec holds no valid key ceremony result ({0}): run `althing genesis ceremony`, or `althing genesis deal` for tests"
    )]
    Missing(String),
    /// Others than the validators hold the key.
    #[error("the ceremony was held among others than the validators of the chain spec")]
    Players,
    /// Shares had to be made public.
    #[error(
        "the ceremony made the shares of {} public, because they did not answer their dealers in time. Nothing was \
         written: see why they were slow or away, and run it again on all nodes",
        .0.join(", ")
    )]
    Revealed(Vec<String>),
    /// A share and a chain spec do not belong together.
    #[error(
        "the key share of {0} does not belong to the group key of the chain spec: take the file that its ceremony \
         made, or hold the ceremony again on all nodes"
    )]
    Share(OperatorKey),
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
    let info = EpochInfo {
        outcome: EpochOutcome::Success,
        epoch: Epoch::zero(),
        output,
        players: players.clone(),
        next_players: players,
        directory: members
            .into_iter()
            .map(|(key, address)| (key, Address::Symmetric(address)))
            .collect::<Directory>(),
    };
    let committee = encode(&info);
    let shares = shares
        .iter_pairs()
        .map(|(key, share)| (OperatorKey::from_slice(key.as_ref()), share.encode().to_vec()))
        .collect();
    Ok(Dealt { committee, shares })
}

/// Turns what the validators made together into what the chain spec holds.
///
/// # Errors
/// When it is not theirs alone, or when the share of one of them is public: who holds enough public shares could
/// sign in the group's name.
pub fn committee_of(
    mut info: EpochInfo,
    validators: &[Validator],
) -> Result<GenesisCommittee, CeremonyError> {
    let members = members(validators)?;
    let players = Set::from_iter_dedup(members.into_iter().map(|(key, _)| key));
    if info.epoch != Epoch::zero() || *info.output.players() != players || info.players != players {
        return Err(CeremonyError::Players);
    }
    let revealed = info.output.revealed();
    let names = validators
        .iter()
        .filter(|v| revealed.iter().any(|key| key.as_ref() == v.operator.as_slice()))
        .map(|v| v.name.clone())
        .collect::<Vec<_>>();
    if !names.is_empty() {
        return Err(CeremonyError::Revealed(names));
    }
    info.next_players = players;
    Ok(encode(&info))
}

/// Checks that an encoded secret share is the operator's part of the group key.
pub fn check_share(info: &EpochInfo, operator: &OperatorKey, share: &[u8]) -> Result<(), CeremonyError> {
    let foreign = || CeremonyError::Share(*operator);
    let share = Share::decode(Copying(share)).map_err(|_| foreign())?;
    let index = info.output.players().iter().position(|key| key.as_ref() == operator.as_slice());
    let public = info.output.public().partial_public(share.index).map_err(|_| foreign())?;
    match index == Some(usize::from(share.index)) && share.public::<Variant>() == public {
        true => Ok(()),
        false => Err(foreign()),
    }
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

fn encode(info: &EpochInfo) -> GenesisCommittee {
    let group_key = info.output.public().public().encode().to_vec().into();
    GenesisCommittee { group_key, epoch_info: info.encode().to_vec().into() }
}

/// The validators with their addresses.
pub fn directory(validators: &[Validator]) -> Result<Directory, CeremonyError> {
    let address = |(key, address)| (key, commonware_p2p::Address::Symmetric(address));
    Ok(members(validators)?.into_iter().map(address).collect())
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
