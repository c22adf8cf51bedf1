//! The reward fund in real blocks: what it pays at the end of an epoch, and calls of its contract.

use crate::support::*;
use alloy_consensus::TxEip1559;
use alloy_primitives::{Address, B256, U256, hex};
use alloy_sol_types::SolCall;
use althing_abi::{REWARD_FUND, Rewards as abi};
use althing_execution::{BlockContext, SystemInputs, execute_block};
use althing_primitives::RAU_PER_COIN;
use futures::executor::block_on;

const ASKER: Address = Address::repeat_byte(0xd3);

/// Of a block of half a second in a day of a minute.
const BLOCK_REWARD: u64 = 138_240 / 120;

#[test]
fn the_last_block_of_an_epoch_pays_for_the_blocks_of_the_epoch() {
    let mut net = Net::new(&[]);
    let supply = total_balance(&net.state);
    let last = net.spec.calendar().last_block(0);
    for number in 1..=last {
        assert_eq!(balance(&net.state, BENEFICIARY), U256::ZERO, "block {number}");
        let system =
            SystemInputs { proposer: Some(B256::repeat_byte(1)), view: number, ..SystemInputs::default() };
        let context = BlockContext { system, ..net.context(number) };
        let outcome = block_on(execute_block(net.spec.clone(), context, vec![], &net.state)).unwrap();
        net.state = net.after(&outcome);
    }
    let paid = U256::from(last * BLOCK_REWARD) * U256::from(RAU_PER_COIN);
    assert_eq!(balance(&net.state, BENEFICIARY), paid);
    assert_eq!(balance(&net.state, REWARD_FUND), net.spec.reward_fund - paid);
    assert_eq!(total_balance(&net.state), supply);
}

#[test]
fn contracts_read_the_fund_and_anybody_adds_to_it() {
    // Stores the answer of Rewards.availableBalance() in slot 0 and whether the call succeeded in slot 1.
    let target = format!("73{}", hex::encode(REWARD_FUND));
    let selector = hex::encode(abi::availableBalanceCall::SELECTOR);
    let code = format!("63{selector}60e01b5f5260205f60045f{target}5afa6001555f515f5500");
    let net = Net::new(&[(ASKER, &code)]);
    let amount = U256::from(7) * U256::from(RAU_PER_COIN);
    let deposit = abi::depositCall { amount, data: Vec::new() }.abi_encode();
    let sent = sign(TxEip1559 { to: REWARD_FUND.into(), value: U256::ONE, ..template(0) }, 1);
    let outcome = net.execute(&[call(0, 0, REWARD_FUND, &deposit), call(0, 1, ASKER, &[]), sent]).unwrap();
    let succeeded: Vec<_> = outcome.receipts.iter().map(|receipt| receipt.status()).collect();
    assert_eq!(succeeded, [true, true, false], "coins cannot be sent without a function");
    let state = net.after(&outcome);
    assert_eq!(slot(&state, ASKER, 1), U256::ONE);
    assert_eq!(slot(&state, ASKER, 0), net.spec.reward_fund + amount);
    assert_eq!(balance(&state, REWARD_FUND), net.spec.reward_fund + amount + outcome.fees.to_fund);
}
