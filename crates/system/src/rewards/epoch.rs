//! The end of an epoch: everything due is paid, to candidates at once and to their voters' pool.

use super::{
    broken, emit, fund,
    grants::{BLOCK, Grants},
    plan,
    sharing::Side,
    storage::{self as at, ADDRESS, Paid},
};
use crate::{Host, SystemError, staking};
use alloy_primitives::{Address, U256};
use althing_abi::Rewards::{FundShort, Rewarded};
use althing_primitives::Epoch;

/// The kind under which logs tell what went to the voters' pool.
const VOTERS: u8 = 3;

/// Pays the rewards of an epoch. Never more than the fund holds, and never fails for want of coins.
pub(crate) fn end_epoch(host: &mut impl Host, epoch: Epoch) -> Result<(), SystemError> {
    let mut grants = Grants::due(host, epoch)?;
    let (due, fund_before) = (grants.total(), fund(host)?);
    let mut paid = Paid { due, is_short: due > fund_before, ..Paid::default() };
    if paid.is_short {
        emit(host, &FundShort { epoch, due: U256::from(due), fund: U256::from(fund_before) })?;
        grants.cut(fund_before);
    }
    for (reward, amount) in grants.bootstrap {
        let amounts = pay(host, epoch, (Address::ZERO, reward), [amount, 0, 0])?;
        add(&mut paid.amounts, amounts);
    }
    for (number, amounts) in grants.candidates {
        let (id, reward) = (staking::id_of(host, number)?, staking::reward_of(host, number)?);
        let voters = share(host, epoch, (number, id), amounts)?;
        let mut own = amounts;
        own.iter_mut().zip(voters).for_each(|(own, voters)| *own = own.saturating_sub(voters));
        let own = pay(host, epoch, (id, reward), own)?;
        add(&mut paid.amounts, own);
        add(&mut paid.amounts, voters);
        paid.to_voters = paid.to_voters.saturating_add(sum(voters));
    }
    paid.fund_after = fund(host)?;
    paid.store(host, epoch)
}

fn sum(amounts: [u128; 3]) -> u128 {
    amounts.into_iter().fold(0, u128::saturating_add)
}

fn add(total: &mut [u128; 3], amounts: [u128; 3]) {
    total.iter_mut().zip(amounts).for_each(|(total, amount)| *total = total.saturating_add(amount));
}

/// Pays a candidate's own part; gives what was paid. Without a reward account the coins stay in the fund.
fn pay(
    host: &mut impl Host,
    epoch: Epoch,
    (candidate, to): (Address, Address),
    amounts: [u128; 3],
) -> Result<[u128; 3], SystemError> {
    let total = sum(amounts);
    if total == 0 || to.is_zero() {
        return Ok([0; 3]);
    }
    host.transfer(ADDRESS, to, U256::from(total))?;
    for (kind, amount) in (BLOCK as u8..).zip(amounts).filter(|(_, amount)| *amount > 0) {
        emit(host, &Rewarded { epoch, candidate, kind, to, amount: U256::from(amount) })?;
    }
    Ok(amounts)
}

/// Gives the voters of a candidate their part; gives what that is. Nothing when no vote earns.
fn share(
    host: &mut impl Host,
    epoch: Epoch,
    (number, candidate): (u64, Address),
    amounts: [u128; 3],
) -> Result<[u128; 3], SystemError> {
    let parts = plan::of(host, number, epoch)?.present.of_voters(amounts);
    let total = sum(parts);
    if total == 0 {
        return Ok(parts);
    }
    let mut side = Side::candidate(host, number)?;
    side.begin(host, number, epoch)?;
    let is_shared = side.share(total);
    side.store(host)?;
    if !is_shared {
        return Ok([0; 3]);
    }
    let pool = at::POOL.get(host)?.checked_add(total);
    at::POOL.set(host, pool.ok_or_else(|| broken("the pool holds more coins than there are"))?)?;
    emit(host, &Rewarded { epoch, candidate, kind: VOTERS, to: ADDRESS, amount: U256::from(total) })?;
    Ok(parts)
}
