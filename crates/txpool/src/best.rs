//! The proposer's view: pending transactions by effective tip, each sender's in order of nonce.
//!
//! A snapshot of shared pointers, so that the pool is free while a block is executed: made in O(n), each step
//! O(log senders).

use crate::lane::Lane;
use crate::transaction::PooledTransaction;
use alloy_primitives::B256;
use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;
use std::vec::IntoIter;

#[derive(Debug)]
struct Head {
    tip: u128,
    sequence: Reverse<u64>,
    lane: usize,
    tx: Arc<PooledTransaction>,
}

impl Head {
    fn key(&self) -> (u128, Reverse<u64>) {
        (self.tip, self.sequence)
    }
}

impl PartialEq for Head {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}
impl Eq for Head {}
impl PartialOrd for Head {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Head {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

/// Pending transactions, best first. Equal tips go by order of arrival.
#[derive(Debug)]
pub struct Best {
    base_fee: u64,
    heads: BinaryHeap<Head>,
    /// What follows each head; none after a transaction of the lane was marked invalid.
    lanes: Vec<Option<IntoIter<Arc<PooledTransaction>>>>,
    given: HashMap<B256, usize>,
}

impl Best {
    pub(crate) fn new<'a>(lanes: impl Iterator<Item = &'a Lane>, base_fee: u64) -> Self {
        let lanes: Vec<_> =
            lanes.map(|lane| Some(lane.pending().cloned().collect::<Vec<_>>().into_iter())).collect();
        let mut best = Self { base_fee, heads: BinaryHeap::new(), lanes, given: HashMap::new() };
        for lane in 0..best.lanes.len() {
            best.advance(lane);
        }
        best
    }

    /// Drops the rest of the sender of a transaction that this iterator gave: it failed, or does not fit into
    /// the block, so what follows it by nonce cannot be included either.
    pub fn mark_invalid(&mut self, hash: B256) {
        if let Some(lane) = self.given.get(&hash) {
            self.lanes[*lane] = None;
        }
    }

    /// Puts a lane's next transaction among the heads. One whose fee cap is below the base fee ends the lane.
    fn advance(&mut self, lane: usize) {
        let Some(rest) = &mut self.lanes[lane] else { return };
        if let Some(tx) = rest.next()
            && let Some(tip) = tx.effective_tip(self.base_fee)
        {
            self.heads.push(Head { tip, sequence: Reverse(tx.sequence), lane, tx });
        }
    }
}

impl Iterator for Best {
    type Item = Arc<PooledTransaction>;

    fn next(&mut self) -> Option<Self::Item> {
        while let Some(head) = self.heads.pop() {
            if self.lanes[head.lane].is_none() {
                continue;
            }
            self.advance(head.lane);
            self.given.insert(head.tx.hash(), head.lane);
            return Some(head.tx);
        }
        None
    }
}
