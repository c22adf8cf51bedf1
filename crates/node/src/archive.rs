//! Final blocks on this node: stored in the index, published to everybody who listens.

use althing_chain::{Head, Sink};
use althing_indexer::{Index, IndexError};
use althing_primitives::{B256, FinalizedBlock, Height};
use futures::future::BoxFuture;
use parking_lot::RwLock;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Instant,
};
use tokio::sync::{broadcast, mpsc::UnboundedSender};

/// Final blocks that a slow subscriber may lag behind before it loses some.
const BLOCK_EVENTS: usize = 256;

/// Pending transactions that a slow subscriber may lag behind.
const PENDING_EVENTS: usize = 16_384;

/// Stores final blocks and tells of them.
#[derive(Debug)]
pub(crate) struct Archive {
    index: Arc<Index>,
    /// Height of the first stored block, which stays.
    oldest: Height,
    /// Height of the last stored block; at least that of `head`.
    archived: AtomicU64,
    /// The last block whose state can be read.
    head: RwLock<Head>,
    head_since: RwLock<Instant>,
    /// Whether a block was published since the start.
    published: AtomicBool,
    blocks: broadcast::Sender<Head>,
    pending: broadcast::Sender<B256>,
}

impl Archive {
    /// Over an index that holds at least one block. `head` is the block whose state the databases hold.
    pub(crate) fn new(index: Arc<Index>, head: Head) -> Result<Self, IndexError> {
        let archived = index.latest()?.unwrap_or_default();
        Ok(Self {
            oldest: index.oldest()?.unwrap_or_default(),
            index,
            archived: AtomicU64::new(archived),
            head: RwLock::new(head),
            head_since: RwLock::new(Instant::now()),
            published: AtomicBool::new(false),
            blocks: broadcast::channel(BLOCK_EVENTS).0,
            pending: broadcast::channel(PENDING_EVENTS).0,
        })
    }

    /// The index.
    pub(crate) fn index(&self) -> &Arc<Index> {
        &self.index
    }

    /// The last block whose state can be read.
    pub(crate) fn head(&self) -> Head {
        self.head.read().clone()
    }

    /// When the head last moved.
    pub(crate) fn head_since(&self) -> Instant {
        *self.head_since.read()
    }

    /// Height of the first stored block.
    pub(crate) fn oldest(&self) -> Height {
        self.oldest
    }

    /// Height of the last stored block.
    pub(crate) fn archived(&self) -> Height {
        self.archived.load(Ordering::Acquire)
    }

    /// Every block as its state becomes readable.
    pub(crate) fn subscribe_blocks(&self) -> broadcast::Receiver<Head> {
        self.blocks.subscribe()
    }

    /// Hashes of transactions that become pending.
    pub(crate) fn subscribe_pending(&self) -> broadcast::Receiver<B256> {
        self.pending.subscribe()
    }

    /// Sets the head of a node that has published nothing yet.
    pub(crate) fn start_at(&self, block: Head) {
        let mut head = self.head.write();
        if !self.has_published() {
            *head = block;
        }
    }

    /// Whether a block was published since the start.
    pub(crate) fn has_published(&self) -> bool {
        self.published.load(Ordering::Acquire)
    }

    pub(crate) fn announce_pending(&self, hash: B256) {
        // Nobody listening is fine.
        let _ = self.pending.send(hash);
    }

    /// Stores blocks in a row, in the calling thread; durable on return. Stops the node when the disk fails, since
    /// a node that cannot keep what is final must not go on.
    pub(crate) fn store(&self, blocks: &[Head]) {
        let Some(last) = blocks.last().map(|block| block.block.height()) else { return };
        if let Err(error) = self.index.append_all(blocks) {
            panic!("final blocks up to {last} cannot be stored: {error}");
        }
        self.archived.fetch_max(last, Ordering::AcqRel);
    }

    /// Makes a stored block the head and tells everybody.
    pub(crate) fn publish(&self, block: Head) {
        {
            let mut head = self.head.write();
            self.published.store(true, Ordering::Release);
            *head = block.clone();
        }
        *self.head_since.write() = Instant::now();
        let _ = self.blocks.send(block);
    }
}

/// The chain's end of the archive.
#[derive(Clone, Debug)]
pub(crate) struct ArchiveSink {
    pub(crate) archive: Arc<Archive>,
    /// Takes the advice with which a node stops whose release is too old.
    pub(crate) outdated: UnboundedSender<String>,
}

impl Sink for ArchiveSink {
    fn append(&self, blocks: Vec<FinalizedBlock>) -> BoxFuture<'static, Vec<Head>> {
        let archive = self.archive.clone();
        Box::pin(async move {
            let blocks: Vec<_> = blocks.into_iter().map(Arc::new).collect();
            let stored = blocks.clone();
            match tokio::task::spawn_blocking(move || archive.store(&stored)).await {
                Ok(()) => blocks,
                Err(panic) => std::panic::resume_unwind(panic.into_panic()),
            }
        })
    }

    fn applied(&self, block: Head) {
        // After a crash blocks are applied again that were published before; subscribers saw none of them.
        self.archive.publish(block);
    }

    fn outdated(&self, advice: String) {
        // Nobody listens when the node stops already.
        let _ = self.outdated.send(advice);
    }
}
