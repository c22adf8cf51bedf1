//! Tests of the index: everything read back is compared with a plain list of the blocks that went in.

mod append;
mod chain;
mod crash;
mod history;
mod logs;
mod model;

use crate::{Index, IndexConfig};
use chain::Chain;
use std::path::PathBuf;
use tempfile::TempDir;

pub(crate) const ARCHIVE: IndexConfig = IndexConfig { archive: true, history_blocks: 0 };

pub(crate) fn file(folder: &TempDir) -> PathBuf {
    folder.path().join("index.sqlite")
}

/// An index of the first blocks of a chain.
pub(crate) fn filled(folder: &TempDir, config: IndexConfig, chain: &mut Chain, blocks: usize) -> Index {
    let index = Index::open(&file(folder), config).unwrap();
    for block in chain.by_ref().take(blocks) {
        index.append(&block).unwrap();
    }
    index
}
