//! Rules of the latest hardforks, system contracts, and the protocol's own acts.

use crate::support::*;
use alloy_consensus::{TxEip1559, TxEip7702};
use alloy_eips::{
    eip2935::HISTORY_STORAGE_ADDRESS,
    eip7702::{Authorization, SignedAuthorization},
};
use alloy_primitives::{Address, B256, TxKind, U256};
use alloy_signer::SignerSync;
use alloy_sol_types::SolCall;
use althing_abi::{ChainInfo, SystemContract};
use althing_execution::{ExecutionError, SystemInputs, execute_block};
use althing_primitives::{Change, StateKey, StateValue};
use futures::executor::block_on;
use std::sync::Arc;

const WRITER: Address = Address::repeat_byte(0xd0);
const ASKER: Address = Address::repeat_byte(0xd1);
const HASHER: Address = Address::repeat_byte(0xd2);

fn authorize(index: usize, to: Address, nonce: u64) -> SignedAuthorization {
    let authorization = Authorization { chain_id: U256::from(CHAIN_ID), address: to, nonce };
    let signature = signer(index).sign_hash_sync(&authorization.signature_hash()).unwrap();
    authorization.into_signed(signature)
}

#[test]
fn a_delegated_account_runs_the_code_it_chose() {
    let net = Net::new(&[(WRITER, "602a5f5500")]);
    let tx = TxEip7702 {
        chain_id: CHAIN_ID,
        gas_limit: 200_000,
        max_fee_per_gas: 2_000_000_000,
        max_priority_fee_per_gas: 0,
        to: sender(1),
        authorization_list: vec![authorize(1, WRITER, 0)],
        ..Default::default()
    };
    let outcome = net.execute(&[sign(tx, 0), call(2, 0, sender(1), &[])]).unwrap();
    let state = net.after(&outcome);
    assert_eq!(slot(&state, sender(1), 0), U256::from(42));
    assert_eq!(slot(&state, WRITER, 0), U256::ZERO);
    let Some(StateValue::Account(account)) = state.get(&StateKey::Account(sender(1))) else { panic!() };
    assert_eq!(account.nonce, 1);
    let Some(StateValue::Code(code)) = state.get(&StateKey::Code(account.code_hash)) else { panic!() };
    assert_eq!(code[..3], [0xef, 0x01, 0x00]);
    assert!(outcome.receipts.iter().all(|receipt| receipt.status()));
}

#[test]
fn a_created_contract_is_stored_and_can_be_called() {
    let net = Net::new(&[]);
    // Deploys the code `602a5f5500`.
    let input = alloy_primitives::hex!("64602a5f55005f526005601bf3").to_vec().into();
    let create = sign(TxEip1559 { to: TxKind::Create, input, ..template(0) }, 0);
    let address = sender(0).create(0);
    let outcome = net.execute(&[create, call(0, 1, address, &[])]).unwrap();
    assert!(outcome.receipts.iter().all(|receipt| receipt.status()));
    assert_eq!(slot(&net.after(&outcome), address, 0), U256::from(42));
}

/// A valid P-256 signature as the precompile takes it: hash, r, s, x, y.
const P256_INPUT: &str = "4cee90eb86eaa050036147a12d49004b6b9c72bd725d39d4785011fe190f0b4d\
    a73bd4903f0ce3b639bbbf6e8e80d16931ff4bcf5993d58468e8fb19086e8cac\
    36dbcd03009df8c59286b162af3bd7fcc0450c9aa81be5d10d312af6c66b1d60\
    4aebd3099c618202fcfe16ae7770b0c49ab5eadf74b754204a3bb6060e44eff3\
    7618b065f9832de4ca6ca971a7a1adc826d0f7c00181a5fb2ddf79ae00b4e10e";

#[test]
fn new_opcodes_and_precompiles_give_what_their_eips_say() {
    let p256 = "365f5f37602060c0365f6101005afa5f5560c05160015500";
    let wrong_p256 = format!("{}f", &P256_INPUT[..P256_INPUT.len() - 1]);
    let cases = [
        ("CLZ", "60011e5f5500", "", [255, 0]),
        ("MCOPY", "602a5f5260205f60205e6020515f5500", "", [42, 0]),
        ("TLOAD", "602a5f5d5f5c5f5500", "", [42, 0]),
        ("P256VERIFY", p256, P256_INPUT, [1, 1]),
        ("P256VERIFY of a wrong signature", p256, &wrong_p256, [1, 0]),
    ];
    for (name, code, input, expected) in cases {
        let net = Net::new(&[(WRITER, code)]);
        let input = alloy_primitives::hex::decode(input).unwrap();
        let outcome = net.execute(&[call(0, 0, WRITER, &input)]).unwrap();
        let state = net.after(&outcome);
        assert_eq!([0, 1].map(|index| slot(&state, WRITER, index)), expected.map(U256::from), "{name}");
    }
}

