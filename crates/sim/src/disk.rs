//! A machine's disk in memory: what was written and not synced can be lost in a crash, whole or in part.
//!
//! Each file keeps the writes since its last sync, so that a crash can take them back and put an arbitrary part of them
//! down again, which is all that the contract of [`Blob`] promises to survive.

use commonware_runtime::{
    Blob, BlobVersion, Clock as _, Error, Handle, IoBufMut, IoBufs, IoBufsMut, ReadOptions, WriteOptions,
    deterministic,
};
use parking_lot::Mutex;
use rand::{RngExt as _, rngs::StdRng};
use std::{collections::BTreeMap, fmt, ops::RangeInclusive, sync::Arc, time::Duration};

/// A change of a file that no sync has covered.
#[derive(Clone)]
struct Unsynced {
    /// Where the change begins.
    at: usize,
    /// What was there.
    old: Vec<u8>,
    /// Length of the file before.
    old_len: usize,
    /// What is there now; nothing for a change of the length alone.
    new: Vec<u8>,
    /// Length of the file after.
    new_len: usize,
    /// Whether the write itself was durable: then a crash must not take it.
    is_durable: bool,
}

#[derive(Clone)]
struct File {
    bytes: Vec<u8>,
    version: BlobVersion,
    unsynced: Vec<Unsynced>,
}

impl File {
    fn write(&mut self, at: usize, new: &[u8], is_durable: bool) {
        let old_len = self.bytes.len();
        let end = at + new.len();
        let old = self.bytes.get(at..end.min(old_len)).unwrap_or_default().to_vec();
        if end > old_len {
            self.bytes.resize(end, 0);
        }
        self.bytes[at..end].copy_from_slice(new);
        if is_durable && self.unsynced.is_empty() {
            return;
        }
        let new_len = self.bytes.len();
        self.unsynced.push(Unsynced { at, old, old_len, new: new.to_vec(), new_len, is_durable });
    }

    fn resize(&mut self, len: usize) {
        let old_len = self.bytes.len();
        let old = self.bytes.get(len..).unwrap_or_default().to_vec();
        self.bytes.resize(len, 0);
        let change =
            Unsynced { at: len.min(old_len), old, old_len, new: Vec::new(), new_len: len, is_durable: false };
        self.unsynced.push(change);
    }

    /// Takes back what no sync covered, then puts an arbitrary part of it down again.
    fn crash(&mut self, rng: &mut StdRng) {
        let changes = std::mem::take(&mut self.unsynced);
        for change in changes.iter().rev() {
            self.bytes.resize(change.old_len, 0);
            let end = change.at + change.old.len();
            self.bytes[change.at..end].copy_from_slice(&change.old);
        }
        for change in &changes {
            let kept = match (change.is_durable, rng.random_range(0..4)) {
                (true, _) | (_, 0) => 0..change.new.len(),
                (_, 1) => torn(change.new.len(), rng),
                _ => continue,
            };
            if change.new.is_empty() {
                self.bytes.resize(change.new_len, 0);
                continue;
            }
            let (from, to) = (change.at + kept.start, change.at + kept.end);
            if to > self.bytes.len() {
                self.bytes.resize(to, 0);
            }
            self.bytes[from..to].copy_from_slice(&change.new[kept]);
        }
    }
}

/// A part of so many bytes.
fn torn(len: usize, rng: &mut StdRng) -> std::ops::Range<usize> {
    let (a, b) = (rng.random_range(0..=len), rng.random_range(0..=len));
    a.min(b)..a.max(b)
}

type SharedFile = Arc<Mutex<File>>;
type Partitions = BTreeMap<String, BTreeMap<Vec<u8>, SharedFile>>;

#[derive(Default)]
struct Contents {
    partitions: Partitions,
    syncs: u64,
    /// The machine loses power instead of finishing this sync.
    dies_at_sync: Option<u64>,
    is_dead: bool,
    /// How long a sync takes.
    sync_time: Duration,
}

