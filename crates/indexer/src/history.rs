//! State as it was: for every change of a block, what was there before it.
//!
//! The value of a key after block h is the `before` of its first change above h, or today's value when there
//! is none.

use crate::append::latest;
use crate::encoding::decode_value;
use crate::error::IndexError;
use crate::index::{Index, IndexConfig};
use crate::lookups::HistoryKey;
use crate::schema::{meta, set_meta, sql};
use althing_primitives::{Height, StateKey, StateValue};
use rusqlite::{Connection, Result};

/// Blocks whose old state is dropped with each new block at most: more than one, so that a shortened window
/// is reached in time.
const PRUNED_PER_APPEND: u64 = 4;

/// Name of the oldest height whose state can be told, among the index's own numbers.
const OLDEST: &str = "history_oldest";

/// What a key held after a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HistoryAnswer {
    /// It has changed since; this is what it held (`None`: it was not there).
    Before(Option<StateValue>),
    /// It has not changed up to [`HistoryBatch::through`]: read the current state.
    Unchanged,
    /// The node has dropped what it would need to tell.
    Pruned {
        /// Oldest height that can be asked for.
        oldest: Height,
    },
}

/// Answers for many keys at one height, from one snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryBatch {
    /// Latest height of the index at that moment. An `Unchanged` key may be read from a current state of at
    /// most this height; if the state is newer, ask again.
    pub through: Height,
    /// One answer a key, in order.
    pub answers: Vec<HistoryAnswer>,
}

impl Index {
    /// What a key held after block `height`.
    pub fn value_at(&self, key: StateKey, height: Height) -> Result<HistoryAnswer, IndexError> {
        let mut batch = self.values_at(&[key], height)?;
        Ok(batch.answers.pop().expect("one answer a key"))
    }

    /// What keys held after block `height`.
    pub fn values_at(&self, keys: &[StateKey], height: Height) -> Result<HistoryBatch, IndexError> {
        let (latest, oldest) = self.read(|reader| Ok((latest(reader)?, oldest(reader)?)))?;
        let batch = |answers| Ok(HistoryBatch { through: latest.unwrap_or(0), answers });
        let pruned = |oldest| vec![HistoryAnswer::Pruned { oldest }; keys.len()];
        if let Some(oldest) = oldest.filter(|oldest| height < *oldest) {
            return batch(pruned(oldest));
        }
        let view = self.lookups.view(latest);
        let answer = |key| self.answer(view.value_before(&HistoryKey::new(key), height)?);
        let answers = keys.iter().map(answer).collect::<std::result::Result<_, _>>()?;
        // The window may have moved on meanwhile, and taken some of them along.
        match view.oldest_history() {
            oldest if height < oldest => batch(pruned(oldest)),
            _ => batch(answers),
        }
    }

    /// What a stored old value says.
    fn answer(&self, before: Option<Vec<u8>>) -> std::result::Result<HistoryAnswer, IndexError> {
        Ok(match before {
            None => HistoryAnswer::Unchanged,
            Some(absent) if absent.is_empty() => HistoryAnswer::Before(None),
            Some(bytes) => {
                let value = decode_value(&bytes).map_err(|damage| self.corrupt(damage))?;
                HistoryAnswer::Before(Some(value))
            }
        })
    }

    /// Oldest height whose state can be told; none in an empty index.
    pub fn oldest_state(&self) -> std::result::Result<Option<Height>, IndexError> {
        self.read(|reader| oldest(reader))
    }
}

pub(crate) fn oldest(connection: &Connection) -> Result<Option<Height>> {
    Ok(meta(connection, OLDEST)?.map(|height| height as u64))
}

/// Keeps the window of old state: sets where it begins with the first block, prunes with the later ones.
/// Returns the heights whose changes were dropped.
pub(crate) fn after_append(
    connection: &Connection,
    config: &IndexConfig,
    height: Height,
) -> Result<Vec<Height>> {
    let Some(oldest) = oldest(connection)? else {
        set_meta(connection, OLDEST, sql(height))?;
        return Ok(Vec::new());
    };
    let wanted = if config.archive { oldest } else { height.saturating_sub(config.history_blocks) };
    let new = wanted.min(oldest + PRUNED_PER_APPEND).max(oldest);
    let pruned: Vec<Height> = (oldest + 1..=new).collect();
    for height in &pruned {
        prune(connection, sql(*height))?;
    }
    if new > oldest {
        set_meta(connection, OLDEST, sql(new))?;
    }
    Ok(pruned)
}

/// Drops the changes of one block; the look-ups leave out its old values by and by.
fn prune(connection: &Connection, height: i64) -> Result<()> {
    connection.prepare_cached("DELETE FROM changes WHERE height = ?1")?.execute([height]).map(drop)
}
