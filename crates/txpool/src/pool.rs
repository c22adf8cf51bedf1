//! The pool itself: lanes by sender, an index by hash, the order of eviction, and the feed of new ones.
//! Must never call out: no I/O, no clock, no lock (the caller owns one).

use crate::best::Best;
use crate::config::{ONE_QUEUED_OF, PRICE_BUMP_PERCENT, PoolConfig};
use crate::delegation::{Authorities, authorities};
use crate::error::PoolError;
use crate::lane::{Entry, Lane};
use crate::transaction::{Origin, PooledTransaction, max_cost, price};
use crate::validate;
use crate::victims::{Rank, Victims};
use alloy_consensus::Transaction as _;
use alloy_primitives::{Address, B64, B256};
use althing_primitives::{AccountRecord, Recovered, Transaction};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// What became of an admitted transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Added {
    /// Its hash.
    pub hash: B256,
    /// The transaction of the same nonce that it replaced.
    pub replaced: Option<B256>,
    /// Whether it can be included now; if not, it waits for a lower nonce or for funds.
    pub pending: bool,
}

/// Transactions that became pending since the last call, for gossip and subscribers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drained {
    /// Hashes in order.
    pub hashes: Vec<B256>,
    /// How many more there were that nobody drained in time; all are still found by [`Pool::hashes`].
    pub missed: u64,
}

/// What the protocol asks of the transactions of the next block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NextBlock {
    /// Base fee in Rau per gas.
    pub base_fee: u64,
    /// Gas limit. A block has room for the largest transaction, so none that waits becomes too large.
    pub gas_limit: u64,
}

/// How much the pool holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Transactions that can be included now.
    pub pending: usize,
    /// Transactions that wait for a lower nonce or for funds.
    pub queued: usize,
    /// Encoded bytes of all.
    pub bytes: usize,
}

/// One sender's transactions, in order of nonce.
#[derive(Clone, Debug, Default)]
pub struct SenderContent {
    /// Can be included now.
    pub pending: Vec<Arc<PooledTransaction>>,
    /// Wait for a lower nonce or for funds.
    pub queued: Vec<Arc<PooledTransaction>>,
}

/// All transactions by sender.
pub type Content = BTreeMap<Address, SenderContent>;

/// The transaction pool.
#[derive(Debug)]
pub struct Pool {
    config: PoolConfig,
    next: NextBlock,
    lanes: BTreeMap<Address, Lane>,
    /// Ordered, so that the first bytes of a hash find it.
    by_hash: BTreeMap<B256, (Address, u64)>,
    victims: Victims,
    authorities: Authorities,
    status: Status,
    next_sequence: u64,
    fresh: VecDeque<B256>,
    missed: u64,
}

impl Pool {
    /// An empty pool, which knows of no block.
    pub fn new(config: PoolConfig) -> Self {
        Self {
            config,
            next: NextBlock { base_fee: 0, gas_limit: u64::MAX },
            lanes: BTreeMap::new(),
            by_hash: BTreeMap::new(),
            victims: Victims::default(),
            authorities: Authorities::default(),
            status: Status::default(),
            next_sequence: 0,
            fresh: VecDeque::new(),
            missed: 0,
        }
    }

    /// What can be said of a transaction whose sender is not known yet, since recovering that costs more than everything else
    /// here: an error is what [`Self::add`] would say, too.
    pub fn precheck(&self, tx: &Transaction) -> Result<(), PoolError> {
        if self.by_hash.contains_key(tx.tx_hash()) {
            return Err(PoolError::AlreadyKnown);
        }
        let size = validate::stateless(tx, &self.config, self.next.gas_limit)?;
        let price = price(tx, self.next.base_fee);
        match self.fits(self.by_hash.len() + 1, self.status.bytes + size) || self.victims.may_yield(price) {
            true => Ok(()),
            false => Err(self.no_room(tx.max_fee_per_gas(), price)),
        }
    }

