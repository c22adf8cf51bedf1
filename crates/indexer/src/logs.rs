//! Finding logs by height, address and topics.

mod filter;

use crate::append::hash_at;
use crate::error::IndexError;
use crate::index::Index;
use crate::schema::{LOG_BITS, sql};
use alloy_primitives::{Address, B256, Bytes, Log};
use althing_primitives::Height;
use filter::{Filter, candidates};
use rusqlite::{Connection, Result, Row};
use std::ops::RangeInclusive;

/// Most addresses, and most topics a position, in a query.
pub const MAX_FILTER_VALUES: usize = 1_000;

/// Logs that a query reads at most: as many as it may take a few seconds.
const READ: usize = 1_000_000;

/// Columns of a log's row, as [`log`] reads them.
const COLUMNS: &str = "id, position, transaction_hash, address, topic0, topic1, topic2, topic3, data";

/// What to look for. An empty list matches everything.
#[derive(Clone, Debug, Default)]
pub struct LogQuery {
    /// First height.
    pub from: Height,
    /// Last height, included; heights above the latest match nothing.
    pub to: Height,
    /// The log's contract is one of these.
    pub addresses: Vec<Address>,
    /// The log's topic at each position is one of these.
    pub topics: [Vec<B256>; 4],
}

/// How much a query may cost.
#[derive(Clone, Copy, Debug)]
pub struct LogLimits {
    /// Most logs.
    pub max_results: usize,
    /// Most blocks.
    pub max_range: u64,
}

/// A log with its place in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexedLog {
    /// Height of its block.
    pub height: Height,
    /// Hash of its block.
    pub block_hash: B256,
    /// Hash of its transaction.
    pub transaction_hash: B256,
    /// Position of its transaction in the block.
    pub transaction_position: usize,
    /// Its position among all logs of the block.
    pub log_index: usize,
    /// The log.
    pub log: Log,
}

impl Index {
    /// The logs that match, in the order of the chain.
    pub fn logs(
        &self,
        query: &LogQuery,
        limits: LogLimits,
    ) -> std::result::Result<Vec<IndexedLog>, IndexError> {
        if query.from > query.to {
            return Err(IndexError::InvalidRange { from: query.from, to: query.to });
        }
        let longest = query.topics.iter().map(Vec::len).chain([query.addresses.len()]).max();
        if let Some(longest) = longest.filter(|longest| *longest > MAX_FILTER_VALUES) {
            return Err(IndexError::TooManyValues(longest));
        }
        let Some(latest) = self.latest()? else { return Ok(Vec::new()) };
        let to = query.to.min(latest);
        if query.from > to {
            return Ok(Vec::new());
        }
        let blocks = to - query.from + 1;
        if blocks > limits.max_range {
            return Err(IndexError::RangeTooWide { blocks, limit: limits.max_range });
        }
        let mut logs = self.select(query, to, limits.max_results.saturating_add(1))?;
        self.read(|reader| name_blocks(reader, &mut logs))?;
        if logs.len() > limits.max_results {
            let cut = logs.pop().map(|log| log.height);
            let complete_to = cut.and_then(|height| height.checked_sub(1)).filter(|h| *h >= query.from);
            return Err(IndexError::TooManyResults { limit: limits.max_results, complete_to });
        }
        Ok(logs)
    }

    /// The first logs that match, without their blocks' hashes.
    fn select(
        &self,
        query: &LogQuery,
        to: Height,
        most: usize,
    ) -> std::result::Result<Vec<IndexedLog>, IndexError> {
        let heights = query.from..=to;
        let view = self.look_up()?;
        let filters = Filter::all_of(query);
        if filters.is_empty() {
            return self.read(|reader| all(reader, &heights, most));
        }
        let mut candidates = candidates(&view, &filters, &heights)?;
        let mut logs = Vec::new();
        self.read_both(|reader| {
            let text = format!("SELECT {COLUMNS} FROM logs WHERE id = ?");
            let mut row = reader.prepare_cached(&text).map_err(|e| self.sql_error(e))?;
            for id in candidates.by_ref().take(READ) {
                let log = row.query_row([id?], log).map_err(|e| self.sql_error(e))?;
                if filters.iter().all(|filter| filter.allows(&log.log)) {
                    logs.push(log);
                }
                if logs.len() == most {
                    return Ok(logs);
                }
            }
            match candidates.next() {
                None => Ok(logs),
                Some(_) => Err(IndexError::TooManyCandidates(READ)),
            }
        })
    }
}

/// The first logs of a range.
fn all(reader: &Connection, heights: &RangeInclusive<Height>, most: usize) -> Result<Vec<IndexedLog>> {
    let [first, end] = [*heights.start(), *heights.end() + 1].map(|height| sql(height) << LOG_BITS);
    let text = format!("SELECT {COLUMNS} FROM logs WHERE id >= ? AND id < ? ORDER BY id LIMIT ?");
    let mut statement = reader.prepare_cached(&text)?;
    statement.query_map((first, end, sql(most as u64)), log)?.collect()
}

/// Puts in the hash of each log's block.
fn name_blocks(reader: &Connection, logs: &mut [IndexedLog]) -> Result<()> {
    for of_block in logs.chunk_by_mut(|a, b| a.height == b.height) {
        let hash = hash_at(reader, of_block[0].height)?.unwrap_or_default();
        of_block.iter_mut().for_each(|log| log.block_hash = hash);
    }
    Ok(())
}

fn log(row: &Row<'_>) -> Result<IndexedLog> {
    let id: i64 = row.get(0)?;
    let mut topics = Vec::new();
    for column in 4..8 {
        topics.extend(row.get::<_, Option<[u8; 32]>>(column)?.map(B256::from));
    }
    let address = Address::from(row.get::<_, [u8; 20]>(3)?);
    Ok(IndexedLog {
        height: (id >> LOG_BITS) as u64,
        block_hash: B256::ZERO,
        transaction_hash: B256::from(row.get::<_, [u8; 32]>(2)?),
        transaction_position: row.get::<_, i64>(1)? as usize,
        log_index: (id & ((1 << LOG_BITS) - 1)) as usize,
        log: Log::new_unchecked(address, topics, Bytes::from(row.get::<_, Vec<u8>>(8)?)),
    })
}
