//! What evidence proves, and what proves nothing.

use super::*;
use crate::proposer_namespace;
use alloy_primitives::{B256, Bloom, Bytes};
use althing_primitives::Seal;
use commonware_codec::Encode as _;
use commonware_cryptography::{Signer as _, ed25519::PrivateKey};

const NAMESPACE: &[u8] = b"ALTHING/1";

/// A block of an operator, signed.
fn signed(operator: u64, seal: Seal, header: Header) -> Block {
    let secret = PrivateKey::from_seed(operator);
    let mut seal = Seal { proposer: B256::from_slice(secret.public_key().as_ref()), ..seal };
    let unsigned = Block::new(header, seal.clone(), vec![]);
    let message = seal.signing_hash(unsigned.header());
    seal.signature = secret.sign(&proposer_namespace(NAMESPACE), message.as_slice()).encode().to_vec().into();
    Block::new(unsigned.header().clone(), seal, vec![])
}

fn block(operator: u64, view: u64, gas_used: u64) -> Block {
    signed(operator, Seal { epoch: 3, view, ..Seal::default() }, Header { gas_used, ..Header::default() })
}

#[test]
fn two_signed_headers_of_one_view_prove_whose_fault_it_is() {
    let evidence = DoubleProposal::of(&block(1, 9, 1), &block(1, 9, 2));
    let operator = B256::from_slice(PrivateKey::from_seed(1).public_key().as_ref());
    assert_eq!(evidence.verify(NAMESPACE), Ok(Fault { operator, epoch: 3, view: 9 }));
    assert_eq!(DoubleProposal::decode(&evidence.encode()), Ok(evidence));
}

#[test]
fn what_is_no_fault_of_this_chain_proves_nothing() {
    let base = block(1, 9, 1);
    let mut resigned = Proposal::of(&base);
    resigned.header.extra_data = Bytes::new();
    let cases = [
        (DoubleProposal::of(&base, &base), EvidenceError::SameProposal),
        (DoubleProposal { first: Proposal::of(&base), second: resigned }, EvidenceError::SameProposal),
        (DoubleProposal::of(&base, &block(2, 9, 2)), EvidenceError::OtherTurn),
        (DoubleProposal::of(&base, &block(1, 8, 2)), EvidenceError::OtherTurn),
    ];
    for (evidence, expected) in cases {
        assert_eq!(evidence.verify(NAMESPACE), Err(expected));
    }
    let mut forged = DoubleProposal::of(&base, &block(1, 9, 2));
    assert_eq!(forged.verify(b"ALTHING/2"), Err(LightError::Proposer.into()));
    forged.second.header.gas_used = 3;
    assert_eq!(forged.verify(NAMESPACE), Err(LightError::Proposer.into()));
    forged.second.header.extra_data = Bytes::new();
    assert_eq!(forged.verify(NAMESPACE), Err(LightError::Seal.into()));
}

#[test]
fn evidence_of_the_largest_valid_blocks_is_short() {
    let most = || Header {
        difficulty: alloy_primitives::U256::ZERO,
        logs_bloom: Bloom::repeat_byte(255),
        number: u64::MAX,
        gas_limit: u64::MAX,
        timestamp: u64::MAX,
        base_fee_per_gas: Some(u64::MAX),
        withdrawals_root: Some(B256::ZERO),
        blob_gas_used: Some(0),
        excess_blob_gas: Some(0),
        parent_beacon_block_root: Some(B256::ZERO),
        requests_hash: Some(B256::ZERO),
        ..Header::default()
    };
    let full = |byte: u8| Seal {
        view: 9,
        parent_view: u64::MAX,
        time_ms: u64::MAX,
        beacon: vec![byte; 48].into(),
        election: vec![1; 48].into(),
        evidence: vec![1; MAX_EVIDENCE_BYTES].into(),
        resharing: vec![1; 200_000].into(),
        ..Seal::default()
    };
    let evidence = DoubleProposal::of(&signed(1, full(1), most()), &signed(1, full(2), most()));
    assert!(evidence.verify(NAMESPACE).is_ok());
    assert!(evidence.encode().len() <= 2_800, "{}", evidence.encode().len());
}

#[test]
fn hostile_bytes_are_refused_without_panic() {
    let bytes = DoubleProposal::of(&block(1, 9, 1), &block(1, 9, 2)).encode();
    for cut in 0..bytes.len() {
        assert!(DoubleProposal::decode(&bytes[..cut]).is_err(), "{cut}");
        let mut changed = bytes.clone();
        changed[cut] ^= 1;
        let fault = DoubleProposal::decode(&changed).and_then(|evidence| evidence.verify(NAMESPACE));
        assert!(fault.is_err(), "{cut}");
    }
    let long = vec![0; MAX_EVIDENCE_BYTES + 1];
    assert_eq!(DoubleProposal::decode(&long), Err(EvidenceError::TooLong(MAX_EVIDENCE_BYTES + 1)));
}
