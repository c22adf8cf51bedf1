//! Dues against the contracts: a candidate gives its voters all by its plan, and whatever is done with buckets, payouts by hand
//! would have given every bucket the same, within a Rau an epoch, and never more.

use super::*;
use crate::history::Replay;
use alloy_primitives::{B256, Log};
use alloy_sol_types::{SolCall, SolEvent};
use althing_abi::{Rewards, Staking as abi, SystemContract};
use althing_primitives::{
    ChainSpec, GenesisCandidate, GenesisVote, Param, RAU_PER_COIN, SeatPhase, Validator,
};
use althing_system::{
    BlockInputs, CallInfo, MapHost, NextCommittee, begin_block, call, election, end_block, end_epoch, genesis,
};
use proptest::prelude::*;

const CANDIDATES: u8 = 2;
const VOTERS: u8 = 5;

fn coins(coins: u64) -> U256 {
    U256::from(coins) * U256::from(RAU_PER_COIN)
}

fn spec() -> ChainSpec {
    let robot = |number: u8| Validator {
        name: format!("robot{number}"),
        operator: B256::repeat_byte(200 + number),
        reward: account(200 + number),
        p2p: format!("10.0.1.{number}:4000"),
    };
    let vote = |number| GenesisVote {
        voter: account(number),
        amount: coins(4_000_000),
        days: 7,
        auto_stake: number == 1,
    };
    let candidate = |number: u8| GenesisCandidate {
        name: format!("c{number}"),
        owner: account(number),
        operator: B256::repeat_byte(number),
        reward: account(100 + number),
        p2p: format!("10.0.0.{number}:4000"),
        self_stake: coins(1_200_000),
        votes: vec![vote(number), vote(number + 2)],
    };
    let mut spec = ChainSpec::devnet((0..4).map(robot).collect(), 0);
    spec.seat_phases = vec![SeatPhase { from_epoch: 0, seats: CANDIDATES.into() }];
    spec.params.set(Param::DelegateSeats, 4).unwrap();
    spec.params.set(Param::CommitteeSeats, 4).unwrap();
    spec.candidates = (1..=CANDIDATES).map(candidate).collect();
    spec
}

/// The contracts in memory, and replays of both candidates beside them.
struct World {
    host: MapHost,
    spec: ChainSpec,
    replays: Vec<Replay>,
    seen: usize,
    ahead: u64,
    shared: u64,
}

impl World {
    fn new() -> Self {
        let (spec, mut host) = (spec(), MapHost::default());
        genesis(&mut host, &spec).unwrap();
        host.logs.clear();
        host.balances.insert(SystemContract::Rewards.address(), spec.reward_fund);
        host.balances.insert(SystemContract::Staking.address(), spec.genesis_stakes());
        for number in 1..=VOTERS {
            host.balances.insert(account(number), coins(50_000_000));
        }
        let replays = (1..=CANDIDATES).map(|number| Replay::genesis(account(number), &spec)).collect();
        let mut world = Self { host, spec, replays, seen: 0, ahead: 1_000, shared: 0 };
        world.begin(1);
        for owner in 1..=CANDIDATES {
            let all = Rewards::setPlanCall { blockShare: 10_000, epochShare: 10_000, bonusShare: 10_000 };
            world.call(SystemContract::Rewards, owner, all).unwrap();
        }
        world
    }

    fn begin(&mut self, height: u64) {
        self.host.block.number = height;
        self.host.block.timestamp = height / 2 + self.ahead;
        self.host.call = CallInfo::default();
        let calendar = self.spec.calendar();
        let epoch = calendar.epoch_of(height);
        let epoch_start = calendar.first_block(epoch);
        begin_block(&mut self.host, &BlockInputs { epoch, epoch_start, ..BlockInputs::default() }).unwrap();
    }

    fn call<C: SolCall>(&mut self, contract: SystemContract, caller: u8, question: C) -> Option<C::Return> {
        let before = self.host.clone();
        self.host.call = CallInfo { caller: account(caller), ..CallInfo::default() };
        let answer = call(&mut self.host, contract, &question.abi_encode());
        let decoded = answer.map(|bytes| C::abi_decode_returns(&bytes).unwrap());
        if decoded.is_err() {
            self.host = before;
        }
        decoded.ok()
    }

