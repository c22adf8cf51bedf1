//! The account of a candidate with its voters: what each is owed for some epochs, what it was paid, what is open.
//!
//! Pure: it follows from facts and payments of the chain. An owner is *settled* for an epoch when a payment to it names the
//! epoch; who is settled for an epoch is never paid for it again, whatever the terms are now. An epoch that was paid to
//! anybody keeps the terms of that payment, and owners who are not settled for it are still owed.

use super::due::Facts;
use super::epochs::EpochSet;
use super::memo::{MAX_RANGES, Memo, Terms};
use alloy_primitives::{B256, U256};
use althing_primitives::{Address, Epoch};
use std::collections::{BTreeMap, BTreeSet};

/// A marked transfer that succeeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Payment {
    pub(super) hash: B256,
    pub(super) to: Address,
    pub(super) amount: U256,
    pub(super) memo: Memo,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub(super) struct Request {
    /// Id of the candidate.
    pub(super) candidate: Address,
    pub(super) first: Epoch,
    pub(super) last: Epoch,
    pub(super) terms: Terms,
    /// Owners to whom less is open are not paid now.
    pub(super) least: U256,
    /// Owners whose shares the candidate keeps.
    pub(super) kept: BTreeSet<Address>,
}

/// The account with one owner.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) buckets: BTreeSet<u64>,
    /// Votes that earned in the last epoch in which any did.
    pub(super) votes: U256,
    /// For the epochs that were asked for.
    pub(super) due: U256,
    /// Open from epochs that were paid to others and not asked for.
    pub(super) carried: U256,
    /// Settled of `due`.
    pub(super) paid: U256,
    /// Not settled, of `due` and `carried`.
    pub(super) open: U256,
    /// Whether the candidate keeps what is not settled: then nothing is carried or open.
    pub(super) is_kept: bool,
    /// Payments for any of the epochs that were asked for.
    pub(super) payments: Vec<B256>,
    latest: Option<Epoch>,
    dues: BTreeMap<Epoch, U256>,
}

/// A transfer that is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Transfer {
    pub(super) to: Address,
    pub(super) amount: U256,
    pub(super) memo: Memo,
}

/// The whole account.
#[derive(Clone, Debug)]
pub(super) struct Statement {
    pub(super) request: Request,
    pub(super) lines: BTreeMap<Address, Line>,
    /// The terms of each epoch of the account.
    pub(super) terms: BTreeMap<Epoch, Terms>,
    /// What the candidate was paid for the epochs that were asked for, by kind, and its voters by its plan.
    pub(super) own: [U256; 3],
    pub(super) to_voters: U256,
    /// What people should know before they pay.
    pub(super) notes: Vec<String>,
    settled: BTreeMap<Address, EpochSet>,
}

impl Statement {
    /// Draws up the account. `payments` are in order of the chain.
    pub(super) fn new(facts: &Facts, payments: &[Payment], request: Request) -> Self {
        let mut statement = Self {
            terms: BTreeMap::new(),
            settled: BTreeMap::new(),
            lines: BTreeMap::new(),
            own: [U256::ZERO; 3],
            to_voters: U256::ZERO,
            notes: Vec::new(),
            request,
        };
        let ours: Vec<&Payment> =
            payments.iter().filter(|payment| payment.memo.candidate == statement.request.candidate).collect();
        statement.take_terms(&ours);
        for (epoch, terms) in statement.terms.clone() {
            statement.add(facts, epoch, terms);
        }
        statement.lines.retain(|_, line| line.due + line.carried > U256::ZERO);
        statement.take_payments(&ours);
        statement.note_epochs(facts);
        statement
    }

    fn take_terms(&mut self, payments: &[&Payment]) {
        let Request { first, last, terms, .. } = self.request;
        for payment in payments {
            let epochs = payment.memo.epochs.within(0, last);
            for epoch in epochs.iter() {
                self.terms.entry(epoch).or_insert(payment.memo.terms);
            }
            self.settled.entry(payment.to).or_default().extend(&epochs);
        }
        for epoch in first..=last {
            self.terms.entry(epoch).or_insert(terms);
        }
    }

