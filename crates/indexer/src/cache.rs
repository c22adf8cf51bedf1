//! The last blocks in memory, bounded by their size.

use althing_primitives::{FinalizedBlock, Height};
use lru::LruCache;
use parking_lot::Mutex;
use std::sync::Arc;

/// Most bytes of encoded blocks, receipts and changes kept; in memory they take about three times as much.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// Charged for every block, so that empty ones are bounded in number too.
const BLOCK_BYTES: usize = 16 * 1024;

#[derive(Debug)]
pub(crate) struct BlockCache(Mutex<Inner>);

#[derive(Debug)]
struct Inner {
    blocks: LruCache<Height, (Arc<FinalizedBlock>, usize)>,
    bytes: usize,
}

impl BlockCache {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Inner { blocks: LruCache::unbounded(), bytes: 0 }))
    }

    pub(crate) fn get(&self, height: Height) -> Option<Arc<FinalizedBlock>> {
        self.0.lock().blocks.get(&height).map(|(block, _)| block.clone())
    }

    pub(crate) fn insert(&self, block: Arc<FinalizedBlock>, encoded_bytes: usize) {
        let bytes = encoded_bytes + BLOCK_BYTES;
        let inner = &mut *self.0.lock();
        inner.bytes += bytes;
        if let Some((_, old)) = inner.blocks.put(block.block.height(), (block, bytes)) {
            inner.bytes -= old;
        }
        while inner.bytes > MAX_BYTES {
            let Some((_, (_, old))) = inner.blocks.pop_lru() else { break };
            inner.bytes -= old;
        }
    }

    pub(crate) fn remove(&self, height: Height) {
        let inner = &mut *self.0.lock();
        if let Some((_, old)) = inner.blocks.pop(&height) {
            inner.bytes -= old;
        }
    }
}
