//! Any sequence of calls by any callers keeps coins and votes counted right.

use super::*;
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Act {
    Register(u8, bool),
    Stake(u8, u8, u64, u32, bool),
    Deposit(u8, u64, u64),
    Restake(u8, u64, u32, bool),
    Change(u8, u64, u8),
    Transfer(u8, u64, u8),
    Unstake(u8, u64),
    Withdraw(u8, u64),
    Merge(u8, u64, u64),
    Activate(u8, u64),
    Endorse(u8, u64),
    Intend(u8, u64),
    Revoke(u8, u64),
    Offer(u8, u8),
    Accept(u8, u8),
    Leave(u8),
    Confirm(u8),
    Days(u8),
    Epoch,
}

const NAMES: [&str; 5] = ["alpha", "beta", "gamma", "delta", "omega"];

fn act() -> impl Strategy<Value = Act> {
    let who = || 1..=5u8;
    let bucket = || 0..12u64;
    prop_oneof![
        2 => (who(), any::<bool>()).prop_map(|(a, b)| Act::Register(a, b)),
        6 => (who(), 0..5u8, prop_oneof![Just(50), Just(100), Just(1_200_000), 100..5_000_000u64], 0..100u32, any::<bool>())
            .prop_map(|(a, b, c, d, e)| Act::Stake(a, b, c, d, e)),
        2 => (who(), bucket(), 1..1_000u64).prop_map(|(a, b, c)| Act::Deposit(a, b, c)),
        3 => (who(), bucket(), 0..100u32, any::<bool>()).prop_map(|(a, b, c, d)| Act::Restake(a, b, c, d)),
        2 => (who(), bucket(), 0..5u8).prop_map(|(a, b, c)| Act::Change(a, b, c)),
        2 => (who(), bucket(), who()).prop_map(|(a, b, c)| Act::Transfer(a, b, c)),
        4 => (who(), bucket()).prop_map(|(a, b)| Act::Unstake(a, b)),
        3 => (who(), bucket()).prop_map(|(a, b)| Act::Withdraw(a, b)),
        3 => (who(), bucket(), bucket()).prop_map(|(a, b, c)| Act::Merge(a, b, c)),
        4 => (who(), bucket()).prop_map(|(a, b)| Act::Activate(a, b)),
        4 => (who(), bucket()).prop_map(|(a, b)| Act::Endorse(a, b)),
        3 => (who(), bucket()).prop_map(|(a, b)| Act::Intend(a, b)),
        3 => (who(), bucket()).prop_map(|(a, b)| Act::Revoke(a, b)),
        1 => (who(), who()).prop_map(|(a, b)| Act::Offer(a, b)),
        2 => (who(), who()).prop_map(|(a, b)| Act::Accept(a, b)),
        1 => who().prop_map(Act::Leave),
        2 => who().prop_map(Act::Confirm),
        3 => (1..40u8).prop_map(Act::Days),
        3 => Just(Act::Epoch),
    ]
}

impl World {
    /// Does it if the contract lets it; a refusal must be a typed one.
    fn act(&mut self, act: Act) {
        let none = U256::ZERO;
        let data = Vec::new();
        let bucket = |index: &u64| *index;
        let result = match &act {
            Act::Register(who, active) => {
                let (key, proof) = self.operator(u64::from(*who), account(*who));
                let question = abi::registerCandidateCall {
                    name: NAMES[usize::from(*who - 1)].into(),
                    operatorKey: key,
                    operatorProof: proof,
                    endpoint: String::new(),
                    reward: account(*who),
                    owner: account(*who),
                    duration: 91,
                    autoStake: true,
                };
                let value = coins(if *active { 1_200_100 } else { 100 });
                self.try_call(account(*who), value, question).map(drop)
            }
            Act::Stake(who, name, amount, duration, auto) => {
                let question = abi::stakeCall {
                    candName: NAMES[usize::from(*name)].into(),
                    duration: *duration,
                    autoStake: *auto,
                };
                let value = coins(*amount).min(self.host.coins(account(*who)));
                self.try_call(account(*who), value, question).map(drop)
            }
            Act::Deposit(who, index, amount) => {
                let question = abi::depositToStakeCall { bucketIndex: *index, amount: coins(*amount), data };
                self.try_call(account(*who), none, question).map(drop)
            }
            Act::Restake(who, index, duration, auto) => {
                let question =
                    abi::restakeCall { bucketIndex: *index, duration: *duration, autoStake: *auto, data };
                self.try_call(account(*who), none, question).map(drop)
            }
            Act::Change(who, index, name) => {
                let cand = NAMES[usize::from(*name)].into();
                let question = abi::changeCandidateCall { candName: cand, bucketIndex: *index, data };
                self.try_call(account(*who), none, question).map(drop)
            }
            Act::Transfer(who, index, to) => {
                let question =
                    abi::transferStakeCall { voterAddress: account(*to), bucketIndex: *index, data };
                self.try_call(account(*who), none, question).map(drop)
            }
            Act::Unstake(who, index) => self
                .try_call(account(*who), none, abi::unstakeCall { bucketIndex: bucket(index), data })
                .map(drop),
            Act::Withdraw(who, index) => {
                let question = abi::withdrawStakeCall { bucketIndex: *index, data };
                self.try_call(account(*who), none, question).map(drop)
            }
            Act::Merge(who, into, from) => {
                let question = abi::mergeStakeCall { into: *into, from: vec![*from] };
                self.try_call(account(*who), none, question).map(drop)
            }
            Act::Activate(who, index) => self
                .try_call(account(*who), none, abi::candidateActivateCall { bucketIndex: *index })
                .map(drop),
            Act::Endorse(who, index) => self
                .try_call(account(*who), none, abi::endorseCandidateCall { bucketIndex: *index })
                .map(drop),
            Act::Intend(who, index) => {
                let question = abi::intentToRevokeEndorsementCall { bucketIndex: *index };
                self.try_call(account(*who), none, question).map(drop)
            }
            Act::Revoke(who, index) => self
                .try_call(account(*who), none, abi::revokeEndorsementCall { bucketIndex: *index })
                .map(drop),
            Act::Offer(who, to) => {
                let question = abi::candidateTransferOwnershipCall { newOwner: account(*to), payload: data };
                self.try_call(account(*who), none, question).map(drop)
            }
            Act::Accept(who, id) => self
                .try_call(account(*who), none, abi::acceptCandidateOwnershipCall { id: account(*id) })
                .map(drop),
            Act::Leave(who) => {
                self.try_call(account(*who), none, abi::requestCandidateDeactivationCall {}).map(drop)
            }
            Act::Confirm(who) => {
                self.try_call(account(*who), none, abi::confirmCandidateDeactivationCall {}).map(drop)
            }
            Act::Days(days) => {
                self.pass_days(u64::from(*days));
                Ok(())
            }
            Act::Epoch => {
                let epoch = crate::chain_info::epoch(&mut self.host).unwrap();
                self.enter_epoch(epoch + 1);
                Ok(())
            }
        };
        if let Err(error) = result {
            assert!(matches!(&error, SystemError::Revert(reason) if reason.len() >= 4), "{act:?}: {error}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_of_calls_keeps_coins_and_votes_counted(acts in prop::collection::vec(act(), 1..60)) {
        let mut world = World::new();
        world.register(1, "alpha", 1_200_000);
        world.register(2, "beta", 0);
        for act in acts {
            world.act(act);
        }
        world.check();
    }
}
