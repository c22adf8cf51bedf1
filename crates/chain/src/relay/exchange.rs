//! What a message or a call brings about. Every handler returns what is to be sent; nothing here does I/O.

use super::{
    held::{Held, HeldBlock, Wanted, hash_of},
    mailbox::Call,
    rebuild::{Lookup, Rebuild, Rebuilds},
    wire::{Compact, Message},
};
use alloy_rlp::Encodable as _;
use althing_consensus::{ConsensusBlock, PublicKey};
use althing_primitives::{B256, Transaction};
use commonware_codec::EncodeSize as _;
use commonware_cryptography::{Digested, Digestible as _};
use commonware_p2p::Recipients;
use commonware_runtime::{
    Metrics,
    telemetry::metrics::{Counter, MetricsExt as _},
};
use std::time::SystemTime;

/// A block that is not by so many bytes larger than its compact form is sent whole: no question can come of it.
const LEAST_SAVED_BYTES: usize = 4 * 1024;

/// What happened, for metrics.
pub(super) struct Counts {
    sent_compact: Counter,
    sent_whole: Counter,
    received_whole: Counter,
    rebuilt_at_once: Counter,
    rebuilt_with_answer: Counter,
    asked_parts: Counter,
    asked_whole: Counter,
    malformed: Counter,
}

impl Counts {
    pub(super) fn new(context: &impl Metrics) -> Self {
        Self {
            sent_compact: context.counter("sent_compact", "Blocks sent without their transactions"),
            sent_whole: context.counter("sent_whole", "Blocks sent whole, because they are small"),
            received_whole: context.counter("received_whole", "Blocks received whole"),
            rebuilt_at_once: context
                .counter("rebuilt_at_once", "Blocks put together from the pool's transactions alone"),
            rebuilt_with_answer: context
                .counter("rebuilt_with_answer", "Blocks put together with transactions asked for"),
            asked_parts: context.counter("asked_parts", "Questions for missing transactions of a block"),
            asked_whole: context.counter("asked_whole", "Questions for whole blocks"),
            malformed: context.counter("malformed", "Messages that do not decode"),
        }
    }
}

pub(super) struct Exchange {
    me: PublicKey,
    lookup: Lookup,
    pub(super) held: Held,
    rebuilds: Rebuilds,
    counts: Counts,
}

impl Exchange {
    pub(super) fn new(me: PublicKey, lookup: Lookup, counts: Counts) -> Self {
        Self { me, lookup, held: Held::default(), rebuilds: Rebuilds::default(), counts }
    }

    /// What marshal wants; returns what is to be sent to whom.
    pub(super) fn call(&mut self, call: Call) -> Option<(Recipients<PublicKey>, Message)> {
        match call {
            Call::Send { recipients, block } => return Some((recipients, self.send(&block))),
            // Who does not wait any more misses nothing.
            Call::Find { hash, answer } => drop(answer.send(self.held.get(hash))),
            Call::Subscribe { hash, waiter } => self.held.subscribe(hash, waiter),
        }
        None
    }

    /// What a peer sent; returns the answer. What does not decode is counted and costs its sender nothing else: it may come
    /// from another release.
    pub(super) fn receive(&mut self, peer: &PublicKey, bytes: &[u8], now: SystemTime) -> Option<Message> {
        let message = match Message::decode(bytes) {
            Ok(message) => message,
            Err(error) => {
                tracing::warn!(%peer, %error, "malformed message about a block ignored");
                self.counts.malformed.inc();
                return None;
            }
        };
        match message {
            Message::Compact(compact) => self.take_compact(peer, *compact, now),
            Message::Whole(block) => {
                self.counts.received_whole.inc();
                self.keep(peer, block);
                None
            }
            Message::Parts { block, transactions } => {
                let rebuild = self.rebuilds.take(peer, block)?;
                self.finish(peer, block, rebuild, transactions)
            }
            Message::AskParts { block, indices } => {
                let held = self.held.answer(peer, block, Wanted::Parts)?;
                parts(held.inner(), block, &indices)
            }
            Message::AskWhole { block } => {
                let held = self.held.answer(peer, block, Wanted::Whole)?;
                Some(Message::Whole(held.inner().clone()))
            }
        }
    }

    /// When the next peer has not answered in time.
    pub(super) fn next_deadline(&self) -> Option<SystemTime> {
        self.rebuilds.next_deadline()
    }

    /// Asks those for the whole block who did not answer in time.
    pub(super) fn ask_late(&mut self, now: SystemTime) -> Vec<(PublicKey, Message)> {
        let late = self.rebuilds.take_late(now);
        late.into_iter().map(|(peer, block)| (peer, self.ask_whole(block))).collect()
    }

    /// Keeps an own block, so that questions about it find it; returns what the others get.
    fn send(&mut self, block: &HeldBlock) -> Message {
        self.held.insert(&self.me, block);
        self.held.is_sent(hash_of(block));
        let whole = block.inner();
        let compact = Compact::of(whole.block());
        if whole.encode_size() < compact.length() + LEAST_SAVED_BYTES {
            self.counts.sent_whole.inc();
            return Message::Whole(whole.clone());
        }
        self.counts.sent_compact.inc();
        Message::Compact(Box::new(compact))
    }

    fn take_compact(&mut self, peer: &PublicKey, compact: Compact, now: SystemTime) -> Option<Message> {
        let hash = compact.header.hash_slow();
        if let Some(block) = self.held.get(hash) {
            self.held.insert(peer, &block);
            return None;
        }
        if self.rebuilds.contains(peer, hash) {
            return None;
        }
        let rebuild = Rebuild::new(compact, &self.lookup);
        let indices = rebuild.missing();
        if indices.is_empty() {
            return self.finish(peer, hash, rebuild, Vec::new());
        }
        self.counts.asked_parts.inc();
        self.rebuilds.insert(peer, hash, rebuild, now);
        Some(Message::AskParts { block: hash, indices })
    }

    fn finish(
        &mut self,
        peer: &PublicKey,
        hash: B256,
        rebuild: Rebuild,
        parts: Vec<Transaction>,
    ) -> Option<Message> {
        let count = match parts.is_empty() {
            true => self.counts.rebuilt_at_once.clone(),
            false => self.counts.rebuilt_with_answer.clone(),
        };
        match rebuild.finish(parts) {
            Ok(block) => {
                count.inc();
                self.keep(peer, block);
                None
            }
            Err(error) => {
                tracing::debug!(%peer, %hash, %error, "block not put together");
                Some(self.ask_whole(hash))
            }
        }
    }

    fn ask_whole(&self, block: B256) -> Message {
        self.counts.asked_whole.inc();
        Message::AskWhole { block }
    }

    fn keep(&mut self, peer: &PublicKey, block: ConsensusBlock) {
        let digest = block.digest();
        self.rebuilds.forget(block.block().hash());
        self.held.insert(peer, &Digested::precomputed(block, digest));
    }
}

/// The transactions of a block at these places; `None` when it has not so many.
fn parts(block: &ConsensusBlock, hash: B256, indices: &[u16]) -> Option<Message> {
    let all = block.block().transactions();
    let transactions = indices.iter().map(|index| all.get(usize::from(*index)).cloned());
    Some(Message::Parts { block: hash, transactions: transactions.collect::<Option<_>>()? })
}
