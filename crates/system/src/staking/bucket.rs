//! A bucket: a stake that votes for one candidate. This file knows how one lies in storage and where it is listed.

use super::{
    refused,
    storage::{self as at, ADDRESS, BUCKETS_OF_CANDIDATE, BUCKETS_OF_OWNER},
    weight::{Stake, votes},
};
use crate::{
    Host, SystemError,
    storage::{List, Pair, Quad, Record, Slot, Tagged},
};
use alloy_primitives::Address;
use althing_abi::Staking::UnknownBucket;

/// Slots that a bucket fills.
const SLOTS: u64 = 4;

/// An endorsement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Endorsement {
    /// None.
    #[default]
    None,
    /// The candidate may use the bucket as its self-stake.
    Active,
    /// The bucket's owner takes it back; final from a time on.
    Ending(u64),
}

/// When a bucket was unstaked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unstake {
    pub(super) at: u64,
    /// First second in which it may be withdrawn.
    pub(super) withdrawable_at: u64,
}

/// A bucket in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bucket {
    pub(super) index: u64,
    pub(super) owner: Address,
    /// Number of the candidate that it votes for.
    pub(super) candidate: u64,
    /// Rau.
    pub(super) amount: u128,
    pub(super) days: u32,
    pub(super) is_auto: bool,
    /// Whether it is its candidate's self-stake.
    pub(super) is_self_stake: bool,
    pub(super) created_at: u64,
    pub(super) staked_at: u64,
    pub(super) unstaked: Option<Unstake>,
    pub(super) endorsement: Endorsement,
    /// First epoch in which it may be unstaked: a self-stake answers for terms that it was drawn for. 0 when unstaked.
    pub(super) locked_until: u64,
}

/// Places of a bucket in the lists.
#[derive(Clone, Copy, Debug)]
struct Places {
    all: u64,
    of_owner: u64,
    of_candidate: u64,
}

const AUTO: u64 = 1 << 32;
const SELF_STAKE: u64 = 1 << 33;

struct Fields(Record);

impl Fields {
    fn of(host: &mut impl Host, index: u64) -> Result<Self, SystemError> {
        at::BUCKET.at(host, index).map(Self)
    }
    /// Owner, and days with flags.
    fn head(&self) -> Slot<Tagged> {
        self.0.slot(0)
    }
    /// Amount, and candidate with the first epoch in which the bucket may be unstaked, or once it is, the first second in
    /// which it may be withdrawn.
    fn stake(&self) -> Slot<Pair> {
        self.0.slot(1)
    }
    /// Created, staked, unstaked (0: not), endorsement (0: none, 1: active, else the time at which it ends).
    fn times(&self) -> Slot<Quad> {
        self.0.slot(2)
    }
    /// Places in the lists.
    fn places(&self) -> Slot<Quad> {
        self.0.slot(3)
    }
}

impl Bucket {
    /// Reads a bucket; reverts when there is none.
    pub(super) fn load(host: &mut impl Host, index: u64) -> Result<Self, SystemError> {
        Self::find(host, index)?.ok_or_else(|| refused(UnknownBucket { bucketIndex: index }))
    }

    /// Reads a bucket if it exists.
    pub(super) fn find(host: &mut impl Host, index: u64) -> Result<Option<Self>, SystemError> {
        let fields = Fields::of(host, index)?;
        fields.0.prefetch(host, 0..SLOTS)?;
        let (owner, flags) = fields.head().get(host)?;
        let [amount, tail] = fields.stake().get(host)?;
        if amount == 0 && owner.is_zero() {
            return Ok(None);
        }
        let [created_at, staked_at, unstaked_at, endorsed] = fields.times().get(host)?;
        let until = (tail >> 64) as u64;
        Ok(Some(Self {
            index,
            owner,
            candidate: tail as u64,
            amount,
            days: flags as u32,
            is_auto: flags & AUTO != 0,
            is_self_stake: flags & SELF_STAKE != 0,
            created_at,
            staked_at,
            unstaked: (unstaked_at != 0).then_some(Unstake { at: unstaked_at, withdrawable_at: until }),
            endorsement: match endorsed {
                0 => Endorsement::None,
                1 => Endorsement::Active,
                until => Endorsement::Ending(until),
            },
            locked_until: if unstaked_at == 0 { until } else { 0 },
        }))
    }

