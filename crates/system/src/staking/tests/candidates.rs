//! A candidate's life: registered, active, endorsed, handed on, leaving.

use super::*;
use althing_abi::{REWARD_FUND, Staking as e};

#[test]
fn a_candidate_registers_pays_the_fee_and_is_active_with_its_self_stake() {
    let mut world = World::new();
    let id = world.register(1, "alpha", 1_200_000);
    let info = world.info(id);
    assert_eq!((info.name.as_str(), info.owner, info.selfStake), ("alpha", account(1), coins(1_200_000)));
    assert_eq!((info.endpoint.as_str(), info.hasSelfStake, info.bucketCount), ("10.0.0.1:4000", true, 1));
    assert_eq!(world.host.coins(REWARD_FUND), coins(100));
    // An auto-staked self-stake of 91 days counts 36 % more than its amount.
    assert!(info.votes > coins(1_635_000) && info.votes < coins(1_635_100), "{}", info.votes);
    world.check();
}

#[test]
fn a_registration_through_iotex_tools_gets_its_key_afterwards() {
    let mut world = World::new();
    let question = abi::candidateRegisterCall {
        name: "alpha".into(),
        operatorAddress: account(9),
        rewardAddress: account(8),
        ownerAddress: account(1),
        amount: coins(1_200_000),
        duration: 91,
        autoStake: true,
        data: vec![],
    };
    world.call(account(1), question);
    let found = world.call(account(2), abi::candidateByNameCall { candName: "alpha".into() });
    assert_eq!((found.operatorAddress, found.rewardAddress), (account(9), account(8)));
    assert_eq!(world.host.coins(account(1)), coins(RICH - 1_200_100));
    let (key, proof) = world.operator(77, account(1));
    world.call(account(1), abi::setOperatorKeyCall { operatorKey: key, operatorProof: proof.clone() });
    assert_eq!(world.info(account(1)).operatorKey, key);
    let update = |operator| abi::candidateUpdateCall {
        name: "beta".into(),
        operatorAddress: operator,
        rewardAddress: account(1),
    };
    let operator =
        world.call(account(2), abi::candidateByNameCall { candName: "alpha".into() }).operatorAddress;
    world.refused(account(1), update(account(9)), e::OperatorHasKey { operator });
    world.call(account(1), update(operator));
    let gone = world.call(account(2), abi::candidateByNameCall { candName: "alpha".into() });
    assert!(gone.ownerAddress.is_zero());
    // Another's proof is nobody else's.
    world.register(2, "gamma", 0);
    let stolen = abi::setOperatorKeyCall { operatorKey: key, operatorProof: proof };
    world.refused(account(2), stolen, e::BadOperatorProof {});
    world.check();
}

#[test]
fn names_owners_and_operators_are_unique_and_texts_are_checked() {
    let mut world = World::new();
    world.register(1, "alpha", 0);
    let (key, proof) = world.operator(5, account(5));
    let good = abi::registerCandidateCall {
        name: "beta".into(),
        operatorKey: key,
        operatorProof: proof,
        endpoint: "[::1]:4000".into(),
        reward: account(5),
        owner: account(5),
        duration: 0,
        autoStake: false,
    };
    let (taken, _) = world.operator(1, account(5));
    let cases: Vec<(abi::registerCandidateCall, Bytes)> = vec![
        (
            abi::registerCandidateCall { name: "alpha".into(), ..good.clone() },
            e::NameTaken { name: "alpha".into() }.abi_encode().into(),
        ),
        (
            abi::registerCandidateCall { name: "".into(), ..good.clone() },
            e::BadName { name: "".into() }.abi_encode().into(),
        ),
        (
            abi::registerCandidateCall { name: "Beta".into(), ..good.clone() },
            e::BadName { name: "Beta".into() }.abi_encode().into(),
        ),
        (
            abi::registerCandidateCall { name: "abcdefghijklm".into(), ..good.clone() },
            e::BadName { name: "abcdefghijklm".into() }.abi_encode().into(),
        ),
        (
            abi::registerCandidateCall { owner: account(1), ..good.clone() },
            e::OwnerTaken { owner: account(1) }.abi_encode().into(),
        ),
        (
            abi::registerCandidateCall { operatorKey: taken, ..good.clone() },
            e::BadOperatorProof {}.abi_encode().into(),
        ),
        (
            abi::registerCandidateCall { operatorProof: vec![0; 64].into(), ..good.clone() },
            e::BadOperatorProof {}.abi_encode().into(),
        ),
        (
            abi::registerCandidateCall { endpoint: "example.org".into(), ..good.clone() },
            e::BadText { field: "endpoint".into() }.abi_encode().into(),
        ),
    ];
    for (question, reason) in cases {
        let found = world.try_call(account(5), coins(100), question).map(drop);
        assert_eq!(found, Err(SystemError::Revert(reason)));
    }
    let little = world.try_call(account(5), coins(99), good.clone()).map(drop);
    let reason = e::AmountTooSmall { amount: coins(99), least: coins(100) };
    assert_eq!(little, Err(SystemError::revert(reason)));
    let weak = world.try_call(account(5), coins(1_200_099), good.clone()).map(drop);
    let reason = e::AmountTooSmall { amount: coins(1_199_999), least: coins(1_200_000) };
    assert_eq!(weak, Err(SystemError::revert(reason)));
    world.pay(account(5), coins(100), good);
    world.check();
}

