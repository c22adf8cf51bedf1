//! `Rewards` on a host in memory: whole blocks and epochs, through the Solidity faces.

mod claims;
mod epochs;
mod properties;
mod selectors;
mod sharing;

use super::{sharing::Side, storage::ADDRESS};
use crate::{
    BlockInputs, CallInfo, MapHost, NextCommittee, SystemError, begin_block, election, end_block, end_epoch,
    genesis, staking,
    testing::{account, coins, unlocked_stake},
};
use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::{SolCall, SolError, SolEvent};
use althing_abi::{Rewards as abi, Staking as staking_abi, SystemContract};
use althing_primitives::{
    ChainSpec, GenesisCandidate, GenesisVote, Param, RAU_PER_COIN, SeatPhase, Validator,
};
use std::collections::BTreeSet;

/// Account that the rewards of candidate `number` go to.
fn reward_account(number: u8) -> Address {
    account(100 + number)
}

/// A voter with an unlocked stake of so many million coins: as many votes as coins.
fn vote(voter: u8, millions: u64) -> GenesisVote {
    GenesisVote { voter: account(voter), amount: coins(millions * 1_000_000), days: 0, auto_stake: false }
}

/// A candidate that is elected by the votes of others.
fn candidate(number: u8, votes: Vec<GenesisVote>) -> GenesisCandidate {
    GenesisCandidate {
        name: format!("c{number}"),
        owner: account(number),
        operator: B256::repeat_byte(number),
        reward: reward_account(number),
        p2p: format!("10.0.0.{number}:4000"),
        self_stake: coins(1_200_000),
        votes,
    }
}

/// Four bootstrap delegates, and as many open seats as there are candidates.
fn spec(candidates: Vec<GenesisCandidate>) -> ChainSpec {
    let robot = |number: u8| Validator {
        name: format!("robot{number}"),
        operator: B256::repeat_byte(200 + number),
        reward: account(200 + number),
        p2p: format!("10.0.1.{number}:4000"),
    };
    let mut spec = ChainSpec::devnet((0..4).map(robot).collect(), 0);
    spec.seat_phases = vec![SeatPhase { from_epoch: 0, seats: candidates.len() as u64 }];
    spec.params.set(Param::DelegateSeats, 4.max(candidates.len() as u128)).unwrap();
    spec.params.set(Param::CommitteeSeats, 4).unwrap();
    spec.candidates = candidates;
    spec
}

/// A network inside of a block: calls are transactions of that block.
#[derive(Clone, Debug)]
struct World {
    host: MapHost,
    spec: ChainSpec,
    /// Seconds by which the clock is ahead of the blocks.
    ahead: u64,
    supply: U256,
}

impl World {
    fn new(spec: ChainSpec) -> Self {
        let mut host = MapHost::default();
        genesis(&mut host, &spec).unwrap();
        host.logs.clear();
        host.balances.insert(ADDRESS, spec.reward_fund);
        host.balances.insert(SystemContract::Staking.address(), spec.genesis_stakes());
        for number in 1..=20 {
            host.balances.insert(account(number), coins(50_000_000));
        }
        let supply = host.balances.values().copied().sum();
        let mut world = Self { host, spec, ahead: 1_000, supply };
        world.begin_block(1);
        world
    }

    fn epoch(&self) -> u64 {
        self.spec.calendar().epoch_of(self.host.block.number)
    }

    fn begin_block(&mut self, height: u64) {
        self.host.block.number = height;
        self.host.block.timestamp = height / 2 + self.ahead;
        self.host.call = CallInfo::default();
        let epoch = self.epoch();
        let epoch_start = self.spec.calendar().first_block(epoch);
        begin_block(&mut self.host, &BlockInputs { epoch, epoch_start, ..BlockInputs::default() }).unwrap();
    }

    fn members(&mut self, epoch: u64) -> Vec<election::Member> {
        election::serving(&mut self.host, epoch).unwrap().unwrap()
    }

    /// Ends the block, and the epoch if it is its last, and begins the next. The members propose in turns.
    fn next_block(&mut self) {
        let (epoch, height) = (self.epoch(), self.host.block.number);
        let members = self.members(epoch);
        let proposer = members[(height % members.len() as u64) as usize].operator;
        let calendar = self.spec.calendar();
        let view = height - calendar.first_block(epoch) + 1;
        let mut inputs = BlockInputs {
            epoch,
            view,
            parent_view: view - 1,
            proposer: Some(proposer),
            ..BlockInputs::default()
        };
        self.host.call = CallInfo::default();
        end_block(&mut self.host, &inputs).unwrap();
        if height == calendar.last_block(epoch) {
            let drawn = election::drawn(&mut self.host, epoch + 1).unwrap().unwrap().members;
            let operators: BTreeSet<_> = drawn.into_iter().map(|(operator, _)| operator).collect();
            let members = operators.into_iter().collect();
            inputs.next_committee = Some(NextCommittee { members, is_kept: false });
            end_epoch(&mut self.host, &inputs).unwrap();
        }
        self.begin_block(height + 1);
        let supply: U256 = self.host.balances.values().copied().sum();
        assert_eq!(supply, self.supply, "coins appeared or vanished in block {height}");
    }

    /// Goes on to a block.
    fn enter_block(&mut self, height: u64) {
        while self.host.block.number < height {
            self.next_block();
        }
    }

    /// Goes on to the first block of an epoch.
    fn enter_epoch(&mut self, epoch: u64) {
        self.enter_block(self.spec.calendar().first_block(epoch));
    }

    fn try_call<C: SolCall>(
        &mut self,
        contract: SystemContract,
        caller: u8,
        question: C,
    ) -> Result<C::Return, SystemError> {
        self.host.transact(contract, account(caller), U256::ZERO, question)
    }

    fn call<C: SolCall>(&mut self, caller: u8, question: C) -> C::Return {
        self.try_call(SystemContract::Rewards, caller, question).unwrap()
    }

    fn staking<C: SolCall>(&mut self, caller: u8, question: C) -> C::Return {
        self.try_call(SystemContract::Staking, caller, question).unwrap()
    }

    fn refused<C: SolCall>(&mut self, caller: u8, question: C, error: impl SolError) {
        self.host.refuses(SystemContract::Rewards, account(caller), question, error);
    }

    /// Stakes without a lock; gives the bucket.
    fn stake(&mut self, owner: u8, name: &str, amount: U256, auto: bool) -> u64 {
        self.staking(owner, unlocked_stake(name, amount, auto));
        staking::buckets_of(&mut self.host, account(owner), 1_000).unwrap().pop().unwrap()
    }

    /// Announces a plan with one share for all kinds, and waits until it is in force.
    fn share_all(&mut self, number: u8, share: u16) {
        let question = abi::setPlanCall { blockShare: share, epochShare: share, bonusShare: share };
        self.call(number, question);
    }

    fn unclaimed(&mut self, of: u8) -> U256 {
        self.call(1, abi::unclaimedBalanceCall { account: account(of) })
    }

    fn pending(&mut self, bucket: u64) -> U256 {
        self.call(1, abi::pendingCall { bucketIndex: bucket })
    }

    fn paid(&mut self, epoch: u64) -> abi::EpochRewards {
        self.call(1, abi::epochRewardsCall { epoch })
    }
}
