//! Finding logs by height, address and topics.

use crate::append::hash_at;
use crate::error::IndexError;
use crate::index::Index;
use crate::lookups::{LogColumn, View};
use crate::schema::{LOG_BITS, sql};
use alloy_primitives::{Address, B256, Bytes, FixedBytes, Log};
use althing_primitives::Height;
use itertools::Itertools as _;
use rusqlite::{Connection, Result, Row};
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

/// Most addresses, and most topics a position, in a query.
pub const MAX_FILTER_VALUES: usize = 1_000;

/// Entries of each filter that are counted at most to find the one that leads a query, and how many at a time. A thousand
/// are counted in the time in which a hundred logs are read.
const COUNTED: usize = 50_000;
const COUNTED_AT_ONCE: usize = 64;

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
        let filters = filters(query);
        let Some(leading) = leading(&view, &filters, &heights)? else {
            return self.read(|reader| all(reader, &heights, most));
        };
        let mut matching = leading.ids(&view, &heights);
        let mut logs = Vec::new();
        self.read_both(|reader| {
            let text = format!("SELECT {COLUMNS} FROM logs WHERE id = ?");
            let mut row = reader.prepare_cached(&text).map_err(|e| self.sql_error(e))?;
            for id in matching.by_ref().take(READ) {
                let log = row.query_row([id?], log).map_err(|e| self.sql_error(e))?;
                if filters.iter().all(|filter| filter.allows(&log.log)) {
                    logs.push(log);
                }
                if logs.len() == most {
                    return Ok(logs);
                }
            }
            match matching.next() {
                None => Ok(logs),
                Some(_) => Err(IndexError::TooManyCandidates(READ)),
            }
        })
    }
}

/// A column, and what it may hold: each value once.
struct Filter<'a> {
    column: LogColumn,
    values: BTreeSet<&'a [u8]>,
}

impl<'a> Filter<'a> {
    fn new<const N: usize>(column: LogColumn, values: &'a [FixedBytes<N>]) -> Self {
        Self { column, values: values.iter().map(|value| value.as_slice()).collect() }
    }

    fn allows(&self, log: &Log) -> bool {
        let value = match self.column {
            LogColumn::Address => Some(log.address.as_slice()),
            LogColumn::Topic(position) => {
                log.topics().get(usize::from(position)).map(|topic| topic.as_slice())
            }
        };
        value.is_some_and(|value| self.values.contains(value))
    }

    /// Ids of the logs of a range that match, in order.
    fn ids(&self, view: &View<'_>, heights: &RangeInclusive<Height>) -> impl Iterator<Item = Found> {
        let of_each = self.values.iter().map(|value| view.logs(self.column, value, heights.clone()));
        // An error comes first: it ends the query.
        of_each.kmerge_by(|a, b| match (a, b) {
            (Ok(a), Ok(b)) => a < b,
            (first, _) => first.is_err(),
        })
    }
}

type Found = std::result::Result<i64, IndexError>;

/// What a query names. First what matches least as a rule: later topics name accounts and ids, a contract matches less
/// than a kind of event.
fn filters(query: &LogQuery) -> Vec<Filter<'_>> {
    let topic = |position: u8| Filter::new(LogColumn::Topic(position), &query.topics[usize::from(position)]);
    let addresses = query.addresses.iter().map(|address| address.as_slice()).collect();
    let contract = Filter { column: LogColumn::Address, values: addresses };
    let mut filters = vec![topic(3), topic(2), topic(1), contract, topic(0)];
    filters.retain(|filter| !filter.values.is_empty());
    filters
}

/// The filter whose logs are read: the one that matches least, for some accounts take part in everything. All are counted
/// in turns until the first has no more.
fn leading<'a, 'b>(
    view: &View<'_>,
    filters: &'b [Filter<'a>],
    heights: &RangeInclusive<Height>,
) -> std::result::Result<Option<&'b Filter<'a>>, IndexError> {
    let mut counts: Vec<_> = match filters {
        [] | [_] => return Ok(filters.first()),
        _ => filters.iter().map(|filter| (filter, filter.ids(view, heights))).collect(),
    };
    for _ in 0..COUNTED / COUNTED_AT_ONCE {
        for (filter, ids) in &mut counts {
            let counted = ids.take(COUNTED_AT_ONCE).process_results(|ids| ids.count())?;
            if counted < COUNTED_AT_ONCE {
                return Ok(Some(filter));
            }
        }
    }
    Ok(filters.first())
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
