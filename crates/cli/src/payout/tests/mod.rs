//! Payouts against the contracts themselves, and against a node that is cut off at any step.

mod accounts;
mod contracts;
mod crashes;
mod node;

use super::due::{Facts, Paid};
use super::memo::Terms;
use super::statement::Request;
use crate::history::{Moment, Stake};
use alloy_primitives::U256;
use althing_primitives::{Address, Calendar, Epoch, Height};
use std::collections::{BTreeMap, BTreeSet};

const EPOCH_BLOCKS: u64 = 32;

/// What a bucket becomes: height, owner, and votes for the candidate.
type Change = (Height, u8, u64);

fn account(number: u8) -> Address {
    Address::repeat_byte(number)
}

fn stake(amount: u64) -> Stake {
    Stake { amount: U256::from(amount), days: 0, is_auto: false, is_self_stake: false }
}

/// A bucket's history.
fn moments(of: &[Change]) -> Vec<Moment> {
    let moment = |(height, owner, votes): &Change| Moment {
        height: *height,
        owner: account(*owner),
        stake: (*votes > 0).then(|| stake(*votes)),
    };
    of.iter().map(moment).collect()
}

/// Facts of buckets whose votes are their coins, and of epochs in which so much was paid for blocks.
fn facts(buckets: &[&[Change]], paid: &[(Epoch, u64)]) -> Facts {
    let moments: BTreeMap<u64, Vec<Moment>> = (0..).zip(buckets.iter().map(|of| moments(of))).collect();
    let stakes = moments.values().flatten().filter_map(|moment| moment.stake);
    let own = |amount: u64| [U256::from(amount), U256::ZERO, U256::ZERO];
    Facts {
        calendar: Calendar { epoch_blocks: EPOCH_BLOCKS },
        votes: stakes.map(|stake| (stake, stake.amount)).collect(),
        moments,
        paid: paid
            .iter()
            .map(|(epoch, amount)| (*epoch, Paid { own: own(*amount), to_voters: U256::ZERO }))
            .collect(),
    }
}

fn request(first: Epoch, last: Epoch, share: u16) -> Request {
    Request {
        candidate: account(99),
        first,
        last,
        terms: Terms([share; 3]),
        least: U256::ZERO,
        kept: BTreeSet::new(),
    }
}
