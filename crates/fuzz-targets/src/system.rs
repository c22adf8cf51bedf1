//! Calls of system contracts by any account with any data.

use alloy_primitives::U256;
use althing_abi::SYSTEM_CONTRACTS;
use althing_primitives::{B256, ChainSpec, Validator};
use althing_system::{BlockInputs, CallInfo, MapHost, SystemError, begin_block, call, genesis};
use std::sync::OnceLock;

/// Gas of a call: plenty, so that the end of gas is reached only by what is out of proportion.
const GAS: u64 = 10_000_000;

/// A flag byte (static, delegated, with coins), a byte that chooses the contract, the call data.
pub(crate) fn system_call(data: &[u8]) -> bool {
    let Some(([flags, contract], input)) = data.split_first_chunk::<2>() else { return false };
    let contract = SYSTEM_CONTRACTS[usize::from(*contract) % SYSTEM_CONTRACTS.len()].contract;
    let mut host = begun().clone();
    host.gas = GAS;
    host.call = CallInfo {
        caller: alloy_primitives::Address::repeat_byte(*flags),
        value: U256::from(flags >> 2 & 1),
        is_static: flags & 1 != 0,
        is_delegated: flags & 2 != 0,
    };
    let (before, mut again) = (host.clone(), host.clone());
    let result = call(&mut host, contract, input);
    assert_eq!(result, call(&mut again, contract, input), "a call is a function of its input");
    assert_eq!((host.gas, &host.slots, &host.logs), (again.gas, &again.slots, &again.logs));
    assert!(host.gas < GAS, "every call is charged");
    assert!(!matches!(result, Err(SystemError::Fatal(_))), "a caller cannot break the node: {result:?}");
    if host.call.is_static || host.call.is_delegated {
        assert_eq!((&host.slots, &host.balances), (&before.slots, &before.balances));
        assert!(host.logs.is_empty());
    }
    result.is_ok()
}

/// A host as it is after the first block.
fn begun() -> &'static MapHost {
    static BEGUN: OnceLock<MapHost> = OnceLock::new();
    BEGUN.get_or_init(|| {
        let validator = Validator {
            name: "a".into(),
            operator: B256::repeat_byte(1),
            reward: Default::default(),
            p2p: "127.0.0.1:1".into(),
        };
        let mut host = MapHost::default();
        genesis(&mut host, &ChainSpec::devnet(vec![validator], 0)).expect("genesis fits a fresh host");
        let inputs = BlockInputs { group_key: vec![7; 96].into(), ..Default::default() };
        begin_block(&mut host, &inputs).expect("the first block begins");
        host
    })
}
