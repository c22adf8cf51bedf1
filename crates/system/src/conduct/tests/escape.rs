//! No self-stake escapes: whoever served can be slashed for as long as a fault of its term can be proven.

use super::*;
use proptest::prelude::*;
use staking_abi as s;

const CANDIDATES: u8 = 4;

/// Blocks between two acts; an epoch has 32.
#[derive(Clone, Debug)]
enum Act {
    Blocks(u8),
    Kept(bool),
    Report(u8),
    Leave(u8),
    Confirm(u8),
    Offer(u8, u8),
    Accept(u8, u8),
    Intend(u8, u8),
    Revoke(u8, u8),
    Endorse(u8, u8),
    Unstake(u8, u8),
    Withdraw(u8, u8),
    Restake(u8, u8),
    Transfer(u8, u8, u8),
    Change(u8, u8, u8),
    Merge(u8, u8, u8),
    Activate(u8, u8),
}

fn act() -> impl Strategy<Value = Act> {
    // Owners of candidates and those who take candidates over.
    let who = || 1..=2 * CANDIDATES;
    let number = || 1..=CANDIDATES;
    let bucket = || 0..3 * CANDIDATES;
    prop_oneof![
        12 => (1..40u8).prop_map(Act::Blocks),
        2 => prop::bool::weighted(0.7).prop_map(Act::Kept),
        2 => number().prop_map(Act::Report),
        4 => who().prop_map(Act::Leave),
        6 => who().prop_map(Act::Confirm),
        2 => (who(), who()).prop_map(|(a, b)| Act::Offer(a, b)),
        2 => (who(), number()).prop_map(|(a, b)| Act::Accept(a, b)),
        5 => (who(), bucket()).prop_map(|(a, b)| Act::Intend(a, b)),
        6 => (who(), bucket()).prop_map(|(a, b)| Act::Revoke(a, b)),
        3 => (who(), bucket()).prop_map(|(a, b)| Act::Endorse(a, b)),
        2 => (who(), bucket()).prop_map(|(a, b)| Act::Unstake(a, b)),
        2 => (who(), bucket()).prop_map(|(a, b)| Act::Withdraw(a, b)),
        2 => (who(), bucket()).prop_map(|(a, b)| Act::Restake(a, b)),
        2 => (who(), bucket(), who()).prop_map(|(a, b, c)| Act::Transfer(a, b, c)),
        2 => (who(), bucket(), number()).prop_map(|(a, b, c)| Act::Change(a, b, c)),
        2 => (who(), bucket(), bucket()).prop_map(|(a, b, c)| Act::Merge(a, b, c)),
        3 => (who(), bucket()).prop_map(|(a, b)| Act::Activate(a, b)),
    ]
}

/// Candidates 1 and 2 with self-stakes of their own, 3 and 4 with those of their former owners, one day a block.
fn world() -> World {
    let mut spec = spec(4, CANDIDATES);
    spec.params.set(Param::DaySeconds, 1).unwrap();
    for candidate in &mut spec.candidates {
        // The voter's bucket can be a self-stake too.
        candidate.votes[0].voter = candidate.owner;
    }
    let mut world = World::new(spec);
    for number in [3, 4] {
        let offer = s::candidateTransferOwnershipCall { newOwner: account(number + 4), payload: Vec::new() };
        world.call(account(number), SystemContract::Staking, offer).unwrap();
        let accept = s::acceptCandidateOwnershipCall { id: account(number) };
        world.call(account(number + 4), SystemContract::Staking, accept).unwrap();
    }
    world.finish_epoch(2);
    world
}

