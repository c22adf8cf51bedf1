//! One sender's transactions by nonce. The pending part is a prefix: it starts at the account's nonce, has no
//! gap, and the balance covers the sum of its costs. Everything beyond waits in the queue.

use crate::transaction::PooledTransaction;
use alloy_primitives::U256;
use althing_primitives::AccountRecord;
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) tx: Arc<PooledTransaction>,
    /// Whether the feed of new transactions has named it.
    pub(crate) announced: bool,
}

#[derive(Debug)]
pub(crate) struct Lane {
    nonce: u64,
    balance: U256,
    txs: BTreeMap<u64, Entry>,
    pending_end: u64,
    pending_cost: U256,
    /// `pending_end` as the pool's order of eviction last saw it.
    pub(crate) listed_end: u64,
}

impl Lane {
    pub(crate) fn new(account: &AccountRecord) -> Self {
        Self {
            nonce: account.nonce,
            balance: account.balance,
            txs: BTreeMap::new(),
            pending_end: account.nonce,
            pending_cost: U256::ZERO,
            listed_end: account.nonce,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.txs.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.txs.is_empty()
    }

    /// Nonce of the account as last seen.
    pub(crate) fn nonce(&self) -> u64 {
        self.nonce
    }

    /// First nonce that is not pending: what the sender should use next.
    pub(crate) fn pending_end(&self) -> u64 {
        self.pending_end
    }

    pub(crate) fn last_nonce(&self) -> Option<u64> {
        self.txs.last_key_value().map(|(nonce, _)| *nonce)
    }

    pub(crate) fn get(&self, nonce: u64) -> Option<&Entry> {
        self.txs.get(&nonce)
    }

    pub(crate) fn get_mut(&mut self, nonce: u64) -> Option<&mut Entry> {
        self.txs.get_mut(&nonce)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, &Arc<PooledTransaction>)> {
        self.txs.iter().map(|(nonce, entry)| (*nonce, &entry.tx))
    }

    pub(crate) fn pending(&self) -> impl Iterator<Item = &Arc<PooledTransaction>> {
        self.txs.range(..self.pending_end).map(|(_, entry)| &entry.tx)
    }

    pub(crate) fn queued(&self) -> impl Iterator<Item = &Arc<PooledTransaction>> {
        self.txs.range(self.pending_end..).map(|(_, entry)| &entry.tx)
    }

    /// Whether a transaction would be pending at once, in the place of a present one of its nonce if any.
    pub(crate) fn would_be_pending(&self, nonce: u64, cost: U256) -> bool {
        let before = if nonce == self.pending_end {
            self.pending_cost
        } else if nonce < self.pending_end {
            self.txs.range(..nonce).fold(U256::ZERO, |sum, (_, entry)| sum + entry.tx.cost)
        } else {
            return false;
        };
        before.checked_add(cost).is_some_and(|sum| sum <= self.balance)
    }

    /// Adds a transaction whose nonce is free.
    pub(crate) fn insert(&mut self, tx: Arc<PooledTransaction>) {
        self.txs.insert(tx.nonce(), Entry { tx, announced: false });
        self.settle();
    }

    /// Takes a transaction out; those after it are no longer pending.
    pub(crate) fn remove(&mut self, nonce: u64) -> Option<Entry> {
        let entry = self.txs.remove(&nonce)?;
        if nonce < self.pending_end {
            self.pending_cost -= entry.tx.cost;
            self.truncate(nonce);
        }
        Some(entry)
    }

    /// Moves the account on; takes out what it has used up. An older view of the account's nonce is ignored.
    pub(crate) fn advance(&mut self, nonce: u64, balance: U256) -> BTreeMap<u64, Entry> {
        self.balance = balance;
        if nonce <= self.nonce {
            self.settle();
            return BTreeMap::new();
        }
        self.nonce = nonce;
        let rest = self.txs.split_off(&nonce);
        let used = std::mem::replace(&mut self.txs, rest);
        for entry in used.range(..self.pending_end).map(|(_, entry)| entry) {
            self.pending_cost -= entry.tx.cost;
        }
        self.pending_end = self.pending_end.max(nonce);
        self.settle();
        used
    }

    /// The balance as last seen.
    pub(crate) fn balance(&self) -> U256 {
        self.balance
    }

    /// Ends the pending part before `nonce`; the entry at `nonce` itself is accounted for already.
    fn truncate(&mut self, nonce: u64) {
        for (_, entry) in self.txs.range(nonce..self.pending_end) {
            self.pending_cost -= entry.tx.cost;
        }
        self.pending_end = nonce;
    }

    /// Makes the pending part as long as gaps and balance allow.
    fn settle(&mut self) {
        while self.pending_cost > self.balance {
            self.pending_end -= 1;
            self.pending_cost -= self.txs[&self.pending_end].tx.cost;
        }
        while let Some(entry) = self.txs.get(&self.pending_end) {
            match self.pending_cost.checked_add(entry.tx.cost) {
                Some(sum) if sum <= self.balance => self.pending_cost = sum,
                _ => break,
            }
            self.pending_end += 1;
        }
    }
}