    fn add(&mut self, facts: &Facts, epoch: Epoch, terms: Terms) {
        let is_asked = epoch >= self.request.first;
        for share in facts.due(epoch, terms) {
            let is_settled = self.settled.get(&share.owner).is_some_and(|epochs| epochs.contains(epoch));
            let line = self.lines.entry(share.owner).or_default();
            line.is_kept = self.request.kept.contains(&share.owner);
            line.buckets.insert(share.bucket);
            if line.latest.replace(epoch) != Some(epoch) {
                line.votes = U256::ZERO;
            }
            line.votes += share.votes;
            *line.dues.entry(epoch).or_default() += share.amount;
            match (is_asked, is_settled) {
                (true, true) => line.paid += share.amount,
                (false, false) if !line.is_kept => line.carried += share.amount,
                _ => {}
            }
            line.due += if is_asked { share.amount } else { U256::ZERO };
            line.open += if is_settled || line.is_kept { U256::ZERO } else { share.amount };
        }
        if is_asked {
            let paid = facts.paid.get(&epoch).copied().unwrap_or_default();
            self.own.iter_mut().zip(paid.own).for_each(|(sum, amount)| *sum += amount);
            self.to_voters += paid.to_voters;
        }
    }

    fn take_payments(&mut self, payments: &[&Payment]) {
        let Request { first, last, .. } = self.request;
        for payment in payments {
            let Some(line) = self.lines.get_mut(&payment.to) else { continue };
            if !payment.memo.epochs.within(first, last).is_empty() {
                line.payments.push(payment.hash);
            }
            let epochs = &payment.memo.epochs;
            let due = |epoch: Epoch| line.dues.get(&epoch).copied().unwrap_or_default();
            let expected: U256 = epochs.within(0, last).iter().map(due).sum();
            if epochs.within(0, last) == *epochs && expected != payment.amount {
                self.notes.push(format!(
                    "transfer {} paid {} Rau for epochs {epochs}, and {expected} are owed for them",
                    payment.hash, payment.amount
                ));
            }
        }
    }

    fn note_epochs(&mut self, facts: &Facts) {
        let Request { first, last, terms, .. } = self.request;
        let other = self.terms.range(first..=last).filter(|(_, of)| **of != terms).map(|(epoch, _)| *epoch);
        let other: EpochSet = other.collect();
        if !other.is_empty() {
            self.notes.push(format!("epochs {other} were paid on other terms before, which stay"));
        }
        let shared = facts.paid.range(first..=last).filter(|(_, paid)| !paid.to_voters.is_zero());
        let shared: EpochSet = shared.map(|(epoch, _)| *epoch).collect();
        if !shared.is_empty() {
            self.notes.push(format!(
                "in epochs {shared} the candidate's plan gave voters a part already, which they claim; shares are of what it kept"
            ));
        }
    }

    /// Sums of the lines: due, carried, paid, open; and open without what is too little.
    pub(super) fn totals(&self) -> [U256; 5] {
        let mut sums = [U256::ZERO; 5];
        for line in self.lines.values() {
            let now = if self.is_payable(line) { line.open } else { U256::ZERO };
            for (sum, amount) in sums.iter_mut().zip([line.due, line.carried, line.paid, line.open, now]) {
                *sum += amount;
            }
        }
        sums
    }

    /// Whether an owner is paid now.
    pub(super) fn is_payable(&self, line: &Line) -> bool {
        !line.open.is_zero() && line.open >= self.request.least
    }

    /// What is to be paid now: one transfer to an owner, more when terms differ. Each settles its owner for all epochs that
    /// it names, also for those in which nothing was due.
    pub(super) fn transfers(&self) -> Vec<Transfer> {
        let mut transfers = Vec::new();
        for (owner, line) in self.lines.iter().filter(|(_, line)| self.is_payable(line)) {
            let settled = self.settled.get(owner).cloned().unwrap_or_default();
            let mut open: BTreeMap<Terms, EpochSet> = BTreeMap::new();
            for (epoch, terms) in self.terms.iter().filter(|(epoch, _)| !settled.contains(**epoch)) {
                open.entry(*terms).or_default().insert(*epoch);
            }
            for (terms, epochs) in open {
                for epochs in epochs.parts(MAX_RANGES) {
                    let due = |epoch: Epoch| line.dues.get(&epoch).copied().unwrap_or_default();
                    let amount: U256 = epochs.iter().map(due).sum();
                    let memo = Memo { candidate: self.request.candidate, terms, epochs };
                    transfers.extend((!amount.is_zero()).then_some(Transfer { to: *owner, amount, memo }));
                }
            }
        }
        transfers
    }
}
