//! Adding and choosing with 10,000 transactions.

use alloy_consensus::{SignableTransaction, TxEip1559};
use alloy_primitives::{Address, KECCAK256_EMPTY, Signature, TxKind, U256};
use althing_primitives::{AccountRecord, Recovered, Transaction};
use althing_txpool::{Origin, Pool, PoolConfig};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use std::hint::black_box;

const TRANSACTIONS: u64 = 10_000;
const PER_SENDER: u64 = 10;

fn transactions() -> Vec<Recovered<Transaction>> {
    let one = |n: u64| {
        let sender = Address::left_padding_from(&(1 + n % (TRANSACTIONS / PER_SENDER)).to_be_bytes());
        let fee = 1_000_000_000 + u128::from(n * 7_919 % 1_000);
        let tx = TxEip1559 {
            chain_id: 1,
            nonce: n / (TRANSACTIONS / PER_SENDER),
            gas_limit: 21_000,
            max_fee_per_gas: 2 * fee,
            max_priority_fee_per_gas: fee,
            to: TxKind::Call(Address::ZERO),
            ..Default::default()
        };
        let signature = Signature::new(U256::from(n + 1), U256::ONE, false);
        let tx: Transaction = tx.into_signed(signature).into();
        tx.tx_hash();
        Recovered::new_unchecked(tx, sender)
    };
    (0..TRANSACTIONS).map(one).collect()
}

fn fill(pool: &mut Pool, transactions: Vec<Recovered<Transaction>>) {
    let account = AccountRecord { nonce: 0, balance: U256::MAX >> 1, code_hash: KECCAK256_EMPTY };
    for tx in transactions {
        pool.add(tx, &account, Origin::Remote, 0).expect("every transaction is good and there is room");
    }
}

fn benchmarks(criterion: &mut Criterion) {
    let transactions = transactions();
    let pool = || Pool::new(PoolConfig::new(1));
    criterion.bench_function("add 10,000", |bencher| {
        bencher.iter_batched(
            || (pool(), transactions.clone()),
            |(mut pool, transactions)| {
                fill(&mut pool, transactions);
                pool
            },
            BatchSize::LargeInput,
        )
    });
    let mut full = pool();
    fill(&mut full, transactions.clone());
    criterion.bench_function("best of 10,000, all", |bencher| {
        bencher.iter(|| black_box(full.best(1_000_000).count()))
    });
    criterion.bench_function("best of 10,000, first 100", |bencher| {
        bencher.iter(|| black_box(full.best(1_000_000).take(100).count()))
    });
}

criterion_group!(benches, benchmarks);
criterion_main!(benches);
