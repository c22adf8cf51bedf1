//! A block's part of the state: reading, staging and storing 2,000 accounts, on databases that hold 100,000, in files.

#![allow(clippy::large_futures, reason = "a benchmark may use the stack as it likes")]

use alloy_primitives::keccak256;
use althing_primitives::{Address, U256};
use althing_state::{
    AccountRecord, Batches, Change, DatabaseView, Databases, StateKey, StateValue, StateView as _,
    StorageSettings, database_config, open_genesis, stage,
};
use commonware_glue::stateful::db::DatabaseSet;
use commonware_runtime::{
    Runner as _, Supervisor as _,
    buffer::paged::CacheRef,
    tokio::{Config, Context, Runner},
};
use commonware_utils::{NZU16, NZUsize};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use futures::executor::block_on;

type Set = Databases<Context>;

/// Accounts of the state, and those that a block changes.
const ACCOUNTS: u64 = 100_000;
const CHANGED: u64 = 2_000;
/// Threads of the runtime, beside the one that measures.
const WORKERS: usize = 2;

fn key(number: u64) -> StateKey {
    StateKey::Account(Address::from_word(keccak256(number.to_be_bytes())))
}

/// So many accounts from the first one on get a nonce.
fn changes(first: u64, count: u64, nonce: u64) -> Vec<Change> {
    let record = AccountRecord { nonce, balance: U256::from(nonce + 1) << 60, ..Default::default() };
    let change = |number| Change {
        key: key(number % ACCOUNTS),
        before: None,
        after: Some(StateValue::Account(record)),
    };
    let mut changes: Vec<Change> = (first..first + count).map(change).collect();
    changes.sort_by_key(|change| change.key);
    changes
}

fn batches(databases: &Set) -> Batches<Context> {
    block_on(<Set as DatabaseSet<Context>>::new_batches(databases))
}

fn measure(criterion: &mut Criterion, databases: &Set) {
    let mut group = criterion.benchmark_group("state");
    group.sample_size(20);
    let keys: Vec<StateKey> = (0..CHANGED).map(key).collect();
    let view = DatabaseView::<Context>(databases.clone());
    group.bench_function("read 2,000 of 100,000 accounts", |bencher| {
        bencher.iter(|| block_on(view.get_many(&keys)).expect("readable"))
    });
    let block = changes(0, CHANGED, 1);
    group.bench_function("stage 2,000 of 100,000 accounts, with their root", |bencher| {
        bencher.iter_batched(
            || batches(databases),
            |batches| block_on(stage::<Context>(batches, &block)).expect("staged"),
            BatchSize::PerIteration,
        )
    });
    let mut number = 0;
    group.bench_function("apply 2,000 staged accounts, durable", |bencher| {
        bencher.iter_batched(
            || {
                number += 1;
                let block = changes(number * CHANGED, CHANGED, number);
                block_on(stage::<Context>(batches(databases), &block)).expect("staged")
            },
            |prepared| {
                block_on(async {
                    <Set as DatabaseSet<Context>>::apply(databases, prepared).await;
                    <Set as DatabaseSet<Context>>::finalize(databases).await.durable().await;
                })
            },
            BatchSize::PerIteration,
        )
    });
    group.finish();
}

fn benchmarks(criterion: &mut Criterion) {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a temporary folder");
    let config = Config::new().with_worker_threads(WORKERS).with_storage_directory(folder.path());
    Runner::new(config).start(|context| async move {
        let settings = StorageSettings {
            prefix: "bench".into(),
            page_cache: CacheRef::new(NZU16!(4096), NZUsize!(16_384)),
            write_buffer: NZUsize!(1 << 20),
        };
        let genesis = changes(0, ACCOUNTS, 0);
        let config = database_config::<Context>(&settings);
        let state = open_genesis(context.child("state"), config, &genesis).await.expect("empty databases");
        measure(criterion, &state.databases);
    });
}

criterion_group!(benches, benchmarks);
criterion_main!(benches);
