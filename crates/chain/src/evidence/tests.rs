//! What a node keeps of the blocks that it sees.

use super::*;
use crate::context::Operator;
use althing_primitives::{ChainSpec, Header, OperatorKey, Seal, Validator};
use commonware_cryptography::{Signer as _, ed25519::PrivateKey};

fn spec() -> ChainSpec {
    let operator = OperatorKey::from_slice(PrivateKey::from_seed(1).public_key().as_ref());
    let p2p = "127.0.0.1:9000".into();
    let validator = Validator { name: "v1".into(), operator, reward: Default::default(), p2p };
    ChainSpec::devnet(vec![validator], 0)
}

fn block(operator: u64, (epoch, view): (u64, u64), gas_used: u64) -> Block {
    let operator = Operator::new(PrivateKey::from_seed(operator), &spec());
    let seal = Seal { epoch, view, proposer: operator.key(), ..Seal::default() };
    let header = Header { number: 7, gas_used, ..Header::default() };
    crate::header::seal(header, seal, &operator, Vec::new())
}

#[test]
fn two_blocks_of_one_view_are_kept_as_proof_until_it_is_too_late() {
    let (namespace, mut evidence) = (spec().namespace(), Evidence::default());
    evidence.see(&namespace, &block(1, (3, 9), 1));
    evidence.see(&namespace, &block(1, (3, 9), 1));
    evidence.see(&namespace, &block(2, (3, 9), 2));
    evidence.see(&namespace, &block(1, (3, 10), 2));
    assert_eq!(evidence.pending(3), []);
    evidence.see(&namespace, &block(1, (3, 9), 2));
    let pending = evidence.pending(3);
    assert_eq!(pending.len(), 1);
    let (fault, proof) = &pending[0];
    let proof = DoubleProposal::decode(proof).unwrap();
    assert_eq!(proof.verify(&namespace), Ok(*fault));
    assert_eq!((fault.epoch, fault.view), (3, 9));
    assert_eq!(evidence.pending(3 + EVIDENCE_EPOCHS).len(), 1);
    assert_eq!(evidence.pending(4 + EVIDENCE_EPOCHS), []);
}

#[test]
fn a_block_that_its_proposer_did_not_sign_is_no_proof() {
    let (namespace, mut evidence) = (spec().namespace(), Evidence::default());
    evidence.see(&namespace, &block(1, (3, 9), 1));
    let other = block(1, (3, 9), 2);
    let forged =
        Block::new(Header { gas_used: 3, ..other.header().clone() }, other.seal().clone(), Vec::new());
    evidence.see(&namespace, &forged);
    assert_eq!(evidence.pending(3), []);
}

#[test]
fn memory_is_bounded() {
    let (namespace, mut evidence) = (spec().namespace(), Evidence::default());
    let unsigned = |view| Block::new(Header::default(), Seal { view, ..Seal::default() }, Vec::new());
    for view in 0..2 * MAX_SEEN as u64 {
        evidence.see(&namespace, &unsigned(view));
    }
    assert_eq!(evidence.seen.len(), MAX_SEEN);
    for view in 0..2 * MAX_PROOFS as u64 {
        evidence.see(&namespace, &block(1, (3, view), 1));
        evidence.see(&namespace, &block(1, (3, view), 2));
    }
    assert_eq!(evidence.pending(3).len(), MAX_PROOFS);
}
