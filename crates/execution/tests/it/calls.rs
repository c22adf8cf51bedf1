//! Simulated calls, gas estimation, access lists.

use crate::support::*;
use alloy_primitives::{Address, B256, Bytes, U256, map::AddressHashMap};
use alloy_rpc_types_eth::{
    BlockOverrides, TransactionRequest,
    state::{AccountOverride, EvmOverrides},
};
use alloy_sol_types::{SolCall, SolError};
use althing_abi::{ChainInfo, SystemContract, SystemErrors::UnknownFunction};
use althing_execution::{
    CallStatus, GenesisError, Simulation, SimulationError, call as simulate, create_access_list,
    estimate_gas, genesis_changes,
};
use althing_primitives::{GenesisAccount, MAX_TRANSACTION_GAS, StateKey, StateValue};
use futures::executor::block_on;

const RETURNER: Address = Address::repeat_byte(0xe0);
const GAS_GUARD: Address = Address::repeat_byte(0xe1);
const LOOP: Address = Address::repeat_byte(0xe2);
const REVERTER: Address = Address::repeat_byte(0xe3);

/// Returner: slot 5. Gas guard: fails unless 200,000 gas are left, then writes. Loop: for ever.
fn net() -> Net {
    Net::new(&[
        (RETURNER, "6005545f5260205ff3"),
        (GAS_GUARD, "5a62030d4010600c575f5ffd5b602a5f5500"),
        (LOOP, "5b5f56"),
        (REVERTER, "602a5f5260205ffd"),
    ])
}

fn at(net: &Net) -> Simulation {
    Simulation {
        spec: net.spec.clone(),
        block: net.context(1),
        overrides: EvmOverrides::default(),
        gas_cap: 50_000_000,
    }
}

fn request(to: Address, input: &[u8]) -> TransactionRequest {
    TransactionRequest::default().from(sender(0)).to(to).input(Bytes::copy_from_slice(input).into())
}

#[test]
fn a_call_sees_state_overrides_and_block_overrides() {
    let net = net();
    let plain = block_on(simulate(at(&net), request(RETURNER, &[]), &net.state)).unwrap();
    assert_eq!((plain.status, plain.output), (CallStatus::Success, Bytes::from([0; 32])));
    let diff = [(U256::from(5).into(), U256::from(77).into())].into_iter().collect();
    let account = AccountOverride { state_diff: Some(diff), ..Default::default() };
    let state = Some(AddressHashMap::from_iter([(RETURNER, account)]));
    let over = Simulation { overrides: EvmOverrides { state, block: None }, ..at(&net) };
    let result = block_on(simulate(over, request(RETURNER, &[]), &net.state)).unwrap();
    assert_eq!(U256::from_be_slice(&result.output), U256::from(77));
    // TIMESTAMP as code, by override.
    let code = Some(alloy_primitives::hex!("425f5260205ff3").to_vec().into());
    let account = AccountOverride { code, ..Default::default() };
    let state = Some(AddressHashMap::from_iter([(RETURNER, account)]));
    let block = Some(Box::new(BlockOverrides { time: Some(123), ..Default::default() }));
    let over = Simulation { overrides: EvmOverrides { state, block }, ..at(&net) };
    let result = block_on(simulate(over, request(RETURNER, &[]), &net.state)).unwrap();
    assert_eq!(U256::from_be_slice(&result.output), U256::from(123));
}

#[test]
fn a_failing_call_says_how() {
    let net = net();
    let revert = block_on(simulate(at(&net), request(REVERTER, &[]), &net.state)).unwrap();
    assert_eq!(revert.status, CallStatus::Revert);
    assert_eq!(U256::from_be_slice(&revert.output), U256::from(42));
    let halt =
        block_on(simulate(Simulation { gas_cap: 100_000, ..at(&net) }, request(LOOP, &[]), &net.state))
            .unwrap();
    assert_eq!((halt.status, halt.gas_used), (CallStatus::Halt("out of gas".into()), 100_000));
}

