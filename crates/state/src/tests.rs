//! The databases on the deterministic runtime, against a map.

#![expect(clippy::large_futures, reason = "a test may use the stack as it likes")]

mod synchronize;

use crate::*;
use alloy_primitives::keccak256;
use althing_primitives::{Address, B256, Bytes, StateCommitment, U256};
use commonware_glue::stateful::db::DatabaseSet;
use commonware_runtime::{Runner as _, Supervisor as _, buffer::paged::CacheRef, deterministic};
use commonware_utils::{NZU16, NZUsize};

type Context = deterministic::Context;
type Set = Databases<Context>;

fn settings(prefix: &str) -> StorageSettings {
    StorageSettings {
        prefix: prefix.into(),
        page_cache: CacheRef::new(NZU16!(1024), NZUsize!(64)),
        write_buffer: NZUsize!(4096),
    }
}

fn account(nonce: u64) -> StateValue {
    StateValue::Account(AccountRecord { nonce, balance: U256::from(nonce) << 128, ..Default::default() })
}

/// The changes of a block that touches a few of 16 accounts and slots and stores a code.
fn block(number: u64, state: &MemoryState) -> Vec<Change> {
    let address = |n: u64| Address::with_last_byte(((number * 7 + n) % 16) as u8);
    let mut changes = Vec::new();
    for n in 0..5 {
        let key = StateKey::Account(address(n));
        let after = (n != 3).then(|| account(number * 100 + n));
        changes.push(Change { key, before: state.get(&key).cloned(), after });
        let key = StateKey::Slot(address(n), U256::from(n));
        let after = (n != 2).then(|| StateValue::Slot(U256::from(number * 1000 + n)));
        changes.push(Change { key, before: state.get(&key).cloned(), after });
    }
    let code = Bytes::from(vec![number as u8; 700]);
    let key = StateKey::Code(keccak256(&code));
    changes.push(Change { key, before: None, after: Some(StateValue::Code(code)) });
    changes.retain(|change| change.before != change.after);
    changes
}

async fn apply(databases: &Set, changes: &[Change]) -> StateCommitment {
    let batches = <Set as DatabaseSet<Context>>::new_batches(databases).await;
    let prepared = stage::<Context>(batches, changes).await.unwrap();
    let commitment = commitment::<Context>(&prepared);
    <Set as DatabaseSet<Context>>::apply(databases, prepared).await;
    <Set as DatabaseSet<Context>>::finalize(databases).await.durable().await;
    commitment
}

async fn assert_equal(databases: &Set, expected: &MemoryState) {
    let mut keys: Vec<StateKey> = expected.iter().map(|(key, _)| *key).collect();
    keys.push(StateKey::Account(Address::repeat_byte(0xee)));
    keys.push(StateKey::Slot(Address::ZERO, U256::MAX));
    keys.push(StateKey::Code(B256::repeat_byte(1)));
    let view = DatabaseView::<Context>(databases.clone());
    assert_eq!(view.get_many(&keys).await.unwrap(), expected.get_many(&keys).await.unwrap());
}

#[test]
fn the_databases_hold_what_a_map_holds_and_reopen_at_any_kept_block() {
    deterministic::Runner::default().start(|context| async move {
        let mut expected = MemoryState::default();
        let genesis = block(0, &expected);
        expected.apply(&genesis);
        let state =
            open_genesis(context.child("genesis"), database_config::<Context>(&settings("test")), &genesis)
                .await
                .unwrap();
        assert_equal(&state.databases, &expected).await;
        let mut kept = vec![(state.commitment, expected.clone())];
        for number in 1..12 {
            let changes = block(number, &expected);
            expected.apply(&changes);
            let commitment = apply(&state.databases, &changes).await;
            assert_equal(&state.databases, &expected).await;
            assert!(kept.iter().all(|(earlier, _)| earlier.root() != commitment.root()));
            kept.push((commitment, expected.clone()));
        }
        drop(state);
        for (number, (commitment, expected)) in kept.iter().enumerate().rev() {
            let targets = sync_targets::<Context>(commitment);
            let context = context.child("reopened").with_attribute("number", number);
            let config = database_config::<Context>(&settings("test"));
            let databases = <Set as DatabaseSet<Context>>::init(context, config, Some(targets)).await;
            assert_equal(&databases, expected).await;
        }
    });
}

#[test]
fn the_same_changes_give_the_same_roots_and_others_do_not() {
    let run = |numbers: Vec<u64>| {
        deterministic::Runner::default().start(|context| async move {
            let mut expected = MemoryState::default();
            let config = database_config::<Context>(&settings("test"));
            let databases = <Set as DatabaseSet<Context>>::init(context.child("state"), config, None).await;
            let mut last = StateCommitment::default();
            for number in numbers {
                let changes = block(number, &expected);
                expected.apply(&changes);
                last = apply(&databases, &changes).await;
            }
            last
        })
    };
    assert_eq!(run(vec![0, 1, 2]), run(vec![0, 1, 2]));
    assert_ne!(run(vec![0, 1, 2]).root(), run(vec![0, 2, 1]).root());
}

#[test]
fn genesis_is_refused_where_there_is_state() {
    deterministic::Runner::default().start(|context| async move {
        let changes = block(0, &MemoryState::default());
        let open = |name: &'static str| {
            open_genesis(context.child(name), database_config::<Context>(&settings("test")), &changes)
        };
        drop(open("first").await.unwrap());
        assert!(matches!(open("second").await, Err(StateError::Database(_))));
    });
}
