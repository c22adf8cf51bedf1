//! Votes over time: what an account, and all together, had at the end of any second that is over.
//!
//! A trace is a head, the present votes and since when, and behind it a list of earlier ones in order of time. Any number of
//! changes in one second are one entry.

use super::{emit, refused, storage as at};
use crate::{
    Host, SystemError,
    storage::{Record, Slot, Triple},
};
use alloy_primitives::{Address, U256, aliases::U48};
use althing_abi::Governance::{DelegateVotesChanged, ERC5805FutureLookup};

/// Under which account the votes of all are kept.
pub(super) const ALL: Address = Address::ZERO;

/// Votes since a time, and how many earlier ones are listed.
#[derive(Clone, Copy, Debug)]
struct Entry {
    votes: u128,
    since: u64,
    earlier: u64,
}

impl Entry {
    fn load(host: &mut impl Host, slot: Slot<Triple>) -> Result<Self, SystemError> {
        let (votes, since, earlier) = slot.get(host)?;
        Ok(Self { votes, since, earlier })
    }

    fn store(self, host: &mut impl Host, slot: Slot<Triple>) -> Result<(), SystemError> {
        slot.set(host, (self.votes, self.since, self.earlier))
    }
}

fn head(trace: &Record) -> Slot<Triple> {
    trace.slot(0)
}

fn earlier(trace: &Record, index: u64) -> Slot<Triple> {
    trace.slot(index.saturating_add(1))
}

/// Takes note of a stake's change: its owner and its votes before and after; `None` when it is not there.
pub(crate) fn votes_changed(
    host: &mut impl Host,
    before: Option<(Address, u128)>,
    after: Option<(Address, u128)>,
) -> Result<(), SystemError> {
    let votes = |side: Option<(Address, u128)>| side.map_or(0, |(_, votes)| votes);
    let same = before.map(|(owner, _)| owner) == after.map(|(owner, _)| owner);
    match (before, after) {
        (Some((owner, less)), Some((_, more))) if same => shift_account(host, owner, less, more)?,
        _ => {
            if let Some((owner, votes)) = before {
                shift_account(host, owner, votes, 0)?;
            }
            if let Some((owner, votes)) = after {
                shift_account(host, owner, 0, votes)?;
            }
        }
    }
    shift(host, ALL, votes(before), votes(after)).map(drop)
}

fn shift_account(host: &mut impl Host, account: Address, less: u128, more: u128) -> Result<(), SystemError> {
    let Some((before, after)) = shift(host, account, less, more)? else { return Ok(()) };
    let (previous, new) = (U256::from(before), U256::from(after));
    emit(host, &DelegateVotesChanged { delegate: account, previousVotes: previous, newVotes: new })
}

/// Changes an account's votes; gives them before and after, if they changed.
fn shift(
    host: &mut impl Host,
    account: Address,
    less: u128,
    more: u128,
) -> Result<Option<(u128, u128)>, SystemError> {
    if less == more {
        return Ok(None);
    }
    let now = host.block().timestamp;
    let trace = at::TRACE.at(host, account)?;
    let last = Entry::load(host, head(&trace))?;
    let votes = last.votes.checked_sub(less).and_then(|rest| rest.checked_add(more));
    let broken = || SystemError::Fatal(format!("{account} has {} votes and loses {less}", last.votes));
    let mut next = Entry { votes: votes.ok_or_else(broken)?, ..last };
    if last.since < now {
        last.store(host, earlier(&trace, last.earlier))?;
        next.since = now;
        next.earlier = last.earlier.saturating_add(1);
    }
    next.store(host, head(&trace))?;
    Ok(Some((last.votes, next.votes)))
}

/// An account's present votes.
pub(super) fn present(host: &mut impl Host, account: Address) -> Result<u128, SystemError> {
    let trace = at::TRACE.at(host, account)?;
    Ok(Entry::load(host, head(&trace))?.votes)
}

/// An account's votes at the end of a second; refused while it is not over.
pub(super) fn past(host: &mut impl Host, account: Address, time: u64) -> Result<u128, SystemError> {
    let now = host.block().timestamp;
    if time >= now {
        let clock = U48::saturating_from(now);
        return Err(refused(ERC5805FutureLookup { timepoint: U256::from(time), clock }));
    }
    let trace = at::TRACE.at(host, account)?;
    let last = Entry::load(host, head(&trace))?;
    if last.since <= time {
        return Ok(last.votes);
    }
    // The number of entries at or before the time, by halving: at most 64 steps.
    let (mut low, mut high) = (0, last.earlier);
    while low < high {
        let middle = low.midpoint(high);
        match Entry::load(host, earlier(&trace, middle))?.since <= time {
            true => low = middle.saturating_add(1),
            false => high = middle,
        }
    }
    match low.checked_sub(1) {
        Some(index) => Ok(Entry::load(host, earlier(&trace, index))?.votes),
        None => Ok(0),
    }
}
