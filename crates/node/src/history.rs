//! The world state after any kept height: the present databases, corrected by what changed since.

use crate::archive::Archive;
use althing_engine::State;
use althing_indexer::{HistoryAnswer, IndexError};
use althing_primitives::{Height, StateKey};
use althing_state::{AtHand, StateError, StateView, Values, at_hand_of};
use std::sync::Arc;

/// State after block `height`.
///
/// A block's old values are archived before its state is applied. So reading the databases first and the archive
/// second always finds either the value itself or the record of its change, whatever happens in between.
#[derive(Clone, Debug)]
pub(crate) struct HistoryView {
    pub(crate) current: State,
    pub(crate) archive: Arc<Archive>,
    pub(crate) height: Height,
}

impl StateView for HistoryView {
    async fn get_many(&self, keys: &[StateKey]) -> Values {
        let current = self.current.get_many(keys).await?;
        if self.archive.archived() == self.height {
            return Ok(current);
        }
        let (archive, keys, height) = (self.archive.clone(), keys.to_vec(), self.height);
        let batch = tokio::task::spawn_blocking(move || archive.index().values_at(&keys, height))
            .await
            .map_err(|error| StateError::Database(error.to_string()))?
            .map_err(|error: IndexError| StateError::Database(error.to_string()))?;
        current
            .into_iter()
            .zip(batch.answers)
            .map(|(current, answer)| match answer {
                HistoryAnswer::Unchanged => Ok(current),
                HistoryAnswer::Before(value) => Ok(value),
                HistoryAnswer::Pruned { oldest } => Err(StateError::Pruned { height: self.height, oldest }),
            })
            .collect()
    }

    fn at_hand(&self) -> Option<AtHand> {
        // What changed since is in the index, on disk.
        (self.archive.archived() == self.height).then(|| at_hand_of(self.clone()))
    }
}
