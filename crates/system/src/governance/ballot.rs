//! What an account did with a proposal: pledged votes before the vote, and a vote in it.

use super::storage as at;
use crate::{
    Host, SystemError,
    storage::{Slot, Triple},
};
use alloy_primitives::Address;

/// A choice with the votes that it counts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) choice: u8,
    pub(super) votes: u128,
}

/// Where a choice lies.
#[derive(Debug)]
pub(super) struct Place(Slot<Triple>);

impl Place {
    /// The choice; none until one was made.
    pub(super) fn get(&self, host: &mut impl Host) -> Result<Option<Choice>, SystemError> {
        let (votes, choice, made) = self.0.get(host)?;
        Ok((made != 0).then_some(Choice { choice: choice as u8, votes }))
    }

    /// Writes the choice.
    pub(super) fn set(&self, host: &mut impl Host, made: Choice) -> Result<(), SystemError> {
        self.0.set(host, (made.votes, made.choice.into(), 1))
    }
}

/// An account's pledge for a proposal.
pub(super) fn pledge(host: &mut impl Host, number: u64, account: Address) -> Result<Place, SystemError> {
    let [pledge, _] = at::ballot(host, number, account)?;
    Ok(Place(pledge))
}

/// An account's vote on a proposal.
pub(super) fn vote(host: &mut impl Host, number: u64, account: Address) -> Result<Place, SystemError> {
    let [_, vote] = at::ballot(host, number, account)?;
    Ok(Place(vote))
}
