//! Each reason to refuse a transaction, by the words that wallets look for.

use super::*;
use alloy_consensus::{TxEip2930, TxEip7702};
use alloy_eips::eip2930::{AccessList, AccessListItem};
use alloy_eips::eip7702::{Authorization, SignedAuthorization};
use revm::{context_interface::cfg::gas::calculate_initial_tx_gas, primitives::hardfork::SpecId};

fn authorization(n: u8) -> SignedAuthorization {
    let authorization =
        Authorization { chain_id: U256::from(CHAIN), address: Address::repeat_byte(1), nonce: 0 };
    let signature = signer(n).sign_hash_sync(&authorization.signature_hash()).unwrap();
    authorization.into_signed(signature)
}

fn set_code(nonce: u64, authorization_list: Vec<SignedAuthorization>) -> TxEip7702 {
    TxEip7702 {
        chain_id: CHAIN,
        nonce,
        gas_limit: 2_000_000,
        max_fee_per_gas: GWEI,
        max_priority_fee_per_gas: GWEI,
        to: Address::repeat_byte(9),
        authorization_list,
        ..Default::default()
    }
}

#[test]
fn every_bad_transaction_is_refused_in_the_words_wallets_know() {
    let base = || transfer(5, 10, 1);
    let create = |length: usize| TxEip1559 {
        to: TxKind::Create,
        input: vec![1; length].into(),
        gas_limit: 16_000_000,
        ..base()
    };
    let data = |length: usize, gas_limit| TxEip1559 { input: vec![1; length].into(), gas_limit, ..base() };
    let cases: Vec<(&str, TxEip1559)> = vec![
        ("invalid chain id", TxEip1559 { chain_id: 1, ..base() }),
        ("nonce too low: next nonce 5, tx nonce 4", transfer(4, 10, 1)),
        ("nonce too high", transfer(5 + config().max_nonce_gap + 1, 10, 1)),
        ("nonce has max value", transfer(u64::MAX, 10, 1)),
        ("intrinsic gas too low: gas 20999, minimum needed 21000", TxEip1559 { gas_limit: 20_999, ..base() }),
        ("insufficient gas for floor data gas cost", data(1_000, 40_000)),
        ("exceeds block gas limit", TxEip1559 { gas_limit: 30_000_001, ..base() }),
        ("transaction gas limit too high", TxEip1559 { gas_limit: MAX_TRANSACTION_GAS + 1, ..base() }),
        ("max priority fee per gas higher than max fee per gas", transfer(5, 1, 2)),
        ("transaction underpriced", transfer(5, 0, 0)),
        ("max initcode size exceeded", create(MAX_INITCODE_BYTES + 1)),
        ("oversized data", data(MAX_TRANSACTION_BYTES, 16_000_000)),
        (
            "insufficient funds for gas * price + value",
            TxEip1559 { value: U256::from(10).pow(U256::from(24)), ..base() },
        ),
        ("insufficient funds for gas * price + value", TxEip1559 { value: U256::MAX, ..base() }),
    ];
    let key = signer(1);
    for (words, tx) in cases {
        let mut pool = Pool::new(config());
        pool.on_block(&[], &[], at(0), 0);
        let error = pool.add(sign(&key, tx), &rich(5), Origin::Remote, 0).unwrap_err().to_string();
        assert!(error.starts_with(words), "expected `{words}`, got `{error}`");
        assert_eq!(pool.status(), Status::default());
    }
    let mut pool = Pool::new(config());
    pool.add(sign(&key, create(MAX_INITCODE_BYTES)), &rich(5), Origin::Remote, 0).unwrap();
}

#[test]
fn a_legacy_transaction_must_carry_the_chain_id() {
    let mut pool = Pool::new(config());
    let unprotected = sign(&signer(1), TxLegacy { chain_id: None, ..legacy(0, 1) });
    assert_eq!(pool.add(unprotected, &rich(0), Origin::Local, 0), Err(PoolError::ChainIdMissing(CHAIN)));
    pool.add(sign(&signer(1), legacy(0, 1)), &rich(0), Origin::Local, 0).unwrap();
}

#[test]
fn the_same_transaction_is_already_known_and_a_cheap_replacement_is_refused() {
    let mut pool = Pool::new(config());
    let key = signer(1);
    let mut add = |tx| pool.add(sign(&key, tx), &rich(0), Origin::Remote, 0);
    let first = add(transfer(0, 100, 10)).unwrap();
    assert!(first.pending && first.replaced.is_none());
    assert_eq!(add(transfer(0, 100, 10)), Err(PoolError::AlreadyKnown));
    for (fee_cap, tip) in [(109, 11), (110, 10), (200, 10), (100, 11)] {
        assert_eq!(add(transfer(0, fee_cap, tip)), Err(PoolError::ReplacementUnderpriced), "{fee_cap} {tip}");
    }
    let second = add(transfer(0, 110, 11)).unwrap();
    assert_eq!(second.replaced, Some(first.hash));
    assert_eq!(pool.status().pending, 1);
    assert!(!pool.contains(&first.hash));
}