    /// Writes everything but its places in the lists.
    pub(super) fn store(&self, host: &mut impl Host) -> Result<(), SystemError> {
        let fields = Fields::of(host, self.index)?;
        let flags = u64::from(self.days)
            | if self.is_auto { AUTO } else { 0 }
            | if self.is_self_stake { SELF_STAKE } else { 0 };
        let endorsed = match self.endorsement {
            Endorsement::None => 0,
            Endorsement::Active => 1,
            Endorsement::Ending(until) => until,
        };
        let until = self.unstaked.map_or(self.locked_until, |unstaked| unstaked.withdrawable_at);
        let tail = u128::from(self.candidate) | u128::from(until) << 64;
        fields.head().set(host, (self.owner, flags))?;
        fields.stake().set(host, [self.amount, tail])?;
        let unstaked_at = self.unstaked.map_or(0, |unstaked| unstaked.at);
        let times = [self.created_at, self.staked_at, unstaked_at, endorsed];
        fields.times().set(host, times)
    }

    /// Weighted votes; none when unstaked.
    pub(super) fn votes(&self) -> u128 {
        if self.unstaked.is_some() {
            return 0;
        }
        let Self { amount, days, is_auto, is_self_stake, .. } = *self;
        votes(Stake { amount, days, is_auto, is_self_stake })
    }

    /// Enters a new bucket in all lists.
    pub(super) fn list(&self, host: &mut impl Host) -> Result<(), SystemError> {
        let places = Places {
            all: at::BUCKETS.push(host, self.index)?,
            of_owner: of_owner(host, self.owner)?.push(host, self.index)?,
            of_candidate: of_candidate(host, self.candidate)?.push(host, self.index)?,
        };
        set_places(host, self.index, places)
    }

    /// Removes the bucket from all lists and from storage.
    pub(super) fn delete(&self, host: &mut impl Host) -> Result<(), SystemError> {
        self.unlist_owner(host)?;
        self.unlist_candidate(host)?;
        let places = places(host, self.index)?;
        if let Some(moved) = at::BUCKETS.swap_remove(host, places.all)? {
            update_places(host, moved, |moved| moved.all = places.all)?;
        }
        at::BUCKET.at(host, self.index)?.clear(host, SLOTS)
    }

    /// Moves the bucket from its owner's list to another's.
    pub(super) fn change_owner(&mut self, host: &mut impl Host, owner: Address) -> Result<(), SystemError> {
        self.unlist_owner(host)?;
        let place = of_owner(host, owner)?.push(host, self.index)?;
        self.owner = owner;
        update_places(host, self.index, |places| places.of_owner = place)
    }

    /// Moves the bucket from its candidate's list to another's.
    pub(super) fn change_candidate(
        &mut self,
        host: &mut impl Host,
        candidate: u64,
    ) -> Result<(), SystemError> {
        self.unlist_candidate(host)?;
        let place = of_candidate(host, candidate)?.push(host, self.index)?;
        self.candidate = candidate;
        update_places(host, self.index, |places| places.of_candidate = place)
    }

    fn unlist_owner(&self, host: &mut impl Host) -> Result<(), SystemError> {
        let place = places(host, self.index)?.of_owner;
        match of_owner(host, self.owner)?.swap_remove(host, place)? {
            Some(moved) => update_places(host, moved, |places| places.of_owner = place),
            None => Ok(()),
        }
    }

    fn unlist_candidate(&self, host: &mut impl Host) -> Result<(), SystemError> {
        let place = places(host, self.index)?.of_candidate;
        match of_candidate(host, self.candidate)?.swap_remove(host, place)? {
            Some(moved) => update_places(host, moved, |places| places.of_candidate = place),
            None => Ok(()),
        }
    }
}

/// Buckets of an owner.
pub(super) fn of_owner(host: &mut impl Host, owner: Address) -> Result<List, SystemError> {
    List::of(host, ADDRESS, BUCKETS_OF_OWNER, owner)
}

/// Buckets that vote for a candidate, and unstaked ones that did.
pub(super) fn of_candidate(host: &mut impl Host, candidate: u64) -> Result<List, SystemError> {
    List::of(host, ADDRESS, BUCKETS_OF_CANDIDATE, candidate)
}

fn places(host: &mut impl Host, index: u64) -> Result<Places, SystemError> {
    let [all, of_owner, of_candidate, _] = Fields::of(host, index)?.places().get(host)?;
    Ok(Places { all, of_owner, of_candidate })
}

fn set_places(host: &mut impl Host, index: u64, places: Places) -> Result<(), SystemError> {
    let Places { all, of_owner, of_candidate } = places;
    Fields::of(host, index)?.places().set(host, [all, of_owner, of_candidate, 0])
}

fn update_places(
    host: &mut impl Host,
    index: u64,
    change: impl FnOnce(&mut Places),
) -> Result<(), SystemError> {
    let mut now = places(host, index)?;
    change(&mut now);
    set_places(host, index, now)
}
