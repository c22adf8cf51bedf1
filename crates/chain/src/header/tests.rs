//! The rules of headers, each broken once.

use super::*;
use alloy_primitives::{Address, Bytes, FixedBytes};
use althing_primitives::{OperatorKey, SEAL_VERSION, Validator};

fn spec() -> ChainSpec {
    let validator = |n: u8| Validator {
        name: format!("v{n}"),
        operator: OperatorKey::repeat_byte(n),
        reward: Address::repeat_byte(n),
        p2p: format!("127.0.0.1:{}", 9_000 + u16::from(n)),
    };
    ChainSpec::devnet((1..=4).map(validator).collect(), 1_000_000)
}

/// A parent at a height, and a child that follows all rules.
fn pair(spec: &ChainSpec, height: u64) -> (Block, Header, Seal) {
    let parent_time = 1_000_000 + height * spec.block_interval_ms;
    let parent_header = Header { number: height, timestamp: parent_time / 1000, ..Default::default() };
    let parent_seal = Seal { version: SEAL_VERSION, time_ms: parent_time, ..Default::default() };
    let parent = Block::new(parent_header, parent_seal, Vec::new());
    let time_ms = parent_time + spec.block_interval_ms;
    let seal = Seal {
        version: SEAL_VERSION,
        epoch: spec.epoch_of(height + 1),
        proposer: OperatorKey::repeat_byte(2),
        time_ms,
        beacon: vec![7; 48].into(),
        ..Default::default()
    };
    let header = Header {
        number: height + 1,
        parent_hash: parent.hash(),
        timestamp: time_ms / 1000,
        mix_hash: althing_light::mix_hash(&seal.beacon, parent.header().mix_hash, parent.hash()),
        ..Default::default()
    };
    (parent, header, seal)
}

#[test]
fn a_block_that_follows_all_rules_is_accepted() {
    let spec = spec();
    for height in [0, 1, 30, 31, 32, 1_000] {
        let (parent, header, seal) = pair(&spec, height);
        assert_eq!(check(&spec, 0, &Block::new(header, seal, Vec::new()), &parent), Ok(()), "{height}");
    }
}

#[test]
fn evidence_may_say_anything_but_not_at_any_length() {
    let spec = spec();
    for (bytes, is_valid) in [(1, true), (MAX_EVIDENCE_BYTES, true), (MAX_EVIDENCE_BYTES + 1, false)] {
        let (parent, header, seal) = pair(&spec, 5);
        let seal = Seal { evidence: vec![7; bytes].into(), ..seal };
        let found = check(&spec, 0, &Block::new(header, seal, Vec::new()), &parent);
        assert_eq!(found.is_ok(), is_valid, "{bytes}: {found:?}");
    }
}

#[test]
fn each_broken_rule_is_named() {
    type Change = fn(&mut Header, &mut Seal);
    let cases: [(&str, Change); 12] = [
        ("number", |h, _| h.number += 1),
        ("parentHash", |h, _| h.parent_hash = B256::repeat_byte(9)),
        ("seal.version", |_, s| s.version = 0),
        ("seal.epoch", |_, s| s.epoch += 1),
        ("seal.keyId", |_, s| s.key_id = 1),
        ("seal.nextKey", |_, s| s.next_key = Some(FixedBytes::ZERO)),
        ("seal.outboxRoot", |_, s| s.outbox_root = B256::repeat_byte(1)),
        ("timestamp", |h, _| h.timestamp += 1),
        ("seal.timeMs", |h, s| {
            s.time_ms -= 1;
            h.timestamp = s.time_ms / 1000;
        }),
        ("the length of seal.election", |_, s| s.election = vec![1; 47].into()),
        ("seal.beacon", |_, s| s.beacon = Bytes::new()),
        ("mixHash", |h, _| h.mix_hash = B256::ZERO),
    ];
    let spec = spec();
    for (field, change) in cases {
        let (parent, mut header, mut seal) = pair(&spec, 5);
        change(&mut header, &mut seal);
        match check(&spec, 0, &Block::new(header, seal, Vec::new()), &parent) {
            Err(HeaderError::Field { field: found, .. }) => assert_eq!(found, field),
            other => panic!("{field}: {other:?}"),
        }
    }
}

#[test]
fn only_the_first_block_of_the_chain_and_of_an_epoch_may_lack_a_beacon() {
    let spec = spec();
    let without: Vec<u64> =
        (1..=2 * spec.epoch_blocks).filter(|height| may_lack_beacon(&spec, *height)).collect();
    assert_eq!(without, [1, spec.epoch_blocks, 2 * spec.epoch_blocks]);
}

#[test]
fn a_block_says_the_gas_limit_and_the_base_fee_that_the_rules_give() {
    let context = BlockContext { gas_limit: 30_000_000, base_fee: 9, ..Default::default() };
    let check = |gas_limit, base_fee| {
        let header = Header { gas_limit, base_fee_per_gas: Some(base_fee), ..Default::default() };
        let block = Block::new(header, Seal::default(), Vec::new());
        check_limits(&block, &context).map_err(|error| error.to_string())
    };
    assert_eq!(check(30_000_000, 9), Ok(()));
    let refusals = [
        (30_000_001, 9, "gasLimit is 30000001, but must be 30000000"),
        (29_999_999, 9, "gasLimit is 29999999, but must be 30000000"),
        (30_000_000, 8, "baseFeePerGas is 8, but must be 9"),
        (30_000_000, 10, "baseFeePerGas is 10, but must be 9"),
    ];
    for (gas_limit, base_fee, reason) in refusals {
        assert_eq!(check(gas_limit, base_fee), Err(reason.into()));
    }
}
