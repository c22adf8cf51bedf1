//! What a candidate pays for its faults: coins out of its self-stake, and time out of elections.

use super::{bucket::Bucket, candidate::Candidate, emit, storage::ADDRESS, votes::count};
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
