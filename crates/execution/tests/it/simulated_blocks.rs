//! Blocks of simulated calls.

use crate::support::*;
use alloy_primitives::{Address, B256, U256, address, hex, map::AddressHashMap};
use alloy_rpc_types_eth::{
    BlockOverrides, TransactionRequest,
    simulate::{SimBlock, SimCallResult, SimulatePayload, SimulatedBlock},
    state::AccountOverride,
};
use althing_execution::{BlockLimits, BlockSimulation, BlocksError, simulate_blocks};
use althing_primitives::Header;
use futures::executor::block_on;

/// Adds one to slot 0 and returns what it was.
const COUNTER: Address = Address::repeat_byte(0xe0);
const REVERTER: Address = Address::repeat_byte(0xe1);
/// Returns BLOCKHASH of the block whose height is the input.
const HASHES: Address = Address::repeat_byte(0xe2);
/// Sends 5 Rau to `SINK`.
const SENDS: Address = Address::repeat_byte(0xe3);
/// Calls `SENDS_AND_FAILS`, and does not mind that it fails.
const TRIES: Address = Address::repeat_byte(0xe4);
const SENDS_AND_FAILS: Address = Address::repeat_byte(0xe5);
const LOOP: Address = Address::repeat_byte(0xe6);
const SINK: Address = Address::repeat_byte(0x77);
const TRANSFERS: Address = address!("eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee");

fn net() -> Net {
    let send = format!("5f5f5f5f600573{}5af1", hex::encode(SINK));
    Net::new(&[
        (COUNTER, "5f54805f526001015f5560205ff3"),
        (REVERTER, "602a5f5260205ffd"),
        (HASHES, "5f35405f5260205ff3"),
        (SENDS, &format!("{send}00")),
        (TRIES, &format!("5f5f5f5f5f73{}5af15f5260205ff3", hex::encode(SENDS_AND_FAILS))),
        (SENDS_AND_FAILS, &format!("{send}5f5ffd")),
        (LOOP, "5b5f56"),
    ])
}

fn base(net: &Net) -> Header {
    let context = net.context(1);
    Header {
        number: 1,
        timestamp: context.timestamp,
        gas_limit: context.gas_limit,
        base_fee_per_gas: Some(context.base_fee),
        beneficiary: BENEFICIARY,
        extra_data: vec![7; 32].into(),
        ..Default::default()
    }
}

pub(crate) fn run(net: &Net, payload: SimulatePayload) -> Result<Vec<SimulatedBlock>, BlocksError> {
    run_with(net, 50_000_000, payload, || false)
}

fn run_with(
    net: &Net,
    gas_cap: u64,
    payload: SimulatePayload,
    late: impl FnMut() -> bool + Clone + Send + 'static,
) -> Result<Vec<SimulatedBlock>, BlocksError> {
    let base = base(net);
    let base_hash = base.hash_slow();
    let at =
        BlockSimulation { spec: net.spec.clone(), base, base_hash, system: net.context(2).system, gas_cap };
    block_on(simulate_blocks(at, payload, late, &net.state))
}

fn to(address: Address) -> TransactionRequest {
    TransactionRequest::default().to(address)
}

fn block(calls: impl IntoIterator<Item = TransactionRequest>) -> SimBlock {
    SimBlock::default().extend_calls(calls)
}

fn one(calls: impl IntoIterator<Item = TransactionRequest>) -> SimulatePayload {
    SimulatePayload::default().extend(block(calls))
}

fn rich(accounts: &[Address]) -> AddressHashMap<AccountOverride> {
    let account = AccountOverride { balance: Some(U256::from(1_000)), ..Default::default() };
    accounts.iter().map(|address| (*address, account.clone())).collect()
}

/// Transfers that were traced: from, to, amount.
pub(crate) fn transfers(call: &SimCallResult) -> Vec<(Address, Address, U256)> {
    let traced = call.logs.iter().filter(|log| log.address() == TRANSFERS);
    let party = |topic: &B256| Address::from_word(*topic);
    traced
        .map(|log| (party(&log.topics()[1]), party(&log.topics()[2]), U256::from_be_slice(&log.data().data)))
        .collect()
}

