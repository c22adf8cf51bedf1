//! Blocks that are put together from a compact one, the pool's transactions, and a peer's answer.

use super::{
    ANSWER_TIMEOUT, REBUILDS_A_PEER,
    wire::{Compact, ShortId},
};
use althing_consensus::{BlockError, ConsensusBlock, PublicKey};
use althing_primitives::{B256, Block, Transaction};
use althing_txpool::Pool;
use parking_lot::Mutex;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::SystemTime,
};
use thiserror::Error;

/// Finds transactions by their short identifiers, in order. What it finds may be wrong.
pub(crate) type Lookup = Arc<dyn Fn(&[ShortId]) -> Vec<Option<Transaction>> + Send + Sync>;

/// Finds transactions in the pool, which is locked for as long as it takes to point at them.
pub(crate) fn from_pool(pool: Arc<Mutex<Pool>>) -> Lookup {
    Arc::new(move |ids| {
        let found = pool.lock().find(ids);
        found.into_iter().map(|pooled| Some(pooled?.transaction().inner().clone())).collect()
    })
}

/// Why no block came of it.
#[derive(Debug, Error)]
pub(super) enum RebuildError {
    /// The peer answered with more or less than it was asked for.
    #[error("{got} transactions instead of {asked}")]
    Count { asked: usize, got: usize },
    /// These are not the transactions, or it is no block.
    #[error(transparent)]
    Block(#[from] BlockError),
}

/// A block that is put together.
pub(super) struct Rebuild {
    compact: Compact,
    transactions: Vec<Option<Transaction>>,
}

impl Rebuild {
    pub(super) fn new(compact: Compact, lookup: &Lookup) -> Self {
        let mut transactions = lookup(&compact.ids);
        transactions.resize(compact.ids.len(), None);
        Self { compact, transactions }
    }

    /// Places of the transactions that are missing.
    pub(super) fn missing(&self) -> Vec<u16> {
        let places = (0u16..).zip(&self.transactions);
        places.filter(|(_, found)| found.is_none()).map(|(place, _)| place).collect()
    }

    /// The block with these in the place of what is missing, if that is what its header commits to.
    pub(super) fn finish(self, parts: Vec<Transaction>) -> Result<ConsensusBlock, RebuildError> {
        let (asked, got) = (self.missing().len(), parts.len());
        if asked != got {
            return Err(RebuildError::Count { asked, got });
        }
        let mut parts = parts.into_iter();
        let transactions =
            self.transactions.into_iter().filter_map(|found| found.or_else(|| parts.next())).collect();
        let Compact { header, seal, .. } = self.compact;
        let block = Block::from_parts(header, seal, transactions).map_err(BlockError::from)?;
        Ok(ConsensusBlock::new(block)?)
    }
}

struct Waiting {
    block: B256,
    deadline: SystemTime,
    rebuild: Rebuild,
}

/// Blocks that wait for a peer's answer, oldest first.
#[derive(Default)]
pub(super) struct Rebuilds(BTreeMap<PublicKey, VecDeque<Waiting>>);

impl Rebuilds {
    pub(super) fn contains(&self, peer: &PublicKey, block: B256) -> bool {
        self.0.get(peer).is_some_and(|waiting| waiting.iter().any(|one| one.block == block))
    }

    /// Waits for a peer's answer; the peer's oldest makes place.
    pub(super) fn insert(&mut self, peer: &PublicKey, block: B256, rebuild: Rebuild, now: SystemTime) {
        let waiting = self.0.entry(peer.clone()).or_default();
        waiting.push_back(Waiting { block, deadline: now + ANSWER_TIMEOUT, rebuild });
        if waiting.len() > REBUILDS_A_PEER {
            waiting.pop_front();
        }
    }

    pub(super) fn take(&mut self, peer: &PublicKey, block: B256) -> Option<Rebuild> {
        let waiting = self.0.get_mut(peer)?;
        let place = waiting.iter().position(|one| one.block == block)?;
        let taken = waiting.remove(place)?.rebuild;
        self.drop_empty();
        Some(taken)
    }

    /// Drops what waits for answers about a block, whoever was asked.
    pub(super) fn forget(&mut self, block: B256) {
        self.retain(|one| one.block != block);
    }

    pub(super) fn next_deadline(&self) -> Option<SystemTime> {
        self.0.values().filter_map(|waiting| Some(waiting.front()?.deadline)).min()
    }

    /// Takes those whose time is up: who was asked, and about which block.
    pub(super) fn take_late(&mut self, now: SystemTime) -> Vec<(PublicKey, B256)> {
        let all = self.0.iter().flat_map(|(peer, waiting)| waiting.iter().map(move |one| (peer, one)));
        let late = all.filter(|(_, one)| one.deadline <= now);
        let late = late.map(|(peer, one)| (peer.clone(), one.block)).collect();
        self.retain(|one| one.deadline > now);
        late
    }

    fn retain(&mut self, keep: impl Fn(&Waiting) -> bool) {
        self.0.values_mut().for_each(|waiting| waiting.retain(&keep));
        self.drop_empty();
    }

    fn drop_empty(&mut self) {
        self.0.retain(|_, waiting| !waiting.is_empty());
    }
}
