//! What part of its rewards a candidate gives its voters, and how it announces a change.

use super::{emit, portion, refused, storage as at};
use crate::{Host, SystemError, chain_info, params, staking};
use althing_abi::Rewards::{PlanAnnounced, ShareTooLarge};
use althing_primitives::{Epoch, Param, WHOLE_BPS};

/// Voters' share of each kind of reward in basis points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Plan(pub(super) [u16; 3]);

impl Plan {
    fn to_word(self) -> u64 {
        let [block, epoch, bonus] = self.0.map(u64::from);
        block | epoch << 16 | bonus << 32
    }

    /// Total: shares that cannot be are cut.
    fn from_word(word: u64) -> Self {
        Self([word, word >> 16, word >> 32].map(|share| (share as u16).min(WHOLE_BPS)))
    }

    /// The voters' part of each kind; the candidate's is the rest.
    pub(super) fn of_voters(self, amounts: [u128; 3]) -> [u128; 3] {
        let mut parts = amounts;
        for (part, share) in parts.iter_mut().zip(self.0) {
            *part = portion(*part, share.into(), WHOLE_BPS.into());
        }
        parts
    }
}

/// The plan that is in force, and an announced one with the epoch from which on it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Plans {
    pub(super) present: Plan,
    pub(super) next: Option<(Plan, Epoch)>,
}

/// A candidate's plans in an epoch.
pub(super) fn of(host: &mut impl Host, candidate: u64, epoch: Epoch) -> Result<Plans, SystemError> {
    let [present, next, from, announced] = at::plan(host, candidate)?.get(host)?;
    let (present, next) = (Plan::from_word(present), Plan::from_word(next));
    Ok(match announced != 0 {
        true if from <= epoch => Plans { present: next, next: None },
        true => Plans { present, next: Some((next, from)) },
        false => Plans { present, next: None },
    })
}

/// Announces a plan of the caller's candidate.
pub(super) fn announce(host: &mut impl Host, shares: [u16; 3]) -> Result<(), SystemError> {
    let (number, id) = staking::candidate_of_caller(host)?;
    if let Some(share) = shares.into_iter().find(|share| *share > WHOLE_BPS) {
        return Err(refused(ShareTooLarge { share }));
    }
    let epoch = chain_info::epoch(host)?;
    let present = of(host, number, epoch)?.present;
    let from = epoch.saturating_add(params::get_u64(host, Param::PlanNoticeEpochs)?);
    at::plan(host, number)?.set(host, [present.to_word(), Plan(shares).to_word(), from, 1])?;
    let [block, by_votes, bonus] = shares;
    let event = PlanAnnounced {
        candidate: id,
        blockShare: block,
        epochShare: by_votes,
        bonusShare: bonus,
        fromEpoch: from,
    };
    emit(host, &event)
}
