//! The order in which a full pool drops transactions: queued before pending, then the lowest price at the
//! present base fee, then the youngest (who has waited longest stays). Local ones stand in an order of their
//! own, so that a remote one displaces them only by paying more.

use crate::transaction::{Origin, PooledTransaction};
use alloy_primitives::Address;
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// A transaction's place in the order; the smallest is dropped first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank {
    pub(crate) pending: bool,
    pub(crate) price: i128,
    sequence: Reverse<u64>,
    pub(crate) sender: Address,
    pub(crate) nonce: u64,
}

impl Rank {
    pub(crate) fn of(tx: &PooledTransaction, pending: bool, base_fee: u64) -> Self {
        let sequence = Reverse(tx.sequence);
        Self { pending, price: tx.price(base_fee), sequence, sender: tx.sender(), nonce: tx.nonce() }
    }

    /// What is compared between a newcomer and what it would displace.
    fn class(&self) -> (bool, i128) {
        (self.pending, self.price)
    }
}

#[derive(Debug, Default)]
pub(crate) struct Victims {
    remote: BTreeSet<Rank>,
    local: BTreeSet<Rank>,
}

impl Victims {
    fn side(&mut self, origin: Origin) -> &mut BTreeSet<Rank> {
        match origin {
            Origin::Local => &mut self.local,
            Origin::Remote => &mut self.remote,
        }
    }

    pub(crate) fn insert(&mut self, origin: Origin, rank: Rank) {
        self.side(origin).insert(rank);
    }

    pub(crate) fn remove(&mut self, origin: Origin, rank: &Rank) {
        self.side(origin).remove(rank);
    }

    pub(crate) fn clear(&mut self) {
        self.remote.clear();
        self.local.clear();
    }

    /// The price of what would be dropped first.
    pub(crate) fn cheapest(&self) -> Option<i128> {
        self.remote.first().into_iter().chain(self.local.first()).map(|rank| rank.price).min()
    }

    /// Whether something may have to go for a newcomer of this price whose nonce is the next: never wrong when it says no.
    pub(crate) fn may_yield(&self, price: i128) -> bool {
        self.remote.first().into_iter().chain(self.local.first()).any(|rank| rank.class() < (true, price))
    }

    /// What may be dropped for a newcomer, in the order of dropping. Never a transaction of the same sender:
    /// that would make the newcomer's nonce a gap.
    pub(crate) fn candidates(&self, newcomer: Rank, origin: Origin) -> impl Iterator<Item = Rank> {
        let below = move |rank: &&Rank| rank.class() < newcomer.class();
        let local_may_go = move |rank: &Rank| origin == Origin::Local || rank.price < newcomer.price;
        let remote = self.remote.iter().take_while(below);
        let local = self.local.iter().take_while(below).filter(move |rank| local_may_go(rank));
        remote.chain(local).filter(move |rank| rank.sender != newcomer.sender).copied()
    }
}
