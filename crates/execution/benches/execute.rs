//! Executing a block of 1,000 transfers and one of 1,000 calls of a token, over a state in memory: roots of receipts and
//! the protocol's steps of an ordinary block are in it, the state's root is not.

#![allow(clippy::disallowed_methods, reason = "a benchmark measures time")]

#[allow(dead_code, reason = "the other benchmarks use more of it")]
mod chain;

use alloy_primitives::{Address, Bytes, U256, hex};
use althing_primitives::{GenesisAccount, Recovered, Transaction};
use chain::{Chain, account, spec, transaction};
use criterion::{Criterion, criterion_group, criterion_main};
use std::time::Duration;

/// Transactions of a block, each of an account of its own.
const CALLS: u64 = 1_000;
/// Gas limit of a transaction.
const CALL_GAS: u64 = 100_000;
/// Blocks of an epoch: so many that none of those that are measured ends it.
const EPOCH_BLOCKS: u64 = 1_000_000;
/// Buckets of the network.
const BUCKETS: u64 = 1_000;
/// Moves an amount (second word) from the caller's balance to that of an account (first word), and logs it, as an ERC-20
/// token does. Balances are slots `keccak256(account, 0)`, and may fall below zero here.
const TOKEN: &str = concat!(
    "335f52",                                                             // memory: the caller
    "60405f2080",                                                         // its slot, twice
    "54",                                                                 // its balance
    "602435",                                                             // the amount
    "9003",                                                               // less the amount
    "9055",                                                               // stored
    "6004355f52",                                                         // memory: the recipient
    "60405f2080",                                                         // its slot, twice
    "54",                                                                 // its balance
    "60243501",                                                           // and the amount
    "9055",                                                               // stored
    "6024355f52",                                                         // memory: the amount
    "60043533",                                                           // topics: recipient, caller,
    "7fddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef", // Transfer
    "60205fa300"                                                          // LOG3 of 32 bytes
);

fn transfers(nonce: u64) -> Vec<Recovered<Transaction>> {
    let transfer = |number: u64| {
        let (from, to) = (account("rich", number), account("to", number));
        transaction(from, nonce, to, U256::ONE, Bytes::new(), CALL_GAS)
    };
    (0..CALLS).map(transfer).collect()
}

fn calls(nonce: u64, token: Address) -> Vec<Recovered<Transaction>> {
    let call = |number: u64| {
        let amount = U256::ONE.to_be_bytes::<32>();
        let to = account("to", number).into_word();
        let input = [&hex!("a9059cbb")[..], to.as_slice(), &amount].concat();
        transaction(account("rich", number), nonce, token, U256::ZERO, input.into(), CALL_GAS)
    };
    (0..CALLS).map(call).collect()
}

/// The time of so many blocks, each made beforehand from the nonce that its senders have.
fn steps(
    chain: &mut Chain,
    nonce: &mut u64,
    blocks: u64,
    make: impl Fn(u64) -> Vec<Recovered<Transaction>>,
) -> Duration {
    let mut step = || {
        let (took, outcome) = chain.step(make(*nonce));
        assert!(outcome.receipts.iter().all(|receipt| receipt.status()));
        *nonce += 1;
        took
    };
    (0..blocks).map(|_| step()).sum()
}

fn benchmarks(criterion: &mut Criterion) {
    let token = account("token", 0);
    let mut spec = spec(BUCKETS);
    spec.epoch_blocks = EPOCH_BLOCKS;
    let code = hex::decode(TOKEN).expect("hexadecimal").into();
    spec.alloc.insert(token, GenesisAccount { nonce: 1, code, ..Default::default() });
    let (mut chain, mut nonce) = (Chain::new(spec), 0);
    let mut group = criterion.benchmark_group("execute");
    group.sample_size(20);
    group.bench_function("a block of 1,000 transfers", |bencher| {
        bencher.iter_custom(|blocks| steps(&mut chain, &mut nonce, blocks, transfers))
    });
    group.bench_function("a block of 1,000 calls of a token", |bencher| {
        bencher.iter_custom(|blocks| steps(&mut chain, &mut nonce, blocks, |nonce| calls(nonce, token)))
    });
    group.finish();
}

criterion_group!(benches, benchmarks);
criterion_main!(benches);