    fn ask<C: SolCall>(&mut self, contract: SystemContract, question: C) -> C::Return {
        self.call(contract, 1, question).unwrap()
    }

    /// Shows the replays what was logged since.
    fn replay(&mut self) {
        let height = self.host.block.number;
        let staking = SystemContract::Staking.address();
        for log in self.host.logs[self.seen..].iter().filter(|log| log.address == staking) {
            for replay in &mut self.replays {
                replay.apply(height, log).unwrap();
            }
        }
        self.seen = self.host.logs.len();
    }

    /// Ends the block. Every second view led to none, so candidates are slashed at the end of epochs.
    fn next_block(&mut self) {
        let (calendar, height) = (self.spec.calendar(), self.host.block.number);
        let epoch = calendar.epoch_of(height);
        let members = election::serving(&mut self.host, epoch).unwrap().unwrap();
        let view = (height - calendar.first_block(epoch) + 1) * 2;
        let mut inputs = BlockInputs {
            epoch,
            view,
            parent_view: view - 2,
            proposer: Some(members[(height % members.len() as u64) as usize].operator),
            ..BlockInputs::default()
        };
        self.host.call = CallInfo::default();
        end_block(&mut self.host, &inputs).unwrap();
        if height == calendar.last_block(epoch) {
            let drawn = election::drawn(&mut self.host, epoch + 1).unwrap().unwrap().members;
            let operators: BTreeSet<_> = drawn.into_iter().map(|(operator, _)| operator).collect();
            let members = operators.into_iter().collect();
            inputs.next_committee = Some(NextCommittee { members, is_kept: false });
            let before = self.pending();
            let logs = self.host.logs.len();
            self.host.call = CallInfo::default();
            end_epoch(&mut self.host, &inputs).unwrap();
            self.replay();
            self.compare(epoch, &before, logs);
        }
        self.replay();
        self.begin(height + 1);
    }

    /// What each bucket has earned and not taken; a bucket that is gone has no place.
    fn pending(&mut self) -> BTreeMap<u64, U256> {
        let found = self.ask(SystemContract::Staking, abi::bucketsCall { offset: 0, limit: 1_000 });
        let indexes: Vec<u64> = found.iter().map(|bucket| bucket.index).collect();
        let pending =
            |index| (index, self.ask(SystemContract::Rewards, Rewards::pendingCall { bucketIndex: index }));
        indexes.into_iter().map(pending).collect()
    }

    /// What payouts by hand would give, beside what the contract gave.
    fn compare(&mut self, epoch: Epoch, before: &BTreeMap<u64, U256>, logs: usize) {
        let after = self.pending();
        let parts =
            self.host.logs[logs..].iter().filter_map(|log: &Log| Rewards::Rewarded::decode_log(log).ok());
        let parts: BTreeMap<Address, U256> =
            parts.filter(|log| log.kind == 3).map(|log| (log.candidate, log.amount)).collect();
        let mut expected: BTreeMap<u64, U256> = BTreeMap::new();
        for number in 0..self.replays.len() {
            let id = account(number as u8 + 1);
            let part = parts.get(&id).copied().unwrap_or_default();
            let facts = self.facts(number, epoch, part);
            let due = facts.due(epoch, Terms([10_000; 3]));
            let sum: U256 = due.iter().map(|share| share.amount).sum();
            assert!(sum <= part, "epoch {epoch}: {sum} of {part}");
            let ranked = epoch.checked_sub(3).map(|epoch| facts.calendar.ranking_block(epoch));
            let earning: U256 = ranked.map_or(U256::ZERO, |ranked| {
                facts
                    .earning(ranked, facts.calendar.last_block(epoch))
                    .iter()
                    .map(|(_, _, votes)| *votes)
                    .sum()
            });
            let told = self.ask(SystemContract::Rewards, Rewards::sharesCall { candidate: id });
            assert_eq!(earning, told.earning, "earning votes of {id} in epoch {epoch}");
            self.shared += u64::from(!sum.is_zero());
            expected.extend(due.iter().map(|share| (share.bucket, share.amount)));
        }
        for (bucket, after) in after {
            let earned = after - before[&bucket];
            let due = expected.get(&bucket).copied().unwrap_or_default();
            assert!(
                earned.abs_diff(due) <= U256::from(1),
                "bucket {bucket}, epoch {epoch}: {earned}, due {due}"
            );
        }
    }

