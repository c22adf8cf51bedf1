//! Every storage slot of `Election`, and how an epoch's election lies in them. Append only.

use super::endpoint::Endpoint;
use crate::{
    Host, SystemError,
    storage::{Map, Quad, Record, Records, Slot, Tagged, Triple},
};
use alloy_primitives::{Address, B256, address};
use althing_primitives::Epoch;

/// Where the contract answers (test: storage_is_at_the_address_of_the_table).
pub(super) const ADDRESS: Address = address!("00000000000000000000000000000000A1740003");

/// Epochs whose elections are kept.
pub(crate) const EPOCHS_KEPT: u64 = 256;

/// Most places of a ranking.
pub(super) const MAX_RANKED: usize = 100;

/// Number of bootstrap delegates.
pub(super) const BOOTSTRAP_COUNT: Slot<u64> = Slot::new(ADDRESS, 0);
/// Bootstrap delegates by number, from 0: operator key, reward account, endpoint, name.
pub(super) const BOOTSTRAP: Records<u64> = Records::new(ADDRESS, 1);
/// Number of phases.
pub(super) const PHASE_COUNT: Slot<u64> = Slot::new(ADDRESS, 2);
/// Phases by number: first epoch and open seats.
pub(super) const PHASE: Map<u64, Quad> = Map::new(ADDRESS, 3);
/// Elections, in a ring by epoch.
const ELECTION: Records<u64> = Records::new(ADDRESS, 4);
/// Seat of an operator: epoch plus one, place, candidate.
pub(super) const SEAT: Map<B256, Quad> = Map::new(ADDRESS, 5);

const RANKED_AT: u64 = 16;
const DELEGATES_AT: u64 = 128;
const DELEGATE_SLOTS: u64 = 4;
const MEMBERS_AT: u64 = 640;
const MEMBER_SLOTS: u64 = 3;

/// What is known of an epoch's election besides its lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Summary {
    pub(super) ranked: u64,
    pub(super) delegates: u64,
    pub(super) drawn: u64,
    pub(super) members: u64,
    pub(super) open_seats: u64,
    pub(super) is_complete: bool,
    pub(super) has_seed: bool,
    pub(super) is_fallback: bool,
    pub(super) is_kept: bool,
    pub(super) ranking_height: u64,
    pub(super) seed_view: u64,
    pub(super) seed_height: u64,
    pub(super) seed: B256,
}

/// A place in the ranking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ranked {
    /// Number of the candidate.
    pub(crate) candidate: u64,
    /// Weighted votes that count.
    pub(crate) votes: u128,
    /// Whether fewer votes count than it has.
    pub(crate) on_probation: bool,
}

/// Somebody who may be drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Delegate {
    /// Operator key.
    pub(crate) operator: B256,
    /// Who it is.
    pub(crate) who: Who,
    /// Votes that counted; none for a bootstrap delegate.
    pub(crate) votes: u128,
    /// Where its node is dialled.
    pub(crate) endpoint: Endpoint,
}

/// An elected candidate or a bootstrap delegate, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Number of a candidate.
    Candidate(u64),
    /// Number of a bootstrap delegate, from 0.
    Bootstrap(u64),
}

const BOOTSTRAP_FLAG: u64 = 1 << 63;

impl Who {
    pub(super) fn to_number(self) -> u64 {
        match self {
            Self::Candidate(number) => number,
            Self::Bootstrap(number) => number | BOOTSTRAP_FLAG,
        }
    }

    pub(super) fn from_number(number: u64) -> Self {
        match number & BOOTSTRAP_FLAG {
            0 => Self::Candidate(number),
            _ => Self::Bootstrap(number & !BOOTSTRAP_FLAG),
        }
    }

    /// The candidate's number; none for a bootstrap delegate.
    pub(crate) fn candidate(self) -> Option<u64> {
        if let Self::Candidate(number) = self { Some(number) } else { None }
    }
}

