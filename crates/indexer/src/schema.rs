//! The tables, and how a file is recognized. Heights and positions are integers, hashes and addresses are raw
//! bytes. A changed table is a new format number with a migration, never an edit of an old one.

use rusqlite::{Connection, OptionalExtension, Result, TransactionBehavior};

/// Marks a file as an index of this software (`PRAGMA application_id`; the bytes are "ALTH").
const APPLICATION_ID: i64 = 0x414c_5448;

/// Format that this release writes.
pub(crate) const VERSION: i64 = FORMATS.len() as i64;

/// A log's id is `height << LOG_BITS | index in the block`, so ids are in the order of the chain. 2^24 logs a block is
/// more than any gas limit allows.
pub(crate) const LOG_BITS: u32 = 24;

/// What each format changes in the one before it. Blocks that an index of format 1 holds have no system logs there.
pub(crate) const FORMATS: [&str; 3] = [FORMAT_1, FORMAT_2, FORMAT_3];

const FORMAT_1: &str = "
CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE cursors (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;

CREATE TABLE blocks (height INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, header BLOB NOT NULL);
CREATE TABLE bodies (
    height INTEGER PRIMARY KEY, block BLOB NOT NULL, senders BLOB NOT NULL, receipts BLOB NOT NULL
);
CREATE TABLE certificates (height INTEGER PRIMARY KEY, bytes BLOB NOT NULL);

CREATE TABLE transactions (
    hash BLOB PRIMARY KEY, height INTEGER NOT NULL, position INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE nonces (
    sender BLOB NOT NULL, nonce INTEGER NOT NULL, height INTEGER NOT NULL, position INTEGER NOT NULL,
    PRIMARY KEY (sender, nonce)
) WITHOUT ROWID;
CREATE TABLE activity (
    address BLOB NOT NULL, height INTEGER NOT NULL, position INTEGER NOT NULL,
    PRIMARY KEY (address, height, position)
) WITHOUT ROWID;
CREATE TABLE creations (
    address BLOB PRIMARY KEY, height INTEGER NOT NULL, position INTEGER NOT NULL, creator BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE logs (
    id INTEGER PRIMARY KEY, position INTEGER NOT NULL, transaction_hash BLOB NOT NULL, address BLOB NOT NULL,
    topic0 BLOB, topic1 BLOB, topic2 BLOB, topic3 BLOB, data BLOB NOT NULL
);
CREATE INDEX logs_address ON logs (address);
CREATE INDEX logs_topic0 ON logs (topic0) WHERE topic0 IS NOT NULL;
CREATE INDEX logs_topic1 ON logs (topic1) WHERE topic1 IS NOT NULL;
CREATE INDEX logs_topic2 ON logs (topic2) WHERE topic2 IS NOT NULL;
CREATE INDEX logs_topic3 ON logs (topic3) WHERE topic3 IS NOT NULL;

CREATE TABLE changes (height INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE history (
    key BLOB NOT NULL, height INTEGER NOT NULL, before BLOB, PRIMARY KEY (key, height)
) WITHOUT ROWID;
";

const FORMAT_2: &str = "
CREATE TABLE system_logs (height INTEGER PRIMARY KEY, logs BLOB NOT NULL);
";

/// Look-ups are in a tree of their own since then, which is made from the blocks. A log's row is read by its id.
const FORMAT_3: &str = "
DROP TABLE transactions;
DROP TABLE nonces;
DROP TABLE activity;
DROP TABLE creations;
DROP TABLE history;
DROP INDEX logs_address;
DROP INDEX logs_topic0;
DROP INDEX logs_topic1;
DROP INDEX logs_topic2;
DROP INDEX logs_topic3;
";

/// What a file turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// An index of this format, maybe just created.
    Index,
    /// An index of another format.
    Version(i64),
    /// Some other database.
    Foreign,
}

/// Creates the tables in an empty file, brings an older index to this format, or tells what the file is.
pub(crate) fn prepare(connection: &mut Connection) -> Result<Found> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let id: i64 = transaction.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let tables: i64 = transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let format = match id {
        0 if tables == 0 => 0,
        APPLICATION_ID => match meta(&transaction, "schema_version")? {
            Some(VERSION) => return Ok(Found::Index),
            Some(format @ 1..VERSION) => format,
            Some(other) => return Ok(Found::Version(other)),
            None => return Ok(Found::Foreign),
        },
        _ => return Ok(Found::Foreign),
    };
    for tables in FORMATS.iter().skip(format as usize) {
        transaction.execute_batch(tables)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    set_meta(&transaction, "schema_version", VERSION)?;
    transaction.commit()?;
    Ok(Found::Index)
}

/// Reads a number of the index's own.
pub(crate) fn meta(connection: &Connection, name: &str) -> Result<Option<i64>> {
    let mut statement = connection.prepare_cached("SELECT value FROM meta WHERE name = ?1")?;
    statement.query_row([name], |row| row.get(0)).optional()
}

/// Writes a number of the index's own.
pub(crate) fn set_meta(connection: &Connection, name: &str, value: i64) -> Result<()> {
    let mut statement = connection.prepare_cached("INSERT OR REPLACE INTO meta VALUES (?1, ?2)")?;
    statement.execute((name, value)).map(drop)
}

/// A height or nonce as SQL holds it. What does not fit is beyond everything that can be stored.
pub(crate) fn sql(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
