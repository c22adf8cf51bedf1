//! Tests of the index: everything read back is compared with a plain list of the blocks that went in.

mod append;
mod chain;
mod crash;
mod history;
mod logs;
mod lookups;
mod model;

use crate::lookups::Batches;
use crate::{Index, IndexConfig};
use chain::Chain;
use std::path::PathBuf;
use tempfile::TempDir;

pub(crate) const ARCHIVE: IndexConfig = IndexConfig { archive: true, history_blocks: 0 };

/// So small that a few blocks leave memory, and what was written is merged.
pub(crate) const SMALL: Batches = Batches { bytes: 4 * 1024, blocks: 7 };

pub(crate) fn file(folder: &TempDir) -> PathBuf {
    folder.path().join("index.sqlite")
}

/// An index of the first blocks of a chain.
pub(crate) fn filled(folder: &TempDir, config: IndexConfig, chain: &mut Chain, blocks: usize) -> Index {
    let index = Index::open_with(&file(folder), config, SMALL).unwrap();
    for block in chain.by_ref().take(blocks) {
        index.append(&block).unwrap();
    }
    index
}