#[test]
fn every_call_sees_what_those_before_it_did_over_blocks() {
    let net = net();
    let payload = one([to(COUNTER), to(COUNTER)])
        .extend(SimBlock::default().with_block_overrides(BlockOverrides {
            number: Some(U256::from(4)),
            time: Some(1_800_000_000),
            ..Default::default()
        }))
        .extend(block([to(COUNTER)]));
    let blocks = run(&net, payload).unwrap();
    let numbers: Vec<_> = blocks.iter().map(|block| block.inner.header.number).collect();
    assert_eq!(numbers, [2, 3, 4, 5]);
    let outputs: Vec<_> =
        blocks.iter().flat_map(|block| &block.calls).map(|call| &call.return_data).collect();
    let values: Vec<_> = outputs.iter().map(|output| U256::from_be_slice(output)).collect();
    assert_eq!(values, [0, 1, 2].map(U256::from));
    assert_eq!(blocks[0].inner.header.parent_hash, base(&net).hash_slow());
    for pair in blocks.windows(2) {
        assert_eq!(pair[1].inner.header.parent_hash, pair[0].inner.header.hash);
        assert!(pair[1].inner.header.timestamp > pair[0].inner.header.timestamp);
    }
    for block in &blocks {
        let header = &block.inner.header;
        assert_eq!(header.hash, header.inner.hash_slow());
        assert_eq!((header.base_fee_per_gas, header.gas_limit), (Some(0), 30_000_000));
        assert_eq!(header.gas_used, block.calls.iter().map(|call| call.gas_used).sum::<u64>());
    }
}

#[test]
fn contracts_see_the_hashes_of_simulated_blocks() {
    let net = net();
    let ask = |number: u64| to(HASHES).input(U256::from(number).to_be_bytes_vec().into());
    let payload = one([ask(1)]).extend(block([ask(2), ask(1)])).extend(block([ask(2), ask(3), ask(4)]));
    let blocks = run(&net, payload).unwrap();
    let hash = |number: usize| match number {
        1 => base(&net).hash_slow(),
        _ => blocks[number - 2].inner.header.hash,
    };
    let seen = |block: usize, call: usize| B256::from_slice(&blocks[block].calls[call].return_data);
    assert_eq!(seen(0, 0), hash(1));
    assert_eq!([seen(1, 0), seen(1, 1)], [hash(2), hash(1)]);
    assert_eq!([seen(2, 0), seen(2, 1), seen(2, 2)], [hash(2), hash(3), B256::ZERO]);
}

#[test]
fn failures_of_calls_are_results_with_the_specifications_codes() {
    let net = net();
    let blocks = run(&net, one([to(REVERTER), to(LOOP).gas_limit(100_000), to(COUNTER)])).unwrap();
    let calls = &blocks[0].calls;
    let reverted = calls[0].error.clone().unwrap();
    assert_eq!((reverted.code, calls[0].status, calls[0].return_data.len()), (3, false, 0));
    assert_eq!(U256::from_be_slice(&reverted.data.unwrap()), U256::from(42));
    let halted = calls[1].error.clone().unwrap();
    assert_eq!((halted.code, halted.message.as_str(), calls[1].gas_used), (-32015, "out of gas", 100_000));
    assert!(calls[2].status && calls[2].error.is_none());
}

#[test]
fn without_validation_neither_nonce_nor_fee_is_asked_for() {
    let net = net();
    let blocks = run(&net, one([to(COUNTER).nonce(77), to(COUNTER).from(REVERTER)])).unwrap();
    assert!(blocks[0].calls.iter().all(|call| call.status));
    let poor = run(&net, one([to(SINK).value(U256::from(1))])).unwrap_err();
    assert_eq!(poor.code(), Some(-38014), "{poor}");
}

