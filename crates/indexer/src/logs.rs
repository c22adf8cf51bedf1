//! Finding logs by height, address and topics.

use crate::append::hash_at;
use crate::error::IndexError;
use crate::index::Index;
use crate::schema::{LOG_BITS, sql};
use alloy_primitives::{Address, B256, Bytes, FixedBytes, Log};
use althing_primitives::Height;
use rusqlite::types::Value;
use rusqlite::{Connection, Result, Row, params_from_iter};

/// Most addresses, and most topics a position, in a query.
pub const MAX_FILTER_VALUES: usize = 1_000;

/// Entries of an index that are counted at most to find the one that leads a query: as many are read in about a
/// millisecond.
const COUNTED: usize = 20_000;

/// Blocks of the first piece of a query whose matches SQLite has to sort, and how much longer the next one is when less
/// was found than this part of the most.
const FIRST_PIECE: u64 = 16;
const PIECE_GROWTH: u64 = 4;
const LITTLE: usize = 8;

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
        let mut logs = self.read(|reader| {
            let mut logs = select(reader, query, to, limits.max_results.saturating_add(1))?;
            let mut known = None;
            for log in &mut logs {
                if known.is_none_or(|(height, _)| height != log.height) {
                    known = Some((log.height, hash_at(reader, log.height)?.unwrap_or_default()));
                }
                log.block_hash = known.map(|(_, hash)| hash).unwrap_or_default();
            }
            Ok(logs)
        })?;
        if logs.len() > limits.max_results {
            let cut = logs.pop().map(|log| log.height);
            let complete_to = cut.and_then(|height| height.checked_sub(1)).filter(|h| *h >= query.from);
            return Err(IndexError::TooManyResults { limit: limits.max_results, complete_to });
        }
        Ok(logs)
    }
}

/// A column, and what it may hold.
struct Filter {
    column: &'static str,
    values: Vec<Value>,
}

impl Filter {
    fn new<const N: usize>(column: &'static str, values: &[FixedBytes<N>]) -> Self {
        Self { column, values: values.iter().map(|value| Value::Blob(value.to_vec())).collect() }
    }

    /// The condition in SQL.
    fn text(&self) -> String {
        format!(" AND {} IN ({})", self.column, vec!["?"; self.values.len()].join(","))
    }

    /// How many logs of a range match, counted up to a limit in the column's index alone.
    fn count(&self, reader: &Connection, range: [Value; 2], limit: usize) -> Result<usize> {
        let (column, condition) = (self.column, self.text());
        let text = format!(
            "SELECT count(*) FROM (SELECT 1 FROM logs INDEXED BY logs_{column} WHERE id >= ? AND id < ?{condition} LIMIT ?)"
        );
        let values = range.iter().chain(&self.values).cloned().chain([Value::Integer(sql(limit as u64))]);
        reader.query_row(&text, params_from_iter(values), |row| row.get::<_, i64>(0)).map(|n| n as usize)
    }
}

/// What a query names. First what matches least as a rule: later topics name accounts and ids, a contract matches less
/// than a kind of event.
fn filters(query: &LogQuery) -> Vec<Filter> {
    let addresses: Vec<_> = query.addresses.iter().map(|address| address.0).collect();
    let mut filters = vec![
        Filter::new("topic3", &query.topics[3]),
        Filter::new("topic2", &query.topics[2]),
        Filter::new("topic1", &query.topics[1]),
        Filter::new("address", &addresses),
        Filter::new("topic0", &query.topics[0]),
    ];
    filters.retain(|filter| !filter.values.is_empty());
    filters
}

/// Ids of the logs of some blocks, the last one included.
fn range(from: Height, to: Height) -> [Value; 2] {
    [from, to + 1].map(|height| Value::Integer(sql(height) << LOG_BITS))
}

/// The filter whose index leads: the one that matches least, for some accounts take part in everything. Without any the
/// range itself leads.
fn leading<'a>(reader: &Connection, filters: &'a [Filter], range: &[Value; 2]) -> Result<Option<&'a Filter>> {
    let (mut leading, mut fewest) = (filters.first(), COUNTED);
    for filter in filters.iter().filter(|_| filters.len() > 1) {
        let count = filter.count(reader, range.clone(), fewest)?;
        if count < fewest {
            (leading, fewest) = (Some(filter), count);
        }
    }
    Ok(leading)
}

/// The first logs that match, without their blocks' hashes.
fn select(reader: &Connection, query: &LogQuery, to: Height, most: usize) -> Result<Vec<IndexedLog>> {
    let filters = filters(query);
    let leading = leading(reader, &filters, &range(query.from, to))?;
    let index = leading.map(|filter| format!(" INDEXED BY logs_{}", filter.column)).unwrap_or_default();
    let conditions: String = filters.iter().map(Filter::text).collect();
    let mut statement = reader.prepare(&format!(
        "SELECT id, position, transaction_hash, address, topic0, topic1, topic2, topic3, data FROM logs{index}
         WHERE id >= ? AND id < ?{conditions} ORDER BY id LIMIT ?"
    ))?;
    // An index has the matches of one value in their order. Those of several are sorted, all of a piece before the first
    // is given: so pieces are short while much is found.
    let is_sorted = leading.is_some_and(|filter| filter.values.len() > 1);
    let mut blocks = if is_sorted { FIRST_PIECE } else { u64::MAX };
    let (mut logs, mut from) = (Vec::new(), query.from);
    while from <= to && logs.len() < most {
        let last = to.min(from.saturating_add(blocks - 1));
        let left = most - logs.len();
        let values = filters.iter().flat_map(|filter| filter.values.clone());
        let values = range(from, last).into_iter().chain(values).chain([Value::Integer(sql(left as u64))]);
        let found = statement.query_map(params_from_iter(values), log)?.collect::<Result<Vec<_>>>()?;
        if found.len() < most / LITTLE {
            blocks = blocks.saturating_mul(PIECE_GROWTH);
        }
        logs.extend(found);
        from = last + 1;
    }
    Ok(logs)
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