#[test]
fn a_system_contracts_code_says_elsewhere_that_it_is_native() {
    let net = net();
    let info = StateKey::Account(SystemContract::ChainInfo.address());
    let Some(StateValue::Account(account)) = net.state.get(&info) else { panic!() };
    let Some(StateValue::Code(code)) = net.state.get(&StateKey::Code(account.code_hash)) else { panic!() };
    let elsewhere = Net::new(&[(RETURNER, &alloy_primitives::hex::encode(code))]);
    let result =
        block_on(simulate(at(&elsewhere), request(RETURNER, &[1, 2, 3, 4]), &elsewhere.state)).unwrap();
    assert_eq!(result.status, CallStatus::Revert);
    let reason = alloy_sol_types::Revert::abi_decode(&result.output).unwrap().reason;
    assert!(reason.contains("native to Althing nodes"), "{reason}");
}

#[test]
fn genesis_refuses_accounts_that_the_protocol_sets_or_the_evm_would_lose() {
    let refuse = |address, account| {
        let mut spec = (*net().spec).clone();
        spec.alloc.insert(address, account);
        genesis_changes(&spec).unwrap_err()
    };
    let info = SystemContract::ChainInfo.address();
    assert_eq!(refuse(info, GenesisAccount::default()), GenesisError::Reserved(info));
    let storage = [(U256::from(1), U256::from(2))].into();
    let account = GenesisAccount { storage, ..Default::default() };
    assert_eq!(refuse(LOOP, account), GenesisError::StorageWithoutCode(LOOP));
}

#[test]
fn a_system_contract_answers_a_call() {
    let net = net();
    let info = SystemContract::ChainInfo.address();
    let ask = |input: Vec<u8>| block_on(simulate(at(&net), request(info, &input), &net.state)).unwrap();
    let name = ask(ChainInfo::chainNameCall {}.abi_encode());
    assert_eq!(ChainInfo::chainNameCall::abi_decode_returns(&name.output).unwrap(), "althing-devnet");
    let unknown = ask(vec![1, 2, 3, 4]);
    let expected = UnknownFunction { selector: [1, 2, 3, 4].into() }.abi_encode();
    assert_eq!((unknown.status, unknown.output), (CallStatus::Revert, expected.into()));
}

#[test]
fn an_estimate_is_enough_and_not_much_more() {
    let net = net();
    let transfer = request(Address::repeat_byte(9), &[]).value(U256::from(1));
    assert_eq!(block_on(estimate_gas(at(&net), transfer, &net.state)), Ok(21_000));
    let write = block_on(estimate_gas(at(&net), request(GAS_GUARD, &[]), &net.state)).unwrap();
    assert!((221_000..226_000).contains(&write), "{write}");
    let run = |gas| {
        block_on(simulate(at(&net), request(GAS_GUARD, &[]).gas_limit(gas), &net.state)).unwrap().status
    };
    assert_eq!(run(write), CallStatus::Success);
    assert_eq!(run(write - write / 50), CallStatus::Revert);
    let reverted = block_on(estimate_gas(at(&net), request(REVERTER, &[]), &net.state));
    assert!(matches!(reverted, Err(SimulationError::Reverted(data)) if data.len() == 32));
    let endless = block_on(estimate_gas(at(&net), request(LOOP, &[]), &net.state));
    assert_eq!(endless, Err(SimulationError::GasExceedsAllowance(MAX_TRANSACTION_GAS)));
    let poor = request(LOOP, &[]).value(U256::MAX);
    assert!(block_on(estimate_gas(at(&net), poor, &net.state)).is_err());
}

#[test]
fn an_access_list_names_what_a_call_touches() {
    let net = net();
    let result = block_on(create_access_list(at(&net), request(RETURNER, &[]), &net.state)).unwrap();
    assert_eq!(result.error, None);
    assert_eq!(result.access_list.0.len(), 1);
    assert_eq!(result.access_list.0[0].address, RETURNER);
    assert_eq!(result.access_list.0[0].storage_keys, vec![B256::from(U256::from(5))]);
}
