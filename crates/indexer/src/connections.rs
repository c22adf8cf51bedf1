//! The connections to the file: one that writes, a few that read. Readers never wait for the writer (the file
//! is in write-ahead mode); when all are busy, the next caller waits for one.

use crate::schema;
use parking_lot::{Condvar, Mutex, MutexGuard};
use rusqlite::{Connection, OpenFlags, Result};
use std::ops::Deref;
use std::path::Path;
use std::time::Duration;

/// Reading connections: as many queries run at once.
const READERS: usize = 8;

/// Prepared statements kept by each connection; more than there are in this crate.
const STATEMENTS: usize = 64;

/// Page cache of the writer and of each reader, in KiB.
const WRITER_CACHE_KIB: i64 = 8 * 1024;
const READER_CACHE_KIB: i64 = 8 * 1024;

/// Pages of the write-ahead log after which it is carried over into the file (4 KiB each).
const CHECKPOINT_PAGES: i64 = 16_384;

/// Size in bytes to which the write-ahead log is cut back after a burst.
const WAL_LIMIT_BYTES: i64 = 128 * 1024 * 1024;

/// How long to wait for a lock that another process holds, e.g. a backup.
const BUSY: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(crate) struct Connections {
    writer: Mutex<Connection>,
    idle: Mutex<Vec<Connection>>,
    returned: Condvar,
}

impl Connections {
    /// Opens the file and makes it an index when it is new.
    pub(crate) fn open(path: &Path) -> Result<(Self, schema::Found)> {
        let mut writer = Connection::open(path)?;
        configure(&writer, WRITER_CACHE_KIB)?;
        writer.pragma_update(None, "journal_mode", "WAL")?;
        writer.pragma_update(None, "synchronous", "FULL")?;
        writer.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
        writer.pragma_update(None, "journal_size_limit", WAL_LIMIT_BYTES)?;
        let found = schema::prepare(&mut writer)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut idle = Vec::with_capacity(READERS);
        for _ in 0..READERS {
            let reader = Connection::open_with_flags(path, flags)?;
            configure(&reader, READER_CACHE_KIB)?;
            reader.pragma_update(None, "query_only", true)?;
            idle.push(reader);
        }
        Ok((Self { writer: Mutex::new(writer), idle: Mutex::new(idle), returned: Condvar::new() }, found))
    }

    pub(crate) fn writer(&self) -> MutexGuard<'_, Connection> {
        self.writer.lock()
    }

    pub(crate) fn reader(&self) -> Reader<'_> {
        let mut idle = self.idle.lock();
        loop {
            if let Some(connection) = idle.pop() {
                return Reader { connection: Some(connection), home: self };
            }
            self.returned.wait(&mut idle);
        }
    }
}

fn configure(connection: &Connection, cache_kib: i64) -> Result<()> {
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.pragma_update(None, "cache_size", -cache_kib)
}

/// A reading connection, given back when dropped.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    connection: Option<Connection>,
    home: &'a Connections,
}

impl Deref for Reader<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection.as_ref().expect("the connection is taken only by drop")
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        self.home.idle.lock().extend(self.connection.take());
        self.home.returned.notify_one();
    }
}
