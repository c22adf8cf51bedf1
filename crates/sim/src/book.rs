//! What all nodes together have made final, and the properties that are checked with every block.

use alloy_sol_types::SolEvent as _;
use althing_abi::Conduct::DoubleProposal;
use althing_chain::next_committee;
use althing_consensus::decode_payload;
use althing_light::{KeyChain, verify_proposer};
use althing_primitives::{
    Address, B256, Block, ChainSpec, Change, FinalizedBlock, Height, OperatorKey, StateCommitment, StateKey,
    StateValue, U256,
};
use std::{collections::BTreeMap, sync::Arc};

/// Final blocks that are kept whole, for comparison with those of slower nodes.
const BLOCKS_KEPT: usize = 4_096;

/// A broken property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which property.
    pub property: &'static str,
    /// What was seen.
    pub what: String,
}

/// An honest node has seen a member vote twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Conflict {
    pub(crate) node: usize,
    pub(crate) boot: u64,
    pub(crate) epoch: u64,
    /// Place of the member in the committee.
    pub(crate) place: usize,
}

/// The final chain.
pub(crate) struct Book {
    spec: Arc<ChainSpec>,
    keys: KeyChain,
    /// As the first node stored them.
    blocks: BTreeMap<Height, Arc<FinalizedBlock>>,
    hashes: Vec<B256>,
    first_state: StateCommitment,
    /// The last height that each node has stored.
    stored: Vec<Height>,
    balances: BTreeMap<Address, U256>,
    supply: U256,
    /// Operators that were slashed for a double proposal.
    pub(crate) slashed: BTreeMap<OperatorKey, u64>,
    /// Beacons for elections, by epoch in which they were revealed.
    pub(crate) beacons: BTreeMap<u64, althing_primitives::Bytes>,
    /// Who got shares for an epoch, and whether the committee before was kept.
    pub(crate) committees: BTreeMap<u64, (Vec<OperatorKey>, bool)>,
    pub(crate) violations: Vec<Violation>,
    /// What was not looked at yet.
    pub(crate) conflicts: Vec<Conflict>,
    /// How often a member was seen to vote twice.
    pub(crate) double_votes: u64,
    pub(crate) transactions: u64,
    /// Milliseconds from a block's own time to when a node stored it.
    pub(crate) latencies_ms: Vec<u64>,
}

impl Book {
    pub(crate) fn new(
        spec: Arc<ChainSpec>,
        genesis: &Block,
        changes: &[Change],
        nodes: usize,
    ) -> Result<Self, String> {
        let keys = KeyChain::new(&spec).map_err(|error| error.to_string())?;
        let mut book = Self {
            spec,
            keys,
            hashes: vec![genesis.hash()],
            first_state: genesis.seal().state,
            blocks: BTreeMap::new(),
            stored: vec![0; nodes],
            balances: BTreeMap::new(),
            supply: U256::ZERO,
            slashed: BTreeMap::new(),
            beacons: BTreeMap::new(),
            committees: BTreeMap::new(),
            violations: Vec::new(),
            conflicts: Vec::new(),
            double_votes: 0,
            transactions: 0,
            latencies_ms: Vec::new(),
        };
        book.supply = book.apply(changes);
        Ok(book)
    }

    fn violated(&mut self, property: &'static str, what: String) {
        self.violations.push(Violation { property, what });
    }

    /// Sets balances; returns the sum of all.
    fn apply(&mut self, changes: &[Change]) -> U256 {
        let mut sum = self.supply;
        for change in changes {
            let StateKey::Account(address) = change.key else { continue };
            let after = match &change.after {
                Some(StateValue::Account(account)) => account.balance,
                _ => U256::ZERO,
            };
            let before = self.balances.insert(address, after).unwrap_or_default();
            sum = sum + after - before;
        }
        sum
    }

    /// A node stores a final block.
    pub(crate) fn store(&mut self, node: usize, block: Arc<FinalizedBlock>, now_ms: u64) {
        let height = block.block.height();
        let last = self.stored[node];
        if height > last + 1 {
            self.violated("order", format!("node {node} stored block {height} after block {last}"));
        }
        self.stored[node] = last.max(height);
        self.check_certificate(node, &block);
        match self.hashes.get(height as usize) {
            Some(hash) if *hash != block.block.hash() => {
                let (first, second) = (*hash, block.block.hash());
                self.violated("agreement", format!("block {height} is {first}, and {second} at node {node}"));
            }
            Some(_) => self.compare(node, &block),
            None => self.extend(block.clone()),
        }
        self.latencies_ms.push(now_ms.saturating_sub(block.block.seal().time_ms));
    }

