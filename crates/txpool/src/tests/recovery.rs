//! Bytes from anybody, and senders of blocks.

use super::*;
use alloy_consensus::Signed;
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::Signature;
use std::num::NonZeroUsize;

/// Order of the secp256k1 group.
const ORDER: &str = "0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";

fn cache() -> SenderCache {
    SenderCache::new(NonZeroUsize::new(64).unwrap())
}

#[test]
fn a_signed_transaction_gives_its_sender() {
    for tx in [sign(&signer(1), transfer(0, 1, 1)), sign(&signer(2), legacy(0, 1))] {
        assert_eq!(recover(&tx.inner().encoded_2718()).unwrap(), tx);
    }
}

#[test]
fn malformed_bytes_are_refused_without_panic() {
    let good = sign(&signer(1), transfer(0, 1, 1)).inner().encoded_2718();
    for cut in 0..good.len() {
        assert!(matches!(recover(&good[..cut]), Err(PoolError::Malformed(_))), "{cut}");
    }
    let padded = [good.as_slice(), &[0]].concat();
    assert!(matches!(recover(&padded), Err(PoolError::Malformed(_))));
    assert_eq!(recover(&[3, 0xc0]), Err(PoolError::TypeNotSupported));
    assert_eq!(
        recover(&vec![2; MAX_TRANSACTION_BYTES + 1]),
        Err(PoolError::Oversized(MAX_TRANSACTION_BYTES + 1))
    );
    for position in 0..good.len() {
        let mut flipped = good.clone();
        flipped[position] ^= 0x41;
        let _ = recover(&flipped);
    }
}

#[test]
fn a_signature_with_a_high_s_is_refused() {
    let good = sign(&signer(1), transfer(0, 1, 1));
    let old = good.inner().signature();
    let high = Signature::new(old.r(), ORDER.parse::<U256>().unwrap() - old.s(), !old.v());
    let high: Transaction = Signed::new_unhashed(transfer(0, 1, 1), high).into();
    assert_eq!(recover(&high.encoded_2718()), Err(PoolError::InvalidSender));
    let error = recover_block(&[good.into_inner(), high], &cache()).unwrap_err();
    assert_eq!(error, RecoverBlockError { index: 1 });
}

#[test]
fn a_block_is_recovered_in_order_and_only_once() {
    let expected: Vec<_> = (0..50).map(|n| sign(&signer(1 + n % 7), transfer(u64::from(n), 1, 1))).collect();
    let transactions: Vec<Transaction> = expected.iter().map(|tx| tx.inner().clone()).collect();
    let cache = cache();
    assert_eq!(recover_block(&transactions, &cache).unwrap(), expected);
    assert_eq!(cache.learn(&transactions[49..]), [Some(expected[49].signer())]);
    // A cached sender is taken as it is.
    cache.insert([(*transactions[3].tx_hash(), Address::ZERO)]);
    assert_eq!(recover_block(&transactions, &cache).unwrap()[3].signer(), Address::ZERO);
}
