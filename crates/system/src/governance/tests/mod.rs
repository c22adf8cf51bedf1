//! `Governance` on a host in memory, through its Solidity face.

mod cost;
mod lifecycle;
mod power;
mod properties;
mod refusals;

use super::storage::ADDRESS;
use crate::{
    BlockInputs, CallInfo, MapHost, SystemError, begin_block, call, end_epoch, genesis,
    testing::{account, coins, unlocked_stake},
};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::{SolCall, SolError};
use althing_abi::{
    GOVERNANCE_BONDS, Governance as abi, Params as params_abi, Staking as staking_abi, SystemContract,
};
use althing_primitives::{ChainSpec, GenesisCandidate, GenesisVote, Param, Validator};

/// Seconds of a day, and days of each phase.
const DAY: u64 = 10;
const SUPPORT: u64 = 14 * DAY;
const VOTE: u64 = 7 * DAY;
const LOCK: u64 = 2 * DAY;
const EXECUTION: u64 = 14 * DAY;

/// A call of a proposal.
#[derive(Clone, Debug)]
struct Act(Address, U256, Bytes);

fn set_param(name: &str, value: u64) -> Act {
    let call = params_abi::setCall { name: name.into(), value: U256::from(value) };
    Act(SystemContract::Params.address(), U256::ZERO, call.abi_encode().into())
}

fn pay(to: u8, amount: u64) -> Act {
    Act(account(to), coins(amount), Bytes::new())
}

fn propose(acts: &[Act], description: &str) -> abi::proposeCall {
    abi::proposeCall {
        targets: acts.iter().map(|act| act.0).collect(),
        values: acts.iter().map(|act| act.1).collect(),
        calldatas: acts.iter().map(|act| act.2.clone()).collect(),
        description: description.into(),
    }
}

/// A network inside of a block. Voters 1 to 9 have a stake of so many million coins without a lock: as many votes as
/// coins; 45 millions in all. Everybody has 100,000 coins besides, the treasury has 1,000.
#[derive(Clone, Debug)]
struct World {
    host: MapHost,
    supply: U256,
}

impl World {
    fn new() -> Self {
        let vote = |voter: u8| GenesisVote {
            voter: account(voter),
            amount: coins(u64::from(voter) * 1_000_000),
            days: 0,
            auto_stake: false,
        };
        let robot = Validator {
            name: "robot".into(),
            operator: B256::repeat_byte(200),
            reward: account(200),
            p2p: "10.0.1.1:4000".into(),
        };
        let mut spec = ChainSpec::devnet(vec![robot], 0);
        spec.params.set(Param::DaySeconds, DAY.into()).unwrap();
        spec.params.set(Param::MinBucket, 1).unwrap();
        // Nine millions are a quorum in spite of the candidate's own Rau.
        spec.params.set(Param::QuorumBps, 1_999).unwrap();
        spec.candidates = vec![GenesisCandidate {
            name: "c1".into(),
            owner: account(100),
            operator: B256::repeat_byte(1),
            reward: account(101),
            p2p: "10.0.0.1:4000".into(),
            self_stake: U256::ONE,
            votes: (1..=9).map(vote).collect(),
        }];
        let mut host = MapHost::default();
        genesis(&mut host, &spec).unwrap();
        host.balances.insert(SystemContract::Staking.address(), spec.genesis_stakes());
        host.balances.insert(ADDRESS, coins(1_000));
        host.balances.extend((1..=20).map(|number| (account(number), coins(100_000))));
        let supply = host.balances.values().copied().sum();
        host.logs.clear();
        host.block.number = 1;
        host.block.timestamp = 1_000;
        Self { host, supply }
    }

    /// Lets time pass.
    fn wait(&mut self, seconds: u64) {
        self.host.block.timestamp += seconds;
        self.host.block.number += 1;
        self.check();
    }

