//! Old values that nobody may ask for any more are left out when entries are merged; nothing is deleted one by one.

use super::keys;
use althing_primitives::Height;
use lsm_tree::compaction::filter::{CompactionFilter, Context, Factory, ItemAccessor, Verdict};
use std::io::{Error, ErrorKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// What a merge leaves out, and whether it should give up.
#[derive(Debug, Default)]
pub(super) struct Shared {
    oldest: AtomicU64,
    is_ending: AtomicBool,
}

/// Makes the filter of each merge.
#[derive(Clone, Debug, Default)]
pub(super) struct Pruning(Arc<Shared>);

impl Pruning {
    /// Oldest height whose values are all there.
    pub(super) fn oldest(&self) -> Height {
        self.0.oldest.load(Ordering::Acquire)
    }

    pub(super) fn raise(&self, oldest: Height) {
        self.0.oldest.fetch_max(oldest, Ordering::AcqRel);
    }

    /// Merges that run give up: what they read stays as it is.
    pub(super) fn end(&self) {
        self.0.is_ending.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_ending(&self) -> bool {
        self.0.is_ending.load(Ordering::Relaxed)
    }
}

impl Factory for Pruning {
    fn name(&self) -> &str {
        "history"
    }

    fn make_filter(&self, _context: &Context) -> Box<dyn CompactionFilter> {
        Box::new(self.clone())
    }
}

impl CompactionFilter for Pruning {
    fn filter_item(&mut self, item: ItemAccessor<'_>, _context: &Context) -> lsm_tree::Result<Verdict> {
        if self.is_ending() {
            return Err(Error::from(ErrorKind::Interrupted).into());
        }
        // The value before block h is asked for heights below h only.
        let is_old = keys::history_height(item.key()).is_some_and(|height| height <= self.oldest());
        // Each key is written once, so no older entry can come to light.
        Ok(if is_old { Verdict::Destroy } else { Verdict::Keep })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Batches, EVERYTHING, HistoryKey, Lookups};
    use super::*;
    use alloy_primitives::Address;
    use althing_primitives::StateKey;
    use lsm_tree::AbstractTree as _;

    #[test]
    fn a_merge_leaves_out_what_is_too_old_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let lookups = Lookups::open(&folder.path().join("lookups"), Batches::DEFAULT, |_| Ok(true)).unwrap();
        let key = HistoryKey::new(&StateKey::Account(Address::ZERO));
        let place = keys::encode_place(0, 0);
        for height in 0..10 {
            lookups.put(keys::history(&key, height), [1]);
            lookups.put(keys::activity(&Address::ZERO, &keys::encode_place(height, 0)), []);
        }
        lookups.put(keys::nonce(&Address::ZERO, 0), place);
        lookups.prune_history(6);
        lookups.tree.flush_active_memtable(0).unwrap();
        lookups.tree.major_compact(u64::MAX, 0).unwrap();
        assert_eq!(lookups.tree.len(EVERYTHING, None).unwrap(), 3 + 10 + 1);
        let view = lookups.view(Some(9));
        assert_eq!(view.value_before(&key, 6).unwrap(), Some(vec![1]));
        assert_eq!(view.activity(&Address::ZERO, 0..=9).count(), 10);
        assert_eq!(view.oldest_history(), 6);
    }
}
