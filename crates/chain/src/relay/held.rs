//! Blocks that are here: the latest of every member, who waits for one, and who was given one.

use super::BLOCKS_A_PEER;
use althing_consensus::{ConsensusBlock, PublicKey};
use althing_primitives::B256;
use commonware_cryptography::Digested;
use commonware_utils::{channel::oneshot, ordered::Set};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

pub(super) type HeldBlock = Digested<ConsensusBlock>;

/// What a peer asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Wanted {
    Parts,
    Whole,
}

struct Item {
    block: HeldBlock,
    /// Peers among whose latest blocks it is.
    holders: usize,
    /// Who had which answer since it was sent last.
    answered: BTreeSet<(PublicKey, Wanted)>,
}

/// Blocks that are here. Each is kept once, as long as it is among the latest of any member.
#[derive(Default)]
pub(super) struct Held {
    items: BTreeMap<B256, Item>,
    /// Blocks by the peer that sent them, newest first.
    latest: BTreeMap<PublicKey, VecDeque<B256>>,
    members: Set<PublicKey>,
    waiters: BTreeMap<B256, Vec<oneshot::Sender<HeldBlock>>>,
}

pub(super) fn hash_of(block: &HeldBlock) -> B256 {
    block.inner().block().hash()
}

impl Held {
    pub(super) fn get(&self, hash: B256) -> Option<HeldBlock> {
        self.items.get(&hash).map(|item| item.block.clone())
    }

    /// Gives a block to who waits for it, and keeps it when the peer that sent it is a member.
    pub(super) fn insert(&mut self, peer: &PublicKey, block: &HeldBlock) {
        let hash = hash_of(block);
        for waiter in self.waiters.remove(&hash).into_iter().flatten() {
            // Who does not wait any more misses nothing.
            let _ = waiter.send(block.clone());
        }
        if self.members.position(peer).is_none() {
            return;
        }
        let latest = self.latest.entry(peer.clone()).or_default();
        match latest.iter().position(|known| *known == hash) {
            Some(place) => drop(latest.remove(place)),
            None => {
                let new = || Item { block: block.clone(), holders: 0, answered: BTreeSet::new() };
                self.items.entry(hash).or_insert_with(new).holders += 1;
            }
        }
        latest.push_front(hash);
        if latest.len() > BLOCKS_A_PEER
            && let Some(oldest) = latest.pop_back()
        {
            self.release(oldest);
        }
    }

    /// Resolves when a block is here.
    pub(super) fn subscribe(&mut self, hash: B256, waiter: oneshot::Sender<HeldBlock>) {
        match self.get(hash) {
            Some(block) => drop(waiter.send(block)),
            None => self.waiters.entry(hash).or_default().push(waiter),
        }
    }

    /// A block is sent: every peer may ask about it anew.
    pub(super) fn is_sent(&mut self, hash: B256) {
        if let Some(item) = self.items.get_mut(&hash) {
            item.answered.clear();
        }
    }

    /// The block to answer a peer with: each gets each answer once.
    pub(super) fn answer(&mut self, peer: &PublicKey, hash: B256, wanted: Wanted) -> Option<HeldBlock> {
        let item = self.items.get_mut(&hash)?;
        item.answered.insert((peer.clone(), wanted)).then(|| item.block.clone())
    }

    /// Forgets the blocks of peers that are no members any more.
    pub(super) fn keep_only(&mut self, members: Set<PublicKey>) {
        let gone: Vec<_> = self.latest.extract_if(.., |peer, _| members.position(peer).is_none()).collect();
        for hash in gone.into_iter().flat_map(|(_, latest)| latest) {
            self.release(hash);
        }
        self.members = members;
    }

    pub(super) fn drop_closed_waiters(&mut self) {
        self.waiters.retain(|_, waiters| {
            waiters.retain(|waiter| !waiter.is_closed());
            !waiters.is_empty()
        });
    }

    fn release(&mut self, hash: B256) {
        let Some(item) = self.items.get_mut(&hash) else { return };
        item.holders -= 1;
        if item.holders == 0 {
            self.items.remove(&hash);
        }
    }
}