#[test]
fn contracts_and_people_read_chain_info() {
    // Calls ChainInfo.epoch() and stores the answer; then with value, by DELEGATECALL: stores success flags.
    let target = format!("73{}", alloy_primitives::hex::encode(SystemContract::ChainInfo.address()));
    let selector = alloy_primitives::hex::encode(ChainInfo::epochCall::SELECTOR);
    let code = format!(
        "63{selector}60e01b5f52\
         60205f60045f{target}5afa600155\
         5f515f55\
         63{selector}60e01b5f52\
         60205f60045f6001{target}5af1600255\
         60205f60045f{target}5af4600355\
         00"
    );
    let mut net = Net::new(&[(ASKER, &code)]);
    Arc::make_mut(&mut net.spec).epoch_blocks = 32;
    let context = althing_execution::BlockContext {
        system: SystemInputs { epoch: 3, epoch_start: 96, ..Default::default() },
        ..net.context(97)
    };
    let tx = sign(TxEip1559 { to: ASKER.into(), value: U256::from(9), ..template(0) }, 0);
    let outcome = block_on(execute_block(net.spec.clone(), context, vec![tx], &net.state)).unwrap();
    let state = net.after(&outcome);
    assert!(outcome.receipts[0].status());
    let flags = [0, 1, 2, 3].map(|index| slot(&state, ASKER, index));
    assert_eq!(flags, [U256::from(3), U256::ONE, U256::ZERO, U256::ZERO]);
    assert_eq!(slot(&state, SystemContract::ChainInfo.address(), 2), U256::from(3));
}

#[test]
fn block_hashes_come_from_the_ring_of_recent_ones() {
    // Stores BLOCKHASH(1), BLOCKHASH(2) and BLOCKHASH(3).
    let mut net = Net::new(&[(HASHER, "600140600155600240600255600340600355 00".replace(' ', "").leak())]);
    for number in 1..=3u64 {
        let txs = if number == 3 { vec![call(0, 0, HASHER, &[])] } else { vec![] };
        let outcome =
            block_on(execute_block(net.spec.clone(), net.context(number), txs, &net.state)).unwrap();
        net.state = net.after(&outcome);
    }
    // The context of block n names its parent's hash as n.
    assert_eq!(slot(&net.state, HASHER, 1), U256::from(2));
    assert_eq!(slot(&net.state, HASHER, 2), U256::from(3));
    assert_eq!(slot(&net.state, HASHER, 3), U256::ZERO);
    assert_eq!(slot(&net.state, HISTORY_STORAGE_ADDRESS, 2), U256::from(3));
}

#[test]
fn a_block_in_which_nothing_happens_changes_only_its_ring_slots() {
    let net = Net::new(&[]);
    let first = block_on(execute_block(net.spec.clone(), net.context(1), vec![], &net.state)).unwrap();
    let mut state = net.state.clone();
    state.apply(&first.changes);
    let mut context = net.context(2);
    context.system = net.context(1).system;
    let second = block_on(execute_block(net.spec.clone(), context, vec![], &state)).unwrap();
    let keys: Vec<_> = second.changes.iter().map(|change| change.key).collect();
    assert!(keys.iter().all(|key| matches!(key, StateKey::Slot(..))), "{keys:?}");
    assert_eq!(keys.len(), 2, "{keys:?}");
    assert_ne!(B256::ZERO, net.context(2).parent_hash);
}

#[test]
fn the_tips_go_to_the_account_of_the_proposers_seat_and_a_stranger_proposes_nothing() {
    let net = Net::new(&[]);
    let propose = |proposer| {
        let system = SystemInputs { proposer: Some(proposer), view: 1, ..Default::default() };
        let context =
            althing_execution::BlockContext { system, beneficiary: Address::ZERO, ..net.context(1) };
        let transactions = vec![transfer(0, 0, sender(1), 1)];
        block_on(execute_block(net.spec.clone(), context, transactions, &net.state))
    };
    let outcome = propose(B256::repeat_byte(1)).unwrap();
    assert_eq!(outcome.beneficiary, BENEFICIARY);
    assert_eq!(balance(&net.after(&outcome), BENEFICIARY), U256::from(21_000u64 * 1_000_000_000));
    let stranger = B256::repeat_byte(8);
    assert_eq!(propose(stranger), Err(ExecutionError::Proposer(stranger)));
}

#[test]
fn rules_are_those_of_the_hardfork_in_the_state() {
    let mut net = Net::new(&[]);
    // Creation code of a contract of 30,000 zeros.
    let input = alloy_primitives::hex!("6175305ff3").to_vec().into();
    let create = sign(TxEip1559 { to: TxKind::Create, input, gas_limit: 16_000_000, ..template(0) }, 0);
    let key = StateKey::Slot(SystemContract::Upgrades.address(), U256::ZERO);
    for (hardfork, is_created) in [(0, false), (1, true)] {
        let after = Some(StateValue::Slot(U256::from(hardfork))).filter(|_| hardfork > 0);
        net.state.apply(&[Change { key, before: None, after }]);
        let outcome = net.execute(std::slice::from_ref(&create)).unwrap();
        assert_eq!(outcome.receipts[0].status(), is_created, "hardfork {hardfork}");
    }
    net.state.apply(&[Change { key, before: None, after: Some(StateValue::Slot(U256::from(9))) }]);
    assert_eq!(net.execute(&[create]).unwrap_err(), ExecutionError::Hardfork(9));
}