#[test]
fn intrinsic_and_floor_gas_are_those_of_the_evm() {
    let item = |slots: usize| AccessListItem {
        address: Address::repeat_byte(3),
        storage_keys: vec![B256::ZERO; slots],
    };
    let list = AccessList(vec![item(0), item(3)]);
    let data: Bytes = [[0u8; 33].as_slice(), &[7; 71]].concat().into();
    let key = signer(1);
    let cases: Vec<Recovered<Transaction>> = vec![
        sign(&key, transfer(0, 1, 1)),
        sign(&key, TxEip1559 { input: data.clone(), access_list: list.clone(), ..transfer(0, 1, 1) }),
        sign(&key, TxEip1559 { input: data.clone(), to: TxKind::Create, ..transfer(0, 1, 1) }),
        sign(&key, TxEip2930 { chain_id: CHAIN, access_list: list.clone(), ..Default::default() }),
        sign(&key, TxEip7702 { access_list: list, input: data, ..set_code(0, vec![authorization(2); 3]) }),
    ];
    for tx in cases {
        use alloy_consensus::Transaction as _;
        let accounts = tx.access_list().map_or(0, |list| list.len());
        let slots = tx.access_list().map_or(0, |list| list.storage_keys_count());
        let authorizations = tx.authorization_list().map_or(0, |list| list.len());
        let expected = calculate_initial_tx_gas(
            SpecId::OSAKA,
            tx.input(),
            tx.is_create(),
            accounts as u64,
            slots as u64,
            authorizations as u64,
            None,
        );
        assert_eq!(intrinsic_gas(&tx), expected.initial_total_gas());
        assert_eq!(floor_gas(&tx), expected.floor_gas());
    }
}

#[test]
fn a_delegated_account_has_few_transactions_in_flight() {
    let mut pool = Pool::new(config());
    let (plain, delegating) = (signer(1), signer(2));
    // A stranger's transaction carries an authorization of `delegating`.
    pool.add(sign(&plain, set_code(0, vec![authorization(2)])), &rich(0), Origin::Remote, 0).unwrap();
    for nonce in 0..MAX_DELEGATED_IN_FLIGHT as u64 {
        pool.add(sign(&delegating, transfer(nonce, 10, 1)), &rich(0), Origin::Remote, 0).unwrap();
    }
    let next = transfer(MAX_DELEGATED_IN_FLIGHT as u64, 10, 1);
    let refused = pool.add(sign(&delegating, next.clone()), &rich(0), Origin::Remote, 0);
    assert_eq!(refused, Err(PoolError::InFlightLimit));
    pool.add(sign(&delegating, transfer(0, 20, 2)), &rich(0), Origin::Remote, 0).unwrap();

    // Once the stranger's transaction is gone, the limit is too.
    pool.on_block(&[], &[(plain.address(), rich(1))], at(0), 0);
    pool.add(sign(&delegating, next), &rich(0), Origin::Remote, 0).unwrap();
    let refused = pool.add(sign(&plain, set_code(1, vec![authorization(2)])), &rich(1), Origin::Remote, 0);
    assert_eq!(refused, Err(PoolError::AuthorityReserved(delegating.address())));

    let delegated = AccountRecord { code_hash: B256::repeat_byte(7), ..rich(0) };
    let key = signer(3);
    for nonce in 0..MAX_DELEGATED_IN_FLIGHT as u64 {
        pool.add(sign(&key, transfer(nonce, 10, 1)), &delegated, Origin::Remote, 0).unwrap();
    }
    let next = transfer(MAX_DELEGATED_IN_FLIGHT as u64, 10, 1);
    assert_eq!(pool.add(sign(&key, next), &delegated, Origin::Remote, 0), Err(PoolError::InFlightLimit));
}

#[test]
fn a_set_code_transaction_needs_some_authorizations_but_not_too_many() {
    let mut pool = Pool::new(config());
    let none = sign(&signer(1), set_code(0, vec![]));
    assert_eq!(pool.add(none, &rich(0), Origin::Remote, 0), Err(PoolError::NoAuthorizations));
    let many = sign(&signer(1), set_code(0, vec![authorization(2); 65]));
    let refused = pool.add(many, &rich(0), Origin::Remote, 0);
    assert_eq!(refused, Err(PoolError::TooManyAuthorizations { got: 65, limit: 64 }));
}

#[test]
fn the_gas_limit_is_that_of_the_next_block() {
    let key = signer(1);
    let big = |nonce| sign(&key, TxEip1559 { gas_limit: 16_000_000, ..transfer(nonce, 10, 1) });
    let mut pool = Pool::new(config());
    for (nonce, gas_limit, is_admitted) in
        [(0, 30_000_000, true), (1, 15_999_999, false), (1, 16_000_000, true)]
    {
        pool.on_block(&[], &[], NextBlock { gas_limit, ..at(7) }, 0);
        let added = pool.add(big(nonce), &rich(0), Origin::Remote, 0);
        let refused = PoolError::ExceedsBlockGas { got: 16_000_000, limit: gas_limit };
        assert_eq!(added.map(drop).err(), (!is_admitted).then_some(refused));
    }
    assert_eq!(pool.status().pending, 2, "what was admitted stays");
}
