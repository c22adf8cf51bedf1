//! Reading state at one point of the chain.

use crate::{
    code::{Record, join, record_count, record_key},
    databases::{Batches, Databases, Readers, db_key, decode_account},
};
use althing_primitives::{AccountRecord, Address, B256, StateDatabase, StateKey, StateValue, U256};
use commonware_cryptography::sha256::Digest;
use commonware_runtime::Spawner;
use commonware_storage::Context;
use futures::FutureExt as _;
use std::{
    collections::{BTreeMap, BTreeSet},
    future::Future,
    sync::Arc,
};
use thiserror::Error;
use tokio::task::unconstrained;

/// Why state could not be read.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum StateError {
    /// The node has dropped the state of that height.
    #[error(
        "state of block {height} is not kept any more; the oldest kept is {oldest} (an archive node keeps all)"
    )]
    Pruned {
        /// Asked for.
        height: u64,
        /// Oldest height that can be asked for.
        oldest: u64,
    },
    /// The height is above the last finalized block.
    #[error("block {height} is not finalized yet; the last is {latest}")]
    Future {
        /// Asked for.
        height: u64,
        /// Last finalized height.
        latest: u64,
    },
    /// The operations that a synchronizing node asks for are not there: never were, or are pruned.
    #[error(
        "operations {start} and on of the {database} at size {size} cannot be given ({reason}); begin with a newer block"
    )]
    Operations {
        /// Which database.
        database: StateDatabase,
        /// Size asked for.
        size: u64,
        /// First operation asked for.
        start: u64,
        /// What the database says.
        reason: String,
    },
    /// The database failed: the node must not go on with it.
    #[error("state database failed: {0}")]
    Database(String),
}

/// Values of keys, in the order of the question.
pub type Values = Result<Vec<Option<StateValue>>, StateError>;

/// Answers without waiting, or not at all; see [`StateView::at_hand`].
pub type AtHand = Box<dyn Fn(&[StateKey]) -> Option<Values>>;

/// The world state after one block.
pub trait StateView: Send + Sync {
    /// Reads many keys; the answer has one entry a key, in the same order. A missing key is `None`.
    fn get_many(&self, keys: &[StateKey]) -> impl Future<Output = Values> + Send;

    /// The same state for those who cannot wait, if this view has such a way: it answers what needs no disk.
    fn at_hand(&self) -> Option<AtHand> {
        None
    }
}

/// Asks a view once, and takes no answer but an immediate one.
pub fn at_hand_of(view: impl StateView + 'static) -> AtHand {
    // The locks of the databases count a task's turns, and would make it pause after some; here nothing can pause.
    Box::new(move |keys| unconstrained(view.get_many(keys)).now_or_never())
}

/// Reads accounts; one that was never touched is empty.
pub async fn accounts(
    view: &impl StateView,
    addresses: &BTreeSet<Address>,
) -> Result<BTreeMap<Address, AccountRecord>, StateError> {
    let keys: Vec<_> = addresses.iter().copied().map(StateKey::Account).collect();
    let values = view.get_many(&keys).await?;
    let record = |value| match value {
        Some(StateValue::Account(account)) => account,
        _ => AccountRecord::default(),
    };
    Ok(addresses.iter().copied().zip(values.into_iter().map(record)).collect())
}

/// Reads one account; one that was never touched is empty.
pub async fn account(view: &impl StateView, address: Address) -> Result<AccountRecord, StateError> {
    let accounts = accounts(view, &BTreeSet::from([address])).await?;
    Ok(accounts.get(&address).copied().unwrap_or_default())
}

impl<V: StateView> StateView for &V {
    fn get_many(&self, keys: &[StateKey]) -> impl Future<Output = Values> + Send {
        (**self).get_many(keys)
    }

    fn at_hand(&self) -> Option<AtHand> {
        (**self).at_hand()
    }
}

/// Keys of a request, sorted by the database that holds them, with their places in the answer.
#[derive(Default)]
struct Request {
    accounts: Vec<(usize, Digest)>,
    slots: Vec<(usize, Digest)>,
    codes: Vec<(usize, Digest)>,
}

impl Request {
    fn new(keys: &[StateKey]) -> Self {
        let mut request = Self::default();
        for (place, key) in keys.iter().enumerate() {
            let list = match key {
                StateKey::Account(_) => &mut request.accounts,
                StateKey::Slot(..) => &mut request.slots,
                StateKey::Code(_) => &mut request.codes,
            };
            list.push((place, db_key(key)));
        }
        request
    }
}