/// A member of a serving committee.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Operator key.
    pub operator: B256,
    /// Who it is.
    pub who: Who,
    /// Account that gets the tips of its blocks.
    pub reward: Address,
    /// Where its node is dialled.
    pub endpoint: Endpoint,
}

/// An epoch's election in storage.
#[derive(Clone, Copy, Debug)]
pub(super) struct Election {
    record: Record,
    epoch: Epoch,
}

const COMPLETE: u64 = 1;
const SEEDED: u64 = 2;
const FALLBACK: u64 = 4;
const KEPT: u64 = 8;

impl Election {
    pub(super) fn of(host: &mut impl Host, epoch: Epoch) -> Result<Self, SystemError> {
        Ok(Self { record: ELECTION.at(host, epoch % EPOCHS_KEPT)?, epoch })
    }

    /// Reads ahead the places of a ranking and of a list of delegates, which writing them needs too.
    pub(super) fn prefetch(
        &self,
        host: &mut impl Host,
        ranked: u64,
        delegates: u64,
    ) -> Result<(), SystemError> {
        self.record.prefetch(host, RANKED_AT..RANKED_AT.saturating_add(ranked))?;
        let end = DELEGATES_AT.saturating_add(delegates.saturating_mul(DELEGATE_SLOTS));
        self.record.prefetch(host, DELEGATES_AT..end)
    }

    /// Reads ahead the list of members.
    pub(super) fn prefetch_members(&self, host: &mut impl Host, members: u64) -> Result<(), SystemError> {
        let end = MEMBERS_AT.saturating_add(members.saturating_mul(MEMBER_SLOTS));
        self.record.prefetch(host, MEMBERS_AT..end)
    }

    /// What is known of it; `None` when it has not begun or is too long ago.
    pub(super) fn summary(&self, host: &mut impl Host) -> Result<Option<Summary>, SystemError> {
        let [tag, counts, flags, open_seats] = self.record.slot::<Quad>(0).get(host)?;
        if tag != self.epoch.saturating_add(1) {
            return Ok(None);
        }
        let [ranking_height, seed_view, seed_height, _] = self.record.slot::<Quad>(2).get(host)?;
        let count = |place: u32| counts >> (16 * place) & 0xffff;
        Ok(Some(Summary {
            ranked: count(0),
            delegates: count(1),
            drawn: count(2),
            members: count(3),
            open_seats,
            is_complete: flags & COMPLETE != 0,
            has_seed: flags & SEEDED != 0,
            is_fallback: flags & FALLBACK != 0,
            is_kept: flags & KEPT != 0,
            ranking_height,
            seed_view,
            seed_height,
            seed: self.record.slot(1).get(host)?,
        }))
    }

    pub(super) fn set_summary(&self, host: &mut impl Host, summary: &Summary) -> Result<(), SystemError> {
        let s = summary;
        let counts = s.ranked | s.delegates << 16 | s.drawn << 32 | s.members << 48;
        let flag = |is: bool, flag: u64| if is { flag } else { 0 };
        let flags = flag(s.is_complete, COMPLETE)
            | flag(s.has_seed, SEEDED)
            | flag(s.is_fallback, FALLBACK)
            | flag(s.is_kept, KEPT);
        let tag = self.epoch.saturating_add(1);
        self.record.slot::<Quad>(0).set(host, [tag, counts, flags, s.open_seats])?;
        self.record.slot(1).set(host, s.seed)?;
        self.record.slot::<Quad>(2).set(host, [s.ranking_height, s.seed_view, s.seed_height, 0])
    }

    pub(super) fn ranked(&self, host: &mut impl Host, place: u64) -> Result<Ranked, SystemError> {
        let (votes, candidate, flags): Triple =
            self.record.slot(RANKED_AT.saturating_add(place)).get(host)?;
        Ok(Ranked { candidate, votes, on_probation: flags != 0 })
    }

    pub(super) fn set_ranked(
        &self,
        host: &mut impl Host,
        place: u64,
        ranked: Ranked,
    ) -> Result<(), SystemError> {
        let Ranked { candidate, votes, on_probation } = ranked;
        let word: Triple = (votes, candidate, on_probation.into());
        self.record.slot(RANKED_AT.saturating_add(place)).set(host, word)
    }