impl World {
    fn stake_call<C: SolCall>(&mut self, who: u8, question: C) {
        match self.call(account(who), SystemContract::Staking, question) {
            Ok(_) | Err(SystemError::Revert(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }

    fn act(&mut self, act: Act) {
        let data = Vec::new();
        let index = |bucket: u8| u64::from(bucket);
        match act {
            Act::Blocks(blocks) => (0..blocks).for_each(|_| {
                self.block(0);
                self.check_answerable();
            }),
            Act::Kept(is_kept) => self.is_kept = is_kept,
            Act::Report(number) => {
                let turn = (self.epoch(), self.view);
                let proof = self.proof(number, turn);
                let (before, result) = (self.self_stake(number.into()), self.report(&proof));
                assert_eq!(result.is_ok(), self.self_stake(number.into()) < before, "{result:?}");
            }
            Act::Leave(who) => self.stake_call(who, s::requestCandidateDeactivationCall {}),
            Act::Confirm(who) => self.stake_call(who, s::confirmCandidateDeactivationCall {}),
            Act::Offer(who, to) => {
                let to = account(to);
                self.stake_call(who, s::candidateTransferOwnershipCall { newOwner: to, payload: Vec::new() })
            }
            Act::Accept(who, id) => self.stake_call(who, s::acceptCandidateOwnershipCall { id: account(id) }),
            Act::Intend(who, bucket) => {
                self.stake_call(who, s::intentToRevokeEndorsementCall { bucketIndex: index(bucket) })
            }
            Act::Revoke(who, bucket) => {
                self.stake_call(who, s::revokeEndorsementCall { bucketIndex: index(bucket) })
            }
            Act::Endorse(who, bucket) => {
                self.stake_call(who, s::endorseCandidateCall { bucketIndex: index(bucket) })
            }
            Act::Unstake(who, bucket) => {
                self.stake_call(who, s::unstakeCall { bucketIndex: index(bucket), data })
            }
            Act::Withdraw(who, bucket) => {
                self.stake_call(who, s::withdrawStakeCall { bucketIndex: index(bucket), data })
            }
            Act::Restake(who, bucket) => {
                let (bucket, auto) = (index(bucket), false);
                self.stake_call(
                    who,
                    s::restakeCall { bucketIndex: bucket, duration: 91, autoStake: auto, data },
                )
            }
            Act::Transfer(who, bucket, to) => {
                let to = account(to);
                self.stake_call(
                    who,
                    s::transferStakeCall { voterAddress: to, bucketIndex: index(bucket), data },
                )
            }
            Act::Change(who, bucket, to) => {
                let name = format!("c{to}");
                self.stake_call(
                    who,
                    s::changeCandidateCall { candName: name, bucketIndex: index(bucket), data },
                )
            }
            Act::Merge(who, into, from) => {
                self.stake_call(who, s::mergeStakeCall { into: index(into), from: vec![index(from)] })
            }
            Act::Activate(who, bucket) => {
                self.stake_call(who, s::candidateActivateCall { bucketIndex: index(bucket) })
            }
        }
        self.check_answerable();
    }

    /// Whoever serves or served in an epoch that evidence is accepted for has a self-stake that can be slashed.
    fn check_answerable(&mut self) {
        // The state is that of the next block's transactions.
        let epoch = crate::chain_info::epoch(&mut self.host).unwrap();
        for epoch in epoch.saturating_sub(EVIDENCE_EPOCHS)..=epoch + 1 {
            for member in self.members(epoch) {
                let Some(candidate) = member.who.candidate() else { continue };
                let bound = self.self_stake(candidate);
                assert!(bound > U256::ZERO, "candidate {candidate} of epoch {epoch} at {}", self.height);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn no_self_stake_escapes_what_its_candidate_did(acts in prop::collection::vec(act(), 40..120)) {
        let mut world = world();
        for act in acts {
            world.act(act);
        }
    }
}

#[test]
fn a_committee_that_is_kept_binds_its_self_stakes_for_as_long_as_it_serves() {
    let mut world = world();
    world.block(0);
    world.call(account(1), SystemContract::Staking, s::requestCandidateDeactivationCall {}).unwrap();
    let bucket = 4;
    let intend = s::intentToRevokeEndorsementCall { bucketIndex: bucket };
    world.call(account(3), SystemContract::Staking, intend).unwrap();
    // Resharing fails from now on: the committee of epoch 3 serves on.
    world.is_kept = true;
    for epoch in 3..20 {
        world.finish_epoch(epoch);
        world.block(0);
        let later = || Err(SystemError::revert(s::LeavesLater { epoch: epoch + 3 }));
        if epoch >= 8 {
            let confirm = s::confirmCandidateDeactivationCall {};
            assert_eq!(world.call(account(1), SystemContract::Staking, confirm).map(drop), later());
            let revoke = s::revokeEndorsementCall { bucketIndex: bucket };
            assert_eq!(world.call(account(3), SystemContract::Staking, revoke).map(drop), later());
        }
    }
    world.is_kept = false;
    world.finish_epoch(22);
    world.block(0);
    world.call(account(1), SystemContract::Staking, s::confirmCandidateDeactivationCall {}).unwrap();
    let revoke = s::revokeEndorsementCall { bucketIndex: bucket };
    world.call(account(3), SystemContract::Staking, revoke).unwrap();
}
