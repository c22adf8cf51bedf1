//! The handle: opening, the caches, and the node's own cursors. What is written is in `append`, what is read
//! in `blocks`, `logs`, `activity` and `history`.

use crate::cache::BlockCache;
use crate::connections::{Connections, Reader};
use crate::encoding::Damage;
use crate::error::IndexError;
use crate::schema::{self, Found};
use rusqlite::{ErrorCode, OptionalExtension};
use std::path::{Path, PathBuf};

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
}

impl Index {
    /// Opens the file, or creates it.
    pub fn open(path: &Path, config: IndexConfig) -> Result<Self, IndexError> {
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
        let index = Self { path, config, connections, cache: BlockCache::new() };
        // Reading the last block whole finds most damage that a crash of the disk leaves behind.
        if let Some(latest) = index.latest()? {
            index.block(latest)?.ok_or_else(|| index.corrupt(format!("block {latest} has no body")))?;
        }
        Ok(index)
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
        let reader = self.connections.reader();
        let snapshot = reader.unchecked_transaction().map_err(|e| self.sql_error(e))?;
        let result = query(&reader).map_err(|e| self.sql_error(e));
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
