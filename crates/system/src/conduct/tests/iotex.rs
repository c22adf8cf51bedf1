//! `Poll` and `RollDPoS`: selectors that IoTeX's tools know, answers that are this network's.

use super::*;
use alloy_primitives::hex;
use althing_abi::{Poll as poll, RollDPoS as dpos};

#[test]
fn selectors_and_addresses_are_those_that_iotex_tools_use() {
    let cases: [(SystemContract, &str, &str); 15] = [
        (SystemContract::Poll, "CandidatesByEpoch()", "2283cd98"),
        (SystemContract::Poll, "CandidatesByEpoch(uint256)", "e5d7dbba"),
        (SystemContract::Poll, "BlockProducersByEpoch()", "68cfedce"),
        (SystemContract::Poll, "BlockProducersByEpoch(uint256)", "809b1a49"),
        (SystemContract::Poll, "ActiveBlockProducersByEpoch()", "8f9e0b08"),
        (SystemContract::Poll, "ActiveBlockProducersByEpoch(uint256)", "33310089"),
        (SystemContract::Poll, "ProbationListByEpoch()", "c2bf76e9"),
        (SystemContract::Poll, "ProbationListByEpoch(uint256)", "5ac5cb17"),
        (SystemContract::RollDPoS, "NumDelegates()", "029ddb3e"),
        (SystemContract::RollDPoS, "NumCandidateDelegates()", "e303b7ef"),
        (SystemContract::RollDPoS, "NumSubEpochs(uint256)", "be0be990"),
        (SystemContract::RollDPoS, "EpochNumber(uint256)", "2f374006"),
        (SystemContract::RollDPoS, "EpochHeight(uint256)", "1c659e71"),
        (SystemContract::RollDPoS, "EpochLastHeight(uint256)", "bcabebbd"),
        (SystemContract::RollDPoS, "SubEpochNumber(uint256)", "0f3a0358"),
    ];
    for (contract, signature, selector) in cases {
        let abi = (contract.entry().abi)();
        let function = abi.functions().find(|function| function.signature() == signature);
        assert_eq!(hex::encode(function.unwrap().selector()), selector, "{signature}");
    }
    for (contract, name) in [(SystemContract::Poll, "poll"), (SystemContract::RollDPoS, "rolldpos")] {
        let hash = alloy_primitives::keccak256(name);
        assert_eq!(contract.address(), Address::from_slice(&hash[12..]));
    }
}

#[test]
fn elections_and_probations_are_shown_as_iotex_tools_expect() {
    let mut world = World::new(spec(4, 4));
    world.finish_epoch(2);
    world.absent.insert(key(1));
    world.finish_epoch(5);
    world.block(0);
    let me = account(9);
    let ask = |world: &mut World, epoch: u64| {
        let epoch = U256::from(epoch);
        let all = world.call(me, SystemContract::Poll, poll::CandidatesByEpoch_1Call { epoch }).unwrap();
        let pool = world.call(me, SystemContract::Poll, poll::BlockProducersByEpoch_1Call { epoch }).unwrap();
        let active = poll::ActiveBlockProducersByEpoch_1Call { epoch };
        let active = world.call(me, SystemContract::Poll, active).unwrap();
        (all.candidates, pool.candidates, active.candidates)
    };
    let (ranked, delegates, serving) = ask(&mut world, 3);
    assert_eq!([ranked.len(), delegates.len(), serving.len()], [4, 4, 4]);
    let sorted = |mut rows: Vec<poll::Candidate>| {
        rows.sort_by_key(|row| row.id);
        rows
    };
    assert_eq!(sorted(ranked), sorted(delegates.clone()));
    assert_eq!(sorted(delegates), sorted(serving.clone()));
    let first = &sorted(serving)[0];
    assert_eq!((first.id, first.name.as_str(), first.rewardAddress), (account(1), "c1", account(51)));
    assert_eq!(first.operatorAddress, Address::from_slice(&alloy_primitives::keccak256(key(1))[12..]));

    // The bootstrap delegates of the first epochs have no candidate and no votes.
    let (ranked, delegates, serving) = ask(&mut world, 0);
    assert_eq!((ranked.len(), delegates.len(), serving.len()), (0, 4, 4));
    assert!(
        serving.iter().all(|row| row.id.is_zero() && row.votes.is_zero() && row.name.starts_with("robot"))
    );

    // The ranking for epoch 7 was made in epoch 4, after the faults of epoch 3; that for epoch 6 before.
    let probation = |epoch: u64| poll::ProbationListByEpoch_1Call { epoch: U256::from(epoch) };
    let of_seven = world.call(me, SystemContract::Poll, probation(7)).unwrap();
    assert_eq!((of_seven.list.intensityRate, of_seven.height), (90, U256::from(world.height)));
    assert_eq!(of_seven.list.probationInfo.iter().map(|row| row.candidate).collect::<Vec<_>>(), [account(1)]);
    let now = world.call(me, SystemContract::Poll, poll::ProbationListByEpoch_0Call {}).unwrap();
    assert!(now.list.probationInfo.is_empty());
    for epoch in [U256::from(99), U256::MAX] {
        let unknown = SystemError::revert(poll::UnknownEpoch { epoch });
        let question = poll::CandidatesByEpoch_1Call { epoch };
        assert_eq!(world.call(me, SystemContract::Poll, question).map(drop), Err(unknown));
    }
}

#[test]
fn epochs_and_heights_are_those_of_the_calendar() {
    let mut world = World::new(spec(4, 4));
    world.finish_epoch(2);
    world.block(0);
    let me = account(9);
    let height = U256::from(96);
    let number = U256::from(2);
    let pair = |value: u64| (U256::from(value), height);
    let contract = SystemContract::RollDPoS;
    let found = world.call(me, contract, dpos::NumDelegatesCall {}).unwrap();
    assert_eq!((found.value, found.height), pair(4));
    let found = world.call(me, contract, dpos::NumCandidateDelegatesCall {}).unwrap();
    assert_eq!((found.value, found.height), pair(4));
    let found = world.call(me, contract, dpos::NumSubEpochsCall { blockHeight: height }).unwrap();
    assert_eq!((found.value, found.height), pair(1));
    let found = world.call(me, contract, dpos::EpochNumberCall { blockHeight: height }).unwrap();
    assert_eq!((found.value, found.height), pair(3));
    let found = world.call(me, contract, dpos::EpochHeightCall { epochNumber: number }).unwrap();
    assert_eq!((found.value, found.height), pair(64));
    let found = world.call(me, contract, dpos::EpochLastHeightCall { epochNumber: number }).unwrap();
    assert_eq!((found.value, found.height), pair(95));
    let found = world.call(me, contract, dpos::SubEpochNumberCall { blockHeight: height }).unwrap();
    assert_eq!((found.value, found.height), pair(0));
    let too_large = SystemError::revert(dpos::NumberTooLarge { number: U256::MAX });
    let question = dpos::EpochHeightCall { epochNumber: U256::MAX };
    assert_eq!(world.call(me, contract, question).map(drop), Err(too_large));
}