    /// Ends an epoch.
    fn next_epoch(&mut self) {
        let epoch = crate::chain_info::epoch(&mut self.host).unwrap();
        self.host.call = CallInfo::default();
        crate::params::end_epoch(&mut self.host, epoch).unwrap();
        let inputs =
            BlockInputs { epoch: epoch + 1, epoch_start: (epoch + 1) * 32, ..BlockInputs::default() };
        begin_block(&mut self.host, &inputs).unwrap();
    }

    /// No coin appears or vanishes, and the bonds are those of the proposals.
    fn check(&mut self) {
        let supply: U256 = self.host.balances.values().copied().sum();
        assert_eq!(supply, self.supply);
        let count: u64 = self.read(abi::proposalCountCall {}).to();
        let bonds: U256 = (1..=count).map(|number| self.shown(number).bond).sum();
        assert_eq!(self.read(abi::bondsCall {}), bonds);
        assert_eq!(self.host.coins(GOVERNANCE_BONDS), bonds);
        assert_eq!(self.host.coins(ADDRESS), self.read(abi::treasuryCall {}));
    }

    fn act<C: SolCall>(&mut self, caller: u8, question: C) -> Result<C::Return, SystemError> {
        self.host.transact(SystemContract::Governance, account(caller), U256::ZERO, question)
    }

    fn call<C: SolCall>(&mut self, caller: u8, question: C) -> C::Return {
        self.act(caller, question).unwrap()
    }

    fn read<C: SolCall>(&mut self, question: C) -> C::Return {
        self.call(0, question)
    }

    fn refused<C: SolCall>(&mut self, caller: u8, question: C, error: impl SolError) {
        self.host.refuses(SystemContract::Governance, account(caller), question, error);
    }

    fn staking<C: SolCall>(&mut self, caller: u8, question: C) -> C::Return {
        self.host.transact(SystemContract::Staking, account(caller), U256::ZERO, question).unwrap()
    }

    /// Stakes without a lock; gives the bucket.
    fn stake(&mut self, owner: u8, amount: U256) -> u64 {
        self.staking(owner, unlocked_stake("c1", amount, false));
        crate::staking::buckets_of(&mut self.host, account(owner), 1_000).unwrap().pop().unwrap()
    }

    fn bucket_of(&mut self, owner: u8) -> u64 {
        crate::staking::buckets_of(&mut self.host, account(owner), 1).unwrap()[0]
    }

    /// Submits a proposal of account 10; gives its number.
    fn submit(&mut self, acts: &[Act], description: &str) -> u64 {
        let id = self.call(10, propose(acts, description));
        self.read(abi::numberOfCall { proposalId: id })
    }

    /// Submits a proposal and opens its vote, with the support of account 9.
    fn open(&mut self, acts: &[Act], description: &str) -> u64 {
        let number = self.submit(acts, description);
        self.call(9, abi::supportCall { number });
        assert_eq!(self.stage(number), 1);
        number
    }

    fn vote(&mut self, voter: u8, number: u64, support: u8) -> U256 {
        let id = self.shown(number).id;
        self.call(voter, abi::castVoteCall { proposalId: id, support })
    }

    /// What the executor's code does first.
    fn begin(&mut self, acts: &[Act], description: &str) -> Result<U256, SystemError> {
        let abi::proposeCall { targets, values, calldatas, .. } = propose(acts, description);
        let hash = keccak256(description);
        let question = abi::beginCall { targets, values, calldatas, descriptionHash: hash };
        self.host.transact(SystemContract::Governance, ADDRESS, U256::ZERO, question)
    }

    fn shown(&mut self, number: u64) -> abi::Proposal {
        self.read(abi::proposalCall { number })
    }

    fn stage(&mut self, number: u64) -> u8 {
        self.shown(number).stage
    }
}

/// The lifecycle's hooks stay part of the crate's face.
#[test]
fn an_epoch_ends_without_proposals() {
    let mut world = World::new();
    world.host.call = CallInfo::default();
    let inputs = BlockInputs::default();
    assert!(end_epoch(&mut world.host, &inputs).is_ok());
}
