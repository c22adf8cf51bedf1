//! State as it was: for every change of a block, what was there before it.
//!
//! The value of a key after block h is the `before` of its first change above h, or today's value when there
//! is none. Keys are stored as their kind and the first 16 bytes of their hash, which nobody can make collide.

use crate::append::latest;
use crate::encoding::{decode_changes, decode_value, encode_value};
use crate::error::IndexError;
use crate::index::{Index, IndexConfig};
use crate::schema::{meta, set_meta, sql};
use althing_primitives::{Change, Height, StateKey, StateValue};
use rusqlite::{Connection, OptionalExtension, Result, params};

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
        let (through, stored) = self.read(|reader| {
            let through = latest(reader)?.unwrap_or(0);
            let oldest = oldest(reader)?;
            if let Some(oldest) = oldest.filter(|oldest| height < *oldest) {
                return Ok((through, Err(oldest)));
            }
            let mut statement = reader.prepare_cached(
                "SELECT before FROM history WHERE key = ?1 AND height > ?2 ORDER BY height LIMIT 1",
            )?;
            let mut first_change = |key: &StateKey| {
                let params = params![short(key), sql(height)];
                statement.query_row(params, |row| row.get::<_, Option<Vec<u8>>>(0)).optional()
            };
            Ok((through, Ok(keys.iter().map(&mut first_change).collect::<Result<Vec<_>>>()?)))
        })?;
        let answer = |before: Option<Option<Vec<u8>>>| match before {
            None => Ok(HistoryAnswer::Unchanged),
            Some(None) => Ok(HistoryAnswer::Before(None)),
            Some(Some(bytes)) => decode_value(&bytes).map(|value| HistoryAnswer::Before(Some(value))),
        };
        let answers = match stored {
            Err(oldest) => vec![HistoryAnswer::Pruned { oldest }; keys.len()],
            Ok(stored) => {
                let answers: std::result::Result<_, _> = stored.into_iter().map(answer).collect();
                answers.map_err(|damage| self.corrupt(damage))?
            }
        };
        Ok(HistoryBatch { through, answers })
    }

    /// Oldest height whose state can be told; none in an empty index.
    pub fn oldest_state(&self) -> std::result::Result<Option<Height>, IndexError> {
        self.read(|reader| oldest(reader))
    }
}

fn oldest(connection: &Connection) -> Result<Option<Height>> {
    Ok(meta(connection, OLDEST)?.map(|height| height as u64))
}

/// The kind of the key is part of it: code whose bytes are an address hashes as the account does.
fn short(key: &StateKey) -> [u8; 17] {
    let mut short = [0; 17];
    short[0] = match key {
        StateKey::Account(_) => 1,
        StateKey::Slot(..) => 2,
        StateKey::Code(_) => 3,
    };
    short[1..].copy_from_slice(&key.hashed()[..16]);
    short
}

/// Writes what a block changed.
pub(crate) fn insert(connection: &Connection, height: i64, changes: &[Change]) -> Result<()> {
    let mut rows: Vec<_> =
        changes.iter().map(|change| (short(&change.key), change.before.as_ref().map(encode_value))).collect();
    // In order of the stored key, so that rows which lie together are written together.
    rows.sort_unstable();
    let mut statement = connection.prepare_cached("INSERT INTO history VALUES (?1, ?2, ?3)")?;
    for (key, before) in rows {
        statement.execute(params![key, height, before])?;
    }
    Ok(())
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

/// Drops the changes of one block.
fn prune(connection: &Connection, height: i64) -> Result<()> {
    let mut read = connection.prepare_cached("SELECT data FROM changes WHERE height = ?1")?;
    let Some(data) = read.query_row([height], |row| row.get::<_, Vec<u8>>(0)).optional()? else {
        return Ok(());
    };
    let damage = |damage: String| {
        rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Blob, damage.into())
    };
    let mut delete = connection.prepare_cached("DELETE FROM history WHERE key = ?1 AND height = ?2")?;
    for change in decode_changes(&data).map_err(damage)? {
        delete.execute(params![short(&change.key), height])?;
    }
    connection.prepare_cached("DELETE FROM changes WHERE height = ?1")?.execute([height]).map(drop)
}
