//! The part of the interface that IoTeX's tools know is byte for byte theirs.

use alloy_primitives::hex;
use althing_abi::SystemContract;
use std::collections::BTreeMap;

/// Selectors of functions and the first four bytes of the event's topic.
const KNOWN: &[(&str, &str)] = &[
    ("ad7a672f", "totalBalance"),
    ("ab2f0e51", "availableBalance"),
    ("01cbf5fb", "unclaimedBalance"),
    ("2df163ef", "claim"),
    ("d804b87c", "claimFor"),
    ("27852a6b", "deposit"),
    ("d72778dc", "grantReward"),
    ("0f684af2", "Transfer"),
];

#[test]
fn selectors_and_topics_are_those_that_iotex_tools_use() {
    let abi = (SystemContract::Rewards.entry().abi)();
    let functions = abi.functions().map(|f| (hex::encode(f.selector()), f.name.clone()));
    let events = abi.events().map(|e| (hex::encode(&e.selector()[..4]), e.name.clone()));
    let ours: BTreeMap<_, _> = functions.chain(events).collect();
    for (selector, name) in KNOWN {
        assert_eq!(ours.get(*selector).map(String::as_str), Some(*name), "{selector}");
    }
}
