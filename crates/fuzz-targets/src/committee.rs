//! A committee whose keys derive from a constant: the certificates and beacons of the corpus are its own.

use alloy_primitives::B256;
use althing_light::{BlockDigest, Finalization, KeyChain, Scheme, Variant, Verifier};
use althing_primitives::Calendar;
use commonware_codec::Encode as _;
use commonware_consensus::{
    simplex::{
        scheme::bls12381_threshold::vrf::Seedable as _,
        types::{Finalize, Proposal},
    },
    types::{Epoch, Round, View},
};
use commonware_cryptography::{
    Signer as _,
    bls12381::{dkg::feldman_desmedt::deal, primitives::sharing::Mode},
    ed25519::PrivateKey,
};
use commonware_parallel::Sequential;
use commonware_utils::{N3f1, non_empty, ordered::Set};
use rand::{SeedableRng as _, rngs::StdRng};
use std::sync::OnceLock;

/// Signing domain of the corpus's chain.
pub const NAMESPACE: &[u8] = b"ALTHING/1";

/// Four members and their group key.
#[derive(Debug)]
pub struct Committee {
    /// Checks its certificates.
    pub verifier: Verifier,
    /// The corpus's chain of keys: the committee's is the first.
    pub keys: KeyChain,
    members: Vec<Scheme>,
}

/// The committee, made once.
pub fn committee() -> &'static Committee {
    static COMMITTEE: OnceLock<Committee> = OnceLock::new();
    COMMITTEE.get_or_init(|| {
        let keys = Set::from_iter_dedup((0..4).map(|n| PrivateKey::from_seed(n).public_key()));
        let (output, shares) =
            deal::<Variant, _, N3f1>(StdRng::from_seed([1; 32]), Mode::NonZeroCounter, keys.clone())
                .expect("four members can be dealt to");
        let member = |share: &commonware_cryptography::bls12381::primitives::group::Share| {
            Scheme::signer(NAMESPACE, keys.clone(), output.public().clone(), share.clone())
                .expect("the share is a member's")
        };
        let members = shares.iter_pairs().map(|(_, share)| member(share)).collect();
        let key = output.public().public().encode();
        let verifier = Verifier::from_key(NAMESPACE, &key).expect("a key that was dealt is a point");
        let keys = KeyChain::from_key(NAMESPACE, Calendar { epoch_blocks: 32 }, &key)
            .expect("a key that was dealt is a point");
        Committee { verifier, keys, members }
    })
}

impl Committee {
    /// Certificate and beacon of a block in a round.
    pub fn certify(&self, epoch: u64, view: u64, block: B256) -> (Vec<u8>, Vec<u8>) {
        let proposal = Proposal {
            round: Round::new(Epoch::new(epoch), View::new(view)),
            parent: View::new(view.saturating_sub(1)),
            payload: BlockDigest::from(block.0),
        };
        let votes: Vec<_> = self
            .members
            .iter()
            .map(|member| Finalize::sign(member, proposal.clone()).expect("members can sign"))
            .collect();
        let finalization =
            Finalization::from_finalizes(&self.members[0], non_empty![@votes.iter()], &Sequential)
                .expect("all members are enough");
        (finalization.encode().to_vec(), finalization.seed().signature.encode().to_vec())
    }
}
