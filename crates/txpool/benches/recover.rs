//! Recovering signers: one, and a block of 2,000 transactions that the node has not seen before, with all threads.

use alloy_consensus::{SignableTransaction, TxEip1559, transaction::SignerRecoverable};
use alloy_primitives::{Address, B256, TxKind, U256};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use althing_primitives::Transaction;
use althing_txpool::{SenderCache, recover_block};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use std::num::NonZeroUsize;

const TRANSACTIONS: usize = 2_000;
const CACHE: NonZeroUsize = NonZeroUsize::new(2 * TRANSACTIONS).expect("not zero");

fn transfer(signer: &PrivateKeySigner, nonce: usize) -> Transaction {
    let tx = TxEip1559 {
        chain_id: 1,
        nonce: nonce as u64,
        gas_limit: 21_000,
        to: TxKind::Call(Address::repeat_byte(9)),
        value: U256::ONE,
        ..Default::default()
    };
    let signature = signer.sign_hash_sync(&tx.signature_hash()).expect("the key is there");
    tx.into_signed(signature).into()
}

fn benchmarks(criterion: &mut Criterion) {
    let signer = PrivateKeySigner::from_bytes(&B256::repeat_byte(1)).expect("a valid key");
    let transactions: Vec<Transaction> = (0..TRANSACTIONS).map(|nonce| transfer(&signer, nonce)).collect();
    let mut group = criterion.benchmark_group("recover");
    group.bench_function("one signer", |bencher| {
        bencher.iter(|| transactions[0].recover_signer().expect("signed"))
    });
    group.sample_size(20);
    group.bench_function("a block of 2,000, all unknown", |bencher| {
        bencher.iter_batched(
            || SenderCache::new(CACHE),
            |cache| recover_block(&transactions, &cache).expect("all are signed"),
            BatchSize::PerIteration,
        )
    });
    let known = SenderCache::new(CACHE);
    recover_block(&transactions, &known).expect("all are signed");
    group.bench_function("a block of 2,000, all known", |bencher| {
        bencher.iter(|| recover_block(&transactions, &known).expect("all are signed"))
    });
    group.finish();
}

criterion_group!(benches, benchmarks);
criterion_main!(benches);