    /// Admits a transaction. `account` is its sender's as of the block last passed to [`Self::on_block`].
    pub fn add(
        &mut self,
        tx: Recovered<Transaction>,
        account: &AccountRecord,
        origin: Origin,
        now_ms: u64,
    ) -> Result<Added, PoolError> {
        let hash = *tx.inner().tx_hash();
        if self.by_hash.contains_key(&hash) {
            return Err(PoolError::AlreadyKnown);
        }
        let size = validate::stateless(&tx, &self.config, self.next.gas_limit)?;
        validate::stateful(&tx, account)?;
        let sender = tx.signer();
        self.refresh(sender, account);
        self.drop_lane_if_empty(sender);
        let replaced = self.check_lane(&tx, account)?;
        let new = PooledTransaction {
            origin,
            added_ms: now_ms,
            sequence: self.next_sequence,
            size,
            cost: max_cost(&tx),
            authorities: authorities(&tx),
            tx,
        };
        let known = |address| self.lanes.get(&address).map_or(0, Lane::len);
        let grows = usize::from(replaced.is_none());
        let in_flight = |address| known(address) + if address == sender { grows } else { 0 };
        self.authorities.check(sender, account, &new.authorities, in_flight)?;
        let dropped = self.make_room(&new, account, replaced.as_deref())?;

        for (sender, nonce) in dropped.into_iter().chain(replaced.iter().map(|old| (sender, old.nonce()))) {
            self.remove(sender, nonce);
            if replaced.is_none() || sender != new.sender() {
                self.drop_lane_if_empty(sender);
            }
        }
        let nonce = new.nonce();
        self.insert(Arc::new(new), account);
        let pending = nonce < self.lanes[&sender].pending_end();
        Ok(Added { hash, replaced: replaced.map(|old| old.hash()), pending })
    }

    /// Takes a finalized block into account: `included` are its transactions, `accounts` what it changed.
    pub fn on_block(
        &mut self,
        included: &[B256],
        accounts: &[(Address, AccountRecord)],
        next: NextBlock,
        now_ms: u64,
    ) {
        let mut touched = BTreeSet::new();
        for hash in included {
            if let Some((sender, nonce)) = self.by_hash.get(hash).copied() {
                let balance = self.lanes[&sender].balance();
                self.advance(sender, nonce + 1, balance);
                touched.insert(sender);
            }
        }
        for (address, account) in accounts {
            self.refresh(*address, account);
            touched.insert(*address);
        }
        touched.into_iter().for_each(|address| self.drop_lane_if_empty(address));
        self.expire(now_ms);
        let is_priced_anew = next.base_fee != self.next.base_fee;
        self.next = next;
        if is_priced_anew {
            self.rebuild_victims();
        }
    }

    /// Drops a transaction that can never be included, e.g. because executing it failed validation.
    pub fn discard(&mut self, hash: &B256) {
        if let Some((sender, nonce)) = self.by_hash.get(hash).copied() {
            self.remove(sender, nonce);
            self.drop_lane_if_empty(sender);
        }
    }

    /// Pending transactions, best first at a base fee.
    pub fn best(&self, base_fee: u64) -> Best {
        Best::new(self.lanes.values(), base_fee)
    }

    /// A transaction by hash.
    pub fn get(&self, hash: &B256) -> Option<Arc<PooledTransaction>> {
        let (sender, nonce) = self.by_hash.get(hash)?;
        Some(self.lanes.get(sender)?.get(*nonce)?.tx.clone())
    }

    /// Transactions by the first eight bytes of their hashes, in order. One that is not here, or that shares these bytes
    /// with another, is `None`.
    pub fn find(&self, ids: &[B64]) -> Vec<Option<Arc<PooledTransaction>>> {
        ids.iter().map(|id| self.find_one(id)).collect()
    }

