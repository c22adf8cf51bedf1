//! The handle: opening, the caches, and the node's own cursors. What is written is in `append`, what is read
//! in `blocks`, `logs`, `activity` and `history`.

use crate::append::hash_at;
use crate::cache::BlockCache;
use crate::connections::{Connections, Reader};
use crate::encoding::Damage;
use crate::error::IndexError;
use crate::history;
use crate::lookups::{Batches, Lookups, Mark, View};
use crate::schema::{self, Found};
use althing_primitives::{FinalizedBlock, Height};
use rusqlite::{ErrorCode, OptionalExtension};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Blocks after which making look-ups again tells how far it is.
const PROGRESS_BLOCKS: u64 = 20_000;

/// What the index keeps.
#[derive(Clone, Copy, Debug)]
pub struct IndexConfig {
    /// Keep all old state.
    pub archive: bool,
    /// How many blocks back old state can be read, when not `archive`.
    pub history_blocks: u64,
}

/// The index of finalized blocks. All methods block; call them from a thread that may.
#[derive(Debug)]
pub struct Index {
    pub(crate) path: PathBuf,
    pub(crate) config: IndexConfig,
    pub(crate) connections: Connections,
    pub(crate) cache: BlockCache,
    pub(crate) lookups: Lookups,
}

impl Index {
    /// Opens the file and the folder of look-ups beside it (its name ends in `.lookups`), or creates them.
    pub fn open(path: &Path, config: IndexConfig) -> Result<Self, IndexError> {
        Self::open_with(path, config, Batches::DEFAULT)
    }

    /// As [`Self::open`]; says when look-ups leave memory.
    pub(crate) fn open_with(path: &Path, config: IndexConfig, batches: Batches) -> Result<Self, IndexError> {
        let path = path.to_path_buf();
        let (connections, found) = Connections::open(&path).map_err(|e| sql_error(&path, e))?;
        match found {
            Found::Index => {}
            Found::Version(found) => {
                return Err(IndexError::TooNew { path, found, supported: schema::VERSION });
            }
            Found::Foreign => {
                let reason = "another program's database".to_string();
                return Err(IndexError::Corrupt { path, reason });
            }
        }
        let lookups = Lookups::open(&path.with_extension("lookups"), batches, |mark| {
            let stored = hash_at(&connections.reader(), mark.height).map_err(|e| sql_error(&path, e))?;
            Ok(stored == Some(mark.hash))
        })?;
        let index = Self { path, config, connections, cache: BlockCache::new(), lookups };
        // Reading the last block whole finds most damage that a crash of the disk leaves behind.
        if let Some(latest) = index.latest()? {
            index.stored_block(latest)?;
            index.look_up_again(latest)?;
        }
        Ok(index)
    }

    /// Puts the blocks above the mark into the look-ups again: they were in memory only, or all look-ups are lost.
    fn look_up_again(&self, latest: Height) -> Result<(), IndexError> {
        let oldest = self.oldest()?.unwrap_or(latest);
        let first = self.lookups.marked().map_or(oldest, |marked| marked + 1);
        let blocks = (latest + 1).saturating_sub(first);
        if blocks >= PROGRESS_BLOCKS {
            tracing::info!(blocks, "making look-ups of stored blocks");
        }
        for height in first..=latest {
            let block = self.stored_block(height)?;
            self.lookups.put_block(&block);
            self.lookups.write_out(Some(Mark::of(&block)))?;
            if (height - first + 1).is_multiple_of(PROGRESS_BLOCKS) {
                tracing::info!(done = height - first + 1, blocks, "making look-ups of stored blocks");
            }
        }
        let oldest_state = self.read(|reader| history::oldest(reader))?;
        self.lookups.prune_history(oldest_state.unwrap_or(0));
        Ok(())
    }

    /// A block that must be there.
    fn stored_block(&self, height: Height) -> Result<Arc<FinalizedBlock>, IndexError> {
        self.block(height)?.ok_or_else(|| self.corrupt(format!("block {height} has no body")))
    }

    /// The look-ups of the blocks that are stored now.
    pub(crate) fn look_up(&self) -> Result<View<'_>, IndexError> {
        Ok(self.lookups.view(self.latest()?))
    }

    /// A value of the node's own, e.g. how far a consumer has come.
    pub fn cursor(&self, name: &str) -> Result<Option<Vec<u8>>, IndexError> {
        self.read(|reader| {
            let mut statement = reader.prepare_cached("SELECT value FROM cursors WHERE name = ?1")?;
            statement.query_row([name], |row| row.get(0)).optional()
        })
    }

    /// Sets a value of the node's own; durable when this returns.
    pub fn set_cursor(&self, name: &str, value: &[u8]) -> Result<(), IndexError> {
        let writer = self.connections.writer();
        let result = writer.execute("INSERT OR REPLACE INTO cursors VALUES (?1, ?2)", (name, value));
        result.map(drop).map_err(|e| self.sql_error(e))
    }

    /// Runs a read on a connection of its own, in one snapshot of the file.
    pub(crate) fn read<T>(
        &self,
        query: impl FnOnce(&Reader<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, IndexError> {
        self.read_both(|reader| query(reader).map_err(|e| self.sql_error(e)))
    }

    /// As [`Self::read`], for queries that look up, too.
    pub(crate) fn read_both<T>(
        &self,
        query: impl FnOnce(&Reader<'_>) -> Result<T, IndexError>,
    ) -> Result<T, IndexError> {
        let reader = self.connections.reader();
        let snapshot = reader.unchecked_transaction().map_err(|e| self.sql_error(e))?;
        let result = query(&reader);
        drop(snapshot);
        result
    }

    pub(crate) fn sql_error(&self, error: rusqlite::Error) -> IndexError {
        sql_error(&self.path, error)
    }

    pub(crate) fn corrupt(&self, reason: Damage) -> IndexError {
        IndexError::Corrupt { path: self.path.clone(), reason }
    }
}

fn sql_error(path: &Path, error: rusqlite::Error) -> IndexError {
    let path = path.to_path_buf();
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            IndexError::Corrupt { path, reason: error.to_string() }
        }
        Some(ErrorCode::DiskFull) => IndexError::DiskFull(path),
        _ => IndexError::Database { path, reason: error },
    }
}