#[test]
fn validation_refuses_what_a_block_would() {
    let net = net();
    let fee = BlockLimits::first(&net.spec).base_fee_after(&base(&net));
    let paying = |request: TransactionRequest| {
        request.from(sender(0)).max_fee_per_gas(u128::from(fee)).gas_limit(100_000)
    };
    let good = run(&net, one([paying(to(COUNTER)), paying(to(COUNTER)).nonce(1)]).with_validation()).unwrap();
    assert!(good[0].calls.iter().all(|call| call.status));
    assert_eq!(good[0].inner.header.base_fee_per_gas, Some(fee));
    let poor = Address::repeat_byte(0x99);
    for (request, code) in [
        (paying(to(COUNTER)).nonce(5), -38011),
        (paying(to(COUNTER)).max_fee_per_gas(1), -38012),
        (to(COUNTER).from(sender(0)), -38012),
        (paying(to(COUNTER)).gas_limit(20_000), -38013),
        (paying(to(COUNTER)).from(poor), -38014),
        (paying(to(COUNTER)).gas_limit(30_000_001), -38015),
        (paying(to(COUNTER)).gas_limit(20_000_000), -38015),
        (paying(to(COUNTER)).max_priority_fee_per_gas(u128::MAX), -32602),
        (paying(to(COUNTER)).from(REVERTER), -38024),
    ] {
        let error = run(&net, one([request]).with_validation()).unwrap_err();
        assert_eq!(error.code(), Some(code), "{error}");
    }
    let twice = one([paying(to(COUNTER)), paying(to(COUNTER)).nonce(0)]).with_validation();
    assert_eq!(run(&net, twice).unwrap_err().code(), Some(-38010));
}

#[test]
fn traced_transfers_are_logs_and_those_of_failed_parts_are_not() {
    let net = net();
    let payload = |trace_transfers| {
        let calls = [to(SENDS).from(TRIES).value(U256::from(9)), to(TRIES), to(SENDS_AND_FAILS)];
        let block = block(calls).with_state_overrides(rich(&[SENDS, TRIES, SENDS_AND_FAILS]));
        SimulatePayload { trace_transfers, ..SimulatePayload::default().extend(block) }
    };
    let silent = run(&net, payload(false)).unwrap();
    assert!(silent[0].calls.iter().all(|call| call.logs.is_empty()));
    let traced = run(&net, payload(true)).unwrap();
    let calls = &traced[0].calls;
    assert_eq!(calls[0].logs.len(), 2);
    assert_eq!(transfers(&calls[0]), [(TRIES, SENDS, U256::from(9)), (SENDS, SINK, U256::from(5))]);
    assert_eq!(calls[0].logs[1].log_index, Some(1));
    assert!(calls[1].status && calls[1].logs.is_empty());
    assert!(!calls[2].status && calls[2].logs.is_empty());
    // What is traced is told, not part of the block.
    assert_eq!(traced[0].inner.header.hash, silent[0].inner.header.hash);
}

#[test]
fn whole_transactions_have_their_sender_and_place() {
    let net = net();
    let payload = one([to(COUNTER).from(sender(1)), to(COUNTER)]).with_full_transactions();
    let blocks = run(&net, payload).unwrap();
    let listed = blocks[0].inner.transactions.as_transactions().unwrap();
    assert_eq!(listed[0].inner.signer(), sender(1));
    assert_eq!(listed[1].transaction_index, Some(1));
    assert_eq!(listed[1].block_hash, Some(blocks[0].inner.header.hash));
    let plain = run(&net, one([to(COUNTER).from(sender(1)), to(COUNTER)])).unwrap();
    assert_eq!(plain[0].inner.transactions.hashes().count(), 2);
    assert_eq!(plain[0].inner.header.hash, blocks[0].inner.header.hash);
}

#[test]
fn gas_time_and_overrides_are_bounded() {
    let net = net();
    let calls = || one([to(COUNTER), to(COUNTER), to(COUNTER)]);
    let error = run_with(&net, 44_000, calls(), || false).unwrap_err();
    assert_eq!(error, BlocksError::TooMuchGas(44_000));
    let mut asked = 0;
    let late = move || {
        asked += 1;
        asked > 2
    };
    let error = run_with(&net, 50_000_000, calls(), late).unwrap_err();
    assert_eq!((error.code(), error), (Some(-32016), BlocksError::Late));
    let account = AccountOverride { move_precompile_to: Some(SINK), ..Default::default() };
    let moving = SimBlock::default().with_state_overrides([(SINK, account)].into_iter().collect());
    let error = run(&net, SimulatePayload::default().extend(moving)).unwrap_err();
    assert_eq!(error.code(), Some(-32602), "{error}");
    let error = run(&net, SimulatePayload::default()).unwrap_err();
    assert_eq!((error.code(), error), (Some(-32602), BlocksError::Empty));
}