    fn find_one(&self, id: &B64) -> Option<Arc<PooledTransaction>> {
        let (mut first, mut last) = (B256::ZERO, B256::repeat_byte(0xff));
        first[..B64::len_bytes()].copy_from_slice(id.as_slice());
        last[..B64::len_bytes()].copy_from_slice(id.as_slice());
        let mut found = self.by_hash.range(first..=last);
        let (hash, _) = found.next()?;
        if found.next().is_some() {
            return None;
        }
        self.get(hash)
    }

    /// Whether a transaction is held.
    pub fn contains(&self, hash: &B256) -> bool {
        self.by_hash.contains_key(hash)
    }

    /// The nonce after an account's pending transactions; `None` when the pool holds none of the account, so
    /// that the account's own nonce is next.
    pub fn pending_nonce(&self, address: &Address) -> Option<u64> {
        self.lanes.get(address).map(Lane::pending_end)
    }

    /// All transactions by sender and nonce.
    pub fn content(&self) -> Content {
        self.lanes.iter().map(|(address, lane)| (*address, sender_content(lane))).collect()
    }

    /// One sender's transactions.
    pub fn content_of(&self, address: &Address) -> SenderContent {
        self.lanes.get(address).map(sender_content).unwrap_or_default()
    }

    /// How much the pool holds.
    pub fn status(&self) -> Status {
        self.status
    }

    /// Hashes of all transactions, by sender and nonce.
    pub fn hashes(&self) -> Vec<B256> {
        self.lanes.values().flat_map(Lane::iter).map(|(_, tx)| tx.hash()).collect()
    }

    /// All local transactions by sender and nonce: what the journal must hold.
    pub fn local(&self) -> Vec<Arc<PooledTransaction>> {
        let all = self.lanes.values().flat_map(Lane::iter).map(|(_, tx)| tx);
        all.filter(|tx| tx.origin == Origin::Local).cloned().collect()
    }

    /// Local transactions that can be included now, by sender and nonce.
    pub fn local_pending(&self) -> impl Iterator<Item = Arc<PooledTransaction>> {
        let pending = self.lanes.values().flat_map(Lane::pending);
        pending.filter(|tx| tx.origin == Origin::Local).cloned()
    }

    /// Takes the transactions that became pending since the last call. Each is named once, and only while it
    /// is in the pool.
    pub fn drain_new(&mut self) -> Drained {
        let hashes = std::mem::take(&mut self.fresh);
        let hashes = hashes.into_iter().filter(|hash| self.by_hash.contains_key(hash)).collect();
        Drained { hashes, missed: std::mem::take(&mut self.missed) }
    }

    /// Checks nonce, replacement and the sender's slots. Returns what the transaction would replace.
    fn check_lane(
        &self,
        tx: &Recovered<Transaction>,
        account: &AccountRecord,
    ) -> Result<Option<Arc<PooledTransaction>>, PoolError> {
        let (lane, got) = (self.lanes.get(tx.signer_ref()), tx.nonce());
        let next = lane.map_or(account.nonce, Lane::pending_end);
        let highest = next.saturating_add(self.config.max_nonce_gap);
        if got > highest {
            return Err(PoolError::NonceTooHigh { got, highest });
        }
        let Some(lane) = lane else { return Ok(None) };
        if got < lane.nonce() {
            return Err(PoolError::NonceTooLow { next: lane.nonce(), got });
        }
        if let Some(old) = lane.get(got) {
            let old = old.tx.clone();
            let raised = raised(old.tx.max_fee_per_gas(), tx.max_fee_per_gas())
                && raised(old.tx.priority_fee_or_price(), tx.priority_fee_or_price());
            return if raised { Ok(Some(old)) } else { Err(PoolError::ReplacementUnderpriced) };
        }
        if lane.len() >= self.config.max_per_sender && lane.last_nonce().is_some_and(|last| last < got) {
            return Err(PoolError::AccountLimit(lane.len()));
        }
        Ok(None)
    }

