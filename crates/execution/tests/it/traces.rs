//! Traces of transactions in blocks.

use crate::support::*;
use alloy_primitives::{Address, U256};
use alloy_rpc_types_eth::{TransactionRequest, state::EvmOverrides};
use alloy_rpc_types_trace::{
    geth::{GethDebugBuiltInTracerType, GethDebugTracingOptions, GethTrace, PreStateConfig},
    otterscan::OperationType,
};
use althing_execution::{
    ReplayedBlock, Simulation, SimulationError, internal_operations, otterscan_trace, trace_block,
    trace_call, trace_transaction,
};
use futures::executor::block_on;

const COUNTER: Address = Address::repeat_byte(0xc0);
const PAYER: Address = Address::repeat_byte(0xc4);

/// Counter: slot0 += 1. Payer: sends 3 Rau to the counter.
fn net() -> Net {
    let pay = "5f5f5f5f600373c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c05af100";
    Net::new(&[(COUNTER, "5f546001015f5500"), (PAYER, pay)])
}

fn block(net: &Net) -> ReplayedBlock {
    let pay = alloy_consensus::TxEip1559 { to: PAYER.into(), value: U256::from(10), ..template(1) };
    let transactions = vec![call(0, 0, COUNTER, &[]), sign(pay, 0)];
    ReplayedBlock { spec: net.spec.clone(), context: net.context(1), hash: None, transactions }
}

fn built_in(tracer: GethDebugBuiltInTracerType) -> GethDebugTracingOptions {
    GethDebugTracingOptions::new_tracer(tracer)
}

#[test]
fn a_trace_replays_the_transactions_before_it_and_matches_the_receipts() {
    let net = net();
    let block = block(&net);
    let outcome = net.execute(&block.transactions).unwrap();
    let trace =
        block_on(trace_transaction(block, 1, built_in(GethDebugBuiltInTracerType::CallTracer), &net.state));
    let GethTrace::CallTracer(frame) = trace.unwrap() else { panic!() };
    let gas = outcome.receipts[1].cumulative_gas_used() - outcome.receipts[0].cumulative_gas_used();
    assert_eq!(frame.gas_used, U256::from(gas));
    assert_eq!((frame.to, frame.calls.len()), (Some(PAYER), 1));
    assert_eq!((frame.calls[0].to, frame.calls[0].value), (Some(COUNTER), Some(U256::from(3))));
}

#[test]
fn every_built_in_tracer_answers() {
    use GethDebugBuiltInTracerType::{
        CallTracer, FlatCallTracer, FourByteTracer, NoopTracer, PreStateTracer,
    };
    let net = net();
    for tracer in [CallTracer, FlatCallTracer, FourByteTracer, NoopTracer, PreStateTracer] {
        let traces = block_on(trace_block(block(&net), built_in(tracer), &net.state)).unwrap();
        assert_eq!(traces.len(), 2);
        assert!(!serde_json::to_string(&traces).unwrap().is_empty());
    }
    let traces = block_on(trace_block(block(&net), GethDebugTracingOptions::default(), &net.state)).unwrap();
    let GethTrace::Default(frame) = &traces[0] else { panic!() };
    assert_eq!(frame.struct_logs.first().map(|log| log.op.to_string()), Some("PUSH0".into()));
}

#[test]
fn a_state_diff_shows_values_before_and_after_the_transaction() {
    let net = net();
    let config = PreStateConfig { diff_mode: Some(true), ..Default::default() };
    let options = GethDebugTracingOptions::prestate_tracer(config);
    let trace = block_on(trace_transaction(block(&net), 1, options, &net.state)).unwrap();
    let json = serde_json::to_value(trace).unwrap();
    let counter = format!("{COUNTER:?}");
    let word = |n: u64| serde_json::json!(alloy_primitives::B256::from(U256::from(n)));
    let slot = word(0).as_str().unwrap().to_string();
    assert_eq!(json["pre"][&counter]["storage"][&slot], word(1));
    assert_eq!(json["post"][&counter]["storage"][&slot], word(2));
}

#[test]
fn otterscan_sees_internal_transfers_and_calls() {
    let net = net();
    let operations = block_on(internal_operations(block(&net), 1, &net.state)).unwrap();
    assert_eq!(operations.len(), 1);
    assert_eq!(operations[0].r#type, OperationType::OpTransfer);
    assert_eq!((operations[0].from, operations[0].to, operations[0].value), (PAYER, COUNTER, U256::from(3)));
    let entries = block_on(otterscan_trace(block(&net), 1, &net.state)).unwrap();
    let calls: Vec<_> = entries.iter().map(|entry| (entry.depth, entry.to, entry.r#type.as_str())).collect();
    assert_eq!(calls, [(0, PAYER, "CALL"), (1, COUNTER, "CALL")]);
    let missing = block_on(internal_operations(block(&net), 2, &net.state));
    assert_eq!(missing, Err(SimulationError::NoTransaction(2)));
}

#[test]
fn a_trace_that_would_fill_the_memory_fails() {
    let endless = Address::repeat_byte(0xc5);
    // Fills the stack with 1,000 words, then loops for ever.
    let code = format!("{}5b6103e856", "5f".repeat(1_000));
    let net = Net::new(&[(endless, &code)]);
    let tx = alloy_consensus::TxEip1559 { to: endless.into(), gas_limit: 16_000_000, ..template(0) };
    let block = ReplayedBlock { transactions: vec![sign(tx, 0)], ..block(&net) };
    let error =
        block_on(trace_block(block.clone(), GethDebugTracingOptions::default(), &net.state)).unwrap_err();
    assert!(error.to_string().contains("ask for a call trace"), "{error}");
    let call = block_on(trace_block(block, built_in(GethDebugBuiltInTracerType::CallTracer), &net.state));
    assert_eq!(call.unwrap().len(), 1);
}

#[test]
fn a_call_can_be_traced_without_a_block() {
    let net = net();
    let at = Simulation {
        spec: net.spec.clone(),
        block: net.context(1),
        overrides: EvmOverrides::default(),
        gas_cap: 1_000_000,
    };
    let request = TransactionRequest::default().from(sender(0)).to(COUNTER);
    let options = built_in(GethDebugBuiltInTracerType::CallTracer);
    let GethTrace::CallTracer(frame) = block_on(trace_call(at, request, options, &net.state)).unwrap() else {
        panic!()
    };
    assert_eq!((frame.to, frame.error), (Some(COUNTER), None));
}
