//! What is due at the end of an epoch, and how it is cut when the fund is short.

use super::portion;
use crate::{Host, SystemError, chain_info, conduct, election, params};
use alloy_primitives::{Address, U256};
use althing_primitives::{Epoch, Param};
use std::collections::BTreeMap;

/// Kinds of reward, as logs number them.
pub(super) const BLOCK: usize = 0;
pub(super) const EPOCH: usize = 1;
pub(super) const BONUS: usize = 2;

/// Best candidates that get the foundation's bonus.
const BONUS_PLACES: usize = 36;

/// Milliseconds of a second.
const MILLIS: u64 = 1_000;

/// Rewards before candidates share them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Grants {
    /// Block rewards of bootstrap delegates, to their accounts.
    pub(super) bootstrap: Vec<(Address, u128)>,
    /// Rewards of candidates by number and kind.
    pub(super) candidates: BTreeMap<u64, [u128; 3]>,
}

impl Grants {
    /// What is due for an epoch that ends.
    pub(super) fn due(host: &mut impl Host, epoch: Epoch) -> Result<Self, SystemError> {
        let mut grants = Self::default();
        grants.add_block_rewards(host, epoch)?;
        let ranking = election::ranking(host, epoch)?;
        let total = ranking.iter().fold(0_u128, |sum, place| sum.saturating_add(place.votes));
        let blocks = chain_info::calendar(host)?.epoch_blocks;
        let reward = per_blocks(host, Param::EpochRewardPerDay, blocks)?;
        let bonus = bonus(host, epoch)?;
        for (place, ranked) in ranking.iter().enumerate().filter(|(_, ranked)| ranked.votes > 0) {
            let amounts = grants.candidates.entry(ranked.candidate).or_default();
            amounts[EPOCH] = portion(reward, ranked.votes, total);
            amounts[BONUS] = if place < BONUS_PLACES { bonus } else { 0 };
        }
        Ok(grants)
    }

    fn add_block_rewards(&mut self, host: &mut impl Host, epoch: Epoch) -> Result<(), SystemError> {
        let reward = per_blocks(host, Param::BlockRewardPerDay, 1)?;
        let turns = conduct::tally(host, epoch)?;
        let members = election::serving(host, epoch)?.unwrap_or_default();
        for (member, turns) in members.into_iter().zip(turns) {
            let amount = reward.saturating_mul(turns.produced.into());
            match member.who.candidate() {
                Some(number) => self.candidates.entry(number).or_default()[BLOCK] = amount,
                None => self.bootstrap.push((member.reward, amount)),
            }
        }
        Ok(())
    }

    /// Block rewards, and all else.
    fn sums(&self) -> (u128, u128) {
        let add = |sum: u128, amount: &u128| sum.saturating_add(*amount);
        let blocks = self.bootstrap.iter().map(|(_, amount)| amount);
        let blocks = blocks.chain(self.candidates.values().map(|amounts| &amounts[BLOCK])).fold(0, add);
        let rest = self.candidates.values().flat_map(|amounts| &amounts[EPOCH..]).fold(0, add);
        (blocks, rest)
    }

    /// All of it.
    pub(super) fn total(&self) -> u128 {
        let (blocks, rest) = self.sums();
        blocks.saturating_add(rest)
    }

    /// Cuts it to what the fund holds: block rewards first, the rest in proportion.
    pub(super) fn cut(&mut self, fund: u128) {
        let (blocks, rest) = self.sums();
        let for_blocks = blocks.min(fund);
        let for_rest = rest.min(fund.saturating_sub(for_blocks));
        for (_, amount) in &mut self.bootstrap {
            *amount = portion(*amount, for_blocks, blocks);
        }
        for amounts in self.candidates.values_mut() {
            amounts[BLOCK] = portion(amounts[BLOCK], for_blocks, blocks);
            for amount in &mut amounts[EPOCH..] {
                *amount = portion(*amount, for_rest, rest);
            }
        }
    }
}

/// The part of a reward for a day that falls on so many blocks.
fn per_blocks(host: &mut impl Host, per_day: Param, blocks: u64) -> Result<u128, SystemError> {
    let per_day = U256::from(params::get(host, per_day)?);
    let interval = U256::from(chain_info::block_interval_ms(host)?);
    let day = U256::from(params::get_u64(host, Param::DaySeconds)?) * U256::from(MILLIS);
    // 128 bits times twice 64 fit 256.
    let reward = (per_day * interval * U256::from(blocks)).checked_div(day).unwrap_or_default();
    Ok(u128::try_from(reward).unwrap_or(u128::MAX))
}

fn bonus(host: &mut impl Host, epoch: Epoch) -> Result<u128, SystemError> {
    let until = params::get_u64(host, Param::FoundationBonusUntil)?;
    if epoch < until { params::get(host, Param::FoundationBonus) } else { Ok(0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_fund_pays_blocks_first_and_the_rest_in_proportion() {
        let due = Grants {
            bootstrap: vec![(Address::repeat_byte(1), 10)],
            candidates: BTreeMap::from([(1, [20, 30, 10]), (2, [0, 20, 0])]),
        };
        let cases = [
            (1_000, 10, [20, 30, 10], [0, 20, 0]),
            (90, 10, [20, 30, 10], [0, 20, 0]),
            (60, 10, [20, 15, 5], [0, 10, 0]),
            (30, 10, [20, 0, 0], [0, 0, 0]),
            (16, 5, [10, 0, 0], [0, 0, 0]),
            (0, 0, [0, 0, 0], [0, 0, 0]),
        ];
        assert_eq!(due.total(), 90);
        for (fund, bootstrap, first, second) in cases {
            let mut cut = due.clone();
            cut.cut(fund);
            assert_eq!(cut.bootstrap[0].1, bootstrap, "fund {fund}");
            assert_eq!([cut.candidates[&1], cut.candidates[&2]], [first, second], "fund {fund}");
            assert!(cut.total() <= fund.min(90));
        }
    }
}