/// The disk of one machine. Clones are the same disk.
#[derive(Clone, Default)]
pub struct Disk(Arc<Mutex<Contents>>);

impl fmt::Debug for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Disk").field("syncs", &self.0.lock().syncs).finish_non_exhaustive()
    }
}

impl Disk {
    /// Another disk with the same contents, all of it durable.
    pub fn copy(&self) -> Self {
        let copy = |file: &SharedFile| {
            let file = file.lock();
            Arc::new(Mutex::new(File { unsynced: Vec::new(), ..file.clone() }))
        };
        let contents = self.0.lock();
        let partitions = contents.partitions.iter();
        let partitions = partitions
            .map(|(name, files)| {
                (name.clone(), files.iter().map(|(name, file)| (name.clone(), copy(file))).collect())
            })
            .collect();
        Self(Arc::new(Mutex::new(Contents { partitions, ..Contents::default() })))
    }

    /// Syncs so far.
    pub fn syncs(&self) -> u64 {
        self.0.lock().syncs
    }

    /// Lets the machine lose power at the `n`th sync from now, counted from 1.
    pub fn die_at_sync(&self, n: u64) {
        let mut contents = self.0.lock();
        contents.dies_at_sync = Some(contents.syncs.saturating_add(n));
    }

    /// Lets the machine keep its power.
    pub fn stay_alive(&self) {
        self.0.lock().dies_at_sync = None;
    }

    /// Whether the machine lost power in a sync.
    pub fn is_dead(&self) -> bool {
        self.0.lock().is_dead
    }

    /// How long a sync takes from now on.
    pub fn set_sync_time(&self, time: Duration) {
        self.0.lock().sync_time = time;
    }

    /// Removes all partitions whose names begin so, synced or not.
    pub fn forget(&self, prefix: &str) {
        self.0.lock().partitions.retain(|name, _| !name.starts_with(prefix));
    }

    /// The machine loses power. Handles to files that are open now see and change nothing that is on the disk afterwards.
    pub fn crash(&self, rng: &mut StdRng) {
        let mut contents = self.0.lock();
        contents.is_dead = false;
        contents.dies_at_sync = None;
        for file in contents.partitions.values_mut().flat_map(BTreeMap::values_mut) {
            let mut after = file.lock().clone();
            after.crash(rng);
            *file = Arc::new(Mutex::new(after));
        }
    }

    /// Opens a file, and makes it where it is not there; see [`commonware_runtime::Storage::open_versioned`].
    pub async fn open(
        &self,
        clock: &Arc<deterministic::Context>,
        partition: &str,
        name: &[u8],
        versions: RangeInclusive<BlobVersion>,
    ) -> Result<(DiskBlob, u64, BlobVersion), Error> {
        self.alive().await;
        let mut contents = self.0.lock();
        let files = contents.partitions.entry(partition.to_string()).or_default();
        let file = files.entry(name.to_vec()).or_insert_with(|| {
            let file = File { bytes: Vec::new(), version: *versions.end(), unsynced: Vec::new() };
            Arc::new(Mutex::new(file))
        });
        let (len, version) = {
            let file = file.lock();
            (file.bytes.len() as u64, file.version)
        };
        if !versions.contains(&version) {
            return Err(Error::BlobVersionMismatch { expected: versions, found: version });
        }
        Ok((DiskBlob { file: file.clone(), disk: self.clone(), clock: clock.clone() }, len, version))
    }

    /// Removes a file or a partition, durably.
    pub async fn remove(&self, partition: &str, name: Option<&[u8]>) -> Result<(), Error> {
        self.alive().await;
        let mut contents = self.0.lock();
        let Some(name) = name else {
            let removed = contents.partitions.remove(partition);
            return removed.map(drop).ok_or_else(|| Error::PartitionMissing(partition.to_string()));
        };
        let missing = || Error::BlobMissing(partition.to_string(), format!("{name:02x?}"));
        let files = contents.partitions.get_mut(partition);
        let files = files.ok_or_else(|| Error::PartitionMissing(partition.to_string()))?;
        files.remove(name).map(drop).ok_or_else(missing)
    }

