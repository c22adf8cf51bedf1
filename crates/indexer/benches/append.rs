//! Appending blocks of 2,000 transfers, and reading old state.

use alloy_consensus::{Eip658Value, Receipt as PlainReceipt, SignableTransaction, TxEip1559, TxType};
use alloy_primitives::{Address, B256, Signature, TxKind, U256, keccak256};
use althing_indexer::{Index, IndexConfig};
use althing_primitives::{
    AccountRecord, Block, Change, FinalizedBlock, Header, Receipt, Seal, StateKey, StateValue,
};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use std::sync::Arc;

const TRANSFERS: u64 = 2_000;

/// A block of transfers, each between two accounts of its own.
fn block(height: u64, parent: B256) -> Arc<FinalizedBlock> {
    let address = |side: u64, n: u64| {
        Address::from_word(keccak256([height.to_be_bytes(), side.to_be_bytes(), n.to_be_bytes()].concat()))
    };
    let transfer = |n: u64| {
        let tx = TxEip1559 { gas_limit: 21_000, to: TxKind::Call(address(1, n)), ..Default::default() };
        tx.into_signed(Signature::new(U256::from(height + 1), U256::from(n + 1), false)).into()
    };
    let receipt = |n: u64| {
        let status = Eip658Value::Eip658(true);
        let plain = PlainReceipt { status, cumulative_gas_used: 21_000 * n, logs: Vec::new() };
        Receipt::from_typed(TxType::Eip1559, plain)
    };
    let record = |nonce| {
        let balance = U256::from(10).pow(U256::from(20));
        Some(StateValue::Account(AccountRecord { nonce, balance, ..Default::default() }))
    };
    let change = |key| Change { key: StateKey::Account(key), before: record(1), after: record(2) };
    let both = (0..2).flat_map(|side| (0..TRANSFERS).map(move |n| (side, n)));
    let mut changes: Vec<Change> = both.map(|(side, n)| change(address(side, n))).collect();
    changes.sort_by_key(|change| change.key);
    let header = Header { number: height, parent_hash: parent, ..Default::default() };
    let block = Block::new(header, Seal::default(), (0..TRANSFERS).map(transfer).collect());
    let senders = (0..TRANSFERS).map(|n| address(0, n)).collect();
    let receipts = (1..=TRANSFERS).map(receipt).collect();
    let system_logs = Vec::new();
    Arc::new(FinalizedBlock { block, senders, receipts, system_logs, changes, certificate: None })
}

fn benchmarks(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let config = IndexConfig { archive: false, history_blocks: 50 };
    let index = Index::open(&folder.path().join("index.sqlite"), config).expect("a new index");
    let mut next = (0, B256::ZERO);
    let mut make = || {
        let block = block(next.0, next.1);
        next = (next.0 + 1, block.block.hash());
        block
    };
    let mut group = criterion.benchmark_group("index");
    group.sample_size(20);
    group.bench_function("append 2,000 transfers", |bencher| {
        bencher.iter_batched(
            &mut make,
            |block| index.append(&block).expect("in order"),
            BatchSize::PerIteration,
        )
    });
    let latest = index.latest().expect("readable").expect("blocks were appended");
    let block = index.block(latest).expect("readable").expect("stored");
    let keys: Vec<StateKey> = block.changes.iter().take(100).map(|change| change.key).collect();
    group.bench_function("old values of 100 keys", |bencher| {
        bencher.iter(|| index.values_at(&keys, latest - 20).expect("kept"))
    });
    group.finish();
}

criterion_group!(benches, benchmarks);
criterion_main!(benches);
