//! Finding transactions: by hash, by sender and nonce, by an account that takes part, by the contract they
//! created. Takes part: sends it, receives it, or is created by it; what happens inside is not indexed.

use crate::error::IndexError;
use crate::index::Index;
use crate::schema::sql;
use alloy_primitives::{Address, B256};
use althing_primitives::Height;
use rusqlite::{OptionalExtension, Params, Row};

/// Where a transaction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransactionLocation {
    /// Height of its block.
    pub height: Height,
    /// Position in the block.
    pub position: usize,
}

/// A page of an account's transactions, newest first. Holds whole blocks: at least as many as asked for,
/// unless there are no more, and the rest of the last block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActivityPage {
    /// The transactions.
    pub transactions: Vec<TransactionLocation>,
    /// Whether there is nothing newer.
    pub newest: bool,
    /// Whether there is nothing older.
    pub oldest: bool,
}

/// How a contract came to be, when a transaction created it directly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Creation {
    /// The transaction.
    pub transaction: TransactionLocation,
    /// Its sender.
    pub creator: Address,
}

fn location(row: &Row<'_>) -> rusqlite::Result<TransactionLocation> {
    let (height, position): (i64, i64) = (row.get(0)?, row.get(1)?);
    Ok(TransactionLocation { height: height as u64, position: position as usize })
}

impl Index {
    /// Where the transaction with a hash is. A block's system transaction is after its last.
    pub fn transaction(&self, hash: &B256) -> Result<Option<TransactionLocation>, IndexError> {
        self.locate("SELECT height, position FROM transactions WHERE hash = ?1", [hash.as_slice()])
    }

    /// Where the transaction of a sender with a nonce is.
    pub fn transaction_by_nonce(
        &self,
        sender: &Address,
        nonce: u64,
    ) -> Result<Option<TransactionLocation>, IndexError> {
        let query = "SELECT height, position FROM nonces WHERE sender = ?1 AND nonce = ?2";
        self.locate(query, (sender.as_slice(), sql(nonce)))
    }

    /// The creation of a contract; none when a contract created it, or it is in genesis.
    pub fn creation(&self, contract: &Address) -> Result<Option<Creation>, IndexError> {
        self.read(|reader| {
            let query = "SELECT height, position, creator FROM creations WHERE address = ?1";
            let creation = |row: &Row<'_>| {
                let creator = Address::from(row.get::<_, [u8; 20]>(2)?);
                Ok(Creation { transaction: location(row)?, creator })
            };
            reader.prepare_cached(query)?.query_row([contract.as_slice()], creation).optional()
        })
    }

    /// An account's transactions in blocks below `before` (all when none), newest first.
    pub fn activity_before(
        &self,
        address: &Address,
        before: Option<Height>,
        page: usize,
    ) -> Result<ActivityPage, IndexError> {
        let query = "SELECT height, position FROM activity WHERE address = ?1 AND height < ?2
                     ORDER BY height DESC, position DESC";
        let bound = before.unwrap_or(u64::MAX);
        let (transactions, oldest) = self.activity_page(query, address, bound, page)?;
        let newest = match before {
            Some(before) => !self.has_activity(address, before, true)?,
            None => true,
        };
        Ok(ActivityPage { transactions, newest, oldest })
    }

    /// An account's transactions in the blocks next above `after`, newest first.
    pub fn activity_after(
        &self,
        address: &Address,
        after: Height,
        page: usize,
    ) -> Result<ActivityPage, IndexError> {
        let query = "SELECT height, position FROM activity WHERE address = ?1 AND height > ?2
                     ORDER BY height, position";
        let (mut transactions, newest) = self.activity_page(query, address, after, page)?;
        transactions.reverse();
        let oldest = !self.has_activity(address, after, false)?;
        Ok(ActivityPage { transactions, newest, oldest })
    }

    /// Reads whole blocks until there are at least `page` transactions; tells whether that was all.
    fn activity_page(
        &self,
        query: &str,
        address: &Address,
        bound: Height,
        page: usize,
    ) -> Result<(Vec<TransactionLocation>, bool), IndexError> {
        self.read(|reader| {
            let mut statement = reader.prepare_cached(query)?;
            let mut rows = statement.query((address.as_slice(), sql(bound)))?;
            let mut found: Vec<TransactionLocation> = Vec::new();
            while let Some(row) = rows.next()? {
                let next = location(row)?;
                if found.len() >= page && found.last().is_none_or(|last| last.height != next.height) {
                    return Ok((found, false));
                }
                found.push(next);
            }
            Ok((found, true))
        })
    }

    /// Whether an account took part in a block at or above, or at or below, a height.
    fn has_activity(&self, address: &Address, height: Height, above: bool) -> Result<bool, IndexError> {
        let query = match above {
            true => "SELECT 1 FROM activity WHERE address = ?1 AND height >= ?2 LIMIT 1",
            false => "SELECT 1 FROM activity WHERE address = ?1 AND height <= ?2 LIMIT 1",
        };
        self.read(|reader| reader.prepare_cached(query)?.exists((address.as_slice(), sql(height))))
    }

    fn locate(&self, query: &str, params: impl Params) -> Result<Option<TransactionLocation>, IndexError> {
        self.read(|reader| reader.prepare_cached(query)?.query_row(params, location).optional())
    }
}