    /// A restart, a late start, or another order of events must not make another outcome.
    fn compare(&mut self, node: usize, block: &FinalizedBlock) {
        let height = block.block.height();
        let Some(first) = self.blocks.get(&height) else { return };
        let same = first.receipts == block.receipts
            && first.changes == block.changes
            && first.system_logs == block.system_logs
            && first.senders == block.senders;
        if !same {
            self.violated("one outcome", format!("node {node} executed block {height} to another outcome"));
        }
    }

    fn extend(&mut self, block: Arc<FinalizedBlock>) {
        let inner = &block.block;
        let height = inner.height();
        let parent = self.hashes.last().copied().unwrap_or_default();
        if height as usize != self.hashes.len() || inner.header().parent_hash != parent {
            self.violated("chain", format!("block {height} does not stand on the block before"));
            return;
        }
        if let Err(error) = verify_proposer(&self.spec.namespace(), inner.header(), inner.seal()) {
            self.violated("validity", format!("block {height}: {error}"));
        }
        self.check_supply(&block);
        self.note(&block);
        self.hashes.push(inner.hash());
        self.transactions += inner.transactions().len() as u64;
        self.blocks.insert(height, block);
        while self.blocks.len() > BLOCKS_KEPT {
            self.blocks.pop_first();
        }
    }

    /// No coin appears; those that vanish are the burned part of the base fees.
    fn check_supply(&mut self, block: &FinalizedBlock) {
        let header = block.block.header();
        let after = self.apply(&block.changes);
        let fees = U256::from(header.gas_used) * U256::from(header.base_fee_per_gas.unwrap_or_default());
        let gone = self.supply.checked_sub(after);
        let bps = U256::from(self.spec.params.get(althing_primitives::Param::BaseFeeBurnBps));
        let burned = fees * bps / U256::from(10_000);
        if gone != Some(burned) {
            let what = format!(
                "block {}: {} coins became {after}, burned were {burned}",
                header.number, self.supply
            );
            self.violated("supply", what);
        }
        self.supply = after;
    }

    fn check_certificate(&mut self, node: usize, block: &FinalizedBlock) {
        let Some(certificate) = &block.certificate else { return };
        if let Err(error) = self.keys.verify_block(&block.block, certificate) {
            let what = format!("block {} at node {node}: {error}", block.block.height());
            self.violated("certificates", what);
        }
    }

    /// Notes what later checks need.
    fn note(&mut self, block: &FinalizedBlock) {
        let seal = block.block.seal();
        if !seal.election.is_empty() {
            self.beacons.entry(seal.epoch).or_insert_with(|| seal.election.clone());
        }
        for log in &block.system_logs {
            if let Ok(event) = DoubleProposal::decode_log(log) {
                *self.slashed.entry(event.operatorKey).or_default() += 1;
            }
        }
        let calendar = self.spec.calendar();
        if block.block.height() != calendar.last_block(seal.epoch) {
            return;
        }
        let payload = decode_payload(&seal.resharing).ok().flatten();
        let Some(next) = payload.and_then(next_committee) else {
            self.violated("validity", format!("the last block of epoch {} names no committee", seal.epoch));
            return;
        };
        self.committees.insert(seal.epoch + 1, (next.members, next.is_kept));
    }

    /// Height of the last final block.
    pub(crate) fn height(&self) -> Height {
        (self.hashes.len() - 1) as Height
    }

    /// The last height that a node has stored.
    pub(crate) fn stored(&self, node: usize) -> Height {
        self.stored[node]
    }

    /// Hash of the last final block.
    pub(crate) fn head(&self) -> B256 {
        self.hashes.last().copied().unwrap_or_default()
    }

    /// Operator of a place in the committee of an epoch.
    pub(crate) fn member(&self, epoch: u64, place: usize) -> Option<OperatorKey> {
        let mut members: Vec<OperatorKey> = match self.committees.get(&epoch) {
            Some((members, _)) => members.clone(),
            None => self.spec.validators.iter().map(|validator| validator.operator).collect(),
        };
        members.sort_unstable();
        members.get(place).copied()
    }

    /// State of the first block.
    pub(crate) fn first_state(&self) -> &StateCommitment {
        &self.first_state
    }

    /// The last final blocks, newest first.
    pub(crate) fn newest(&self) -> impl Iterator<Item = &Arc<FinalizedBlock>> {
        self.blocks.values().rev()
    }

    pub(crate) fn report(&mut self, violation: Violation) {
        self.violations.push(violation);
    }
}

/// The value below which a share of sorted values lies.
pub(crate) fn percentile(sorted: &[u64], percent: usize) -> u64 {
    let last = sorted.len().saturating_sub(1);
    let at = (sorted.len() * percent / 100).min(last);
    sorted.get(at).copied().unwrap_or_default()
}
