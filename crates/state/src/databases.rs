//! The three authenticated databases that hold the world state, and how a block's changes become batches.
//!
//! Accounts and slots are `current` databases (a root proves that a value is current), code is an immutable
//! database by hash. Keys are hashed ([`StateKey::hashed`]), values have fixed sizes. Everything here is
//! deterministic: changes are written in the order of their keys.

use crate::{
    Change, StateError, StateKey, StateValue,
    code::{Record, record_key, split},
};
use althing_primitives::{
    ACCOUNT_BYTES, ACTIVITY_CHUNK_BYTES, AccountRecord, B256, DbCommitment, StateCommitment, U256,
};
use commonware_cryptography::{Sha256, sha256::Digest};
use commonware_glue::stateful::db::{DatabaseSet, Merkleized as _, Shared, Unmerkleized as _};
use commonware_parallel::Sequential;
use commonware_runtime::{Spawner, buffer::paged::CacheRef};
use commonware_storage::{
    Context,
    journal::contiguous::fixed,
    merkle::full,
    mmr::{self, Location},
    qmdb::{self, current, immutable},
    translator::EightCap,
};
use commonware_utils::{NZU64, NZUsize, range::NonEmptyRange, sequence::FixedBytes};
use std::num::NonZeroUsize;

/// Operations in one file of a log.
const OPERATIONS_PER_FILE: u64 = 262_144;

/// Hashing runs on the calling task: a block's batch is small and the other core verifies signatures.
pub const HASH_STRATEGY: Sequential = Sequential;

/// Accounts by hashed address.
pub type AccountsDb<E> = current::unordered::fixed::Db<
    mmr::Family,
    E,
    Digest,
    FixedBytes<ACCOUNT_BYTES>,
    Sha256,
    EightCap,
    ACTIVITY_CHUNK_BYTES,
    Sequential,
>;
/// Storage slots by hashed (address, slot).
pub type SlotsDb<E> = current::unordered::fixed::Db<
    mmr::Family,
    E,
    Digest,
    FixedBytes<32>,
    Sha256,
    EightCap,
    ACTIVITY_CHUNK_BYTES,
    Sequential,
>;
/// Contract code by its keccak256, in records of fixed size.
pub type CodesDb<E> = immutable::fixed::Db<mmr::Family, E, Digest, Record, Sha256, EightCap, Sequential>;

/// The databases of the world state.
pub type Databases<E> = (Shared<AccountsDb<E>>, Shared<SlotsDb<E>>, Shared<CodesDb<E>>);
/// Batches that changes are written to, on top of a parent's state.
pub type Batches<E> = <Databases<E> as DatabaseSet<E>>::Unmerkleized;
/// Batches with their roots, ready to be applied.
pub type Prepared<E> = <Databases<E> as DatabaseSet<E>>::Merkleized;
/// Read-only handles to the databases.
pub type Readers<E> = <Databases<E> as DatabaseSet<E>>::Readers;
/// Configuration of the databases.
pub type DatabaseConfig<E> = <Databases<E> as DatabaseSet<E>>::Config;
/// What a synchronizing node aims at.
pub type SyncTargets<E> = <Databases<E> as DatabaseSet<E>>::SyncTargets;

/// Sizes of the state databases' buffers.
#[derive(Clone)]
pub struct StorageSettings {
    /// Prefix of all partitions.
    pub prefix: String,
    /// Cache of pages, shared by the databases.
    pub page_cache: CacheRef,
    /// Bytes buffered before a write.
    pub write_buffer: NonZeroUsize,
}

impl std::fmt::Debug for StorageSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StorageSettings").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

fn merkle_config(settings: &StorageSettings, name: &str) -> full::Config<Sequential> {
    full::Config {
        journal_partition: format!("{}-{name}-merkle", settings.prefix),
        metadata_partition: format!("{}-{name}-merkle-meta", settings.prefix),
        items_per_blob: NZU64!(OPERATIONS_PER_FILE),
        write_buffer: settings.write_buffer,
        replay_buffer: settings.write_buffer,
        strategy: HASH_STRATEGY,
        page_cache: settings.page_cache.clone(),
    }
}

fn log_config(settings: &StorageSettings, name: &str) -> fixed::Config {
    fixed::Config {
        partition: format!("{}-{name}-log", settings.prefix),
        items_per_blob: NZU64!(OPERATIONS_PER_FILE),
        page_cache: settings.page_cache.clone(),
        write_buffer: settings.write_buffer,
        replay_buffer: settings.write_buffer,
    }
}

fn current_config(settings: &StorageSettings, name: &str) -> current::FixedConfig<EightCap, Sequential> {
    current::Config {
        merkle_config: merkle_config(settings, name),
        journal_config: log_config(settings, name),
        grafted_metadata_partition: format!("{}-{name}-grafted", settings.prefix),
        translator: EightCap,
        init_cache: Some(NZUsize!(1 << 16)),
        init_buffer: NZUsize!(1 << 21),
        init_concurrency: (),
    }
}

