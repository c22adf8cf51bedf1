//! Proofs from the databases. One of them is kept as a file, which `althing-light` verifies in its own tests.

#![expect(clippy::large_futures, reason = "a test may use the stack as it likes")]

use super::*;
use crate::*;
use alloy_primitives::{Address, hex};
use commonware_glue::stateful::db::DatabaseSet;
use commonware_runtime::{Runner as _, Supervisor as _, buffer::paged::CacheRef, deterministic};
use commonware_utils::{NZU16, NZUsize};

type Context = deterministic::Context;
type Set = Databases<Context>;

/// Accounts of the test: several chunks of operations after a few blocks.
const ACCOUNTS: u64 = 300;
const BLOCKS: u64 = 4;

const VECTOR: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../light/src/state_proof/vector.txt");

fn address(n: u64) -> Address {
    Address::left_padding_from(&n.to_be_bytes())
}

/// Block 0 sets all accounts and a slot of each; block `b` changes every `b`-th and deletes the account before it.
fn changes(block: u64) -> Vec<Change> {
    let mut changes = Vec::new();
    for n in (0..ACCOUNTS).filter(|n| block == 0 || n % (block * 7) == 0) {
        let account = AccountRecord { nonce: block, balance: U256::from(n + 1) << 100, ..Default::default() };
        let after = Some(StateValue::Account(account));
        changes.push(Change { key: StateKey::Account(address(n)), before: None, after });
        let after = Some(StateValue::Slot(U256::from(1_000 * block + n + 1)));
        changes.push(Change { key: StateKey::Slot(address(n), U256::from(n)), before: None, after });
        if block > 0 && n > 0 {
            changes.push(Change { key: StateKey::Account(address(n - 1)), before: None, after: None });
        }
    }
    changes
}

async fn state(context: &Context) -> (Set, StateCommitment, MemoryState) {
    let settings = StorageSettings {
        prefix: "test".into(),
        page_cache: CacheRef::new(NZU16!(1024), NZUsize!(64)),
        write_buffer: NZUsize!(4096),
    };
    let config = database_config::<Context>(&settings);
    let databases = <Set as DatabaseSet<Context>>::init(context.child("state"), config, None).await;
    let (mut last, mut expected) = (StateCommitment::default(), MemoryState::default());
    for block in 0..BLOCKS {
        let changes = changes(block);
        expected.apply(&changes);
        let batches = <Set as DatabaseSet<Context>>::new_batches(&databases).await;
        let prepared = stage::<Context>(batches, &changes).await.unwrap();
        last = commitment::<Context>(&prepared);
        <Set as DatabaseSet<Context>>::apply(&databases, prepared).await;
        <Set as DatabaseSet<Context>>::finalize(&databases).await.durable().await;
    }
    (databases, last, expected)
}

#[test]
fn what_is_there_has_a_proof_and_what_is_absent_has_none() {
    deterministic::Runner::default().start(|context| async move {
        let (databases, commitment, expected) = state(&context).await;
        let keys: Vec<_> = (0..ACCOUNTS + 2)
            .flat_map(|n| [StateKey::Account(address(n)), StateKey::Slot(address(n), U256::from(n))])
            .collect();
        let proven = prove(&databases, &commitment, &keys).await.unwrap().unwrap();
        for (key, proven) in keys.iter().zip(&proven) {
            assert_eq!(proven.as_ref().map(|proven| &proven.value), expected.get(key), "{key:?}");
            assert!(proven.as_ref().is_none_or(|proven| !proven.proof.is_empty()));
        }
        assert!(proven.iter().any(Option::is_none));
    });
}

#[test]
fn another_state_than_the_databases_is_not_proven() {
    deterministic::Runner::default().start(|context| async move {
        let (databases, mut commitment, _) = state(&context).await;
        let (account, slot) = (StateKey::Account(address(7)), StateKey::Slot(address(7), U256::from(7)));
        commitment.slots.root = B256::ZERO;
        assert!(prove(&databases, &commitment, &[account]).await.unwrap().is_some());
        assert_eq!(prove(&databases, &commitment, &[account, slot]).await.unwrap(), None);
        commitment.accounts.root = B256::ZERO;
        assert_eq!(prove(&databases, &commitment, &[account]).await.unwrap(), None);
        assert!(prove(&databases, &commitment, &[StateKey::Code(B256::ZERO)]).await.is_err());
    });
}

#[test]
fn the_kept_proof_is_what_the_databases_give() {
    let written = deterministic::Runner::default().start(|context| async move {
        let (databases, commitment, _) = state(&context).await;
        let (address, slot) = (address(14), U256::from(14));
        let keys = [StateKey::Account(address), StateKey::Slot(address, slot)];
        let proven = prove(&databases, &commitment, &keys).await.unwrap().unwrap();
        let [Some(account), Some(stored)] = &proven[..] else { panic!("both are there") };
        let (StateValue::Account(record), StateValue::Slot(value)) = (&account.value, &stored.value) else {
            panic!("kinds as asked for")
        };
        [
            ("accounts_root", commitment.accounts.root.to_string()),
            ("slots_root", commitment.slots.root.to_string()),
            ("address", address.to_string()),
            ("nonce", record.nonce.to_string()),
            ("balance", record.balance.to_string()),
            ("code_hash", record.code_hash.to_string()),
            ("account_proof", hex::encode_prefixed(&account.proof)),
            ("slot", slot.to_string()),
            ("value", value.to_string()),
            ("slot_proof", hex::encode_prefixed(&stored.proof)),
        ]
        .map(|(name, value)| format!("{name} {value}\n"))
        .concat()
    });
    if std::env::var_os("ALTHING_BLESS").is_some() {
        std::fs::write(VECTOR, &written).unwrap();
    }
    let kept = std::fs::read_to_string(VECTOR).unwrap_or_default();
    assert!(kept == written, "{VECTOR} is stale: run this test with ALTHING_BLESS=1 and commit the file");
}
