//! The part of the interface that IoTeX's tools know is byte for byte theirs.

use alloy_primitives::hex;
use althing_abi::SystemContract;
use std::collections::BTreeMap;

/// Selectors of functions and the first four bytes of events' topics.
const KNOWN: &[(&str, &str)] = &[
    ("a3d374c4", "createStake"),
    ("34e8e145", "depositToStake"),
    ("fb3d5138", "changeCandidate"),
    ("2bde151d", "unstake"),
    ("d179ffb5", "withdrawStake"),
    ("4c4fee4b", "restake"),
    ("9cb560bb", "transferStake"),
    ("c53b10a4", "migrateStake"),
    ("ef68b1a4", "candidateActivate"),
    ("bee5f7b7", "candidateRegister"),
    ("160f184b", "candidateRegisterWithBLS"),
    ("435f9f22", "candidateUpdate"),
    ("1c3c5fcd", "candidateUpdateWithBLS"),
    ("8a8a5d51", "candidateEndorsement"),
    ("284ab811", "endorseCandidate"),
    ("85edc03c", "intentToRevokeEndorsement"),
    ("120f99ad", "revokeEndorsement"),
    ("3bf03035", "candidateTransferOwnership"),
    ("e21e8f2d", "requestCandidateDeactivation"),
    ("43edf698", "cancelCandidateDeactivation"),
    ("14003206", "confirmCandidateDeactivation"),
    ("b1ff5c24", "buckets"),
    ("387c001b", "bucketsByCandidate"),
    ("4a0c59f9", "bucketsByVoter"),
    ("7d141b79", "bucketsByIndexes"),
    ("fa87b185", "bucketsCount"),
    ("d201114a", "totalStakingAmount"),
    ("c4730906", "candidates"),
    ("6da1bb77", "candidateByName"),
    ("43f75ae4", "candidateByAddress"),
    ("40f086d6", "compositeBuckets"),
    ("33df73c7", "compositeBucketsByCandidate"),
    ("80965570", "compositeBucketsByVoter"),
    ("347cdbd5", "compositeBucketsByIndexes"),
    ("a40d6b8c", "compositeBucketsCount"),
    ("3aad591c", "compositeTotalStakingAmount"),
    ("017619d4", "contractStakeBucketTypes"),
    ("520f1bdc", "compositeBucketsV3"),
    ("71a3e9b9", "compositeBucketsByCandidateV3"),
    ("2736514b", "compositeBucketsByVoterV3"),
    ("d9dc6fae", "compositeBucketsByIndexesV3"),
    ("b591758b", "candidatesV3"),
    ("a8170794", "candidateByNameV3"),
    ("c03df730", "candidateByAddressV3"),
    ("79436882", "candidateByIDV3"),
    ("5198e155", "candidatesV4"),
    ("7fc24297", "candidateByNameV4"),
    ("f7b5932c", "candidateByAddressV4"),
    ("91613c2e", "candidateByIDV4"),
    ("a1c7820a", "candidateDeactivation"),
    ("48abaaf8", "CandidateRegistered"),
    ("22e58ff0", "Staked"),
    ("3490b26e", "CandidateActivated"),
    ("7a4a198c", "CandidateDeactivationRequested"),
    ("80d7b4e9", "CandidateDeactivationScheduled"),
    ("baea727d", "CandidateDeactivated"),
    ("e9d2e5ee", "CandidateUpdated"),
];

#[test]
fn selectors_and_topics_are_those_that_iotex_tools_use() {
    let abi = (SystemContract::Staking.entry().abi)();
    let functions = abi.functions().map(|f| (hex::encode(f.selector()), f.name.clone()));
    let events = abi.events().map(|e| (hex::encode(&e.selector()[..4]), e.name.clone()));
    let ours: BTreeMap<_, _> = functions.chain(events).collect();
    for (selector, name) in KNOWN {
        assert_eq!(ours.get(*selector).map(String::as_str), Some(*name), "{selector}");
    }
}