    /// Which transactions must go so that the bounds hold with the new one: the sender's own last one when its
    /// slots are taken, then the worst of others. Changes nothing.
    fn make_room(
        &self,
        new: &PooledTransaction,
        account: &AccountRecord,
        replaced: Option<&PooledTransaction>,
    ) -> Result<Vec<(Address, u64)>, PoolError> {
        let mut dropped = Vec::new();
        let mut count = self.by_hash.len() + 1;
        let mut bytes = self.status.bytes + new.size;
        if let Some(old) = replaced {
            count -= 1;
            bytes -= old.size;
        }
        let lane = self.lanes.get(&new.sender());
        if let Some(lane) = lane.filter(|lane| replaced.is_none() && lane.len() >= self.config.max_per_sender)
            && let Some((nonce, last)) = lane.iter().last()
        {
            dropped.push((new.sender(), nonce));
            count -= 1;
            bytes -= last.size;
        }
        let pending = match lane {
            Some(lane) => lane.would_be_pending(new.nonce(), new.cost),
            None => new.nonce() == account.nonce,
        };
        let takes_no_room = pending || replaced.is_some() || !dropped.is_empty();
        let fits_queue =
            takes_no_room || self.status.queued < (self.config.max_transactions / ONE_QUEUED_OF).max(1);
        if self.fits(count, bytes) && fits_queue {
            return Ok(dropped);
        }
        let rank = Rank::of(new, pending, self.next.base_fee);
        for victim in self.victims.candidates(rank, new.origin) {
            let tx = &self.lanes[&victim.sender].get(victim.nonce).expect("every rank has its entry").tx;
            dropped.push((victim.sender, victim.nonce));
            count -= 1;
            bytes -= tx.size;
            if self.fits(count, bytes) {
                return Ok(dropped);
            }
        }
        Err(match (pending, fits_queue) {
            (true, _) => self.no_room(new.tx.max_fee_per_gas(), rank.price),
            (false, true) => PoolError::Full,
            (false, false) => PoolError::QueueFull,
        })
    }

    fn fits(&self, count: usize, bytes: usize) -> bool {
        count <= self.config.max_transactions && bytes <= self.config.max_bytes
    }

    /// Why nothing is dropped for a transaction of this fee cap and price.
    fn no_room(&self, got: u128, price: i128) -> PoolError {
        let Some(cheapest) = self.victims.cheapest() else { return PoolError::Full };
        let missing = cheapest.saturating_sub(price).max(0).unsigned_abs();
        PoolError::Underpriced { got, needed: got.saturating_add(missing).saturating_add(1) }
    }

    fn insert(&mut self, tx: Arc<PooledTransaction>, account: &AccountRecord) {
        let (sender, nonce) = (tx.sender(), tx.nonce());
        self.next_sequence += 1;
        self.by_hash.insert(tx.hash(), (sender, nonce));
        self.authorities.add(&tx.authorities);
        self.status.bytes += tx.size;
        self.status.queued += 1;
        self.victims.insert(tx.origin, Rank::of(&tx, false, self.next.base_fee));
        self.lanes.entry(sender).or_insert_with(|| Lane::new(account)).insert(tx);
        self.relist(sender);
    }

    /// Takes one transaction out. Leaves the lane, even when it is empty.
    fn remove(&mut self, sender: Address, nonce: u64) {
        let Some(lane) = self.lanes.get_mut(&sender) else { return };
        let listed_end = lane.listed_end;
        if let Some(entry) = lane.remove(nonce) {
            self.forget(&entry, nonce < listed_end);
            self.relist(sender);
        }
    }

    /// Brings a lane in line with its account: drops what is used up and what the balance cannot cover.
    fn refresh(&mut self, address: Address, account: &AccountRecord) {
        let Some(lane) = self.lanes.get(&address) else { return };
        if account.nonce <= lane.nonce() && account.balance == lane.balance() {
            return;
        }
        self.advance(address, account.nonce, account.balance);
        let lane = &self.lanes[&address];
        let poor: Vec<u64> =
            lane.iter().filter(|(_, tx)| tx.cost > account.balance).map(|(nonce, _)| nonce).collect();
        // From the last to the first, so that each is demoted at most once.
        poor.into_iter().rev().for_each(|nonce| self.remove(address, nonce));
    }

