//! System contracts on a host in memory.

use crate::{BlockInputs, CallInfo, MapHost, SystemError, begin_block, call, genesis, storage::ByteString};
use alloy_primitives::{Address, B256, Bytes, Selector, U256, keccak256};
use alloy_sol_types::{SolCall, SolError, SolInterface};
use althing_abi::{
    ChainInfo::{self, ChainInfoCalls},
    SYSTEM_CONTRACTS, SystemContract,
    SystemErrors::{DelegateCallRefused, NotPayable, UnknownFunction, WriteInStaticCall},
};
use althing_primitives::{ChainSpec, Validator};
use proptest::prelude::*;

fn spec() -> ChainSpec {
    let validator = Validator {
        name: "a".into(),
        operator: B256::repeat_byte(1),
        reward: Address::repeat_byte(2),
        p2p: "127.0.0.1:1".into(),
    };
    ChainSpec::devnet(vec![validator], 1_700_000_000_000)
}

fn host() -> MapHost {
    let mut host = MapHost::default();
    genesis(&mut host, &spec()).unwrap();
    host
}

fn ask<C: SolCall>(host: &mut MapHost, question: C) -> C::Return {
    let bytes = call(host, SystemContract::ChainInfo, &question.abi_encode()).unwrap();
    C::abi_decode_returns(&bytes).unwrap()
}

fn revert(error: impl SolError) -> Result<Bytes, SystemError> {
    Err(SystemError::revert(error))
}

#[test]
fn chain_info_answers_what_consensus_told() {
    let mut host = host();
    let inputs = BlockInputs {
        epoch: 7,
        epoch_start: 224,
        key_id: 2,
        group_key: Bytes::from(vec![9; 96]),
        ..BlockInputs::default()
    };
    begin_block(&mut host, &inputs).unwrap();
    assert_eq!(ask(&mut host, ChainInfo::chainNameCall {}), "althing-devnet");
    assert_eq!(ask(&mut host, ChainInfo::specHashCall {}), spec().hash());
    assert_eq!(ask(&mut host, ChainInfo::epochCall {}), 7);
    assert_eq!(ask(&mut host, ChainInfo::epochStartCall {}), 224);
    assert_eq!(ask(&mut host, ChainInfo::keyIdCall {}), 2);
    assert_eq!(ask(&mut host, ChainInfo::committeeKeyCall {}), inputs.group_key);
    let before = host.slots.clone();
    begin_block(&mut host, &inputs).unwrap();
    assert_eq!(host.slots, before);
}

#[test]
fn every_selector_of_every_abi_reaches_an_arm() {
    for row in SYSTEM_CONTRACTS {
        for function in (row.abi)().functions() {
            let selector: Selector = function.selector();
            let mut input = selector.to_vec();
            input.extend_from_slice(&[0; 32 * 8]);
            let mut host = host();
            let result = call(&mut host, row.contract, &input);
            let unknown = revert(UnknownFunction { selector });
            assert_ne!(result, unknown, "{} of {}", function.signature(), row.name);
            let fatal = matches!(result, Err(SystemError::Fatal(_)));
            assert!(!fatal, "{} of {}: {result:?}", function.signature(), row.name);
        }
    }
    assert_eq!(ChainInfoCalls::COUNT, (SystemContract::ChainInfo.entry().abi)().functions().count());
}

#[test]
fn calls_that_break_a_rule_revert_with_the_reason() {
    let good = ChainInfo::epochCall {}.abi_encode();
    let unknown = |bytes: [u8; 4]| revert(UnknownFunction { selector: bytes.into() });
    let none = CallInfo::default();
    let cases = [
        (good.clone(), CallInfo { value: U256::ONE, ..none }, revert(NotPayable {})),
        (good.clone(), CallInfo { is_delegated: true, ..none }, revert(DelegateCallRefused {})),
        (vec![], none, unknown([0; 4])),
        (vec![1, 2], none, unknown([0; 4])),
        (vec![1, 2, 3, 4], none, unknown([1, 2, 3, 4])),
    ];
    for (input, info, expected) in cases {
        let mut host = MapHost { call: info, ..host() };
        assert_eq!(call(&mut host, SystemContract::ChainInfo, &input), expected);
    }
    let mut host = MapHost { gas: 105, ..host() };
    assert_eq!(call(&mut host, SystemContract::ChainInfo, &good), Err(SystemError::OutOfGas));
}

#[test]
fn a_static_call_cannot_write() {
    let mut host = host();
    host.call.is_static = true;
    let before = host.slots.clone();
    let inputs = BlockInputs { epoch: 1, ..BlockInputs::default() };
    assert_eq!(begin_block(&mut host, &inputs), Err(SystemError::revert(WriteInStaticCall {})));
    assert_eq!(host.slots, before);
}

#[test]
fn storage_is_at_the_address_of_the_table() {
    let host = host();
    assert!(host.slots.keys().all(|(account, _)| SystemContract::at(account).is_some()));
    assert_eq!(crate::staking::storage::ADDRESS, SystemContract::Staking.address());
    let name = host.slots[&(SystemContract::ChainInfo.address(), U256::ZERO)].to_be_bytes::<32>();
    assert_eq!((&name[..14], name[31]), (b"althing-devnet".as_slice(), 28));
}

#[test]
fn long_bytes_lie_where_solidity_puts_them() {
    let account = Address::repeat_byte(5);
    let mut host = MapHost::default();
    ByteString::new(account, 3).set(&mut host, &[7; 33]).unwrap();
    let first: U256 = keccak256(U256::from(3).to_be_bytes::<32>()).into();
    assert_eq!(host.slots[&(account, U256::from(3))], U256::from(67));
    assert_eq!(host.slots[&(account, first)], U256::from_be_bytes([7; 32]));
    assert_eq!(host.slots[&(account, first + U256::ONE)] >> 248, U256::from(7));
}

proptest! {
    #[test]
    fn byte_strings_survive_any_sequence_of_writes(values in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 1..6)) {
        let string = ByteString::new(Address::repeat_byte(5), 3);
        let mut host = MapHost::default();
        for value in &values {
            string.set(&mut host, value).unwrap();
            let read = string.get(&mut host).unwrap();
            prop_assert_eq!(read.as_ref(), value.as_slice());
        }
        string.set(&mut host, &[]).unwrap();
        prop_assert!(host.slots.is_empty());
    }

    #[test]
    fn any_stored_head_is_read_without_panic(head in any::<[u8; 32]>()) {
        let account = Address::repeat_byte(5);
        let mut host = MapHost::default();
        host.slots.insert((account, U256::from(3)), U256::from_be_bytes(head));
        let read = ByteString::new(account, 3).get(&mut host).unwrap();
        prop_assert!(read.len() <= crate::storage::MAX_STORED_BYTES);
    }
}
