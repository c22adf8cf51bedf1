//! Look-ups: where a transaction, an account's doings, a log or an old value is. Everything here follows from the stored
//! blocks, so it needs no journal and is made again when it is lost.
//!
//! A log-structured tree beside the file of blocks (docs/decisions/0020-lookups.md): keys of this kind come in no order,
//! and in a B-tree each of them makes a page of its own dirty. Every entry names the height of its block, so a reader that
//! knows the latest stored block sees whole blocks only.
//!
//! Entries are in memory until there are enough of them, then a thread of its own writes them out and merges what is
//! there ([`worker`]). A mark tells the last block whose entries are all on disk; at a start those above it are put in
//! again.

mod entries;
mod keys;
mod pruning;
mod worker;

pub(crate) use keys::{HistoryKey, LogColumn};

use crate::activity::TransactionLocation;
use crate::encoding::Damage;
use crate::error::IndexError;
use crate::schema::{LOG_BITS, sql};
use alloy_primitives::{Address, B256};
use althing_primitives::{FinalizedBlock, Height};
use lsm_tree::config::PinningPolicy;
use lsm_tree::{
    AbstractTree as _, AnyTree, Cache, Config, Guard as _, SeqNo, SequenceNumberCounter, UserValue,
};
use parking_lot::Mutex;
use pruning::Pruning;
use std::io::ErrorKind;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use worker::Worker;

/// Memory for blocks of the tree that were read, in bytes.
const CACHE_BYTES: u64 = 16 * 1024 * 1024;

/// A sequence number above all: reads whatever was put in.
const EVERYTHING: SeqNo = SeqNo::MAX;

/// When entries leave memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Batches {
    /// Bytes of entries in memory after which they are written out.
    pub(crate) bytes: u64,
    /// Blocks after which they are written out, however few: bounds what a start has to put in again.
    pub(crate) blocks: u64,
}

impl Batches {
    pub(crate) const DEFAULT: Self = Self { bytes: 16 * 1024 * 1024, blocks: 4_096 };
}

/// A block whose entries, and those of all before it, are on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) height: Height,
    pub(crate) hash: B256,
}

impl Mark {
    pub(crate) fn of(block: &FinalizedBlock) -> Self {
        Self { height: block.block.height(), hash: block.block.hash() }
    }
}

/// The tree, and the thread that writes it out.
pub(crate) struct Lookups {
    path: PathBuf,
    batches: Batches,
    tree: AnyTree,
    /// Gives the tree's sequence numbers. They have nothing to do with heights.
    numbers: SequenceNumberCounter,
    pruning: Pruning,
    worker: Worker,
    /// Height of the last mark, once there is one.
    marked: Mutex<Option<Height>>,
}

type Result<T> = std::result::Result<T, IndexError>;

impl std::fmt::Debug for Lookups {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Lookups").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Lookups {
    /// Opens the tree in a folder or makes an empty one, also in place of one that is damaged or that does not belong to
    /// the blocks: `is_stored` tells whether they have a block.
    pub(crate) fn open(
        path: &Path,
        batches: Batches,
        is_stored: impl FnOnce(&Mark) -> Result<bool>,
    ) -> Result<Self> {
        let is_new = !path.exists();
        match Self::try_open(path, batches) {
            Ok(lookups) => {
                let mark = lookups.read_mark()?;
                // What was there and has no mark had just begun, or has lost it.
                if mark.as_ref().map_or(Ok(is_new), is_stored)? {
                    *lookups.marked.lock() = mark.map(|mark| mark.height);
                    return Ok(lookups);
                }
                tracing::info!(path = %path.display(), "look-ups are not those of the blocks and are made again");
            }
            Err(error) if is_damage(&error) => {
                tracing::warn!(path = %path.display(), %error, "look-ups are damaged and are made again");
            }
            Err(error) => return Err(failure(path, &error)),
        }
        std::fs::remove_dir_all(path).map_err(|error| failure(path, &error))?;
        Self::try_open(path, batches).map_err(|error| failure(path, &error))
    }

