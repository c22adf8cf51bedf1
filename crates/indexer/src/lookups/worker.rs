//! The thread that writes entries out and merges what was written.

use super::pruning::Pruning;
use lsm_tree::compaction::Leveled;
use lsm_tree::{AbstractTree as _, AnyTree, SequenceNumberCounter};
use parking_lot::{Condvar, Mutex};
use std::sync::Arc;
use std::thread::JoinHandle;

/// Batches that may wait to be written; whoever has one more waits.
const WAITING: usize = 4;

/// Merges after each batch at most. One that has nothing to merge costs nothing.
const MERGES: usize = 8;

/// Batches on disk that are not merged yet, above which the next one waits: each makes a look-up read more.
const RUNS: usize = 12;

/// Batches on disk that are merged into the first level together: with more, that is written again less often, and a look-up
/// reads more.
const BATCHES_MERGED: u8 = 8;

/// Size of a table on disk, in bytes: small, so that a merge is short. The first level has [`BATCHES_MERGED`] of them.
const TABLE_BYTES: u64 = 16 * 1024 * 1024;

#[derive(Default)]
struct Orders {
    is_ending: bool,
    /// Why writing failed; nothing is written after it.
    failed: Option<String>,
}

#[derive(Default)]
struct Shared {
    orders: Mutex<Orders>,
    changed: Condvar,
}

impl Shared {
    /// Wakes whoever waits for what has changed outside of the lock: nobody is then between looking and waiting.
    fn tell(&self) {
        drop(self.orders.lock());
        self.changed.notify_all();
    }
}

/// A handle of the thread; ends it when dropped.
pub(super) struct Worker {
    shared: Arc<Shared>,
    tree: AnyTree,
    pruning: Pruning,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    pub(super) fn start(
        tree: AnyTree,
        numbers: SequenceNumberCounter,
        pruning: Pruning,
    ) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let (orders, of, ending) = (shared.clone(), tree.clone(), pruning.clone());
        let run = move || work(&orders, &of, &numbers, &ending);
        let thread = std::thread::Builder::new().name("lookups".into()).spawn(run)?;
        Ok(Self { shared, tree, pruning, thread: Some(thread) })
    }

    /// Has the batches that are full written out; waits while there are too many of them. Fails when writing failed.
    pub(super) fn write_out(&self) -> Result<(), String> {
        let mut orders = self.shared.orders.lock();
        self.shared.changed.notify_all();
        while orders.failed.is_none() && self.tree.sealed_memtable_count() > WAITING {
            self.shared.changed.wait(&mut orders);
        }
        orders.failed.clone().map_or(Ok(()), Err)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.pruning.end();
        self.shared.orders.lock().is_ending = true;
        self.shared.changed.notify_all();
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that writes look-ups panicked");
        }
    }
}

fn work(shared: &Shared, tree: &AnyTree, numbers: &SequenceNumberCounter, pruning: &Pruning) {
    loop {
        let mut orders = shared.orders.lock();
        while !orders.is_ending && tree.sealed_memtable_count() == 0 {
            shared.changed.wait(&mut orders);
        }
        if orders.is_ending {
            return;
        }
        drop(orders);
        // Reads are of what is newest, so nothing older has to be kept.
        let written = tree.flush(&tree.get_flush_lock(), numbers.get());
        let written = written.and_then(|_| {
            shared.tell();
            merge(tree, numbers)
        });
        if let Err(error) = written {
            if !pruning.is_ending() {
                tracing::error!(%error, "look-ups could not be written");
            }
            shared.orders.lock().failed = Some(error.to_string());
            shared.changed.notify_all();
            return;
        }
    }
}

/// Merges until the next batch waits, unless what was written unmerged is much: then batches wait, and whoever has more.
fn merge(tree: &AnyTree, numbers: &SequenceNumberCounter) -> lsm_tree::Result<()> {
    let levels = Leveled::default().with_table_target_size(TABLE_BYTES).with_l0_threshold(BATCHES_MERGED);
    let levels = Arc::new(levels);
    for _ in 0..MERGES {
        tree.compact(levels.clone(), numbers.get())?;
        if tree.sealed_memtable_count() > 0 && tree.l0_run_count() < RUNS {
            break;
        }
    }
    Ok(())
}