/// The configuration of the three databases.
pub fn database_config<E: Context + Spawner>(settings: &StorageSettings) -> DatabaseConfig<E> {
    let codes = immutable::Config {
        merkle_config: merkle_config(settings, "codes"),
        log: log_config(settings, "codes"),
        translator: EightCap,
        init_buffer: NZUsize!(1 << 21),
    };
    (current_config(settings, "accounts"), current_config(settings, "slots"), codes)
}

pub(crate) fn db_key(key: &StateKey) -> Digest {
    Digest(key.hashed().0)
}

pub(crate) fn encode_account(account: &AccountRecord) -> FixedBytes<ACCOUNT_BYTES> {
    FixedBytes::new(account.to_bytes())
}

pub(crate) fn decode_account(bytes: &FixedBytes<ACCOUNT_BYTES>) -> AccountRecord {
    let mut nonce = [0u8; 8];
    nonce.copy_from_slice(&bytes[..8]);
    AccountRecord {
        nonce: u64::from_be_bytes(nonce),
        balance: U256::from_be_slice(&bytes[8..40]),
        code_hash: B256::from_slice(&bytes[40..]),
    }
}

pub(crate) fn database_error(error: impl std::fmt::Display) -> StateError {
    StateError::Database(error.to_string())
}

/// Writes changes into batches and computes the roots.
///
/// Code that is stored already is skipped: the code database takes each key once.
pub async fn stage<E: Context + Spawner>(
    batches: Batches<E>,
    changes: &[Change],
) -> Result<Prepared<E>, StateError> {
    let (mut accounts, mut slots, mut codes) = batches;
    let mut new_codes = Vec::new();
    for change in changes {
        let key = db_key(&change.key);
        match (&change.key, &change.after) {
            (StateKey::Account(_), Some(StateValue::Account(account))) => {
                accounts = accounts.write(key, Some(encode_account(account)));
            }
            (StateKey::Account(_), None) => accounts = accounts.write(key, None),
            (StateKey::Slot(..), Some(StateValue::Slot(value))) => {
                slots = slots.write(key, Some(FixedBytes::new(value.to_be_bytes::<32>())));
            }
            (StateKey::Slot(..), None) => slots = slots.write(key, None),
            (StateKey::Code(hash), Some(StateValue::Code(code))) => new_codes.push((*hash, code)),
            // Code is content-addressed and never removed.
            (StateKey::Code(_), None) => {}
            _ => return Err(StateError::Database(format!("{:?} has a value of another kind", change.key))),
        }
    }
    let keys: Vec<Digest> = new_codes.iter().map(|(hash, _)| record_key(*hash, 0)).collect();
    let stored = codes.get_many(&keys.iter().collect::<Vec<_>>()).await.map_err(database_error)?;
    for ((hash, code), stored) in new_codes.into_iter().zip(stored) {
        if stored.is_some() {
            continue;
        }
        for (number, record) in split(code).into_iter().enumerate() {
            codes = codes.set(record_key(hash, number), record);
        }
    }
    Ok((
        accounts.merkleize().await.map_err(database_error)?,
        slots.merkleize().await.map_err(database_error)?,
        codes.merkleize().await.map_err(database_error)?,
    ))
}

/// What a block commits to after these batches.
pub fn commitment<E: Context + Spawner>(prepared: &Prepared<E>) -> StateCommitment {
    let (accounts, slots, codes) = prepared;
    StateCommitment {
        accounts: DbCommitment {
            root: B256::from(accounts.root().0),
            ops_root: B256::from(accounts.ops_root().0),
            start: *accounts.sync_boundary(),
            end: *accounts.bounds().tip.size,
        },
        slots: DbCommitment {
            root: B256::from(slots.root().0),
            ops_root: B256::from(slots.ops_root().0),
            start: *slots.sync_boundary(),
            end: *slots.bounds().tip.size,
        },
        codes: DbCommitment {
            root: B256::from(codes.root().0),
            ops_root: B256::from(codes.root().0),
            start: *codes.bounds().inactivity_floor,
            end: *codes.bounds().tip.size,
        },
    }
}

/// Whether batches have the canonical roots that a block commits to.
pub fn matches_roots<E: Context + Spawner>(prepared: &Prepared<E>, commitment: &StateCommitment) -> bool {
    self::commitment::<E>(prepared) == *commitment
}

fn range(commitment: &DbCommitment) -> NonEmptyRange<Location> {
    // A block's commitment was compared with our own execution, or is proven final, before databases are opened or
    // synchronized with it; genesis has at least one operation. An empty range can only come from a seal that nobody
    // signed.
    let end = commitment.end.max(commitment.start.saturating_add(1));
    NonEmptyRange::new(Location::new(commitment.start)..Location::new(end)).expect("end is above start")
}

/// The targets that a block's commitment sets for the databases.
pub fn sync_targets<E: Context + Spawner>(commitment: &StateCommitment) -> SyncTargets<E> {
    let target = |db: &DbCommitment| qmdb::sync::Target::new(Digest(db.ops_root.0), range(db));
    (target(&commitment.accounts), target(&commitment.slots), target(&commitment.codes))
}
