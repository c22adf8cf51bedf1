//! From bytes to a transaction with its sender. Recovering a signature is the costliest step in a
//! transaction's life, so its result is kept by transaction hash and never computed twice.

use crate::config::MAX_TRANSACTION_BYTES;
use crate::error::PoolError;
use alloy_consensus::transaction::SignerRecoverable;
use alloy_eips::eip2718::Decodable2718;
use alloy_primitives::{Address, B256};
use althing_primitives::{Recovered, Transaction};
use lru::LruCache;
use parking_lot::Mutex;
use std::num::NonZeroUsize;
use thiserror::Error;

/// Below this many unknown senders a block is recovered on the calling thread: starting threads costs about
/// as much as recovering a few signatures.
const PARALLEL_FROM: usize = 16;

/// Most threads used to recover one block.
const MAX_THREADS: usize = 16;

/// A transaction of a block has no valid signature.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("transaction {index} of the block has no valid signature")]
pub struct RecoverBlockError {
    /// Position in the block.
    pub index: usize,
}

/// Decodes an EIP-2718 transaction from anybody.
pub fn decode(bytes: &[u8]) -> Result<Transaction, PoolError> {
    if bytes.len() > MAX_TRANSACTION_BYTES {
        return Err(PoolError::Oversized(bytes.len()));
    }
    // Type 3 is refused before it is decoded: its network form carries blobs, which we never look at.
    if bytes.first() == Some(&3) {
        return Err(PoolError::TypeNotSupported);
    }
    Transaction::decode_2718_exact(bytes).map_err(|e| PoolError::Malformed(e.to_string()))
}

/// Decodes an EIP-2718 transaction from anybody and recovers its signer.
pub fn recover(bytes: &[u8]) -> Result<Recovered<Transaction>, PoolError> {
    decode(bytes)?.try_into_recovered().map_err(|_| PoolError::InvalidSender)
}

/// Senders by transaction hash; the hash covers the signature, so an entry can never be wrong.
#[derive(Debug)]
pub struct SenderCache(Mutex<LruCache<B256, Address>>);

impl SenderCache {
    /// A cache of at most `entries` senders (about 100 bytes each).
    pub fn new(entries: NonZeroUsize) -> Self {
        Self(Mutex::new(LruCache::new(entries)))
    }

    /// Remembers senders that are known, by the hashes of their transactions.
    pub fn insert(&self, senders: impl IntoIterator<Item = (B256, Address)>) {
        let mut known = self.0.lock();
        for (hash, sender) in senders {
            known.put(hash, sender);
        }
    }

    /// The senders of transactions, in order; `None` for an invalid signature. Those that are unknown are recovered, on
    /// several threads when they are many, and remembered.
    pub fn learn(&self, transactions: &[Transaction]) -> Vec<Option<Address>> {
        let mut senders: Vec<Option<Address>> = {
            let mut known = self.0.lock();
            transactions.iter().map(|tx| known.get(tx.tx_hash()).copied()).collect()
        };
        let unknown: Vec<usize> = (0..senders.len()).filter(|i| senders[*i].is_none()).collect();
        if unknown.is_empty() {
            return senders;
        }
        for (index, sender) in unknown.iter().zip(recover_many(transactions, &unknown)) {
            senders[*index] = sender;
        }
        self.insert(unknown.into_iter().filter_map(|i| Some((*transactions[i].tx_hash(), senders[i]?))));
        senders
    }
}

/// Recovers the senders of a block's transactions and remembers them.
pub fn recover_block(
    transactions: &[Transaction],
    cache: &SenderCache,
) -> Result<Vec<Recovered<Transaction>>, RecoverBlockError> {
    let senders = cache.learn(transactions);
    transactions
        .iter()
        .zip(senders)
        .enumerate()
        .map(|(index, (tx, sender))| {
            let sender = sender.ok_or(RecoverBlockError { index })?;
            Ok(Recovered::new_unchecked(tx.clone(), sender))
        })
        .collect()
}

/// The senders of the transactions at `indices`, in order; `None` for an invalid signature.
fn recover_many(transactions: &[Transaction], indices: &[usize]) -> Vec<Option<Address>> {
    let one = |index: &usize| transactions[*index].recover_signer().ok();
    if indices.len() < PARALLEL_FROM {
        return indices.iter().map(one).collect();
    }
    let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get).min(MAX_THREADS);
    let chunk = indices.len().div_ceil(threads);
    std::thread::scope(|scope| {
        let work: Vec<_> = indices
            .chunks(chunk)
            .map(|part| scope.spawn(move || part.iter().map(one).collect::<Vec<_>>()))
            .collect();
        work.into_iter().flat_map(|part| part.join().expect("recovery does not panic")).collect()
    })
}
