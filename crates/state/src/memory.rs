//! State in a map: for tests, and for building genesis.

use crate::{StateError, StateView};
use althing_primitives::{Change, StateKey, StateValue};
use std::collections::BTreeMap;

/// A world state held in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryState(BTreeMap<StateKey, StateValue>);

impl MemoryState {
    /// Reads one key.
    pub fn get(&self, key: &StateKey) -> Option<&StateValue> {
        self.0.get(key)
    }

    /// Sets or removes one key.
    pub fn set(&mut self, key: StateKey, value: Option<StateValue>) {
        match value {
            Some(value) => self.0.insert(key, value),
            None => self.0.remove(&key),
        };
    }

    /// Applies a block's changes.
    pub fn apply(&mut self, changes: &[Change]) {
        for change in changes {
            self.set(change.key, change.after.clone());
        }
    }

    /// Everything that is stored, in order of keys.
    pub fn iter(&self) -> impl Iterator<Item = (&StateKey, &StateValue)> {
        self.0.iter()
    }
}

impl StateView for MemoryState {
    async fn get_many(&self, keys: &[StateKey]) -> Result<Vec<Option<StateValue>>, StateError> {
        Ok(keys.iter().map(|key| self.0.get(key).cloned()).collect())
    }
}
