//! What each bucket was at every height, from the chain spec and the logs of `Staking`.
//!
//! The protocol shares by votes at past heights, whose states a node drops soon; logs it keeps. Every change of a bucket's
//! votes or owner has its log (docs/spec/staking.md), so replaying them gives what the contract had.

use alloy_primitives::{Log, U256};
use alloy_rpc_types_eth::Filter;
use alloy_sol_types::SolEvent;
use althing_abi::{Staking as abi, SystemContract};
use althing_primitives::{Address, ChainSpec, Height};
use std::collections::{BTreeMap, BTreeSet};
use thiserror::Error;

/// Days of a self-stake of the chain spec (docs/spec/staking.md).
const GENESIS_SELF_STAKE_DAYS: u32 = 91;

/// Why logs do not add up.
#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum ReplayError {
    /// The node's logs lack something.
    #[error(
        "a log of block {height} is about bucket {bucket}, which no earlier log made: the node's logs are not complete"
    )]
    UnknownBucket { bucket: u64, height: Height },
    /// A log that this version does not understand.
    #[error("a log of block {height} does not decode: {reason}; a newer version of althing may know it")]
    Log { height: Height, reason: String },
}

/// What a bucket's votes depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stake {
    pub(crate) amount: U256,
    pub(crate) days: u32,
    pub(crate) is_auto: bool,
    pub(crate) is_self_stake: bool,
}

/// A bucket as the candidate has it from a block on: no stake when it does not vote for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) height: Height,
    pub(crate) owner: Address,
    pub(crate) stake: Option<Stake>,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    owner: Address,
    candidate: Address,
    stake: Stake,
    is_staked: bool,
}

/// All buckets up to a height, and what those of one candidate were before.
#[derive(Debug)]
pub(crate) struct Replay {
    candidate: Address,
    buckets: BTreeMap<u64, Bucket>,
    /// Of each bucket that ever voted for the candidate, in order of the chain.
    pub(crate) moments: BTreeMap<u64, Vec<Moment>>,
    /// Everybody who ever owned the candidate.
    pub(crate) owners: BTreeSet<Address>,
}

impl Replay {
    /// The logs that it must see, all of them.
    const EVENTS: [alloy_primitives::B256; 13] = [
        abi::Staked::SIGNATURE_HASH,
        abi::Deposited::SIGNATURE_HASH,
        abi::CandidateChanged::SIGNATURE_HASH,
        abi::Unstaked::SIGNATURE_HASH,
        abi::Withdrawn::SIGNATURE_HASH,
        abi::Restaked::SIGNATURE_HASH,
        abi::BucketTransferred::SIGNATURE_HASH,
        abi::BucketMerged::SIGNATURE_HASH,
        abi::CandidateActivated::SIGNATURE_HASH,
        abi::SelfStakeCleared::SIGNATURE_HASH,
        abi::SelfStakeSlashed::SIGNATURE_HASH,
        abi::CandidateRegistered::SIGNATURE_HASH,
        abi::OwnershipTransferred::SIGNATURE_HASH,
    ];

    /// The buckets of the first block: candidates in order, each with its self-stake and then its votes.
    pub(crate) fn genesis(candidate: Address, spec: &ChainSpec) -> Self {
        let mut replay =
            Self { candidate, buckets: BTreeMap::new(), moments: BTreeMap::new(), owners: BTreeSet::new() };
        let mut index = 0;
        for of in &spec.candidates {
            let own = Stake {
                amount: of.self_stake,
                days: GENESIS_SELF_STAKE_DAYS,
                is_auto: true,
                is_self_stake: true,
            };
            let vote = |vote: &althing_primitives::GenesisVote| {
                let (days, is_auto) = (vote.days, vote.auto_stake);
                (vote.voter, Stake { amount: vote.amount, days, is_auto, is_self_stake: false })
            };
            for (owner, stake) in std::iter::once((of.owner, own)).chain(of.votes.iter().map(vote)) {
                // A candidate's id is its first owner's address.
                let bucket = Bucket { owner, candidate: of.owner, stake, is_staked: true };
                replay.buckets.insert(index, bucket);
                replay.note(index, 0);
                index += 1;
            }
            replay.owners.extend((of.owner == candidate).then_some(of.owner));
        }
        replay
    }

    /// Where those logs are found.
    pub(crate) fn filter() -> Filter {
        let filter = Filter::new().address(SystemContract::Staking.address());
        filter.event_signature(Self::EVENTS.to_vec())
    }

    /// Owners and stakes of the buckets that vote now, whichever candidate for.
    pub(crate) fn stakes(&self) -> impl Iterator<Item = (Address, Stake)> {
        let staked = self.buckets.values().filter(|bucket| bucket.is_staked);
        staked.map(|bucket| (bucket.owner, bucket.stake))
    }

