//! Certificates and signatures of proposers: what they prove, and what is refused.

use super::*;
use althing_primitives::Block;
use commonware_codec::Encode as _;
use commonware_consensus::{
    simplex::types::{Finalize, Proposal},
    types::{Epoch, Round, View},
};
use commonware_cryptography::{
    Signer as _,
    bls12381::{
        dkg::feldman_desmedt::deal,
        primitives::{group::Share, sharing::Mode},
    },
    ed25519::PrivateKey,
};
use commonware_utils::{N3f1, non_empty, ordered::Set};
use rand::rngs::StdRng;

pub(crate) const NAMESPACE: &[u8] = b"ALTHING/1";

/// Four members with key shares.
pub(crate) struct Committee {
    members: Vec<Scheme>,
    /// Their encoded group key.
    pub(crate) key: Vec<u8>,
}

impl Committee {
    /// Dealt from a seed: another seed, another group key.
    pub(crate) fn dealt(seed: u8) -> Self {
        let players = Set::from_iter_dedup((0..4).map(|n| PrivateKey::from_seed(n).public_key()));
        let randomness = StdRng::from_seed([seed; 32]);
        let (output, shares) =
            deal::<Variant, _, N3f1>(randomness, Mode::NonZeroCounter, players.clone()).unwrap();
        let member = |share: &Share| {
            Scheme::signer(NAMESPACE, players.clone(), output.public().clone(), share.clone()).unwrap()
        };
        let members = shares.iter_pairs().map(|(_, share)| member(share)).collect();
        Self { members, key: output.public().public().encode().to_vec() }
    }

    /// Certifies a block's hash in view 9 of an epoch.
    pub(crate) fn certify(&self, epoch: u64, payload: B256) -> Finalization {
        let proposal = Proposal {
            round: Round::new(Epoch::new(epoch), View::new(9)),
            parent: View::new(8),
            payload: BlockDigest::from(payload.0),
        };
        let votes: Vec<_> =
            self.members.iter().map(|member| Finalize::sign(member, proposal.clone()).unwrap()).collect();
        Finalization::from_finalizes(&self.members[0], non_empty![@votes.iter()], &Sequential).unwrap()
    }
}

/// A committee that certifies `payload` in epoch 3, and the encoded group key.
fn certify(payload: B256) -> (Vec<u8>, Vec<u8>) {
    let committee = Committee::dealt(1);
    (committee.certify(3, payload).encode().to_vec(), committee.key)
}

#[test]
fn a_certificate_proves_its_block_and_no_other() {
    let header = Header { number: 5, ..Default::default() };
    let (certificate, key) = certify(header.hash_slow());
    let verifier = Verifier::from_key(NAMESPACE, &key).unwrap();
    let certified = verifier.verify_header(&header, &certificate).unwrap();
    assert_eq!(certified, Certified { hash: header.hash_slow(), epoch: 3, view: 9 });
    let other = Header { number: 6, ..Default::default() };
    assert!(matches!(verifier.verify_header(&other, &certificate), Err(LightError::OtherBlock { .. })));
}

#[test]
fn a_changed_certificate_or_a_foreign_chain_is_refused() {
    let (certificate, key) = certify(B256::repeat_byte(1));
    let verifier = Verifier::from_key(NAMESPACE, &key).unwrap();
    for position in 0..certificate.len() {
        let mut changed = certificate.clone();
        changed[position] ^= 1;
        assert!(verifier.verify(&changed).is_err(), "byte {position}");
        assert!(verifier.verify(&certificate[..position]).is_err(), "cut at {position}");
    }
    let foreign = Verifier::from_key(b"ALTHING/2", &key).unwrap();
    assert_eq!(foreign.verify(&certificate), Err(LightError::Signature));
    assert_eq!(Verifier::from_key(NAMESPACE, &[0; 96]).unwrap_err(), LightError::GroupKey);
}

#[test]
fn a_header_is_attributed_to_the_operator_who_signed_it() {
    let operator = PrivateKey::from_seed(1);
    let mut seal =
        Seal { version: 1, proposer: B256::from_slice(operator.public_key().as_ref()), ..Default::default() };
    let header = Header { number: 5, ..Default::default() };
    let message = seal.signing_hash(&header);
    let signature = operator.sign(&proposer_namespace(NAMESPACE), message.as_slice());
    seal.signature = signature.encode().to_vec().into();
    let block = Block::new(header, seal.clone(), vec![]);
    assert_eq!(verify_proposer(NAMESPACE, block.header(), block.seal()), Ok(()));
    assert_eq!(verify_proposer(b"ALTHING/2", block.header(), block.seal()), Err(LightError::Proposer));
    let other = Block::new(Header { number: 6, ..Default::default() }, seal, vec![]);
    assert_eq!(verify_proposer(NAMESPACE, other.header(), other.seal()), Err(LightError::Proposer));
}