    fn advance(&mut self, address: Address, nonce: u64, balance: alloy_primitives::U256) {
        let Some(lane) = self.lanes.get_mut(&address) else { return };
        let listed_end = lane.listed_end;
        let used = lane.advance(nonce, balance);
        lane.listed_end = lane.listed_end.max(lane.nonce());
        for (nonce, entry) in used {
            self.forget(&entry, nonce < listed_end);
        }
        self.relist(address);
    }

    /// Removes every trace of a transaction that left its lane.
    fn forget(&mut self, entry: &Entry, listed_pending: bool) {
        let tx = &entry.tx;
        self.by_hash.remove(&tx.hash());
        self.authorities.remove(&tx.authorities);
        self.status.bytes -= tx.size;
        match listed_pending {
            true => self.status.pending -= 1,
            false => self.status.queued -= 1,
        }
        self.victims.remove(tx.origin, &Rank::of(tx, listed_pending, self.next.base_fee));
    }

    /// Carries a change of a lane's pending part over to the order of eviction, the counts and the feed.
    fn relist(&mut self, sender: Address) {
        let Some(lane) = self.lanes.get_mut(&sender) else { return };
        let (old, new) = (lane.listed_end, lane.pending_end());
        lane.listed_end = new;
        let now_pending = new > old;
        for nonce in old.min(new)..old.max(new) {
            // An entry that left the lane has been taken out of the order already.
            let Some(entry) = lane.get_mut(nonce) else { continue };
            let tx = entry.tx.clone();
            self.victims.remove(tx.origin, &Rank::of(&tx, !now_pending, self.next.base_fee));
            self.victims.insert(tx.origin, Rank::of(&tx, now_pending, self.next.base_fee));
            if !now_pending {
                self.status.pending -= 1;
                self.status.queued += 1;
                continue;
            }
            self.status.queued -= 1;
            self.status.pending += 1;
            if !std::mem::replace(&mut entry.announced, true) {
                if self.fresh.len() >= self.config.max_transactions {
                    self.fresh.pop_front();
                    self.missed += 1;
                }
                self.fresh.push_back(tx.hash());
            }
        }
    }

    fn expire(&mut self, now_ms: u64) {
        let lifetime = self.config.queued_lifetime_ms;
        let old = |tx: &PooledTransaction| now_ms.saturating_sub(tx.added_ms) > lifetime;
        let queued = self.lanes.values().flat_map(Lane::queued);
        let expired: Vec<B256> = queued.filter(|tx| old(tx)).map(|tx| tx.hash()).collect();
        expired.iter().for_each(|hash| self.discard(hash));
    }

    /// Prices depend on the base fee, so the order is made anew when it changes.
    fn rebuild_victims(&mut self) {
        self.victims.clear();
        for lane in self.lanes.values() {
            for (nonce, tx) in lane.iter() {
                self.victims.insert(tx.origin, Rank::of(tx, nonce < lane.listed_end, self.next.base_fee));
            }
        }
    }

    fn drop_lane_if_empty(&mut self, address: Address) {
        if self.lanes.get(&address).is_some_and(Lane::is_empty) {
            self.lanes.remove(&address);
        }
    }
}

/// Whether a price rises enough for a replacement.
fn raised(old: u128, new: u128) -> bool {
    new > old
        && new >= old.saturating_add(old / 100 * PRICE_BUMP_PERCENT + old % 100 * PRICE_BUMP_PERCENT / 100)
}

fn sender_content(lane: &Lane) -> SenderContent {
    SenderContent { pending: lane.pending().cloned().collect(), queued: lane.queued().cloned().collect() }
}