    pub(super) fn delegate(&self, host: &mut impl Host, place: u64) -> Result<Delegate, SystemError> {
        let at = DELEGATES_AT.saturating_add(place.saturating_mul(DELEGATE_SLOTS));
        Ok(Delegate {
            operator: self.record.slot(at).get(host)?,
            who: Who::from_number(self.record.slot(at + 1).get(host)?),
            votes: self.record.slot(at + 2).get(host)?,
            endpoint: self.record.slot(at + 3).get(host)?,
        })
    }

    pub(super) fn set_delegate(
        &self,
        host: &mut impl Host,
        place: u64,
        delegate: &Delegate,
    ) -> Result<(), SystemError> {
        let at = DELEGATES_AT.saturating_add(place.saturating_mul(DELEGATE_SLOTS));
        self.record.slot(at).set(host, delegate.operator)?;
        self.record.slot(at + 1).set(host, delegate.who.to_number())?;
        self.record.slot(at + 2).set(host, delegate.votes)?;
        self.record.slot(at + 3).set(host, delegate.endpoint)
    }

    pub(super) fn member(&self, host: &mut impl Host, place: u64) -> Result<Member, SystemError> {
        let at = MEMBERS_AT.saturating_add(place.saturating_mul(MEMBER_SLOTS));
        let (reward, who) = self.record.slot::<Tagged>(at + 1).get(host)?;
        Ok(Member {
            operator: self.record.slot(at).get(host)?,
            who: Who::from_number(who),
            reward,
            endpoint: self.record.slot(at + 2).get(host)?,
        })
    }

    pub(super) fn set_member(
        &self,
        host: &mut impl Host,
        place: u64,
        member: &Member,
    ) -> Result<(), SystemError> {
        let at = MEMBERS_AT.saturating_add(place.saturating_mul(MEMBER_SLOTS));
        self.record.slot(at).set(host, member.operator)?;
        self.record.slot(at + 1).set(host, (member.reward, member.who.to_number()))?;
        self.record.slot(at + 2).set(host, member.endpoint)
    }

    /// Places in the list of delegates, in order of the draw.
    pub(super) fn drawn(&self, host: &mut impl Host, count: u64) -> Result<Vec<u64>, SystemError> {
        self.places(host, 3, count)
    }

    pub(super) fn set_drawn(&self, host: &mut impl Host, places: &[usize]) -> Result<(), SystemError> {
        self.set_places(host, 3, places)
    }

    /// Places in the list of members, in order of their turns.
    pub(super) fn leaders(&self, host: &mut impl Host, count: u64) -> Result<Vec<u64>, SystemError> {
        self.places(host, 5, count)
    }

    pub(super) fn set_leaders(&self, host: &mut impl Host, places: &[usize]) -> Result<(), SystemError> {
        self.set_places(host, 5, places)
    }

    /// Places fit a byte, so 32 of them fill a slot.
    fn places(&self, host: &mut impl Host, at: u64, count: u64) -> Result<Vec<u64>, SystemError> {
        let mut bytes = [0u8; 64];
        for (word, half) in bytes.chunks_exact_mut(32).enumerate() {
            let value: B256 = self.record.slot(at.saturating_add(word as u64)).get(host)?;
            half.copy_from_slice(value.as_slice());
        }
        Ok(bytes.iter().take(count as usize).map(|place| u64::from(*place)).collect())
    }

    fn set_places(&self, host: &mut impl Host, at: u64, places: &[usize]) -> Result<(), SystemError> {
        let mut bytes = [0u8; 64];
        for (byte, place) in bytes.iter_mut().zip(places) {
            *byte = u8::try_from(*place).unwrap_or(u8::MAX);
        }
        self.record.slot(at).set(host, B256::from_slice(&bytes[..32]))?;
        self.record.slot(at.saturating_add(1)).set(host, B256::from_slice(&bytes[32..]))
    }
}
