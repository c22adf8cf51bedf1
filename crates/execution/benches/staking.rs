//! What staking costs a block: the protocol's own steps in an epoch with 1,000, 10,000 and 200,000 buckets, and calls of
//! voters beside plain transfers. Execution alone, over a state in memory; times are medians, and each is also given as a
//! ratio to an ordinary block or a transfer of the same run.

#![allow(clippy::disallowed_methods, reason = "a benchmark measures time")]

mod chain;

use alloy_primitives::{Bytes, U256};
use alloy_sol_types::SolCall as _;
use althing_abi::{Rewards, Staking, SystemContract};
use chain::{CANDIDATES, Chain, WARM_EPOCHS, account, coins, spec, transaction};
use std::{collections::BTreeMap, time::Duration};

const MEASURED_EPOCHS: u64 = 5;
/// Gas limit of a call.
const CALL_GAS: u64 = 1_000_000;

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// The protocol's own steps, by the number of buckets.
fn epoch_steps(buckets: u64) -> Chain {
    let mut chain = Chain::new(spec(buckets));
    let calendar = chain.spec.calendar();
    let share = |number| {
        let call = Rewards::setPlanCall { blockShare: 9_000, epochShare: 9_000, bonusShare: 9_000 };
        let rewards = SystemContract::Rewards.address();
        transaction(account("owner", number), 0, rewards, U256::ZERO, call.abi_encode().into(), CALL_GAS)
    };
    chain.step((0..CANDIDATES).map(share).collect());
    while chain.height + 1 < calendar.first_block(WARM_EPOCHS) {
        chain.step(Vec::new());
    }
    let mut times: BTreeMap<&str, Vec<Duration>> = BTreeMap::new();
    while chain.height + 1 < calendar.first_block(WARM_EPOCHS + MEASURED_EPOCHS) {
        let height = chain.height + 1;
        let epoch = calendar.epoch_of(height);
        let (took, _) = chain.step(Vec::new());
        let kind = match height {
            _ if height == calendar.ranking_block(epoch) => "ranking",
            _ if height == calendar.draw_block(epoch) => "draw",
            _ if height == calendar.last_block(epoch) => "last",
            _ => "ordinary",
        };
        times.entry(kind).or_default().push(took);
    }
    let ordinary = median(times["ordinary"].clone());
    for kind in ["ordinary", "ranking", "draw", "last"] {
        let time = median(times[kind].clone());
        let ratio = time.as_secs_f64() / ordinary.as_secs_f64();
        println!("{buckets:>7} buckets  {kind:<8} {:>10.0} us  {ratio:>7.1} x", micros(time));
    }
    chain
}

/// Calls of voters, each in a block of many, beside plain transfers.
fn calls(chain: &mut Chain) {
    const CALLS: u64 = 1_000;
    let (staking, rewards) = (SystemContract::Staking.address(), SystemContract::Rewards.address());
    let name = |number: u64| format!("c{}", number % CANDIDATES);
    let stake = |number: u64| {
        let call = Staking::stakeCall { candName: name(number), duration: 14, autoStake: true };
        transaction(account("rich", number), 1, staking, coins(100), call.abi_encode().into(), CALL_GAS)
    };
    let transfer = |number: u64| {
        transaction(account("rich", number), 0, account("to", number), U256::ONE, Bytes::new(), CALL_GAS)
    };
    let (transfers, _) = chain.step((0..CALLS).map(transfer).collect());
    let (stakes, outcome) = chain.step((0..CALLS).map(stake).collect());
    assert!(outcome.receipts.iter().all(|receipt| receipt.status()));
    let claim = |number: u64| {
        // The candidates with most votes have the greatest numbers, and earn.
        let voter = account("voter", (CANDIDATES - 1 - number % 36) * 1_000 + number / 36);
        let call = Rewards::claimAllCall {};
        transaction(voter, 0, rewards, U256::ZERO, call.abi_encode().into(), CALL_GAS)
    };
    let (claims, outcome) = chain.step((0..CALLS).map(claim).collect());
    assert!(outcome.receipts.iter().all(|receipt| receipt.status()));
    let per_call = |time: Duration| micros(time) / CALLS as f64;
    for (what, time) in [("transfer", transfers), ("stake", stakes), ("claim", claims)] {
        let ratio = time.as_secs_f64() / transfers.as_secs_f64();
        let second = 1e6 / per_call(time);
        println!("{what:<10} {:>8.1} us a call  {second:>8.0} a second  {ratio:>5.1} x", per_call(time));
    }
}

fn main() {
    let mut last = None;
    for buckets in [1_000, 10_000, 200_000] {
        last = Some(epoch_steps(buckets));
    }
    calls(&mut last.expect("there are sizes"));
}