#[test]
fn an_endorsed_bucket_makes_a_candidate_active_until_it_is_revoked_in_time() {
    let mut world = World::new();
    let id = world.register(1, "alpha", 0);
    let index = world.stake(2, "alpha", 1_200_000, 0, false);
    let activate = abi::candidateActivateCall { bucketIndex: index };
    world.refused(account(1), activate.clone(), e::NotBucketOwner { bucketIndex: index, owner: account(2) });
    world.call(account(2), abi::endorseCandidateCall { bucketIndex: index });
    world.call(account(1), activate.clone());
    assert!(world.info(id).hasSelfStake);
    world.refused(account(1), activate, e::HasSelfStake { bucketIndex: index });
    let unstake = abi::unstakeCall { bucketIndex: index, data: vec![] };
    world.refused(account(2), unstake.clone(), e::BucketIsSelfStake { bucketIndex: index });

    world.call(account(2), abi::intentToRevokeEndorsementCall { bucketIndex: index });
    let earliest = world.host.block.timestamp + 3 * 60;
    let revoke = abi::revokeEndorsementCall { bucketIndex: index };
    world.refused(account(2), revoke.clone(), e::TooEarly { bucketIndex: index, earliest });
    world.pass_days(3);
    // Time alone does not free it: it answers for terms that were drawn before.
    world.refused(account(2), revoke.clone(), e::LeavesLater { epoch: 5 });
    world.enter_epoch(5);
    world.call(account(2), revoke);
    assert!(!world.info(id).hasSelfStake);
    world.call(account(2), unstake);
    world.check();
}

#[test]
fn a_candidate_changes_hands_in_two_steps_and_keeps_its_id() {
    let mut world = World::new();
    let id = world.register(1, "alpha", 1_200_000);
    let accept = abi::acceptCandidateOwnershipCall { id };
    world.refused(account(2), accept.clone(), e::NotOffered { id });
    world.call(account(1), abi::candidateTransferOwnershipCall { newOwner: account(2), payload: vec![] });
    world.refused(account(3), accept.clone(), e::NotOffered { id });
    world.call(account(2), accept);
    let info = world.info(id);
    assert_eq!((info.owner, info.id, info.hasSelfStake), (account(2), id, true));
    world.refused(
        account(1),
        abi::requestCandidateDeactivationCall {},
        e::NotCandidateOwner { caller: account(1) },
    );
    // The former owner takes its self-stake back like any endorser, and may found another candidate.
    world.call(account(1), abi::intentToRevokeEndorsementCall { bucketIndex: 0 });
    let (key, proof) = world.operator(50, account(1));
    let again = abi::registerCandidateCall {
        name: "beta".into(),
        operatorKey: key,
        operatorProof: proof,
        endpoint: String::new(),
        reward: account(1),
        owner: account(1),
        duration: 0,
        autoStake: false,
    };
    world.pay(account(1), coins(100), again);
    let second = world.call(account(1), abi::candidateByNameV3Call { candName: "beta".into() });
    assert_ne!(second.id, id);
    world.check();
}

#[test]
fn candidates_leave_one_at_a_time_and_answer_with_their_stake_until_then() {
    let mut world = World::new();
    let first = world.register(1, "alpha", 1_200_000);
    let second = world.register(2, "beta", 1_200_000);
    world.refused(account(1), abi::confirmCandidateDeactivationCall {}, e::NotLeaving {});
    for owner in [1, 2] {
        world.call(account(owner), abi::requestCandidateDeactivationCall {});
    }
    world.refused(account(1), abi::requestCandidateDeactivationCall {}, e::Leaving {});
    world.refused(account(1), abi::cancelCandidateDeactivationCall {}, e::CannotCancel {});
    world.enter_epoch(1);
    assert!(world.info(first).leaveScheduled && !world.info(second).leaveScheduled);
    world.enter_epoch(2);
    assert_eq!((world.info(first).leaveEpoch, world.info(second).leaveEpoch), (5, 6));
    world.enter_epoch(4);
    world.refused(account(1), abi::confirmCandidateDeactivationCall {}, e::LeavesLater { epoch: 5 });
    world.enter_epoch(5);
    world.call(account(1), abi::confirmCandidateDeactivationCall {});
    world.refused(account(2), abi::confirmCandidateDeactivationCall {}, e::LeavesLater { epoch: 6 });
    assert!(!world.info(first).hasSelfStake && world.info(second).hasSelfStake);
    // It may come back.
    world.call(account(1), abi::candidateActivateCall { bucketIndex: 0 });
    assert!(world.info(first).hasSelfStake);
    world.check();
}
