//! The node's transaction pool: admission with the sender's account, the journal of local transactions.

use crate::{archive::Archive, tx_journal::JournalWriter};
use althing_engine::State;
use althing_primitives::{AccountRecord, Address, B256, Bytes, Recovered, Transaction};
use althing_state::{StateError, account};
use althing_txpool::{Journal, Origin, Pool, PoolError, recover};
use parking_lot::Mutex;
use std::{sync::Arc, time::SystemTime};
use thiserror::Error;
use tokio::sync::Notify;

/// Reads of an account before a head that keeps moving is accepted.
const ACCOUNT_READS: usize = 3;

/// Why a transaction was not admitted.
#[derive(Debug, Error)]
pub(crate) enum AdmitError {
    /// The pool refused it.
    #[error(transparent)]
    Pool(#[from] PoolError),
    /// The sender's account could not be read.
    #[error(transparent)]
    State(#[from] StateError),
}

/// Milliseconds of Unix time.
pub(crate) fn now_ms() -> u64 {
    althing_chain::unix_ms(SystemTime::now())
}

/// Admits transactions from clients and peers.
#[derive(Clone)]
pub(crate) struct TxPool {
    pub(crate) pool: Arc<Mutex<Pool>>,
    chain: Arc<althing_chain::Chain>,
    archive: Arc<Archive>,
    state: State,
    journal: JournalWriter,
    /// Rings when the pool has something to announce.
    pub(crate) fresh: Arc<Notify>,
}

impl TxPool {
    pub(crate) fn new(
        chain: Arc<althing_chain::Chain>,
        archive: Arc<Archive>,
        state: State,
        journal: Journal,
    ) -> Self {
        let pool = chain.pool.clone();
        let local = pool.clone();
        let local = move || local.lock().local().iter().map(|pooled| pooled.raw()).collect();
        let journal = JournalWriter::start(journal, local);
        Self { pool, chain, archive, state, journal, fresh: Arc::default() }
    }

    /// Admits an encoded transaction of a peer.
    pub(crate) async fn admit_raw(&self, raw: &[u8]) -> Result<B256, AdmitError> {
        self.insert(recover(raw)?, Origin::Remote).await
    }

    /// Puts back a transaction that the journal holds.
    pub(crate) async fn restore(&self, raw: &[u8]) -> Result<B256, AdmitError> {
        self.insert(recover(raw)?, Origin::Local).await
    }

    /// Admits a client's transaction, whose sender is known. When this returns, it survives a restart; if the disk
    /// does not take it, a log line says so.
    pub(crate) async fn submit(&self, transaction: Recovered<Transaction>) -> Result<B256, AdmitError> {
        let raw = encode(&transaction);
        let hash = self.insert(transaction, Origin::Local).await?;
        if !self.journal.write(raw).await {
            tracing::warn!(%hash, "the disk is behind or full; this local transaction may not survive a restart");
        }
        Ok(hash)
    }

    async fn insert(&self, transaction: Recovered<Transaction>, origin: Origin) -> Result<B256, AdmitError> {
        let (hash, sender) = (*transaction.tx_hash(), transaction.signer());
        if self.pool.lock().contains(&hash) {
            return Err(PoolError::AlreadyKnown.into());
        }
        let account = self.account(sender).await?;
        self.pool.lock().add(transaction, &account, origin, now_ms())?;
        self.chain.senders.insert(hash, sender);
        self.fresh.notify_one();
        Ok(hash)
    }

    /// The sender's account at the head: read again while the head moves, so that it is of one block.
    async fn account(&self, sender: Address) -> Result<AccountRecord, StateError> {
        let mut record = AccountRecord::default();
        for _ in 0..ACCOUNT_READS {
            let before = self.archive.archived();
            record = account(&self.state, sender).await?;
            if self.archive.archived() == before {
                break;
            }
        }
        Ok(record)
    }
}

pub(crate) fn encode(transaction: &Transaction) -> Bytes {
    use alloy_eips::eip2718::Encodable2718 as _;
    transaction.encoded_2718().into()
}
