//! The node's transaction pool: admission with the senders' accounts, the journal of local transactions.
//!
//! Whatever comes in at the same time is admitted together: one question to the state, one turn at the pool, one sync of
//! the journal.

use crate::{
    archive::Archive,
    tx_journal::{Entry, JournalWriter},
};
use althing_engine::State;
use althing_primitives::{AccountRecord, Address, B256, Bytes, Recovered, Transaction};
use althing_state::{StateError, accounts};
use althing_txpool::{Journal, Origin, Pool, PoolError, SenderCache, decode};
use parking_lot::Mutex;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, SystemTime},
};
use thiserror::Error;
use tokio::sync::{Notify, mpsc, oneshot};

/// Reads of accounts before a head that keeps moving is accepted.
const ACCOUNT_READS: usize = 3;

/// Clients' transactions that wait for admission; beyond, a client waits to hand over.
const SUBMISSIONS: usize = 16_384;

/// Most of them that are admitted together.
const SUBMISSIONS_A_TURN: usize = 1_024;

/// Longest time for which a client waits for admission and the disk. A healthy one answers within a few milliseconds.
const PATIENCE: Duration = Duration::from_secs(2);

/// Why a transaction was not admitted.
#[derive(Clone, Debug, Error)]
pub(crate) enum AdmitError {
    /// The pool refused it.
    #[error(transparent)]
    Pool(#[from] PoolError),
    /// The sender's account could not be read.
    #[error(transparent)]
    State(#[from] StateError),
    /// It waits with too many others.
    #[error("the node is busy: the transaction was not taken within {} s; send it again", PATIENCE.as_secs())]
    Busy,
}

/// Milliseconds of Unix time.
pub(crate) fn now_ms() -> u64 {
    althing_chain::unix_ms(SystemTime::now())
}

/// A client's transaction, and the client.
struct Submission {
    transaction: Recovered<Transaction>,
    client: oneshot::Sender<Result<bool, AdmitError>>,
}

/// Admits transactions from clients and peers.
#[derive(Clone)]
pub(crate) struct TxPool {
    pub(crate) pool: Arc<Mutex<Pool>>,
    /// Rings when the pool has something to announce.
    pub(crate) fresh: Arc<Notify>,
    admission: Admission,
    submissions: mpsc::Sender<Submission>,
}

impl TxPool {
    /// Starts admission on the present runtime.
    pub(crate) fn start(
        chain: Arc<althing_chain::Chain>,
        archive: Arc<Archive>,
        state: State,
        journal: Journal,
    ) -> Self {
        let pool = chain.pool.clone();
        let local = pool.clone();
        let local = move || local.lock().local().iter().map(|pooled| pooled.raw()).collect();
        let journal = JournalWriter::start(journal, local);
        let fresh = Arc::<Notify>::default();
        let admission = Admission { chain, archive, state, fresh: fresh.clone() };
        let (submissions, submitted) = mpsc::channel(SUBMISSIONS);
        tokio::spawn(admission.clone().serve(submitted, journal));
        Self { pool, fresh, admission, submissions }
    }

    /// Admits encoded transactions of somebody who waits for no answer; gives how many it admitted.
    pub(crate) async fn admit(&self, raw: Vec<Bytes>, origin: Origin) -> Result<usize, StateError> {
        let chain = self.admission.chain.clone();
        let recovering =
            tokio::task::spawn_blocking(move || recover_unknown(&chain.pool, &chain.senders, &raw));
        let transactions = recovering.await.map_err(|error| StateError::Database(error.to_string()))?;
        let results = self.admission.insert(transactions, origin).await?;
        for error in results.iter().filter_map(|result| result.as_ref().err()) {
            tracing::trace!(?origin, %error, "transaction not admitted");
        }
        Ok(results.iter().filter(|result| result.is_ok()).count())
    }

    /// Admits a client's transaction. When this returns, it survives a restart; if the disk does not take it, a log line
    /// says so.
    pub(crate) async fn submit(&self, transaction: Transaction) -> Result<B256, AdmitError> {
        let hash = *transaction.tx_hash();
        self.pool.lock().precheck(&transaction)?;
        let senders = self.admission.chain.senders.learn(std::slice::from_ref(&transaction));
        let [Some(sender)] = senders[..] else { return Err(PoolError::InvalidSender.into()) };
        let transaction = Recovered::new_unchecked(transaction, sender);
        let (client, answer) = oneshot::channel();
        let wait = async {
            self.submissions.send(Submission { transaction, client }).await.ok()?;
            answer.await.ok()
        };
        let is_on_disk = match tokio::time::timeout(PATIENCE, wait).await {
            Ok(Some(result)) => result?,
            _ if self.pool.lock().contains(&hash) => false,
            _ => return Err(AdmitError::Busy),
        };
        if !is_on_disk {
            tracing::warn!(%hash, "the disk is behind or full; this local transaction may not survive a restart");
        }
        Ok(hash)
    }
}

/// What decides about transactions.
#[derive(Clone)]
struct Admission {
    chain: Arc<althing_chain::Chain>,
    archive: Arc<Archive>,
    state: State,
    fresh: Arc<Notify>,
}

impl Admission {
    /// Admits clients' transactions until nobody can submit any more.
    async fn serve(self, mut submitted: mpsc::Receiver<Submission>, journal: JournalWriter) {
        let mut turn = Vec::with_capacity(SUBMISSIONS_A_TURN);
        while submitted.recv_many(&mut turn, SUBMISSIONS_A_TURN).await > 0 {
            let parts = turn.drain(..).map(|Submission { transaction, client }| {
                let entry = Entry { raw: encode(&transaction), client };
                (transaction, entry)
            });
            let (transactions, entries): (Vec<_>, Vec<_>) = parts.unzip();
            match self.insert(transactions, Origin::Local).await {
                Ok(results) => {
                    let keep = |(entry, result): (Entry, Result<(), PoolError>)| match result {
                        Ok(()) => Some(entry),
                        Err(error) => {
                            entry.answer(Err(error.into()));
                            None
                        }
                    };
                    journal.write(entries.into_iter().zip(results).filter_map(keep).collect());
                }
                Err(error) => entries.into_iter().for_each(|entry| entry.answer(Err(error.clone().into()))),
            }
        }
    }

    /// Admits transactions with their accounts as of one block; the results stand in their order.
    async fn insert(
        &self,
        transactions: Vec<Recovered<Transaction>>,
        origin: Origin,
    ) -> Result<Vec<Result<(), PoolError>>, StateError> {
        let accounts = self.accounts(transactions.iter().map(|tx| tx.signer()).collect()).await?;
        let mut pool = self.chain.pool.lock();
        let now = now_ms();
        let add = |tx: Recovered<Transaction>| {
            let account = accounts.get(&tx.signer()).copied().unwrap_or_default();
            pool.add(tx, &account, origin, now).map(drop)
        };
        let results: Vec<_> = transactions.into_iter().map(add).collect();
        drop(pool);
        self.fresh.notify_one();
        Ok(results)
    }

    /// The accounts at the head: read again while the head moves, so that they are of one block.
    async fn accounts(
        &self,
        addresses: BTreeSet<Address>,
    ) -> Result<BTreeMap<Address, AccountRecord>, StateError> {
        let mut records = BTreeMap::new();
        for _ in 0..ACCOUNT_READS {
            let before = self.archive.archived();
            records = accounts(&self.state, &addresses).await?;
            if self.archive.archived() == before {
                break;
            }
        }
        Ok(records)
    }
}

/// Decodes transactions and finds the signers of those that the pool may take; leaves out what is malformed.
fn recover_unknown(pool: &Mutex<Pool>, senders: &SenderCache, raw: &[Bytes]) -> Vec<Recovered<Transaction>> {
    let mut transactions: Vec<_> = raw.iter().filter_map(|raw| decode(raw).ok()).collect();
    // Their hashes, before the pool is locked.
    for transaction in &transactions {
        transaction.tx_hash();
    }
    {
        let pool = pool.lock();
        transactions.retain(|tx| pool.precheck(tx).is_ok());
    }
    let senders = senders.learn(&transactions);
    let signed = transactions.into_iter().zip(senders);
    signed.filter_map(|(tx, sender)| Some(Recovered::new_unchecked(tx, sender?))).collect()
}

pub(crate) fn encode(transaction: &Transaction) -> Bytes {
    use alloy_eips::eip2718::Encodable2718 as _;
    transaction.encoded_2718().into()
}
