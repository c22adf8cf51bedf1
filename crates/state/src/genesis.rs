//! Putting the accounts of the first block into empty databases.

use crate::{
    Change, DatabaseConfig, Databases, StateError, commitment,
    databases::{Prepared, stage, sync_targets},
};
use althing_primitives::StateCommitment;
use commonware_glue::stateful::db::DatabaseSet;
use commonware_runtime::Spawner;
use commonware_storage::Context;

/// Databases that hold genesis, durably.
pub struct GenesisState<E: Context + Spawner> {
    /// The databases.
    pub databases: Databases<E>,
    /// What the genesis block commits to.
    pub commitment: StateCommitment,
}

impl<E: Context + Spawner> std::fmt::Debug for GenesisState<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GenesisState").field("commitment", &self.commitment).finish_non_exhaustive()
    }
}

/// Opens empty databases and applies genesis to them; returns when it is durable.
///
/// # Errors
/// When the databases are not empty: an earlier start was interrupted before genesis was recorded. The data
/// folder then holds nothing of value and is to be emptied.
pub async fn open_genesis<E: Context + Spawner>(
    context: E,
    config: DatabaseConfig<E>,
    changes: &[Change],
) -> Result<GenesisState<E>, StateError> {
    let databases = <Databases<E> as DatabaseSet<E>>::init(context, config, None).await;
    let present = <Databases<E> as DatabaseSet<E>>::committed_targets(&databases).await;
    let empty = <Databases<E> as DatabaseSet<E>>::initial_sync_targets();
    let batches = <Databases<E> as DatabaseSet<E>>::new_batches(&databases).await;
    if present != empty {
        return Err(StateError::Database("genesis was applied before, but not recorded".into()));
    }
    let prepared: Prepared<E> = stage::<E>(batches, changes).await?;
    let commitment = commitment::<E>(&prepared);
    <Databases<E> as DatabaseSet<E>>::apply(&databases, prepared).await;
    <Databases<E> as DatabaseSet<E>>::finalize(&databases).await.durable().await;
    let reached = <Databases<E> as DatabaseSet<E>>::committed_targets(&databases).await;
    if reached != sync_targets::<E>(&commitment) {
        return Err(StateError::Database("the databases do not hold the state they committed to".into()));
    }
    Ok(GenesisState { databases, commitment })
}
