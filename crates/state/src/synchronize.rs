//! Filling empty databases with the state of one block, from the operations of a node that need not be trusted.
//!
//! Each answer is proven against the block's commitment before it is kept, and the databases' roots are compared at
//! the end. What an interrupted run left is continued. Nothing here says that a state is whole: the caller notes
//! that, durably, after [`synchronize`] has returned.

use crate::{
    AccountsDb, CodesDb, DatabaseConfig, SlotsDb, databases::sync_targets, operations::MAX_OPERATIONS,
};
use althing_primitives::{B256, Bytes, OperationsRequest, StateCommitment, StateDatabase};
use commonware_codec::{Codec, Copying, Decode as _};
use commonware_cryptography::sha256::Digest;
use commonware_runtime::Spawner;
use commonware_storage::{
    Context, mmr,
    qmdb::sync::{
        self, Database, EngineError, Error as LibraryError, Feedback, Request, Response, Source, Target,
        engine::Config,
    },
};
use commonware_utils::{NZU64, NZUsize};
use futures::future::BoxFuture;
use std::{
    marker::PhantomData,
    num::{NonZeroU64, NonZeroUsize},
    sync::Arc,
};
use thiserror::Error;

/// Requests that wait for an answer at a time.
const OUTSTANDING: NonZeroUsize = NZUsize!(4);

/// Operations hashed into a database at a time, when all are there.
const APPLIED_AT_A_TIME: NonZeroU64 = NZU64!(4_096);

/// Asks another node for operations.
pub type Fetch =
    Arc<dyn Fn(OperationsRequest) -> BoxFuture<'static, Result<Bytes, FetchError>> + Send + Sync>;

/// Why there is no answer.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum FetchError {
    /// The other node refused, or is away.
    #[error("{0}")]
    Unanswered(String),
    /// It answered something else than operations.
    #[error("its answer does not decode: {0}")]
    Malformed(String),
}

/// Why a state was not synchronized.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum SyncError {
    /// The other node gave no answer: it is away, or has pruned what is asked for. Another, or a newer block, may do.
    #[error("no answer about the {database}: {reason}")]
    Unanswered {
        /// Which database.
        database: StateDatabase,
        /// What the other node said.
        reason: String,
    },
    /// The other node lies, or is broken.
    #[error("what it gave as the {database} is not what the certified block commits to: {reason}")]
    Forged {
        /// Which database.
        database: StateDatabase,
        /// What is wrong.
        reason: String,
    },
    /// This node's databases failed, or what an interrupted run left does not fit.
    #[error("the {database} cannot be synchronized here: {reason}")]
    Local {
        /// Which database.
        database: StateDatabase,
        /// What is wrong.
        reason: String,
    },
}

/// Another node as the library sees it.
struct Remote<Op> {
    database: StateDatabase,
    fetch: Fetch,
    operation: PhantomData<fn() -> Op>,
}

type Answer<Op> = Response<mmr::Family, Op, Digest>;

impl<Op: Codec<Cfg = ()> + Send + Sync + 'static> Source for Remote<Op> {
    type Family = mmr::Family;
    type Digest = Digest;
    type Op = Op;
    type Error = FetchError;

    async fn serve(
        &self,
        request: Request<mmr::Family>,
    ) -> Result<(Answer<Op>, Option<Feedback<Answer<Op>>>), FetchError> {
        let count = match request {
            Request::Operations { max_ops, .. } => Some(max_ops),
            Request::Boundary { .. } => None,
        };
        let (size, start) = (*request.size(), *request.start());
        let asked = OperationsRequest { database: self.database, size, start, count };
        let bytes = (self.fetch)(asked).await?;
        let most = usize::try_from(request.max_ops().get()).unwrap_or(usize::MAX);
        Answer::<Op>::decode_cfg(Copying(bytes.as_ref()), &(most, ()))
            .map(|answer| (answer, None))
            .map_err(|error| FetchError::Malformed(error.to_string()))
    }
}

/// Brings the databases to the state that a final block commits to; durable on return.
pub async fn synchronize<E: Context + Spawner>(
    context: E,
    config: DatabaseConfig<E>,
    commitment: &StateCommitment,
    fetch: Fetch,
) -> Result<(), SyncError> {
    let targets = sync_targets::<E>(commitment);
    let database = StateDatabase::Accounts;
    let accounts: AccountsDb<E> =
        fill(context.child("accounts"), config.0, targets.0, database, fetch.clone()).await?;
    check_root(database, accounts.root(), commitment.accounts.root)?;
    drop(accounts);
    let database = StateDatabase::Slots;
    let slots: SlotsDb<E> =
        fill(context.child("slots"), config.1, targets.1, database, fetch.clone()).await?;
    check_root(database, slots.root(), commitment.slots.root)?;
    drop(slots);
    let database = StateDatabase::Codes;
    let codes: CodesDb<E> = fill(context.child("codes"), config.2, targets.2, database, fetch).await?;
    check_root(database, codes.root(), commitment.codes.root)
}

async fn fill<DB>(
    context: DB::Context,
    config: DB::Config,
    target: Target<mmr::Family, Digest>,
    database: StateDatabase,
    fetch: Fetch,
) -> Result<DB, SyncError>
where
    DB: Database<Family = mmr::Family, Digest = Digest>,
    DB::Op: Codec<Cfg = ()> + 'static,
{
    let source = Remote::<DB::Op> { database, fetch, operation: PhantomData };
    let config = Config {
        context,
        source,
        target,
        max_outstanding_requests: OUTSTANDING,
        fetch_batch_size: MAX_OPERATIONS,
        apply_batch_size: APPLIED_AT_A_TIME,
        db_config: config,
        update_rx: None,
        finish_rx: None,
        reached_target_tx: None,
    };
    sync::sync(config).await.map_err(|error| match error {
        LibraryError::Source(FetchError::Unanswered(reason)) => SyncError::Unanswered { database, reason },
        LibraryError::Source(error @ FetchError::Malformed(_)) => {
            SyncError::Forged { database, reason: error.to_string() }
        }
        LibraryError::Engine(EngineError::InvalidResponse) => {
            SyncError::Forged { database, reason: "the proof of its operations does not hold".into() }
        }
        LibraryError::Engine(error) => SyncError::Local { database, reason: error.to_string() },
        LibraryError::Database(error) => SyncError::Local { database, reason: error.to_string() },
    })
}

/// The library compares the roots of the logs; the roots that prove values to be current follow from those.
fn check_root(database: StateDatabase, found: Digest, expected: B256) -> Result<(), SyncError> {
    if found.0 == expected.0 {
        return Ok(());
    }
    let reason = format!("its root is {}, but the block says {expected}", B256::from(found.0));
    Err(SyncError::Local { database, reason })
}
