//! Counting votes anew: from what accounts had staked, and from what they said. Pure.

use alloy_primitives::U256;
use althing_abi::Governance::Proposal;
use althing_primitives::{Address, WHOLE_BPS};
use std::collections::BTreeMap;

/// Numbers of pledges, as the interface has them.
const SUPPORT: u8 = 1;
/// Numbers of votes, as the interface has them.
const NO: u8 = 0;
const YES: u8 = 1;

/// Votes of all accounts at a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Weights {
    of: BTreeMap<Address, U256>,
    pub(super) all: U256,
}

impl Weights {
    /// Adds up stakes: owners with votes.
    pub(super) fn sum(stakes: impl IntoIterator<Item = (Address, U256)>) -> Self {
        let mut weights = Self::default();
        for (owner, votes) in stakes {
            let of = weights.of.entry(owner).or_default();
            *of = of.saturating_add(votes);
            weights.all = weights.all.saturating_add(votes);
        }
        weights
    }

    fn of(&self, account: Address) -> U256 {
        self.of.get(&account).copied().unwrap_or_default()
    }
}

/// What an account said, with the votes that its log names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) choice: u8,
    pub(super) logged: U256,
}

/// What an account said at both times.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ballot {
    pub(super) pledge: Option<Said>,
    pub(super) vote: Option<Said>,
}

/// All ballots; a later word replaces an earlier one.
pub(super) type Ballots = BTreeMap<Address, Ballot>;

/// Parts that were in force when the proposal was submitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rules {
    pub(super) support_bps: U256,
    pub(super) quorum_bps: U256,
}

/// A number that was counted anew, and what the contract says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sum {
    pub(super) what: &'static str,
    pub(super) recounted: U256,
    pub(super) told: U256,
}

impl Sum {
    pub(super) fn agrees(&self) -> bool {
        self.recounted == self.told
    }
}

/// An account with what it said and what it had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Voter {
    pub(super) account: Address,
    pub(super) ballot: Ballot,
    /// Votes when the proposal was submitted, and when the vote began.
    pub(super) had: [U256; 2],
}

impl Voter {
    /// Whether its logs name what it had.
    pub(super) fn agrees(&self) -> bool {
        let said = [self.ballot.pledge, self.ballot.vote];
        said.into_iter().zip(self.had).all(|(said, had)| said.is_none_or(|said| said.logged == had))
    }
}

/// What the contract says, and all votes at both times by it.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) proposal: Proposal,
    pub(super) all: [U256; 2],
}

/// A finished recount.
#[derive(Clone, Debug)]
pub(super) struct Recount {
    pub(super) voters: Vec<Voter>,
    pub(super) sums: Vec<Sum>,
}

impl Recount {
    /// Counts the ballots by the votes at submission and, when the vote began, at its begin.
    pub(super) fn new(ballots: Ballots, at: [&Weights; 2], rules: Rules, told: &Told) -> Self {
        let voter = |(account, ballot)| Voter { account, ballot, had: at.map(|at| at.of(account)) };
        let voters: Vec<Voter> = ballots.into_iter().map(voter).collect();
        let sums = sums(&voters, at, rules, told);
        Self { voters, sums }
    }

    /// What differs, in words.
    pub(super) fn differences(&self) -> Vec<String> {
        let sums = self.sums.iter().filter(|sum| !sum.agrees());
        let sums = sums.map(|Sum { what, recounted, told }| {
            format!("{what}: {recounted} by the logs, {told} by the contract")
        });
        let voters = self.voters.iter().filter(|voter| !voter.agrees());
        let voters = voters
            .map(|voter| format!("{} is logged with votes that its stakes did not have", voter.account));
        sums.chain(voters).collect()
    }
}

fn sums(voters: &[Voter], at: [&Weights; 2], rules: Rules, told: &Told) -> Vec<Sum> {
    let pledged = |is_support: bool| -> U256 {
        let of = voters.iter().filter(|voter| {
            voter.ballot.pledge.is_some_and(|pledge| (pledge.choice == SUPPORT) == is_support)
        });
        of.map(|voter| voter.had[0]).fold(U256::ZERO, U256::saturating_add)
    };
    let voted = |wanted: fn(u8) -> bool| -> U256 {
        let of = voters.iter().filter(|voter| voter.ballot.vote.is_some_and(|vote| wanted(vote.choice)));
        of.map(|voter| voter.had[1]).fold(U256::ZERO, U256::saturating_add)
    };
    let proposal = &told.proposal;
    let sum = |what, recounted, told| Sum { what, recounted, told };
    let mut sums = vec![
        sum("all votes at submission", at[0].all, told.all[0]),
        sum("support needed", share(at[0].all, rules.support_bps), proposal.supportNeeded),
        sum("support", pledged(true), proposal.support),
        sum("spam", pledged(false), proposal.spam),
    ];
    if proposal.openedAt != 0 {
        sums.extend([
            sum("all votes at the vote's begin", at[1].all, told.all[1]),
            sum("quorum", share(at[1].all, rules.quorum_bps), proposal.quorum),
            sum("yes", voted(|choice| choice == YES), proposal.yes),
            sum("no", voted(|choice| choice == NO), proposal.no),
            sum("abstain", voted(|choice| choice > YES), proposal.abstain),
        ]);
    }
    sums
}

/// A part of votes, rounded up, and at least one.
fn share(votes: U256, bps: U256) -> U256 {
    votes.saturating_mul(bps).div_ceil(U256::from(WHOLE_BPS)).max(U256::from(1))
}
