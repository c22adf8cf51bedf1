//! Writing a finalized block: the block in one SQL transaction, which is on disk when it commits; its look-ups in memory
//! first, for they follow from it.

use crate::encoding::{encode_changes, encode_logs, encode_receipts, encode_senders};
use crate::error::IndexError;
use crate::history;
use crate::index::Index;
use crate::lookups::Mark;
use crate::schema::{LOG_BITS, sql};
use alloy_primitives::B256;
use althing_primitives::{FinalizedBlock, Height};
use rusqlite::{Connection, OptionalExtension, Result, TransactionBehavior, params};
use std::sync::Arc;

impl Index {
    /// Appends a finalized block; see [`Index::append_all`].
    pub fn append(&self, block: &Arc<FinalizedBlock>) -> Result<(), IndexError> {
        self.append_all(std::slice::from_ref(block))
    }

    /// Appends finalized blocks in a row, all or none; when this returns, they survive a kill. A block that is there
    /// already is accepted again without effect (but its certificate is kept if it is new).
    pub fn append_all(&self, blocks: &[Arc<FinalizedBlock>]) -> Result<(), IndexError> {
        blocks.iter().try_for_each(|block| check_shape(block))?;
        let mut writer = self.connections.writer();
        // The lock at once: a reader that meets a half-written header of the log holds it for a moment, and
        // SQLite waits for a lock at the beginning of a transaction but not in the middle of one.
        let transaction = writer
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(|e| self.sql_error(e))?;
        let stored = mark(&transaction).map_err(|e| self.sql_error(e))?;
        let (mut added, mut outdated) = (Vec::new(), Vec::new());
        for block in blocks {
            let height = block.block.height();
            if self.check_place(&transaction, block)? {
                if let Some(certificate) = &block.certificate {
                    insert_certificate(&transaction, height, certificate).map_err(|e| self.sql_error(e))?;
                    outdated.push(height);
                }
                continue;
            }
            let bytes = insert(&transaction, block).map_err(|e| self.sql_error(e))?;
            self.lookups.put_block(block);
            self.lookups.write_out(stored)?;
            let pruned = history::after_append(&transaction, &self.config, height);
            outdated.extend(pruned.map_err(|e| self.sql_error(e))?);
            added.push((block.clone(), bytes));
        }
        let oldest = history::oldest(&transaction).map_err(|e| self.sql_error(e))?;
        transaction.commit().map_err(|e| self.sql_error(e))?;
        self.lookups.prune_history(oldest.unwrap_or(0));
        let stored = added.last().map(|(block, _)| Mark::of(block));
        for (block, bytes) in added {
            self.cache.insert(block, bytes);
        }
        outdated.into_iter().for_each(|height| self.cache.remove(height));
        stored.map_or(Ok(()), |stored| self.lookups.write_out(Some(stored)))
    }

    /// Adds the certificate of a stored block that had none. A second one is ignored: each proves the same.
    pub fn set_certificate(&self, height: Height, certificate: &[u8]) -> Result<(), IndexError> {
        let writer = self.connections.writer();
        let sql_error = |e| self.sql_error(e);
        if hash_at(&writer, height).map_err(sql_error)?.is_none() {
            return Err(IndexError::UnknownBlock(height));
        }
        insert_certificate(&writer, height, certificate).map_err(sql_error)?;
        self.cache.remove(height);
        Ok(())
    }

    /// Whether the block is stored already; an error when it does not follow the latest.
    fn check_place(&self, connection: &Connection, block: &FinalizedBlock) -> Result<bool, IndexError> {
        let sql_error = |e| self.sql_error(e);
        let (height, got) = (block.block.height(), block.block.hash());
        if let Some(stored) = hash_at(connection, height).map_err(sql_error)? {
            return if stored == got { Ok(true) } else { Err(IndexError::Conflict { height, stored, got }) };
        }
        let latest = latest(connection).map_err(sql_error)?;
        let Some(latest) = latest else { return Ok(false) };
        if height != latest + 1 {
            return Err(IndexError::Gap { expected: latest + 1, got: height });
        }
        let parent = block.block.header().parent_hash;
        match hash_at(connection, latest).map_err(sql_error)? {
            Some(stored) if stored != parent => {
                Err(IndexError::Conflict { height: latest, stored, got: parent })
            }
            _ => Ok(false),
        }
    }
}