/// Reads each part of a request with `get_many` of its database (or batch) and puts the answers in place.
macro_rules! read_parts {
    ($keys:expr, $accounts:expr, $slots:expr, $codes:expr) => {{
        let request = Request::new($keys);
        let mut answer = vec![None; $keys.len()];
        read_parts!(@part answer, request.accounts, $accounts, |v| StateValue::Account(decode_account(&v)));
        read_parts!(@part answer, request.slots, $slots, |v| StateValue::Slot(U256::from_be_slice(&v)));
        read_parts!(@codes answer, request.codes, $codes);
        Ok(answer)
    }};
    (@codes $answer:ident, $list:expr, $source:expr) => {
        for (place, first) in &$list {
            let failed = |e: &dyn std::fmt::Display| StateError::Database(e.to_string());
            let first_record = $source.get_many(&[first]).await.map_err(|e| failed(&e))?;
            let Some(Some(first_record)) = first_record.into_iter().next() else { continue };
            let keys: Vec<Digest> = (1..record_count(&first_record))
                .map(|number| record_key(B256::from(first.0), number))
                .collect();
            let rest = $source.get_many(&keys.iter().collect::<Vec<_>>()).await.map_err(|e| failed(&e))?;
            let records: Vec<Record> = std::iter::once(Some(first_record)).chain(rest).flatten().collect();
            let code = join(&records).ok_or_else(|| failed(&"records of a contract's code are missing"))?;
            $answer[*place] = Some(StateValue::Code(code));
        }
    };
    (@part $answer:ident, $list:expr, $source:expr, $decode:expr) => {
        if !$list.is_empty() {
            let keys: Vec<&Digest> = $list.iter().map(|(_, key)| key).collect();
            let values =
                $source.get_many(&keys).await.map_err(|e| StateError::Database(e.to_string()))?;
            for ((place, _), value) in $list.iter().zip(values) {
                $answer[*place] = value.map($decode);
            }
        }
    };
}

/// State as speculative batches see it: the parent block's state.
pub struct BatchView<E: Context + Spawner>(Arc<Batches<E>>);

impl<E: Context + Spawner> BatchView<E> {
    /// The state that batches are made on.
    pub fn new(batches: Batches<E>) -> Self {
        Self(Arc::new(batches))
    }

    /// Gives the batches back, to write into. Only when nobody reads any more.
    pub fn into_batches(self) -> Batches<E> {
        Arc::into_inner(self.0).expect("whoever read the batches is done")
    }
}

impl<E: Context + Spawner> Clone for BatchView<E> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<E: Context + Spawner> StateView for BatchView<E> {
    async fn get_many(&self, keys: &[StateKey]) -> Values {
        let (accounts, slots, codes) = &*self.0;
        read_parts!(keys, accounts, slots, codes)
    }

    fn at_hand(&self) -> Option<AtHand> {
        Some(at_hand_of(self.clone()))
    }
}

/// State as the databases hold it: that of the last applied block, which may advance between two reads.
pub struct DatabaseView<E: Context + Spawner>(pub Databases<E>);

impl<E: Context + Spawner> Clone for DatabaseView<E> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<E: Context + Spawner> StateView for DatabaseView<E> {
    async fn get_many(&self, keys: &[StateKey]) -> Values {
        let (accounts, slots, codes) = &self.0;
        read_parts!(keys, accounts.read().await, slots.read().await, codes.read().await)
    }

    fn at_hand(&self) -> Option<AtHand> {
        Some(at_hand_of(self.clone()))
    }
}

/// State as a read-only handle to the databases gives it: that of the last applied block.
pub struct ReadersView<'a, E: Context + Spawner>(pub &'a Readers<E>);

impl<E: Context + Spawner> StateView for ReadersView<'_, E> {
    async fn get_many(&self, keys: &[StateKey]) -> Values {
        let (accounts, slots, codes) = self.0;
        read_parts!(keys, accounts.read().await, slots.read().await, codes.read().await)
    }
}

impl<E: Context + Spawner> std::fmt::Debug for ReadersView<'_, E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReadersView").finish_non_exhaustive()
    }
}

impl<E: Context + Spawner> std::fmt::Debug for BatchView<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BatchView").finish_non_exhaustive()
    }
}

impl<E: Context + Spawner> std::fmt::Debug for DatabaseView<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DatabaseView").finish_non_exhaustive()
    }
}