    fn facts(&mut self, number: usize, epoch: Epoch, part: U256) -> Facts {
        let moments = self.replays[number].moments.clone();
        let stakes: BTreeSet<Stake> = moments.values().flatten().filter_map(|moment| moment.stake).collect();
        let votes = |stake: Stake| {
            let question = abi::votesForCall {
                amount: stake.amount,
                duration: stake.days,
                autoStake: stake.is_auto,
                selfStake: stake.is_self_stake,
            };
            (stake, self.ask(SystemContract::Staking, question))
        };
        let votes = stakes.into_iter().map(votes).collect();
        let paid = Paid { own: [U256::ZERO, part, U256::ZERO], to_voters: U256::ZERO };
        let calendar = self.spec.calendar();
        Facts { calendar, moments, votes, paid: BTreeMap::from([(epoch, paid)]) }
    }

    fn act(&mut self, (what, who, bucket, number): (u8, u8, u64, u64)) {
        let (data, name) = (Vec::new(), format!("c{}", number % 2 + 1));
        let (days, auto) = ((number % 4) as u32, number % 3 == 0);
        let staking = SystemContract::Staking;
        let amount = coins(100 + number * 7_919);
        // Refusals are part of the game.
        let _: Option<()> = match what {
            0 | 1 => self
                .call(
                    staking,
                    who,
                    abi::createStakeCall { candName: name, amount, duration: days, autoStake: auto, data },
                )
                .map(drop),
            2 => self
                .call(staking, who, abi::depositToStakeCall { bucketIndex: bucket, amount, data })
                .map(drop),
            3 => self
                .call(staking, who, abi::changeCandidateCall { candName: name, bucketIndex: bucket, data })
                .map(drop),
            4 => self.call(staking, who, abi::unstakeCall { bucketIndex: bucket, data }).map(drop),
            5 => self.call(staking, who, abi::withdrawStakeCall { bucketIndex: bucket, data }).map(drop),
            6 => self
                .call(
                    staking,
                    who,
                    abi::restakeCall { bucketIndex: bucket, duration: days, autoStake: auto, data },
                )
                .map(drop),
            7 => {
                let voter = account((number % u64::from(VOTERS)) as u8 + 1);
                self.call(
                    staking,
                    who,
                    abi::transferStakeCall { voterAddress: voter, bucketIndex: bucket, data },
                )
                .map(drop)
            }
            8 => self
                .call(staking, who, abi::mergeStakeCall { into: bucket, from: vec![number % 12] })
                .map(drop),
            9 => self.call(SystemContract::Rewards, who, Rewards::claimAllCall {}).map(drop),
            10 => {
                self.ahead += number % 400;
                None
            }
            _ => self.call(staking, 2, abi::requestCandidateDeactivationCall {}).map(drop),
        };
        self.replay();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn payouts_by_hand_are_what_the_contract_would_share(
        acts in prop::collection::vec(((0..12u8, 1..=VOTERS, 0..12u64, 0..1_000u64), 0..20u8), 20..80),
    ) {
        let mut world = World::new();
        for (act, blocks) in acts {
            world.act(act);
            for _ in 0..blocks {
                world.next_block();
            }
        }
        while world.host.block.number < 9 * world.spec.epoch_blocks {
            world.next_block();
        }
        prop_assert!(world.shared >= 4, "hardly anything was shared: {}", world.shared);
        let slashed = abi::SelfStakeSlashed::SIGNATURE_HASH;
        prop_assert!(world.host.logs.iter().any(|log| log.topics()[0] == slashed), "nobody was slashed");
    }
}
