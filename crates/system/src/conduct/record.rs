//! What is held against a candidate.

use super::storage as at;
use crate::{Host, SystemError, staking};
use alloy_primitives::U256;
use althing_abi::Conduct as abi;
use althing_primitives::Epoch;

/// A candidate's record in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Record {
    /// First epoch in which it is not on probation any more.
    pub(super) probation_until: Epoch,
    /// Blocks that it missed.
    pub(super) missed: u64,
    /// Times that it proposed twice.
    pub(super) double_proposals: u64,
    /// Whether it is in the list.
    is_listed: bool,
}

impl Record {
    /// A candidate's record; empty for one that never failed.
    pub(super) fn of(host: &mut impl Host, candidate: u64) -> Result<Self, SystemError> {
        let [probation_until, missed, double_proposals, listed] =
            at::RECORD.at(host, candidate)?.get(host)?;
        Ok(Self { probation_until, missed, double_proposals, is_listed: listed != 0 })
    }

    /// Writes it, with `taken` Rau more that the candidate lost.
    pub(super) fn store(self, host: &mut impl Host, candidate: u64, taken: u128) -> Result<(), SystemError> {
        if !self.is_listed {
            at::LISTED.push(host, candidate)?;
        }
        let word = [self.probation_until, self.missed, self.double_proposals, 1];
        at::RECORD.at(host, candidate)?.set(host, word)?;
        if taken == 0 {
            return Ok(());
        }
        let slashed = at::SLASHED.at(host, candidate)?;
        let total = slashed.get(host)?.saturating_add(taken);
        slashed.set(host, total)
    }

    /// As the contract shows it.
    pub(super) fn shown(self, host: &mut impl Host, number: u64) -> Result<abi::Record, SystemError> {
        let (candidate, name) = staking::name_of(host, number)?;
        Ok(abi::Record {
            candidate,
            name,
            probationUntil: self.probation_until,
            jailedUntil: staking::jailed_until(host, number)?,
            missed: self.missed,
            doubleProposals: self.double_proposals,
            slashed: U256::from(at::SLASHED.at(host, number)?.get(host)?),
        })
    }
}
