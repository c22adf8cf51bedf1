//! Blocks: building, verifying, refusing, fees, determinism.

use crate::support::*;
use alloy_consensus::{TxEip1559, TxEip2930, TxEip4844, TxLegacy};
use alloy_primitives::{Address, B256, TxKind, U256};
use althing_abi::REWARD_FUND;
use althing_execution::{
    BlockLimits, BuildLimits, ExecutionError, InvalidTransaction, build_block, execute_block,
};
use althing_primitives::{Header, Recovered, Transaction};
use althing_state::StateError;
use futures::executor::block_on;
use proptest::prelude::*;
use std::sync::atomic::Ordering;

const COUNTER: Address = Address::repeat_byte(0xc0);
const CHAIN: Address = Address::repeat_byte(0xc1);
const REVERTER: Address = Address::repeat_byte(0xc2);
const LOGGER: Address = Address::repeat_byte(0xc3);

/// Counter: slot0 += 1. Chain: forty reads, each of a slot that the value before it decides, then a write. Reverter: writes, then reverts.
/// Logger: LOG1 of 32 bytes.
fn contracts() -> Vec<(Address, &'static str)> {
    vec![
        (COUNTER, "5f546001015f5500"),
        (CHAIN, "5f5b80540160010180602811600157602a905500"),
        (REVERTER, "602a5f555f5ffd"),
        (LOGGER, "602a5f52606360205fa100"),
    ]
}

fn net() -> Net {
    Net::new(&contracts())
}

#[derive(Clone, Debug)]
enum Step {
    Transfer(usize, u64),
    Call(usize, usize),
    Create(usize),
    StaleNonce(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..3usize, 0..1_000u64).prop_map(|(who, value)| Step::Transfer(who, value)),
        (0..3usize, 0..4usize).prop_map(|(who, what)| Step::Call(who, what)),
        (0..3usize).prop_map(Step::Create),
        (0..3usize).prop_map(Step::StaleNonce),
    ]
}

fn transactions(steps: &[Step]) -> Vec<Recovered<Transaction>> {
    let mut nonces = [0u64; 3];
    let mut next = |who: usize| {
        nonces[who] += 1;
        nonces[who] - 1
    };
    let mut list = Vec::new();
    for step in steps {
        list.push(match *step {
            Step::Transfer(who, value) => transfer(who, next(who), Address::repeat_byte(value as u8), value),
            Step::Call(who, what) => call(who, next(who), contracts()[what].0, &[]),
            Step::Create(who) => {
                // Init code that stores 1 and deploys one byte of code.
                let input = alloy_primitives::hex!("60015f5560016000f3").to_vec().into();
                sign(TxEip1559 { to: TxKind::Create, input, ..template(next(who)) }, who)
            }
            Step::StaleNonce(who) => transfer(who, 1_000, Address::ZERO, 1),
        });
    }
    list
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_built_block_executes_to_the_same_outcome(steps in prop::collection::vec(step(), 0..20), kib in 0..4usize) {
        let net = net();
        let (included, built) = net.build(transactions(&steps), kib * 1024);
        let executed = net.execute(&included).unwrap();
        prop_assert_eq!(&built, &executed);
        prop_assert!(executed.changes.windows(2).all(|pair| pair[0].key < pair[1].key));
        prop_assert!(executed.changes.iter().all(|change| change.before != change.after));
        let burned = executed.fees.burned;
        prop_assert_eq!(total_balance(&net.state), total_balance(&net.after(&executed)) + burned);
        for change in &executed.changes {
            prop_assert_eq!(net.state.get(&change.key), change.before.as_ref());
        }
    }

    #[test]
    fn slow_state_gives_the_outcome_of_fast_state(steps in prop::collection::vec(step(), 1..12)) {
        let net = net();
        let (included, built) = net.build(transactions(&steps), usize::MAX);
        let slow = SlowState::new(&net.state);
        let executed = block_on(execute_block(net.spec.clone(), net.context(1), included, &slow)).unwrap();
        prop_assert_eq!(built, executed);
    }

    #[test]
    fn state_on_a_disk_gives_the_outcome_of_state_in_memory(steps in prop::collection::vec(step(), 1..12)) {
        let net = net();
        let expected = net.build(transactions(&steps), usize::MAX);
        let disk = || DiskState { slow: SlowState::new(&net.state), cached: Default::default() };
        let candidates = Queue::new(transactions(&steps));
        let limits = BuildLimits { max_bytes: usize::MAX, deadline: || false };
        let view = disk();
        let built = build_block(net.spec.clone(), net.context(1), candidates, &view, limits);
        prop_assert_eq!(&block_on(built).unwrap(), &expected);
        let view = disk();
        let executed = execute_block(net.spec.clone(), net.context(1), expected.0, &view);
        prop_assert_eq!(block_on(executed).unwrap(), expected.1);
    }
}

