//! Outcomes of blocks that were executed and are not final yet, so that finalizing does not execute again.

use althing_execution::Outcome;
use althing_primitives::{Address, B256, Height};
use std::collections::BTreeMap;

/// Most outcomes kept. Consensus has a few unfinal blocks at most; beyond this the ones farthest from being final go
/// first, and the node stops when such a block becomes final: after a restart it is executed again.
const MAX_OUTCOMES: usize = 1_024;

/// What executing a block gave.
#[derive(Debug, Default)]
pub(crate) struct Execution {
    pub(crate) senders: Vec<Address>,
    pub(crate) outcome: Outcome,
}

/// Outcomes by height and hash.
#[derive(Debug, Default)]
pub(crate) struct Executed(BTreeMap<(Height, B256), Execution>);

impl Executed {
    pub(crate) fn insert(&mut self, height: Height, hash: B256, execution: Execution) {
        self.0.insert((height, hash), execution);
        while self.0.len() > MAX_OUTCOMES {
            self.0.pop_last();
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Removes the outcome of a block.
    pub(crate) fn take(&mut self, height: Height, hash: B256) -> Option<Execution> {
        self.0.remove(&(height, hash))
    }

    /// Forgets all blocks up to a final height.
    pub(crate) fn finalized(&mut self, height: Height) {
        self.0 = self.0.split_off(&(height + 1, B256::ZERO));
    }
}
