//! Deliberate faults: proposers of invalid blocks, and builds that are broken so that a check must find it.
//!
//! Only the feature `sabotage` gives a way to begin one, and without it the compiler removes all of this. No program
//! that runs a node calls it: simulations do.

use crate::Chain;
use alloy_primitives::{Address, B256, U256, address};
use althing_execution::Outcome;
use althing_primitives::{AccountRecord, Change, StateCommitment, StateKey, StateValue};
use parking_lot::Mutex;
use std::collections::BTreeSet;

/// A deliberate fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sabotage {
    /// Propose blocks with a wrong state root.
    WrongStateRoot,
    /// Propose blocks that give coins to nobody in particular.
    WrongReward,
    /// Propose blocks that change what elections have decided.
    WrongDraw,
    /// Vote for blocks whatever they commit to.
    AcceptAll,
    /// Mint a coin in every block, in proposing and in verifying.
    Mint,
    /// Report no double proposal.
    IgnoreEvidence,
    /// Forget no outcome of an executed block.
    KeepOutcomes,
}

#[derive(Debug, Default)]
pub(crate) struct Sabotages(Mutex<BTreeSet<Sabotage>>);

/// Who gets coins that should not be there.
const NOBODY: Address = Address::with_last_byte(0xee);

/// The contract of elections.
const ELECTION: Address = address!("00000000000000000000000000000000A1740003");

impl Chain {
    /// Lets this node do something wrong from now on.
    #[cfg(feature = "sabotage")]
    pub fn sabotage(&self, what: Sabotage) {
        self.sabotages.0.lock().insert(what);
    }

    /// Whether this node does something wrong.
    pub(crate) fn does(&self, what: Sabotage) -> bool {
        cfg!(feature = "sabotage") && self.sabotages.0.lock().contains(&what)
    }

    /// Spoils the outcome of a block that this node proposes.
    pub(crate) fn spoil_own(&self, outcome: &mut Outcome) {
        if self.does(Sabotage::WrongReward) {
            mint(outcome);
        }
        if self.does(Sabotage::WrongDraw) {
            let key = StateKey::Slot(ELECTION, B256::repeat_byte(0xee).into());
            put(outcome, Change { key, before: None, after: Some(StateValue::Slot(U256::ONE)) });
        }
        self.spoil_every(outcome);
    }

    /// Spoils the outcome of every block.
    pub(crate) fn spoil_every(&self, outcome: &mut Outcome) {
        if self.does(Sabotage::Mint) {
            mint(outcome);
        }
    }

    /// Spoils what a block that this node proposes commits to.
    pub(crate) fn spoil_commitment(&self, mut state: StateCommitment) -> StateCommitment {
        if self.does(Sabotage::WrongStateRoot) {
            state.accounts.root = B256::repeat_byte(0xee);
        }
        state
    }
}

fn mint(outcome: &mut Outcome) {
    let balance = U256::from(outcome.gas_used) + U256::ONE;
    let account = AccountRecord { balance, ..AccountRecord::default() };
    put(
        outcome,
        Change { key: StateKey::Account(NOBODY), before: None, after: Some(StateValue::Account(account)) },
    );
}

fn put(outcome: &mut Outcome, change: Change) {
    outcome.changes.retain(|other| other.key != change.key);
    outcome.changes.push(change);
    outcome.changes.sort_by_key(|change| change.key);
}