#[test]
fn a_chain_of_cold_reads_asks_once_a_key_and_not_again() {
    let net = net();
    let slow = SlowState::new(&net.state);
    let txs = [call(0, 0, CHAIN, &[])];
    let outcome = block_on(execute_block(net.spec.clone(), net.context(1), txs.to_vec(), &slow)).unwrap();
    assert!(outcome.receipts[0].status());
    let questions = slow.questions.load(Ordering::Relaxed);
    assert!((20..80).contains(&questions), "{questions} questions");
    assert_eq!(outcome, net.execute(&txs).unwrap());
}

#[test]
fn execution_futures_can_move_between_threads() {
    fn is_send<T: Send>(_: &T) {}
    let net = net();
    let future = execute_block(net.spec.clone(), net.context(1), vec![], &net.state);
    is_send(&future);
    block_on(future).unwrap();
}

#[test]
fn a_dropped_execution_ends() {
    let net = net();
    let slow = SlowState::new(&net.state);
    let mut future = Box::pin(execute_block(net.spec.clone(), net.context(1), vec![], &slow));
    let waker = futures::task::noop_waker();
    assert!(future.as_mut().poll(&mut std::task::Context::from_waker(&waker)).is_pending());
    drop(future);
    assert_eq!(slow.questions.load(Ordering::Relaxed), 1);
}

#[test]
fn fees_are_split_between_fire_fund_and_proposer() {
    let net = net();
    let to = Address::repeat_byte(9);
    let outcome = net.execute(&[transfer(0, 0, to, 5)]).unwrap();
    let state = net.after(&outcome);
    let base: u64 = 21_000 * 1_000_000_000;
    assert_eq!(outcome.fees.burned, U256::from(base / 2));
    assert_eq!(balance(&state, REWARD_FUND), net.spec.reward_fund + U256::from(base / 2));
    assert_eq!(balance(&state, BENEFICIARY), U256::from(base));
    assert_eq!(balance(&state, to), U256::from(5));
    assert_eq!(outcome.gas_used, 21_000);
}

#[test]
fn a_revert_pays_but_leaves_storage_as_it_was() {
    let net = net();
    let outcome = net.execute(&[call(0, 0, REVERTER, &[]), call(0, 1, LOGGER, &[])]).unwrap();
    assert!(!outcome.receipts[0].status());
    assert!(outcome.gas_used > 42_000);
    assert_eq!(slot(&net.after(&outcome), REVERTER, 0), U256::ZERO);
    assert_eq!(outcome.receipts[1].logs().len(), 1);
    assert_eq!(outcome.receipts[1].logs()[0].topics()[0], B256::with_last_byte(0x63));
    assert_eq!(outcome.logs_bloom, *outcome.receipts[1].logs_bloom());
}

