//! The state databases on the tokio runtime.

use althing_primitives::{Bytes, Change, OperationsRequest, StateCommitment};
use althing_state::{
    AtHand, DatabaseConfig, DatabaseView, Databases, Fetch, Proven, StateError, StateKey, StateView,
    StorageSettings, SyncError, Values, database_config, open_genesis, operations, prove, sync_targets,
};
use commonware_glue::stateful::db::DatabaseSet as _;
use commonware_runtime::{Storage as _, Supervisor as _, buffer::paged::CacheRef, tokio::Context};
use commonware_utils::{NZU16, NZUsize};
use futures::future::BoxFuture;
use std::{fmt, fs, num::NonZeroUsize, ops::RangeInclusive, path::Path};
use thiserror::Error;

/// Bytes of a page of the cache.
const PAGE_BYTES: u16 = 4_096;

/// Fewest pages of the cache.
const MIN_PAGES: NonZeroUsize = NZUsize!(1024);

/// Smallest and largest cache in MiB that the size of the state decides about.
const FITTING_MIB: RangeInclusive<u64> = 48..=512;

/// What the names of the state's partitions begin with.
const PREFIX: &str = "state";

/// Bytes buffered before a write of a log.
const BUFFER: NonZeroUsize = NZUsize!(1 << 20);

/// How the state databases are kept.
#[derive(Clone, Debug)]
pub struct StateSettings(StorageSettings);

impl StateSettings {
    /// With a cache of pages of so many MiB.
    pub fn new(cache_mib: u32) -> Self {
        let pages = (cache_mib as usize).saturating_mul(1 << 20) / usize::from(PAGE_BYTES);
        let pages = NonZeroUsize::new(pages).unwrap_or(MIN_PAGES).max(MIN_PAGES);
        Self(StorageSettings {
            prefix: PREFIX.into(),
            page_cache: CacheRef::new(NZU16!(PAGE_BYTES), pages),
            write_buffer: BUFFER,
        })
    }

    /// MiB of a cache that fits the state in a folder of partitions: pages that are in no cache are read from the disk,
    /// as the databases keep the system's own cache out.
    pub fn fitting_cache(folder: &Path) -> u32 {
        let partitions = fs::read_dir(folder).into_iter().flatten().flatten();
        let is_ours = |name: &str| name.strip_prefix(PREFIX).is_some_and(|rest| rest.starts_with('-'));
        let ours = partitions.filter(|entry| entry.file_name().to_str().is_some_and(is_ours));
        let files = ours.flat_map(|entry| fs::read_dir(entry.path()).into_iter().flatten().flatten());
        let bytes: u64 = files.filter_map(|file| Some(file.metadata().ok()?.len())).sum();
        (bytes >> 20).clamp(*FITTING_MIB.start(), *FITTING_MIB.end()) as u32
    }

    pub(crate) fn page_cache(&self) -> CacheRef {
        self.0.page_cache.clone()
    }

    pub(crate) fn databases(&self) -> DatabaseConfig<Context> {
        database_config::<Context>(&self.0)
    }
}

/// The state that the databases hold: that of the last applied block.
#[derive(Clone)]
pub struct State(DatabaseView<Context>);

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").finish_non_exhaustive()
    }
}

impl State {
    pub(crate) fn new(databases: Databases<Context>) -> Self {
        Self(DatabaseView(databases))
    }

    /// Whether the databases hold exactly the state of a block.
    pub fn holds<'a>(&'a self, commitment: &'a StateCommitment) -> BoxFuture<'a, bool> {
        Box::pin(async move { self.0.0.committed_targets().await == sync_targets::<Context>(commitment) })
    }

    /// Proves accounts and slots against a block's commitment; nothing when the databases hold another state.
    pub fn prove<'a>(
        &'a self,
        commitment: &'a StateCommitment,
        keys: &'a [StateKey],
    ) -> BoxFuture<'a, Result<Option<Vec<Option<Proven>>>, StateError>> {
        Box::pin(prove::<Context>(&self.0.0, commitment, keys))
    }

    /// Operations of the databases' logs with their proofs, for a node that synchronizes the state.
    pub fn operations(&self, request: OperationsRequest) -> BoxFuture<'_, Result<Bytes, StateError>> {
        Box::pin(operations(&self.0.0, request))
    }

    fn read<'a>(&'a self, keys: &'a [StateKey]) -> BoxFuture<'a, Values> {
        Box::pin(self.0.get_many(keys))
    }
}

impl StateView for State {
    async fn get_many(&self, keys: &[StateKey]) -> Values {
        self.read(keys).await
    }

    fn at_hand(&self) -> Option<AtHand> {
        self.0.at_hand()
    }
}

/// Why genesis could not be put in place.
#[derive(Debug, Error)]
pub enum GenesisError {
    /// The databases failed.
    #[error(transparent)]
    State(#[from] StateError),
    /// What an interrupted first start left could not be removed.
    #[error("cannot empty partition {partition} of an interrupted first start: {reason}")]
    Wipe {
        /// Which.
        partition: String,
        /// What the storage said.
        reason: String,
    },
}

/// Puts genesis into empty databases, durably. What an interrupted first start left is removed before, so this
/// must only be called on a node that has never run.
pub fn lay_genesis<'a>(
    context: &'a Context,
    settings: &'a StateSettings,
    changes: &'a [Change],
) -> BoxFuture<'a, Result<StateCommitment, GenesisError>> {
    Box::pin(async move {
        wipe(context, settings).await?;
        let opening = Box::pin(open_genesis(context.child("genesis"), settings.databases(), changes));
        let state = opening.await?;
        Ok(state.commitment)
    })
}

/// Fills the databases with the state that a final block commits to; see [`althing_state::synchronize`]. `attempt`
/// tells the runs of one process apart.
pub fn synchronize<'a>(
    context: &'a Context,
    settings: &'a StateSettings,
    commitment: &'a StateCommitment,
    attempt: u64,
    fetch: Fetch,
) -> BoxFuture<'a, Result<(), SyncError>> {
    let context = context.child("synchronize").with_attribute("attempt", attempt);
    Box::pin(althing_state::synchronize(context, settings.databases(), commitment, fetch))
}

/// Removes the state databases. Only for a node that has never run.
pub async fn wipe(context: &Context, settings: &StateSettings) -> Result<(), GenesisError> {
    let prefix = &settings.0.prefix;
    for name in ["accounts", "slots", "codes"] {
        for part in ["merkle", "merkle-meta", "log", "grafted"] {
            for suffix in ["", "-blobs", "-metadata"] {
                let partition = format!("{prefix}-{name}-{part}{suffix}");
                match context.remove(&partition, None).await {
                    Ok(()) | Err(commonware_runtime::Error::PartitionMissing(_)) => {}
                    Err(error) => return Err(GenesisError::Wipe { partition, reason: error.to_string() }),
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_fits_the_state_within_bounds() {
        let folder = tempfile::tempdir().unwrap();
        let file = |partition: &str, mib: u64| {
            let path = folder.path().join(partition);
            fs::create_dir_all(&path).unwrap();
            fs::File::create(path.join(format!("{mib}"))).unwrap().set_len(mib << 20).unwrap();
        };
        let cache = || StateSettings::fitting_cache(folder.path());
        assert_eq!(cache(), 48);
        file("state-accounts-log", 90);
        file("state-slots-log", 10);
        file("stateful-plan", 400);
        assert_eq!(cache(), 100);
        file("state-slots-log", 1_000);
        assert_eq!(cache(), 512);
        assert_eq!(StateSettings::fitting_cache(&folder.path().join("none")), 48);
    }
}
