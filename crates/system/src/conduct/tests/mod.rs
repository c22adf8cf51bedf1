//! Conduct on a host in memory: a network whose blocks come in chosen views.

mod escape;
mod evidence;
mod iotex;
mod judge;
mod tally;

use super::*;
use crate::{
    CallInfo, MapHost, NextCommittee, begin_block,
    election::{self, Member},
    end_block, end_epoch, genesis,
    testing::{account, coins},
};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolCall;
use althing_abi::{Conduct as abi, REWARD_FUND, Staking as staking_abi, SystemContract};
use althing_light::{DoubleProposal, Proposal, proposer_namespace, turn};
use althing_primitives::{
    Block, ChainSpec, GenesisCandidate, GenesisVote, Header, Param, Seal, SeatPhase, Validator,
};
use commonware_codec::Encode as _;
use commonware_cryptography::{Signer as _, ed25519::PrivateKey};
use std::collections::BTreeSet;

/// The operator of candidate `number`, or of a bootstrap delegate from 100 on.
fn operator(number: u8) -> PrivateKey {
    PrivateKey::from_seed(number.into())
}

fn key(number: u8) -> B256 {
    B256::from_slice(operator(number).public_key().as_ref())
}

fn robot(number: u8) -> Validator {
    Validator {
        name: format!("robot{number}"),
        operator: key(100 + number),
        reward: account(100 + number),
        p2p: format!("10.0.1.{number}:4000"),
    }
}

fn candidate(number: u8) -> GenesisCandidate {
    let vote = GenesisVote { voter: account(250), amount: coins(2_000_000), days: 0, auto_stake: false };
    GenesisCandidate {
        name: format!("c{number}"),
        owner: account(number),
        operator: key(number),
        reward: account(50 + number),
        p2p: format!("10.0.0.{number}:4000"),
        self_stake: coins(1_200_000),
        votes: vec![vote],
    }
}

/// A network of so many bootstrap delegates and so many candidates; all candidates serve from epoch 3 on.
fn spec(robots: u8, candidates: u8) -> ChainSpec {
    let mut spec = ChainSpec::devnet((0..robots).map(robot).collect(), 0);
    spec.candidates = (1..=candidates).map(candidate).collect();
    // No rewards, so that the fund holds what was slashed.
    for reward in [Param::BlockRewardPerDay, Param::EpochRewardPerDay] {
        spec.params.set(reward, 0).unwrap();
    }
    if candidates > 0 {
        spec.seat_phases = vec![SeatPhase { from_epoch: 0, seats: candidates.into() }];
        spec.params.set(Param::DelegateSeats, candidates.into()).unwrap();
    }
    spec
}

struct World {
    host: MapHost,
    spec: ChainSpec,
    height: u64,
    /// View of the last block.
    view: u64,
    /// Members that produce nothing.
    absent: BTreeSet<B256>,
    /// Whether committees stay because resharing fails.
    is_kept: bool,
    /// What the next block carries.
    evidence: Bytes,
}

impl World {
    fn new(spec: ChainSpec) -> Self {
        let mut host = MapHost::default();
        genesis(&mut host, &spec).unwrap();
        host.balances.insert(SystemContract::Staking.address(), spec.genesis_stakes());
        Self {
            host,
            spec,
            height: 0,
            view: 0,
            absent: BTreeSet::new(),
            is_kept: false,
            evidence: Bytes::new(),
        }
    }

    fn epoch(&self) -> u64 {
        self.spec.epoch_of(self.height)
    }

    fn members(&mut self, epoch: u64) -> Vec<Member> {
        election::serving(&mut self.host, epoch).unwrap().unwrap_or_default()
    }

    /// The operator who leads a view.
    fn leader(&mut self, epoch: u64, view: u64) -> B256 {
        let leaders = election::leaders(&mut self.host, epoch).unwrap();
        let place = leaders[turn(view, leaders.len())];
        self.members(epoch)[place as usize].operator
    }

