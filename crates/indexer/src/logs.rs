//! Finding logs by height, address and topics.

use crate::append::hash_at;
use crate::error::IndexError;
use crate::index::Index;
use crate::schema::{LOG_BITS, sql};
use alloy_primitives::{Address, B256, Bytes, Log};
use althing_primitives::Height;
use rusqlite::types::Value;
use rusqlite::{Row, params_from_iter};

/// Most addresses, and most topics a position, in a query.
pub const MAX_FILTER_VALUES: usize = 1_000;

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
    pub fn logs(&self, query: &LogQuery, limits: LogLimits) -> Result<Vec<IndexedLog>, IndexError> {
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
        let (text, values) = build(query, to, limits.max_results);
        let mut logs = self.read(|reader| {
            let mut statement = reader.prepare(&text)?;
            let rows = statement.query_map(params_from_iter(values), log)?;
            let mut logs = rows.collect::<rusqlite::Result<Vec<IndexedLog>>>()?;
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

/// The SQL of a query and its values. Which index leads is fixed here: later topics name accounts and ids and
/// so match least, a contract matches less than a kind of event, and without any the range itself leads.
fn build(query: &LogQuery, to: Height, max_results: usize) -> (String, Vec<Value>) {
    let mut filters: Vec<(String, Vec<Vec<u8>>)> = Vec::new();
    for position in [3, 2, 1] {
        let values = query.topics[position].iter().map(|topic| topic.to_vec()).collect();
        filters.push((format!("topic{position}"), values));
    }
    filters.push(("address".into(), query.addresses.iter().map(|address| address.to_vec()).collect()));
    filters.push(("topic0".into(), query.topics[0].iter().map(|topic| topic.to_vec()).collect()));
    filters.retain(|(_, values)| !values.is_empty());

    let mut text =
        "SELECT id, position, transaction_hash, address, topic0, topic1, topic2, topic3, data FROM logs"
            .to_string();
    if let Some((leading, _)) = filters.first() {
        text += &format!(" INDEXED BY logs_{leading}");
    }
    text += " WHERE id >= ? AND id < ?";
    let bound = |height: Height| Value::Integer(sql(height) << LOG_BITS);
    let mut values = vec![bound(query.from), bound(to + 1)];
    for (column, alternatives) in filters {
        let marks = vec!["?"; alternatives.len()].join(",");
        text += &format!(" AND {column} IN ({marks})");
        values.extend(alternatives.into_iter().map(Value::Blob));
    }
    text += " ORDER BY id LIMIT ?";
    values.push(Value::Integer(sql(max_results as u64).saturating_add(1)));
    (text, values)
}

fn log(row: &Row<'_>) -> rusqlite::Result<IndexedLog> {
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