    fn try_open(path: &Path, batches: Batches) -> lsm_tree::Result<Self> {
        let (pruning, numbers) = (Pruning::default(), SequenceNumberCounter::default());
        let tree = Config::new(path, numbers.clone(), SequenceNumberCounter::default())
            .use_cache(Arc::new(Cache::with_capacity_bytes(CACHE_BYTES)))
            // In parts, so that a look-up reads a block of a filter and not all of it.
            .filter_block_partitioning_policy(PinningPolicy::all(true))
            .index_block_partitioning_policy(PinningPolicy::all(true))
            .with_compaction_filter_factory(Some(Arc::new(pruning.clone())))
            .open()?;
        numbers.fetch_max(tree.get_highest_seqno().map_or(0, |highest| highest + 1));
        let worker = Worker::start(tree.clone(), numbers.clone(), pruning.clone())?;
        let (path, marked) = (path.to_path_buf(), Mutex::new(None));
        Ok(Self { path, batches, tree, numbers, pruning, worker, marked })
    }

    /// Height of the last block whose entries are all on disk.
    pub(crate) fn marked(&self) -> Option<Height> {
        *self.marked.lock()
    }

    fn read_mark(&self) -> Result<Option<Mark>> {
        let Some(value) = self.tree.get(keys::mark(), EVERYTHING).map_err(|e| self.failure(e))? else {
            return Ok(None);
        };
        keys::decode_mark(&value).map(Some).map_err(|damage| self.failure(damage))
    }

    /// Puts an entry in; it is seen once its block is stored.
    fn put(&self, key: Vec<u8>, value: impl Into<UserValue>) {
        self.tree.insert(key, value, self.numbers.next());
    }

    /// Begins to write out what is in memory when that is much; `stored` is the last block that is stored, and entries of
    /// all blocks up to it have been put in. Waits while too much is still to be written.
    pub(crate) fn write_out(&self, stored: Option<Mark>) -> Result<()> {
        let mut marked = self.marked.lock();
        let height = stored.map(|mark| mark.height);
        let blocks = height.map_or(0, |height| height.saturating_sub(marked.unwrap_or(0)));
        if self.tree.active_memtable().size() < self.batches.bytes && blocks < self.batches.blocks {
            return Ok(());
        }
        if let Some(mark) = stored {
            self.put(keys::mark(), keys::encode_mark(&mark));
            *marked = height;
        }
        self.tree.rotate_memtable();
        self.worker.write_out().map_err(|reason| self.failure(reason))
    }

    /// Old values at or below a height are not asked for any more and may go.
    pub(crate) fn prune_history(&self, oldest: Height) {
        self.pruning.raise(oldest);
    }

    /// The entries of the blocks up to `latest`.
    pub(crate) fn view(&self, latest: Option<Height>) -> View<'_> {
        View { lookups: self, latest }
    }

    fn failure(&self, reason: impl std::fmt::Display) -> IndexError {
        failure(&self.path, &reason)
    }
}

fn failure(path: &Path, reason: &dyn std::fmt::Display) -> IndexError {
    IndexError::Lookups { path: path.to_path_buf(), reason: reason.to_string() }
}

/// Whether the files are not as they were written, rather than out of reach.
fn is_damage(error: &lsm_tree::Error) -> bool {
    match error {
        lsm_tree::Error::Io(error) => {
            use ErrorKind::{AlreadyExists, InvalidData, InvalidInput, NotFound, UnexpectedEof};
            matches!(error.kind(), AlreadyExists | InvalidData | InvalidInput | NotFound | UnexpectedEof)
        }
        _ => true,
    }
}

/// What a reader sees: blocks up to the latest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View<'a> {
    lookups: &'a Lookups,
    latest: Option<Height>,
}

impl<'a> View<'a> {
    /// Where a transaction is.
    pub(crate) fn transaction(&self, hash: &B256) -> Result<Option<TransactionLocation>> {
        self.place(keys::transaction(hash))
    }