/// A block with a sender and a receipt for each transaction.
fn check_shape(block: &FinalizedBlock) -> Result<(), IndexError> {
    let (height, transactions) = (block.block.height(), block.block.transactions().len());
    let (senders, receipts) = (block.senders.len(), block.receipts.len());
    match senders == transactions && receipts == transactions {
        true => Ok(()),
        false => Err(IndexError::Mismatch { height, transactions, senders, receipts }),
    }
}

pub(crate) fn latest(connection: &Connection) -> Result<Option<Height>> {
    let mut statement = connection.prepare_cached("SELECT max(height) FROM blocks")?;
    statement.query_row([], |row| row.get::<_, Option<i64>>(0)).map(|height| height.map(|h| h as u64))
}

/// The latest block.
fn mark(connection: &Connection) -> Result<Option<Mark>> {
    let Some(height) = latest(connection)? else { return Ok(None) };
    Ok(hash_at(connection, height)?.map(|hash| Mark { height, hash }))
}

pub(crate) fn hash_at(connection: &Connection, height: Height) -> Result<Option<B256>> {
    let mut statement = connection.prepare_cached("SELECT hash FROM blocks WHERE height = ?1")?;
    let hash = statement.query_row([sql(height)], |row| row.get::<_, [u8; 32]>(0)).optional()?;
    Ok(hash.map(B256::from))
}

/// Writes all rows of a block. Returns the encoded size of what can be read back.
fn insert(connection: &Connection, block: &FinalizedBlock) -> Result<usize> {
    let height = sql(block.block.height());
    let header = alloy_rlp::encode(block.block.header());
    let hash = block.block.hash();
    connection.prepare_cached("INSERT INTO blocks VALUES (?1, ?2, ?3)")?.execute(params![
        height,
        hash.as_slice(),
        header
    ])?;
    let (body, senders) = (block.block.encode(), encode_senders(&block.senders));
    let receipts = encode_receipts(&block.receipts);
    connection
        .prepare_cached("INSERT INTO bodies VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![height, body, senders, receipts])?;
    let system_logs = insert_system_logs(connection, height, block)?;
    let changes = encode_changes(&block.changes);
    connection.prepare_cached("INSERT INTO changes VALUES (?1, ?2)")?.execute(params![height, changes])?;
    if let Some(certificate) = &block.certificate {
        insert_certificate(connection, block.block.height(), certificate)?;
    }
    insert_logs(connection, height, block)?;
    Ok(body.len() + senders.len() + receipts.len() + system_logs + changes.len())
}

/// Writes the system logs, if there are any. Returns their size.
fn insert_system_logs(connection: &Connection, height: i64, block: &FinalizedBlock) -> Result<usize> {
    if block.system_logs.is_empty() {
        return Ok(0);
    }
    let logs = encode_logs(&block.system_logs);
    connection.prepare_cached("INSERT INTO system_logs VALUES (?1, ?2)")?.execute(params![height, logs])?;
    Ok(logs.len())
}

fn insert_certificate(connection: &Connection, height: Height, certificate: &[u8]) -> Result<()> {
    let mut statement = connection.prepare_cached("INSERT OR IGNORE INTO certificates VALUES (?1, ?2)")?;
    statement.execute(params![sql(height), certificate]).map(drop)
}

fn insert_logs(connection: &Connection, height: i64, block: &FinalizedBlock) -> Result<()> {
    let mut statement =
        connection.prepare_cached("INSERT INTO logs VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")?;
    let mut id = height << LOG_BITS;
    for (position, (hash, logs)) in (0i64..).zip(block.logs()) {
        for log in logs {
            let topic = |n: usize| log.topics().get(n).map(|topic| topic.as_slice());
            statement.execute(params![
                id,
                position,
                hash.as_slice(),
                log.address.as_slice(),
                topic(0),
                topic(1),
                topic(2),
                topic(3),
                log.data.data.as_ref()
            ])?;
            id += 1;
        }
    }
    Ok(())
}
