//! Reading blocks, headers and certificates.

use crate::append::{hash_at, latest};
use crate::encoding::{decode_changes, decode_logs, decode_receipts, decode_senders};
use crate::error::IndexError;
use crate::index::Index;
use crate::schema::sql;
use alloy_primitives::{B256, Bytes};
use alloy_rlp::Decodable;
use althing_primitives::{Block, FinalizedBlock, Header, Height};
use rusqlite::{OptionalExtension, Row};
use std::sync::Arc;

/// The stored parts of a block.
struct Parts {
    block: Vec<u8>,
    senders: Vec<u8>,
    receipts: Vec<u8>,
    system_logs: Option<Vec<u8>>,
    changes: Option<Vec<u8>>,
    certificate: Option<Vec<u8>>,
}

impl Parts {
    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            block: row.get(0)?,
            senders: row.get(1)?,
            receipts: row.get(2)?,
            system_logs: row.get(3)?,
            changes: row.get(4)?,
            certificate: row.get(5)?,
        })
    }

    fn bytes(&self) -> usize {
        let optional = [&self.system_logs, &self.changes].into_iter().flatten().map(Vec::len).sum::<usize>();
        self.block.len() + self.senders.len() + self.receipts.len() + optional
    }

    fn decode(self) -> Result<FinalizedBlock, String> {
        Ok(FinalizedBlock {
            block: Block::decode(&self.block).map_err(|e| e.to_string())?,
            senders: decode_senders(&self.senders)?,
            receipts: decode_receipts(&self.receipts)?,
            system_logs: self.system_logs.map_or(Ok(Vec::new()), |logs| decode_logs(&logs))?,
            changes: self.changes.map_or(Ok(Vec::new()), |changes| decode_changes(&changes))?,
            certificate: self.certificate.map(Bytes::from),
        })
    }
}

impl Index {
    /// Height of the last block; none in an empty index.
    pub fn latest(&self) -> Result<Option<Height>, IndexError> {
        self.read(|reader| latest(reader))
    }

    /// Height of the first block; above 0 when the node started from a synchronized state.
    pub fn oldest(&self) -> Result<Option<Height>, IndexError> {
        self.read(|reader| {
            let mut statement = reader.prepare_cached("SELECT min(height) FROM blocks")?;
            let height: Option<i64> = statement.query_row([], |row| row.get(0))?;
            Ok(height.map(|height| height as u64))
        })
    }

    /// The block at a height. Its changes are empty when the state before it is pruned.
    pub fn block(&self, height: Height) -> Result<Option<Arc<FinalizedBlock>>, IndexError> {
        if let Some(block) = self.cache.get(height) {
            return Ok(Some(block));
        }
        let parts = self.read(|reader| {
            let mut statement = reader.prepare_cached(
                "SELECT b.block, b.senders, b.receipts, s.logs, c.data, f.bytes FROM bodies b
                 LEFT JOIN system_logs s USING (height) LEFT JOIN changes c USING (height)
                 LEFT JOIN certificates f USING (height)
                 WHERE b.height = ?1",
            )?;
            statement.query_row([sql(height)], Parts::of).optional()
        })?;
        let Some(parts) = parts else { return Ok(None) };
        let bytes = parts.bytes();
        let block = parts.decode().map_err(|damage| self.corrupt(format!("block {height}: {damage}")))?;
        let block = Arc::new(block);
        self.cache.insert(block.clone(), bytes);
        Ok(Some(block))
    }

    /// The block with a hash.
    pub fn block_by_hash(&self, hash: &B256) -> Result<Option<Arc<FinalizedBlock>>, IndexError> {
        match self.height_of(hash)? {
            Some(height) => self.block(height),
            None => Ok(None),
        }
    }

    /// The header at a height.
    pub fn header(&self, height: Height) -> Result<Option<Header>, IndexError> {
        if let Some(block) = self.cache.get(height) {
            return Ok(Some(block.block.header().clone()));
        }
        let bytes: Option<Vec<u8>> = self.read(|reader| {
            let mut statement = reader.prepare_cached("SELECT header FROM blocks WHERE height = ?1")?;
            statement.query_row([sql(height)], |row| row.get(0)).optional()
        })?;
        let decode = |bytes: Vec<u8>| Header::decode(&mut bytes.as_slice());
        bytes.map(decode).transpose().map_err(|e| self.corrupt(format!("header {height}: {e}")))
    }

    /// The hash of the block at a height.
    pub fn hash_of(&self, height: Height) -> Result<Option<B256>, IndexError> {
        self.read(|reader| hash_at(reader, height))
    }

    /// The height of the block with a hash.
    pub fn height_of(&self, hash: &B256) -> Result<Option<Height>, IndexError> {
        self.read(|reader| {
            let mut statement = reader.prepare_cached("SELECT height FROM blocks WHERE hash = ?1")?;
            let height = statement.query_row([hash.as_slice()], |row| row.get::<_, i64>(0)).optional()?;
            Ok(height.map(|height| height as u64))
        })
    }

    /// The certificate of the very block at a height.
    pub fn certificate(&self, height: Height) -> Result<Option<Bytes>, IndexError> {
        Ok(self.certified_from(height)?.filter(|(certified, _)| *certified == height).map(|(_, bytes)| bytes))
    }

    /// The lowest block at or above a height that has a certificate: it proves all blocks below it final.
    pub fn certified_from(&self, height: Height) -> Result<Option<(Height, Bytes)>, IndexError> {
        self.read(|reader| {
            let mut statement = reader.prepare_cached(
                "SELECT height, bytes FROM certificates WHERE height >= ?1 ORDER BY height LIMIT 1",
            )?;
            let certificate =
                |row: &Row<'_>| Ok((row.get::<_, i64>(0)? as u64, Bytes::from(row.get::<_, Vec<u8>>(1)?)));
            statement.query_row([sql(height)], certificate).optional()
        })
    }
}