    /// Where the transaction of a sender with a nonce is.
    pub(crate) fn nonce(&self, sender: &Address, nonce: u64) -> Result<Option<TransactionLocation>> {
        self.place(keys::nonce(sender, nonce))
    }

    /// Where a contract was created, and by whom.
    pub(crate) fn creation(&self, contract: &Address) -> Result<Option<(TransactionLocation, Address)>> {
        let creation = self.get(keys::creation(contract), keys::decode_creation)?;
        Ok(creation.filter(|(place, _)| self.sees(place.height)))
    }

    /// An account's transactions in blocks of these heights, in order; the iterator has two ends.
    pub(crate) fn activity(
        &self,
        address: &Address,
        heights: RangeInclusive<Height>,
    ) -> impl DoubleEndedIterator<Item = Result<TransactionLocation>> + use<'a> {
        let keys = self.seen(heights).map(|heights| keys::activity_in(address, heights));
        self.keys(keys, keys::decode_place)
    }

    /// What a key held before its first change above a height: none when it has not changed, empty when it was not there.
    pub(crate) fn value_before(&self, key: &HistoryKey, height: Height) -> Result<Option<Vec<u8>>> {
        let Some(heights) = self.seen(height.saturating_add(1)..=Height::MAX) else { return Ok(None) };
        let range = keys::history(key, *heights.start())..=keys::history(key, *heights.end());
        let first = self.lookups.tree.range(range, EVERYTHING, None).next();
        let value = first.map(|guard| guard.value().map(|value| value.to_vec())).transpose();
        value.map_err(|e| self.lookups.failure(e))
    }

    /// Oldest height whose old values are all there: to be asked after they were read.
    pub(crate) fn oldest_history(&self) -> Height {
        self.lookups.pruning.oldest()
    }

    /// Ids of the logs in blocks of these heights that have a value in a column, in order.
    pub(crate) fn logs(
        &self,
        column: LogColumn,
        value: &[u8],
        heights: RangeInclusive<Height>,
    ) -> impl Iterator<Item = Result<i64>> + use<'a> {
        let bound = |id| keys::log(column, value, id);
        let keys = self.seen(heights).map(|heights| {
            let (first, end) = (sql(*heights.start()) << LOG_BITS, sql(*heights.end() + 1) << LOG_BITS);
            bound(first)..=bound(end - 1)
        });
        self.keys(keys, keys::id_of_log)
    }

    fn sees(&self, height: Height) -> bool {
        self.latest.is_some_and(|latest| height <= latest)
    }

    /// Those of some heights whose blocks are seen; none when there are none.
    fn seen(&self, heights: RangeInclusive<Height>) -> Option<RangeInclusive<Height>> {
        let seen = *heights.start()..=(*heights.end()).min(self.latest?);
        (!seen.is_empty()).then_some(seen)
    }

    fn place(&self, key: Vec<u8>) -> Result<Option<TransactionLocation>> {
        Ok(self.get(key, keys::decode_place)?.filter(|place| self.sees(place.height)))
    }

    /// What the keys of a range say.
    fn keys<T>(
        &self,
        range: Option<RangeInclusive<Vec<u8>>>,
        decode: fn(&[u8]) -> std::result::Result<T, Damage>,
    ) -> impl DoubleEndedIterator<Item = Result<T>> + use<'a, T> {
        let lookups = self.lookups;
        let guards = range.map(|range| lookups.tree.range(range, EVERYTHING, None)).into_iter().flatten();
        guards.map(move |guard| {
            let key = guard.key().map_err(|e| lookups.failure(e))?;
            decode(&key).map_err(|damage| lookups.failure(damage))
        })
    }

    fn get<T>(&self, key: Vec<u8>, decode: fn(&[u8]) -> std::result::Result<T, Damage>) -> Result<Option<T>> {
        let value = self.lookups.tree.get(key, EVERYTHING).map_err(|e| self.lookups.failure(e))?;
        let decoded = value.map(|value| decode(&value)).transpose();
        decoded.map_err(|damage| self.lookups.failure(damage))
    }
}