#[test]
fn a_block_with_an_invalid_transaction_is_refused_with_the_reason() {
    let net = net();
    let other_chain = sign(TxEip1559 { chain_id: 1, ..template(0) }, 0);
    let any_chain = sign(
        TxLegacy { gas_price: 2_000_000_000, gas_limit: 21_000, to: COUNTER.into(), ..Default::default() },
        0,
    );
    let blob = sign(
        TxEip4844 { chain_id: CHAIN_ID, blob_versioned_hashes: vec![B256::ZERO], ..Default::default() },
        0,
    );
    let greedy = sign(TxEip1559 { gas_limit: 30_000_001, ..template(0) }, 0);
    let expected = CHAIN_ID;
    let cases = [
        (other_chain, Some(InvalidTransaction::ChainId { found: Some(1), expected })),
        (any_chain, Some(InvalidTransaction::ChainId { found: None, expected })),
        (blob, Some(InvalidTransaction::Blob)),
        (greedy, Some(InvalidTransaction::BlockGas { limit: 30_000_001, left: 30_000_000 })),
        (sign(TxEip1559 { gas_limit: 16_777_217, ..template(0) }, 0), None),
        (transfer(0, 7, COUNTER, 1), None),
        (sign(TxEip1559 { max_fee_per_gas: 1, max_priority_fee_per_gas: 0, ..template(0) }, 0), None),
    ];
    for (tx, reason) in cases {
        let Err(ExecutionError::Invalid { index: 1, hash, reason: found }) =
            net.execute(&[transfer(1, 0, COUNTER, 0), tx.clone()])
        else {
            // The greedy transaction sees less gas after the first one: run it alone.
            panic!("{tx:?} was not refused");
        };
        assert_eq!(hash, *tx.hash());
        match (reason, found) {
            (
                Some(InvalidTransaction::BlockGas { limit, .. }),
                InvalidTransaction::BlockGas { limit: other, .. },
            ) => {
                assert_eq!(limit, other);
            }
            (Some(reason), found) => assert_eq!(reason, found),
            (None, found) => assert!(matches!(found, InvalidTransaction::Rule(_)), "{found}"),
        }
    }
}

#[test]
fn legacy_and_access_list_transactions_are_accepted() {
    let net = net();
    let gas_price = 2_000_000_000;
    let legacy = TxLegacy {
        chain_id: Some(CHAIN_ID),
        gas_price,
        gas_limit: 50_000,
        to: COUNTER.into(),
        ..Default::default()
    };
    let listed = TxEip2930 {
        chain_id: CHAIN_ID,
        nonce: 1,
        gas_price,
        gas_limit: 50_000,
        to: COUNTER.into(),
        ..Default::default()
    };
    let outcome = net.execute(&[sign(legacy, 0), sign(listed, 0)]).unwrap();
    assert_eq!(slot(&net.after(&outcome), COUNTER, 0), U256::from(2));
}

#[test]
fn unreadable_state_is_not_the_blocks_fault() {
    let net = net();
    let result = block_on(execute_block(net.spec.clone(), net.context(1), vec![], &BrokenState));
    assert_eq!(result, Err(ExecutionError::State(StateError::Database("disk on fire".into()))));
}

#[test]
fn the_base_fee_moves_by_an_eighth_and_keeps_its_floor() {
    let limits = BlockLimits { gas_limit: 99_000_000, min_base_fee: 900 };
    let header = |gas_used, fee| Header {
        number: 5,
        gas_used,
        gas_limit: 30_000_000,
        base_fee_per_gas: Some(fee),
        ..Default::default()
    };
    assert_eq!(limits.base_fee_after(&header(15_000_000, 8_000)), 8_000);
    assert_eq!(limits.base_fee_after(&header(30_000_000, 8_000)), 9_000);
    assert_eq!(limits.base_fee_after(&header(0, 8_000)), 7_000);
    assert_eq!(limits.base_fee_after(&header(0, 1_000)), 900);
    for (fee, first) in [(1_000, 1_000), (100, 900)] {
        let genesis = Header { number: 0, ..header(0, fee) };
        assert_eq!(limits.base_fee_after(&genesis), first);
    }
}
