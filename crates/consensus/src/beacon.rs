//! The random beacon: the VRF outputs of recent rounds, as certificates reveal them.
//!
//! Every certificate of a round (notarization, nullification, finalization) carries the group's unique
//! signature of that round. A proposer needs the one of its parent's round; it learns it here. The value of a
//! round is public before a later block uses it, so a contract must fix its bet before the round.

use crate::{Scheme, Variant};
use alloy_primitives::Bytes;
use commonware_codec::Encode as _;
use commonware_consensus::{
    simplex::{
        scheme::bls12381_threshold::vrf::{Seed, Seedable as _},
        types::Activity,
    },
    types::Round,
};
use parking_lot::Mutex;
use std::{collections::BTreeMap, sync::Arc};

/// Rounds whose beacon is remembered; a proposer needs only the last few.
const ROUNDS_KEPT: usize = 1024;

/// Beacons of recent rounds, shared between the consensus engine and the proposer.
#[derive(Clone, Debug, Default)]
pub struct Beacons(Arc<Mutex<BTreeMap<Round, Bytes>>>);

impl Beacons {
    /// Remembers the beacon that a certificate reveals.
    pub fn observe(&self, activity: &Activity<Scheme, crate::BlockDigest>) {
        let seed = match activity {
            Activity::Notarization(c) | Activity::Certification(c) => c.seed(),
            Activity::Nullification(c) => match c.certificate.get() {
                Some(certificate) => Seed::new(c.round, certificate.seed_signature),
                None => return,
            },
            Activity::Finalization(c) => c.seed(),
            _ => return,
        };
        self.insert(seed);
    }

    /// Remembers a beacon.
    pub fn insert(&self, seed: Seed<Variant>) {
        let mut rounds = self.0.lock();
        rounds.insert(seed.round, seed.signature.encode().to_vec().into());
        while rounds.len() > ROUNDS_KEPT {
            rounds.pop_first();
        }
    }

    /// The beacon of a round, if a certificate of it was seen.
    pub fn get(&self, round: Round) -> Option<Bytes> {
        self.0.lock().get(&round).cloned()
    }
}
