//! Logs of the protocol's own acts, by the queue of candidates that leave: it moves on at the end of an epoch.

use crate::support::*;
use alloy_consensus::{TxEip1559, proofs::calculate_receipt_root};
use alloy_primitives::{Address, Bloom, U256};
use alloy_rpc_types_eth::{TransactionRequest, simulate::SimBlock, simulate::SimulatePayload};
use alloy_sol_types::{SolCall, SolEvent};
use althing_abi::{Staking, SystemContract};
use althing_execution::{BlockSimulation, Outcome, execute_block, simulate_blocks};
use althing_primitives::{Header, RAU_PER_COIN, Recovered, Transaction};
use futures::executor::block_on;

/// Last block of the first epoch.
const LAST: u64 = 31;

fn staking() -> Address {
    SystemContract::Staking.address()
}

fn ask(nonce: u64, question: impl SolCall) -> Recovered<Transaction> {
    let (to, input) = (staking().into(), question.abi_encode().into());
    sign(TxEip1559 { to, input, gas_limit: 2_000_000, ..template(nonce) }, 0)
}

/// A candidate registers, and asks to leave.
fn transactions() -> Vec<Recovered<Transaction>> {
    let register = Staking::candidateRegisterCall {
        name: "alpha".into(),
        operatorAddress: Address::repeat_byte(5),
        rewardAddress: sender(0),
        ownerAddress: sender(0),
        amount: U256::from(1_200_000) * U256::from(RAU_PER_COIN),
        duration: 91,
        autoStake: true,
        data: vec![],
    };
    vec![ask(0, register), ask(1, Staking::requestCandidateDeactivationCall {})]
}

fn execute(net: &Net, number: u64) -> Outcome {
    let outcome = execute_block(net.spec.clone(), net.context(number), transactions(), &net.state);
    let outcome = block_on(outcome).unwrap();
    assert!(outcome.receipts.iter().all(|receipt| receipt.status()));
    outcome
}

#[test]
fn what_hooks_log_is_in_the_outcome_beside_receipts_and_bloom() {
    let net = Net::new(&[]);
    assert_eq!(net.spec.epoch_blocks, LAST + 1);
    let earlier = execute(&net, LAST - 1);
    assert!(earlier.system_logs.iter().all(|log| log.address != staking()));
    let outcome = execute(&net, LAST);
    let mut found = outcome.system_logs.iter().filter(|log| log.address == staking());
    let (Some(log), None) = (found.next(), found.next()) else { panic!("{:?}", outcome.system_logs) };
    let event = Staking::CandidateDeactivationScheduled::decode_log(log).unwrap();
    assert_eq!((event.address, event.candidate), (staking(), sender(0)));
    let logs: Vec<_> = outcome.receipts.iter().flat_map(|receipt| receipt.logs()).collect();
    assert!(!logs.is_empty() && !logs.contains(&log));
    assert_eq!(outcome.logs_bloom, logs.into_iter().collect::<Bloom>());
    assert_eq!(outcome.receipts_root, calculate_receipt_root(&outcome.receipts));
}

#[test]
fn a_simulated_end_of_an_epoch_shows_no_system_logs() {
    let mut net = Net::new(&[]);
    net.state = net.after(&execute(&net, LAST - 1));
    let (base, context) = (net.context(LAST - 1), net.context(LAST));
    let base = Header {
        number: LAST - 1,
        timestamp: base.timestamp,
        gas_limit: base.gas_limit,
        base_fee_per_gas: Some(base.base_fee),
        ..Default::default()
    };
    // A call asks in the first block of the next epoch whether the hook has acted.
    let question = Staking::candidateInfoCall { id: sender(0) };
    let call = TransactionRequest::default().to(staking()).input(question.abi_encode().into());
    let payload = SimulatePayload::default()
        .extend(SimBlock::default().call(call.clone()))
        .extend(SimBlock::default().call(call));
    let at = BlockSimulation {
        spec: net.spec.clone(),
        base_hash: base.hash_slow(),
        base,
        system: context.system,
        gas_cap: 50_000_000,
    };
    let blocks = block_on(simulate_blocks(at, payload, || false, &net.state)).unwrap();
    let scheduled = blocks.iter().map(|block| {
        Staking::candidateInfoCall::abi_decode_returns(&block.calls[0].return_data).unwrap().leaveScheduled
    });
    assert_eq!(scheduled.collect::<Vec<_>>(), [false, true]);
    for block in &blocks {
        assert!(block.calls.iter().all(|call| call.logs.is_empty()));
        assert_eq!(block.inner.header.logs_bloom, Bloom::ZERO);
    }
}
