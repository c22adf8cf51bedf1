//! A block to begin at, each of its parts changed once.

use super::*;
use alloy_consensus::{Eip658Value, ReceiptWithBloom, Signed, TxLegacy, transaction::SignerRecoverable as _};
use alloy_primitives::{Bloom, Signature, U256};
use althing_light::{BlockDigest, Finalization, Scheme, Variant};
use althing_primitives::{Calendar, DbCommitment, Header, Seal, StateCommitment, Transaction};
use commonware_codec::Encode as _;
use commonware_consensus::{
    simplex::types::{Finalize, Proposal},
    types::{Epoch, Round, View},
};
use commonware_cryptography::{
    Signer as _,
    bls12381::{dkg::feldman_desmedt::deal, primitives::sharing::Mode},
    ed25519::PrivateKey,
};
use commonware_parallel::Sequential;
use commonware_utils::{N3f1, TestRng, non_empty, ordered::Set};

const NAMESPACE: &[u8] = b"ALTHING/1";

/// A committee of four that certifies a block; how to verify that, and the certificate.
fn certify(block: &Block) -> (KeyChain, Bytes) {
    let players = Set::from_iter_dedup((0..4).map(|n| PrivateKey::from_seed(n).public_key()));
    let (output, shares) =
        deal::<Variant, _, N3f1>(TestRng::new(1), Mode::NonZeroCounter, players.clone()).unwrap();
    let scheme = |share: &commonware_cryptography::bls12381::primitives::group::Share| {
        Scheme::signer(NAMESPACE, players.clone(), output.public().clone(), share.clone()).unwrap()
    };
    let schemes: Vec<Scheme> = shares.iter_pairs().map(|(_, share)| scheme(share)).collect();
    let round = Round::new(Epoch::new(0), View::new(9));
    let payload = BlockDigest::from(block.hash().0);
    let proposal = Proposal { round, parent: View::new(8), payload };
    let votes: Vec<_> = schemes.iter().map(|s| Finalize::sign(s, proposal.clone()).unwrap()).collect();
    let proven = Finalization::from_finalizes(&schemes[0], non_empty![@votes.iter()], &Sequential).unwrap();
    let key = output.public().public().encode();
    let keys = KeyChain::from_key(NAMESPACE, Calendar { epoch_blocks: 32 }, &key).unwrap();
    (keys, proven.encode().to_vec().into())
}

fn receipt(gas: u64) -> Receipt {
    let receipt = alloy_consensus::Receipt {
        status: Eip658Value::Eip658(true),
        cumulative_gas_used: gas,
        logs: Vec::new(),
    };
    Receipt::Legacy(ReceiptWithBloom { receipt, logs_bloom: Bloom::ZERO })
}

/// A block of one transaction, whose signature is somebody's, or nobody's.
fn block(valid: bool, header_state: Option<B256>) -> Block {
    let state = StateCommitment {
        slots: DbCommitment { root: B256::repeat_byte(3), end: 5, ..Default::default() },
        ..Default::default()
    };
    let r = if valid { U256::from(1) } else { U256::ZERO };
    let signature = Signature::new(r, U256::from(2), false);
    let transaction: Transaction = Signed::new_unhashed(TxLegacy::default(), signature).into();
    let header = Header {
        number: 5,
        state_root: header_state.unwrap_or(state.root()),
        receipts_root: calculate_receipt_root(&[receipt(21_000)]),
        ..Default::default()
    };
    Block::new(header, Seal { state, ..Default::default() }, vec![transaction])
}

#[test]
fn a_block_is_taken_with_its_certificate_and_receipts() {
    let block = block(true, None);
    let (keys, certificate) = certify(&block);
    let anchor = check_anchor(&keys, block.clone(), vec![receipt(21_000)], certificate.clone()).unwrap();
    assert_eq!(anchor.senders, [block.transactions()[0].recover_signer().unwrap()]);
    assert_eq!((anchor.block, anchor.certificate), (block, Some(certificate)));
}

#[test]
fn every_part_that_the_certificate_does_not_prove_is_refused() {
    let good = block(true, None);
    let (keys, certificate) = certify(&good);
    let receipts = || vec![receipt(21_000)];
    let other = block(true, Some(B256::repeat_byte(9)));
    let error = check_anchor(&keys, other.clone(), receipts(), certificate.clone()).unwrap_err();
    assert!(matches!(error, AnchorError::Certificate(LightError::OtherBlock { .. })), "{error}");
    for wrong in [vec![], vec![receipt(1)], vec![receipt(21_000), receipt(21_000)]] {
        let error = check_anchor(&keys, good.clone(), wrong, certificate.clone()).unwrap_err();
        assert!(matches!(error, AnchorError::Receipts), "{error}");
    }
    // A committee that certifies nonsense is not believed either.
    let (_, certificate) = certify(&other);
    let error = check_anchor(&keys, other, receipts(), certificate).unwrap_err();
    assert!(matches!(error, AnchorError::State { .. }), "{error}");
    let unsigned = block(false, None);
    let (_, certificate) = certify(&unsigned);
    let error = check_anchor(&keys, unsigned, receipts(), certificate).unwrap_err();
    assert!(matches!(error, AnchorError::Signature(_)), "{error}");
}
