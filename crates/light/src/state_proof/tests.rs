//! A proof that the state databases made (their test writes `vector.txt`), and everything that is refused.

use super::*;
use alloy_primitives::{Bytes, hex};
use althing_primitives::DbCommitment;

fn value(name: &str) -> &'static str {
    let line = include_str!("vector.txt").lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("vector.txt has no {name}"))
}

struct Vector {
    state: StateCommitment,
    address: Address,
    account: AccountRecord,
    account_proof: Vec<u8>,
    slot: U256,
    value: U256,
    slot_proof: Vec<u8>,
}

fn vector() -> Vector {
    let root = |name| DbCommitment { root: value(name).parse().unwrap(), ..Default::default() };
    Vector {
        state: StateCommitment {
            accounts: root("accounts_root"),
            slots: root("slots_root"),
            codes: DbCommitment::default(),
        },
        address: value("address").parse().unwrap(),
        account: AccountRecord {
            nonce: value("nonce").parse().unwrap(),
            balance: value("balance").parse().unwrap(),
            code_hash: value("code_hash").parse().unwrap(),
        },
        account_proof: hex::decode(value("account_proof")).unwrap(),
        slot: value("slot").parse().unwrap(),
        value: value("value").parse().unwrap(),
        slot_proof: hex::decode(value("slot_proof")).unwrap(),
    }
}

#[test]
fn a_proof_of_the_databases_proves_account_and_slot() {
    let v = vector();
    assert_eq!(verify_account(&v.state, v.address, &v.account, &v.account_proof), Ok(()));
    assert_eq!(verify_slot(&v.state, v.address, v.slot, v.value, &v.slot_proof), Ok(()));
}

#[test]
fn another_key_value_or_state_is_refused() {
    let v = vector();
    let refused = Err(StateProofError::Invalid);
    for account in [
        AccountRecord { nonce: v.account.nonce + 1, ..v.account },
        AccountRecord { balance: v.account.balance + U256::from(1), ..v.account },
        AccountRecord { code_hash: B256::ZERO, ..v.account },
    ] {
        assert_eq!(verify_account(&v.state, v.address, &account, &v.account_proof), refused);
    }
    assert_eq!(verify_account(&v.state, Address::ZERO, &v.account, &v.account_proof), refused);
    let other = StateCommitment { accounts: v.state.slots, slots: v.state.accounts, ..v.state };
    assert_eq!(verify_account(&other, v.address, &v.account, &v.account_proof), refused);
    assert_eq!(verify_slot(&other, v.address, v.slot, v.value, &v.slot_proof), refused);
    let one = U256::from(1);
    assert_eq!(verify_slot(&v.state, v.address, v.slot + one, v.value, &v.slot_proof), refused);
    assert_eq!(verify_slot(&v.state, v.address, v.slot, v.value + one, &v.slot_proof), refused);
    assert!(verify_slot(&v.state, v.address, v.slot, v.value, &v.account_proof).is_err());
}

#[test]
fn no_changed_or_cut_proof_verifies() {
    let v = vector();
    for at in 0..v.account_proof.len() {
        for bit in [0x01, 0x80] {
            let mut changed = v.account_proof.clone();
            changed[at] ^= bit;
            let result = verify_account(&v.state, v.address, &v.account, &changed);
            assert!(result.is_err(), "byte {at} may be changed by {bit:#x}");
        }
        assert!(verify_account(&v.state, v.address, &v.account, &v.account_proof[..at]).is_err());
    }
    let longer = [v.account_proof.as_slice(), &[0]].concat();
    assert!(verify_account(&v.state, v.address, &v.account, &longer).is_err());
    assert!(verify_account(&v.state, v.address, &v.account, &[0xff; 64 * 1024]).is_err());
}

#[test]
fn a_header_vouches_for_its_seal_alone() {
    let seal = Seal { state: vector().state, ..Default::default() };
    let header = |seal: &Seal, state_root| Header {
        extra_data: Bytes::from(seal.hash()),
        state_root,
        ..Default::default()
    };
    let root = seal.state.root();
    assert_eq!(state_of(&header(&seal, root), &seal), Ok(&seal.state));
    assert_eq!(state_of(&header(&seal, B256::ZERO), &seal), Err(StateProofError::StateRoot));
    let other = Seal { view: 9, ..seal.clone() };
    assert_eq!(state_of(&header(&seal, root), &other), Err(StateProofError::Seal));
}
