//! Chain specs as files: what survives, what is refused.

use super::*;

fn validator(n: u8) -> Validator {
    Validator {
        name: format!("v{n}"),
        operator: B256::repeat_byte(n),
        reward: Address::repeat_byte(n),
        p2p: format!("127.0.0.1:{}", 9000 + u16::from(n)),
    }
}

#[test]
fn a_spec_survives_its_json_and_its_hash_changes_with_any_field() {
    let spec = ChainSpec::devnet((0..4).map(validator).collect(), 5);
    assert_eq!(ChainSpec::from_json(&spec.to_json()), Ok(spec.clone()));
    assert_ne!(ChainSpec { base_fee: 2_000_000, ..spec.clone() }.hash(), spec.hash());
}

#[test]
fn unusable_specs_are_refused_with_the_field_that_is_wrong() {
    let good = ChainSpec::devnet((0..4).map(validator).collect(), 5);
    let cases: [(&str, ChainSpec); 8] = [
        ("name", ChainSpec { name: String::new(), ..good.clone() }),
        ("chainId", ChainSpec { chain_id: 0, ..good.clone() }),
        ("blockIntervalMs", ChainSpec { block_interval_ms: 1, ..good.clone() }),
        ("heartbeatMs", ChainSpec { heartbeat_ms: 499, ..good.clone() }),
        ("baseFee", ChainSpec { base_fee: 6, ..good.clone() }),
        ("epochBlocks", ChainSpec { epoch_blocks: 15, ..good.clone() }),
        ("validators", ChainSpec { validators: vec![], ..good.clone() }),
        ("validators", ChainSpec { validators: vec![validator(1), validator(1)], ..good.clone() }),
    ];
    for (expected, spec) in cases {
        match ChainSpec::from_json(&spec.to_json()) {
            Err(ChainSpecError::Field { field, .. }) => assert_eq!(field, expected),
            other => panic!("{expected}: {other:?}"),
        }
    }
    let unknown = good.to_json().replacen("\"name\"", "\"nmae\": 1, \"name\"", 1);
    assert!(matches!(ChainSpec::from_json(&unknown), Err(ChainSpecError::Json(_))));
}
