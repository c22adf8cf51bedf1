//! State in a map: for tests, and for building genesis.

use crate::{AtHand, StateView, Values, view::at_hand_of};
use althing_primitives::{Change, StateKey, StateValue};
use std::{collections::BTreeMap, sync::Arc};

/// A world state held in memory. Copies share it until one is changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryState(Arc<BTreeMap<StateKey, StateValue>>);

impl MemoryState {
    /// Reads one key.
    pub fn get(&self, key: &StateKey) -> Option<&StateValue> {
        self.0.get(key)
    }

    /// Sets or removes one key.
    pub fn set(&mut self, key: StateKey, value: Option<StateValue>) {
        let values = Arc::make_mut(&mut self.0);
        match value {
            Some(value) => values.insert(key, value),
            None => values.remove(&key),
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
    async fn get_many(&self, keys: &[StateKey]) -> Values {
        Ok(keys.iter().map(|key| self.0.get(key).cloned()).collect())
    }

    fn at_hand(&self) -> Option<AtHand> {
        Some(at_hand_of(self.clone()))
    }
}
