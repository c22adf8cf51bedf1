//! What is told of a simulation: decisions, gas, and what is refused.

use super::*;

fn change(name: &str, value: u64, epoch: u64) -> Change {
    Change { name: name.into(), value: U256::from(value), fromEpoch: epoch }
}

#[test]
fn only_new_decisions_are_shown_with_what_they_replace() {
    let parameter = |name: &str| Parameter {
        name: name.into(),
        unit: "days".into(),
        value: U256::from(7),
        least: U256::ZERO,
        most: U256::MAX,
    };
    let before = Before {
        treasury: U256::ZERO,
        parameters: vec![parameter("a"), parameter("b")],
        changes: vec![change("a", 5, 9), change("b", 6, 9)],
    };
    let decided = [change("a", 5, 9), change("b", 8, 11)];
    let row = ChangedParameter {
        name: "b".into(),
        unit: "days".into(),
        value: U256::from(7),
        new_value: U256::from(8),
        from_epoch: U64::from(11),
        replaces: Some(U256::from(6)),
    };
    assert_eq!(changed(&before, &decided), [row]);
}

#[test]
fn gas_is_estimated_from_above() {
    let pays = Payload {
        targets: vec![TRANSFERS; 2],
        values: vec![U256::from(1), U256::ZERO],
        calldatas: vec![Bytes::new(); 2],
    };
    let used = |gas| SimCallResult { gas_used: 21_000, max_used_gas: Some(gas), ..Default::default() };
    let small = pays.gas(&[used(21_000), used(21_000)]);
    assert!((200_000..300_000).contains(&small), "{small}");
    assert!(pays.gas(&[used(21_000), used(16_500_000)]) > MAX_TRANSACTION_GAS);
    assert_eq!(pays.gas(&[used(u64::MAX), used(1)]), u64::MAX);
}

#[test]
fn only_what_the_contract_takes_is_simulated() {
    let payload = |targets, values, calldatas| Payload {
        targets: vec![TRANSFERS; targets],
        values: vec![U256::ZERO; values],
        calldatas: vec![Bytes::new(); calldatas],
    };
    for (payload, is_good) in [
        (payload(0, 0, 0), true),
        (payload(32, 32, 32), true),
        (payload(33, 33, 33), false),
        (payload(1, 0, 1), false),
        (payload(1, 1, 2), false),
        (Payload { targets: vec![GOVERNANCE], ..payload(1, 1, 1) }, false),
    ] {
        assert_eq!(payload.check().is_ok(), is_good);
    }
}
