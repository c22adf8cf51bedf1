//! Random histories: what is counted is what a walk over all stakes counts, coins stay, and every stage ends.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

const VOTERS: u8 = 6;

#[derive(Clone, Debug)]
enum Step {
    Stake { who: u8, hundreds: u8 },
    Transfer { from: u8, to: u8 },
    Unstake { who: u8 },
    Submit { who: u8, technical: bool },
    Support { who: u8, nth: u8 },
    Spam { who: u8, nth: u8 },
    Vote { who: u8, nth: u8, choice: u8 },
    Cancel { who: u8, nth: u8 },
    Settle { nth: u8 },
    Execute { nth: u8 },
    Wait { seconds: u16 },
}

fn step() -> impl Strategy<Value = Step> {
    let who = 1..=VOTERS;
    prop_oneof![
        3 => (who.clone(), 1..=50_u8).prop_map(|(who, hundreds)| Step::Stake { who, hundreds }),
        2 => (who.clone(), who.clone()).prop_map(|(from, to)| Step::Transfer { from, to }),
        1 => who.clone().prop_map(|who| Step::Unstake { who }),
        2 => (who.clone(), any::<bool>()).prop_map(|(who, technical)| Step::Submit { who, technical }),
        4 => (who.clone(), any::<u8>()).prop_map(|(who, nth)| Step::Support { who, nth }),
        2 => (who.clone(), any::<u8>()).prop_map(|(who, nth)| Step::Spam { who, nth }),
        6 => (who.clone(), any::<u8>(), 0..=2_u8).prop_map(|(who, nth, choice)| Step::Vote { who, nth, choice }),
        1 => (who, any::<u8>()).prop_map(|(who, nth)| Step::Cancel { who, nth }),
        1 => any::<u8>().prop_map(|nth| Step::Settle { nth }),
        2 => any::<u8>().prop_map(|nth| Step::Execute { nth }),
        5 => prop_oneof![1..=3_u16, 1..=200_u16].prop_map(|seconds| Step::Wait { seconds }),
    ]
}

/// Votes of all accounts at the end of each second that is over, by brute force.
type History = BTreeMap<u64, BTreeMap<Address, U256>>;

struct Model {
    world: World,
    history: History,
    acts: Vec<(Vec<Act>, String)>,
    /// Last vote of each account by proposal.
    ballots: BTreeMap<(u64, u8), u8>,
}

impl Model {
    fn votes_now(&mut self) -> BTreeMap<Address, U256> {
        let mut found = BTreeMap::new();
        for who in 1..=9 {
            let owner = account(who);
            for bucket in crate::staking::buckets_of(&mut self.world.host, owner, 1_000).unwrap() {
                let votes = crate::staking::vote_of(&mut self.world.host, bucket).unwrap().votes;
                *found.entry(owner).or_insert(U256::ZERO) += U256::from(votes);
            }
        }
        found
    }

    fn nth(&mut self, nth: u8) -> Option<u64> {
        let count = self.acts.len() as u64;
        (count > 0).then(|| u64::from(nth) % count + 1)
    }

