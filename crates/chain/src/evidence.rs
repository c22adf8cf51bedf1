//! Double proposals that this node saw: two different blocks that one operator signed for one view.
//!
//! A node sees the second block of a view when the others finalized another than the one that it checked itself. It keeps
//! the proof and puts it into the next block that it proposes, until the chain punished the fault or it is too old.

use crate::{context::Chain, sabotage::Sabotage, verify::InvalidBlock};
use althing_execution::{is_punishable, read};
use althing_light::{DoubleProposal, Fault, Proposal};
use althing_primitives::{Block, Bytes, Epoch, OperatorKey, View, calendar::EVIDENCE_EPOCHS};
use althing_state::StateView;
use std::collections::BTreeMap;

/// Most proposals remembered, about 1.5 kB each; the oldest go first. Two blocks of a view come within a few views.
const MAX_SEEN: usize = 1_024;

/// Most proofs kept, at most 4 kB each; the oldest go first.
const MAX_PROOFS: usize = 64;

type Turn = (Epoch, View, OperatorKey);

fn turn_of(fault: &Fault) -> Turn {
    (fault.epoch, fault.view, fault.operator)
}

/// Proposals by turn, and what they prove.
#[derive(Debug, Default)]
pub(crate) struct Evidence {
    seen: BTreeMap<Turn, Proposal>,
    proofs: BTreeMap<Turn, (Fault, Bytes)>,
}

impl Evidence {
    /// Remembers a block; keeps the proof when its proposer signed another for the same view.
    fn see(&mut self, namespace: &[u8], block: &Block) {
        let seal = block.seal();
        let turn = (seal.epoch, seal.view, seal.proposer);
        let proposal = Proposal::of(block);
        match self.seen.get(&turn) {
            Some(first) if *first != proposal => {
                let proof = DoubleProposal { first: first.clone(), second: proposal };
                // Final blocks come here without a check of their own, so the proof is checked as a whole.
                if let Ok(fault) = proof.verify(namespace) {
                    tracing::warn!(epoch = fault.epoch, view = fault.view, operator = %fault.operator, "double proposal seen");
                    self.proofs.insert(turn_of(&fault), (fault, proof.encode().into()));
                }
            }
            Some(_) => {}
            None => drop(self.seen.insert(turn, proposal)),
        }
        while self.seen.len() > MAX_SEEN {
            self.seen.pop_first();
        }
        while self.proofs.len() > MAX_PROOFS {
            self.proofs.pop_first();
        }
    }

    /// Proofs that a block of an epoch may carry, oldest first; forgets those that are too old.
    fn pending(&mut self, epoch: Epoch) -> Vec<(Fault, Bytes)> {
        let oldest = epoch.saturating_sub(EVIDENCE_EPOCHS);
        self.proofs = self.proofs.split_off(&(oldest, 0, OperatorKey::ZERO));
        self.proofs.values().cloned().collect()
    }
}

impl Chain {
    /// Remembers what a block's proposer signed.
    pub(crate) fn watch(&self, block: &Block) {
        if block.height() > 0 {
            self.evidence.lock().see(&self.spec.namespace(), block);
        }
    }

    /// Double proposals of the last epochs that this node can prove, punished or not.
    pub fn double_proposals(&self) -> Vec<Fault> {
        self.evidence.lock().proofs.values().map(|(fault, _)| *fault).collect()
    }

    /// A proof for the next block to carry, of a fault that the chain has not punished yet; empty without one.
    pub(crate) async fn evidence_for(
        &self,
        epoch: Epoch,
        view: &impl StateView,
    ) -> Result<Bytes, InvalidBlock> {
        if self.does(Sabotage::IgnoreEvidence) {
            return Ok(Bytes::new());
        }
        let pending = self.evidence.lock().pending(epoch);
        for (fault, proof) in pending {
            if read(view, move |host| is_punishable(host, epoch, fault)).await? {
                return Ok(proof);
            }
        }
        Ok(Bytes::new())
    }
}

#[cfg(test)]
mod tests;