    /// The next block, after so many views without one.
    fn block(&mut self, skipped: u64) {
        self.height += 1;
        let calendar = self.spec.calendar();
        let epoch = calendar.epoch_of(self.height);
        let parent_view = if self.height == calendar.first_block(epoch) { 0 } else { self.view };
        self.view = parent_view + 1 + skipped;
        let mut proposer = self.leader(epoch, self.view);
        while self.absent.contains(&proposer) {
            self.view += 1;
            proposer = self.leader(epoch, self.view);
        }
        let inputs = BlockInputs {
            epoch,
            epoch_start: calendar.first_block(epoch),
            view: self.view,
            parent_view,
            proposer: Some(proposer),
            evidence: std::mem::take(&mut self.evidence),
            ..BlockInputs::default()
        };
        self.host.block.number = self.height;
        self.host.block.timestamp = self.height;
        self.host.call = CallInfo::default();
        begin_block(&mut self.host, &inputs).unwrap();
        end_block(&mut self.host, &inputs).unwrap();
        if self.height == calendar.last_block(epoch) {
            let next = self.next_committee(epoch);
            end_epoch(&mut self.host, &BlockInputs { next_committee: Some(next), ..inputs }).unwrap();
        }
    }

    fn next_committee(&mut self, epoch: u64) -> NextCommittee {
        let members: BTreeSet<_> = if self.is_kept {
            self.members(epoch).iter().map(|member| member.operator).collect()
        } else {
            let drawn = election::drawn(&mut self.host, epoch + 1).unwrap().unwrap().members;
            drawn.into_iter().map(|(operator, _)| operator).collect()
        };
        NextCommittee { members: members.into_iter().collect(), is_kept: self.is_kept }
    }

    /// Blocks up to the last of an epoch.
    fn finish_epoch(&mut self, epoch: u64) {
        while self.height < self.spec.calendar().last_block(epoch) {
            self.block(0);
        }
    }

    fn call<C: SolCall>(
        &mut self,
        caller: Address,
        contract: SystemContract,
        question: C,
    ) -> Result<C::Return, SystemError> {
        self.host.transact(contract, caller, U256::ZERO, question)
    }

    fn ask<C: SolCall>(&mut self, question: C) -> Result<C::Return, SystemError> {
        self.call(account(1), SystemContract::Conduct, question)
    }

    fn conduct_of(&mut self, number: u8) -> abi::Record {
        self.ask(abi::conductOfCall { candidate: account(number) }).unwrap()
    }

    fn self_stake(&mut self, candidate: u64) -> U256 {
        U256::from(staking::self_stake_of(&mut self.host, candidate).unwrap())
    }

    /// A proposal that an operator signed; `gas_used` makes it differ from others.
    fn proposal(&self, operator: &PrivateKey, (epoch, view): (u64, u64), gas_used: u64) -> Proposal {
        let proposer = B256::from_slice(operator.public_key().as_ref());
        let mut seal = Seal { epoch, view, proposer, ..Seal::default() };
        let unsigned = Block::new(Header { gas_used, ..Header::default() }, seal.clone(), vec![]);
        let message = seal.signing_hash(unsigned.header());
        let namespace = proposer_namespace(&self.spec.namespace());
        seal.signature = operator.sign(&namespace, message.as_slice()).encode().to_vec().into();
        Proposal::of(&Block::new(unsigned.header().clone(), seal, vec![]))
    }

    /// Proof that operator `number` proposed twice in a turn.
    fn proof(&self, number: u8, turn: (u64, u64)) -> DoubleProposal {
        let operator = operator(number);
        let [first, second] = [1, 2].map(|gas_used| self.proposal(&operator, turn, gas_used));
        DoubleProposal { first, second }
    }

    fn report(&mut self, proof: &DoubleProposal) -> Result<(), SystemError> {
        let report = abi::reportDoubleProposalCall { evidence: proof.encode().into() };
        self.call(account(77), SystemContract::Conduct, report).map(drop)
    }
}