    fn run(&mut self, step: Step, index: usize) {
        match step {
            Step::Stake { who, hundreds } => drop(self.world.stake(who, coins(u64::from(hundreds) * 100))),
            Step::Transfer { from, to } => {
                let buckets = crate::staking::buckets_of(&mut self.world.host, account(from), 1).unwrap();
                let Some(bucket) = buckets.first() else { return };
                let question = staking_abi::transferStakeCall {
                    bucketIndex: *bucket,
                    voterAddress: account(to),
                    data: Vec::new(),
                };
                let _ =
                    self.world.host.transact(SystemContract::Staking, account(from), U256::ZERO, question);
            }
            Step::Unstake { who } => {
                let buckets = crate::staking::buckets_of(&mut self.world.host, account(who), 1).unwrap();
                let Some(bucket) = buckets.first() else { return };
                let question = staking_abi::unstakeCall { bucketIndex: *bucket, data: Vec::new() };
                let _ = self.world.host.transact(SystemContract::Staking, account(who), U256::ZERO, question);
            }
            Step::Submit { who, technical } => {
                let data = if technical { vec![1; 4] } else { Vec::new() };
                let acts = vec![Act(account(20), coins(1), data.into())];
                let description = format!("Number {index}");
                if self.world.act(who, propose(&acts, &description)).is_ok() {
                    self.acts.push((acts, description));
                }
            }
            Step::Support { who, nth } => {
                if let Some(number) = self.nth(nth) {
                    let _ = self.world.act(who, abi::supportCall { number });
                }
            }
            Step::Spam { who, nth } => {
                if let Some(number) = self.nth(nth) {
                    let _ = self.world.act(who, abi::markSpamCall { number });
                }
            }
            Step::Vote { who, nth, choice } => {
                let Some(number) = self.nth(nth) else { return };
                let id = self.world.shown(number).id;
                if self.world.act(who, abi::castVoteCall { proposalId: id, support: choice }).is_ok() {
                    self.ballots.insert((number, who), choice);
                }
            }
            Step::Cancel { who, nth } => {
                let Some(number) = self.nth(nth) else { return };
                let id = self.world.shown(number).id;
                let _ = self.world.act(who, abi::cancel_1Call { proposalId: id });
            }
            Step::Settle { nth } => {
                if let Some(number) = self.nth(nth) {
                    let _ = self.world.act(0, abi::settleBondCall { number });
                }
            }
            Step::Execute { nth } => {
                let Some(number) = self.nth(nth) else { return };
                let (acts, description) = self.acts[number as usize - 1].clone();
                let due = self.world.stage(number) == 3;
                assert_eq!(self.world.begin(&acts, &description).is_ok(), due);
            }
            Step::Wait { seconds } => {
                let votes = self.votes_now();
                self.history.insert(self.world.host.block.timestamp, votes);
                self.world.wait(seconds.into());
            }
        }
    }

    /// Votes of an account at the end of a second.
    fn at(&self, time: u64, who: u8) -> U256 {
        let (_, votes) = self.history.range(..=time).next_back().expect("a second that is over");
        votes.get(&account(who)).copied().unwrap_or_default()
    }

    /// Recounts every vote from the stakes.
    fn recount(&mut self) {
        for number in 1..=self.acts.len() as u64 {
            let shown = self.world.shown(number);
            let mut sums = [U256::ZERO; 3];
            for who in 1..=VOTERS {
                if let Some(choice) = self.ballots.get(&(number, who)) {
                    sums[usize::from(*choice)] += self.at(shown.openedAt - 1, who);
                }
            }
            assert_eq!(sums, [shown.no, shown.yes, shown.abstain], "proposal {number}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn votes_are_the_brute_force_ones_coins_stay_and_every_stage_ends(
        steps in proptest::collection::vec(step(), 1..80)
    ) {
        let mut world = World::new();
        let history = BTreeMap::new();
        world.host.block.timestamp -= 1;
        let mut model = Model { world, history, acts: Vec::new(), ballots: BTreeMap::new() };
        model.run(Step::Wait { seconds: 1 }, 0);
        for (index, step) in steps.into_iter().enumerate() {
            model.run(step, index);
            model.world.check();
        }
        model.recount();
        // Nobody does anything any more: the clock ends every stage that is not final.
        model.world.wait(SUPPORT + VOTE + LOCK + EXECUTION + 10);
        for number in 1..=model.acts.len() as u64 {
            let stage = model.world.stage(number);
            prop_assert!((4..=10).contains(&stage), "proposal {} is in stage {}", number, stage);
            let _ = model.world.act(0, abi::settleBondCall { number });
        }
        prop_assert_eq!(model.world.read(abi::bondsCall {}), U256::ZERO);
        model.world.check();
    }
}