    /// Takes the next log of `Staking`.
    pub(crate) fn apply(&mut self, height: Height, log: &Log) -> Result<(), ReplayError> {
        let Some(topic) = log.topics().first() else { return Ok(()) };
        match *topic {
            abi::Staked::SIGNATURE_HASH => {
                let e: abi::Staked = decode(height, log)?;
                let stake =
                    Stake { amount: e.amount, days: e.duration, is_auto: e.autoStake, is_self_stake: false };
                let bucket = Bucket { owner: e.voter, candidate: e.candidate, stake, is_staked: true };
                self.buckets.insert(e.bucketIndex, bucket);
                self.note(e.bucketIndex, height);
            }
            abi::Withdrawn::SIGNATURE_HASH => {
                self.remove(height, decode::<abi::Withdrawn>(height, log)?.bucketIndex)?;
            }
            abi::BucketMerged::SIGNATURE_HASH => {
                let e: abi::BucketMerged = decode(height, log)?;
                self.remove(height, e.from)?;
                self.change(height, e.into, |b| b.stake.amount = b.stake.amount.saturating_add(e.amount))?;
            }
            abi::CandidateRegistered::SIGNATURE_HASH => {
                let e: abi::CandidateRegistered = decode(height, log)?;
                self.owners.extend((e.candidate == self.candidate).then_some(e.ownerAddress));
            }
            abi::OwnershipTransferred::SIGNATURE_HASH => {
                let e: abi::OwnershipTransferred = decode(height, log)?;
                self.owners.extend((e.candidate == self.candidate).then_some(e.to));
            }
            _ => self.apply_change(height, *topic, log)?,
        }
        Ok(())
    }

    /// Takes a log about one bucket that stays.
    fn apply_change(
        &mut self,
        height: Height,
        topic: alloy_primitives::B256,
        log: &Log,
    ) -> Result<(), ReplayError> {
        match topic {
            abi::Deposited::SIGNATURE_HASH => {
                let e: abi::Deposited = decode(height, log)?;
                self.change(height, e.bucketIndex, |b| {
                    b.stake.amount = b.stake.amount.saturating_add(e.amount);
                })
            }
            abi::SelfStakeSlashed::SIGNATURE_HASH => {
                let e: abi::SelfStakeSlashed = decode(height, log)?;
                self.change(height, e.bucketIndex, |b| {
                    b.stake.amount = b.stake.amount.saturating_sub(e.amount);
                })
            }
            abi::CandidateChanged::SIGNATURE_HASH => {
                let e: abi::CandidateChanged = decode(height, log)?;
                self.change(height, e.bucketIndex, |b| b.candidate = e.to)
            }
            abi::Unstaked::SIGNATURE_HASH => {
                let e: abi::Unstaked = decode(height, log)?;
                self.change(height, e.bucketIndex, |b| b.is_staked = false)
            }
            abi::Restaked::SIGNATURE_HASH => {
                let e: abi::Restaked = decode(height, log)?;
                self.change(height, e.bucketIndex, |b| {
                    (b.stake.days, b.stake.is_auto) = (e.duration, e.autoStake);
                })
            }
            abi::BucketTransferred::SIGNATURE_HASH => {
                let e: abi::BucketTransferred = decode(height, log)?;
                self.change(height, e.bucketIndex, |b| b.owner = e.to)
            }
            abi::CandidateActivated::SIGNATURE_HASH => {
                let e: abi::CandidateActivated = decode(height, log)?;
                self.change(height, e.bucketIndex, |b| b.stake.is_self_stake = true)
            }
            abi::SelfStakeCleared::SIGNATURE_HASH => {
                let e: abi::SelfStakeCleared = decode(height, log)?;
                self.change(height, e.bucketIndex, |b| b.stake.is_self_stake = false)
            }
            _ => Ok(()),
        }
    }

    fn change(
        &mut self,
        height: Height,
        index: u64,
        change: impl FnOnce(&mut Bucket),
    ) -> Result<(), ReplayError> {
        let unknown = ReplayError::UnknownBucket { bucket: index, height };
        change(self.buckets.get_mut(&index).ok_or(unknown)?);
        self.note(index, height);
        Ok(())
    }

    fn remove(&mut self, height: Height, index: u64) -> Result<(), ReplayError> {
        self.change(height, index, |bucket| bucket.is_staked = false)?;
        self.buckets.remove(&index);
        Ok(())
    }

    /// Notes what the bucket is now, if that is new to the candidate.
    fn note(&mut self, index: u64, height: Height) {
        let Some(bucket) = self.buckets.get(&index) else { return };
        let votes = bucket.is_staked && bucket.candidate == self.candidate;
        let now = Moment { height, owner: bucket.owner, stake: votes.then_some(bucket.stake) };
        match self.moments.get_mut(&index) {
            None if votes => drop(self.moments.insert(index, vec![now])),
            None => {}
            Some(moments) => {
                let same = |last: &Moment| (last.owner, last.stake) == (now.owner, now.stake);
                if !moments.last().is_some_and(same) {
                    moments.push(now);
                }
            }
        }
    }
}

fn decode<E: SolEvent>(height: Height, log: &Log) -> Result<E, ReplayError> {
    let wrong = |error: alloy_sol_types::Error| ReplayError::Log { height, reason: error.to_string() };
    E::decode_log(log).map(|log| log.data).map_err(wrong)
}
