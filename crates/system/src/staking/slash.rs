//! What a candidate pays for its faults: coins out of its self-stake, and time out of elections.

use super::{
    bucket::Bucket,
    candidate::Candidate,
    emit,
    storage::{self as at, ADDRESS},
    votes::count,
};
use crate::{Host, SystemError};
use alloy_primitives::{Address, U256};
use althing_abi::Staking::SelfStakeSlashed;

/// Takes up to `amount` Rau out of a candidate's self-stake and gives them to `to`. Returns what was taken: less when the
/// self-stake is smaller, nothing without one. Stakes of voters are never touched.
pub(crate) fn slash(
    host: &mut impl Host,
    number: u64,
    amount: u128,
    to: Address,
    reason: u8,
) -> Result<u128, SystemError> {
    let candidate = Candidate::load(host, number)?;
    let Some(index) = candidate.self_bucket else { return Ok(0) };
    let before = Bucket::load(host, index)?;
    let taken = amount.min(before.amount);
    if taken == 0 {
        return Ok(0);
    }
    let after = Bucket { amount: before.amount.saturating_sub(taken), ..before.clone() };
    count(host, Some(&before), Some(&after))?;
    host.transfer(ADDRESS, to, U256::from(taken))?;
    let event =
        SelfStakeSlashed { candidate: candidate.id, bucketIndex: index, amount: U256::from(taken), reason };
    emit(host, &event)?;
    Ok(taken)
}

/// Coins of a candidate's self-stake.
pub(crate) fn self_stake_of(host: &mut impl Host, number: u64) -> Result<u128, SystemError> {
    let [_, self_stake] = Candidate::weights(host, number)?.get(host)?;
    Ok(self_stake)
}

/// Number of the candidate with an id.
pub(crate) fn find_number(host: &mut impl Host, id: Address) -> Result<Option<u64>, SystemError> {
    let number = at::CANDIDATE_BY_ID.at(host, id)?.get(host)?;
    Ok((number != 0).then_some(number))
}

/// Time until which a candidate is not elected.
pub(crate) fn jailed_until(host: &mut impl Host, number: u64) -> Result<u64, SystemError> {
    Candidate::jailed_until(host, number)
}

/// Keeps a candidate out of elections until a time, or for as long as it is kept out already. Terms that it was drawn for
/// stay.
pub(crate) fn jail(host: &mut impl Host, number: u64, until: u64) -> Result<(), SystemError> {
    let mut candidate = Candidate::load(host, number)?;
    candidate.jailed_until = candidate.jailed_until.max(until);
    candidate.store(host)
}

/// Lets a candidate be elected again.
pub(crate) fn unjail(host: &mut impl Host, number: u64) -> Result<(), SystemError> {
    let mut candidate = Candidate::load(host, number)?;
    candidate.jailed_until = 0;
    candidate.store(host)
}