    /// Names of the files of a partition.
    pub async fn scan(&self, partition: &str) -> Result<Vec<Vec<u8>>, Error> {
        self.alive().await;
        let contents = self.0.lock();
        let files = contents.partitions.get(partition);
        let files = files.ok_or_else(|| Error::PartitionMissing(partition.to_string()))?;
        Ok(files.keys().cloned().collect())
    }

    /// Nothing happens on a machine without power.
    async fn alive(&self) {
        if self.is_dead() {
            std::future::pending::<()>().await;
        }
    }

    /// One more sync begins; returns how long it takes.
    async fn begin_sync(&self) -> Duration {
        self.alive().await;
        let (dies, time) = {
            let mut contents = self.0.lock();
            contents.syncs = contents.syncs.saturating_add(1);
            contents.is_dead = contents.dies_at_sync.is_some_and(|at| contents.syncs >= at);
            (contents.is_dead, contents.sync_time)
        };
        if dies {
            std::future::pending::<()>().await;
        }
        time
    }
}

/// An open file.
#[derive(Clone)]
pub struct DiskBlob {
    file: SharedFile,
    disk: Disk,
    clock: Arc<deterministic::Context>,
}

impl fmt::Debug for DiskBlob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DiskBlob").field("bytes", &self.file.lock().bytes.len()).finish_non_exhaustive()
    }
}

fn position(offset: u64, len: usize) -> Result<usize, Error> {
    let at = usize::try_from(offset).map_err(|_| Error::OffsetOverflow)?;
    at.checked_add(len).map(|_| at).ok_or(Error::OffsetOverflow)
}

impl Blob for DiskBlob {
    async fn read_at(&self, offset: u64, len: usize, options: ReadOptions) -> Result<IoBufsMut, Error> {
        self.read_at_buf(offset, len, IoBufMut::zeroed(len), options).await
    }

    async fn read_at_buf(
        &self,
        offset: u64,
        len: usize,
        bufs: impl Into<IoBufsMut> + Send,
        _: ReadOptions,
    ) -> Result<IoBufsMut, Error> {
        let mut bufs = bufs.into();
        self.disk.alive().await;
        if bufs.len() != len {
            bufs = IoBufMut::zeroed(len).into();
        }
        let at = position(offset, len)?;
        let file = self.file.lock();
        let bytes = file.bytes.get(at..at + len).ok_or(Error::BlobInsufficientLength)?;
        bufs.copy_from_slice(bytes);
        Ok(bufs)
    }

    async fn write_at(
        &self,
        offset: u64,
        bufs: impl Into<IoBufs> + Send,
        options: WriteOptions,
    ) -> Result<(), Error> {
        let bytes = bufs.into().coalesce();
        let at = position(offset, bytes.len())?;
        let is_durable = options.contains(WriteOptions::SYNC);
        self.disk.alive().await;
        if is_durable {
            let time = self.disk.begin_sync().await;
            if !time.is_zero() {
                self.clock.sleep(time).await;
            }
        }
        self.file.lock().write(at, bytes.as_ref(), is_durable);
        Ok(())
    }

    async fn resize(&self, len: u64) -> Result<(), Error> {
        self.disk.alive().await;
        self.file.lock().resize(position(len, 0)?);
        Ok(())
    }

    async fn sync(&self) -> Result<(), Error> {
        // What is written while the sync runs is not covered by it.
        let covered = self.file.lock().unsynced.len();
        let time = self.disk.begin_sync().await;
        if !time.is_zero() {
            self.clock.sleep(time).await;
        }
        let mut file = self.file.lock();
        let covered = covered.min(file.unsynced.len());
        file.unsynced.drain(..covered);
        Ok(())
    }

    async fn start_sync(&self) -> Handle<()> {
        Handle::ready(self.sync().await)
    }
}
