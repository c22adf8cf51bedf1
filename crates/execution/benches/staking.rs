//! What staking costs a block: the protocol's own steps in an epoch with 1,000, 10,000 and 200,000 buckets, and calls of
//! voters beside plain transfers. Execution alone, over a state in memory; times are medians, and each is also given as a
//! ratio to an ordinary block or a transfer of the same run.

#![allow(clippy::disallowed_methods, reason = "a benchmark measures time")]

use alloy_consensus::{SignableTransaction as _, TxEip1559};
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256, keccak256};
use alloy_sol_types::SolCall as _;
use althing_abi::{Rewards, Staking, SystemContract};
use althing_execution::{
    BlockContext, BlockLimits, NextCommittee, Outcome, SystemInputs, election, execute_block,
    genesis_changes, read,
};
use althing_primitives::{
    ChainSpec, GenesisAccount, GenesisCandidate, GenesisVote, Param, RAU_PER_COIN, Recovered, SeatPhase,
    Transaction, Validator,
};
use althing_state::MemoryState;
use futures::executor::block_on;
use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

const CANDIDATES: u64 = 1_000;
const EPOCH_BLOCKS: u64 = 96;
/// Epochs that are run before blocks are measured: the first elected committee serves in the fourth.
const WARM_EPOCHS: u64 = 4;
const MEASURED_EPOCHS: u64 = 5;

fn coins(coins: u64) -> U256 {
    U256::from(coins) * U256::from(RAU_PER_COIN)
}

fn word(kind: &str, number: u64) -> B256 {
    keccak256([kind.as_bytes(), &number.to_be_bytes()].concat())
}

fn account(kind: &str, number: u64) -> Address {
    Address::from_word(word(kind, number))
}

fn spec(buckets: u64) -> ChainSpec {
    let robot = |number| Validator {
        name: format!("robot{number}"),
        operator: word("robot", number),
        reward: account("robot", number),
        p2p: format!("10.1.0.{number}:1"),
    };
    let votes = (buckets / CANDIDATES).max(2) - 1;
    let vote = |candidate: u64, number: u64| GenesisVote {
        voter: account("voter", candidate * 1_000 + number),
        amount: coins(2_000_000 / votes + candidate),
        days: 14,
        auto_stake: true,
    };
    let candidate = |number| GenesisCandidate {
        name: format!("c{number}"),
        owner: account("owner", number),
        operator: word("operator", number),
        reward: account("reward", number),
        p2p: format!("10.0.{}.{}:1", number / 250, number % 250),
        self_stake: coins(1_200_000),
        votes: (0..votes).map(|vote_number| vote(number, vote_number)).collect(),
    };
    let mut spec = ChainSpec::devnet((0..24).map(robot).collect(), 0);
    spec.epoch_blocks = EPOCH_BLOCKS;
    spec.params.set(Param::BlockGasLimit, 2_000_000_000).expect("within bounds");
    spec.candidates = (0..CANDIDATES).map(candidate).collect();
    spec.seat_phases = vec![SeatPhase { from_epoch: 0, seats: 36 }];
    spec.params.set(Param::CommitteeSeats, 24).expect("within bounds");
    let rich = GenesisAccount { balance: coins(1_000_000), ..Default::default() };
    spec.alloc.extend((0..5_000).map(|number| (account("rich", number), rich.clone())));
    spec
}

struct Chain {
    spec: Arc<ChainSpec>,
    state: MemoryState,
    height: u64,
}

impl Chain {
    fn new(spec: ChainSpec) -> Self {
        let mut state = MemoryState::default();
        state.apply(&genesis_changes(&spec).expect("a valid spec"));
        Self { spec: Arc::new(spec), state, height: 0 }
    }

    /// Executes the next block; gives the time that it took.
    fn step(&mut self, transactions: Vec<Recovered<Transaction>>) -> (Duration, Outcome) {
        self.height += 1;
        let calendar = self.spec.calendar();
        let epoch = calendar.epoch_of(self.height);
        let members = block_on(read(&self.state, move |host| election::serving(host, epoch)));
        let members = members.expect("readable").expect("an epoch has a committee");
        let place = self.height as usize % members.len();
        let view = self.height - calendar.first_block(epoch) + 1;
        let is_last = self.height == calendar.last_block(epoch);
        let next_committee = is_last.then(|| self.next_committee(epoch + 1));
        let system = SystemInputs {
            epoch,
            epoch_start: calendar.first_block(epoch),
            proposer: Some(members[place].operator),
            view,
            parent_view: view - 1,
            next_committee,
            ..Default::default()
        };
        let context = BlockContext {
            number: self.height,
            timestamp: self.height,
            gas_limit: BlockLimits::first(&self.spec).gas_limit,
            system,
            ..Default::default()
        };
        let start = Instant::now();
        let outcome = block_on(execute_block(self.spec.clone(), context, transactions, &self.state));
        let took = start.elapsed();
        let outcome = outcome.expect("a valid block");
        self.state.apply(&outcome.changes);
        (took, outcome)
    }

    fn next_committee(&self, epoch: u64) -> NextCommittee {
        let drawn = block_on(read(&self.state, move |host| election::drawn(host, epoch)));
        let drawn = drawn.expect("readable").expect("drawn three epochs ahead");
        let mut members: Vec<_> = drawn.members.into_iter().map(|(operator, _)| operator).collect();
        members.sort_unstable();
        NextCommittee { members, is_kept: false }
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// The protocol's own steps, by the number of buckets.
fn epoch_steps(buckets: u64) -> Chain {
    let mut chain = Chain::new(spec(buckets));
    let calendar = chain.spec.calendar();
    let share = |number| {
        let call = Rewards::setPlanCall { blockShare: 9_000, epochShare: 9_000, bonusShare: 9_000 };
        let rewards = SystemContract::Rewards.address();
        transaction(account("owner", number), 0, rewards, U256::ZERO, call.abi_encode().into())
    };
    chain.step((0..CANDIDATES).map(share).collect());
    while chain.height + 1 < calendar.first_block(WARM_EPOCHS) {
        chain.step(Vec::new());
    }
    let mut times: BTreeMap<&str, Vec<Duration>> = BTreeMap::new();
    while chain.height + 1 < calendar.first_block(WARM_EPOCHS + MEASURED_EPOCHS) {
        let height = chain.height + 1;
        let epoch = calendar.epoch_of(height);
        let (took, _) = chain.step(Vec::new());
        let kind = match height {
            _ if height == calendar.ranking_block(epoch) => "ranking",
            _ if height == calendar.draw_block(epoch) => "draw",
            _ if height == calendar.last_block(epoch) => "last",
            _ => "ordinary",
        };
        times.entry(kind).or_default().push(took);
    }
    let ordinary = median(times["ordinary"].clone());
    for kind in ["ordinary", "ranking", "draw", "last"] {
        let time = median(times[kind].clone());
        let ratio = time.as_secs_f64() / ordinary.as_secs_f64();
        println!("{buckets:>7} buckets  {kind:<8} {:>10.0} us  {ratio:>7.1} x", micros(time));
    }
    chain
}

fn transaction(from: Address, nonce: u64, to: Address, value: U256, input: Bytes) -> Recovered<Transaction> {
    let tx = TxEip1559 {
        chain_id: 930_931,
        nonce,
        gas_limit: 1_000_000,
        max_fee_per_gas: 0,
        max_priority_fee_per_gas: 0,
        to: TxKind::Call(to),
        value,
        access_list: Default::default(),
        input,
    };
    // The executor takes the sender as recovered.
    let signed = tx.into_signed(Signature::new(U256::ONE, U256::ONE, false));
    Recovered::new_unchecked(signed.into(), from)
}

/// Calls of voters, each in a block of many, beside plain transfers.
fn calls(chain: &mut Chain) {
    const CALLS: u64 = 1_000;
    let (staking, rewards) = (SystemContract::Staking.address(), SystemContract::Rewards.address());
    let name = |number: u64| format!("c{}", number % CANDIDATES);
    let stake = |number: u64| {
        let call = Staking::stakeCall { candName: name(number), duration: 14, autoStake: true };
        transaction(account("rich", number), 1, staking, coins(100), call.abi_encode().into())
    };
    let transfer =
        |number: u64| transaction(account("rich", number), 0, account("to", number), U256::ONE, Bytes::new());
    let (transfers, _) = chain.step((0..CALLS).map(transfer).collect());
    let (stakes, outcome) = chain.step((0..CALLS).map(stake).collect());
    assert!(outcome.receipts.iter().all(|receipt| receipt.status()));
    let claim = |number: u64| {
        // The candidates with most votes have the greatest numbers, and earn.
        let voter = account("voter", (CANDIDATES - 1 - number % 36) * 1_000 + number / 36);
        let call = Rewards::claimAllCall {};
        transaction(voter, 0, rewards, U256::ZERO, call.abi_encode().into())
    };
    let (claims, outcome) = chain.step((0..CALLS).map(claim).collect());
    assert!(outcome.receipts.iter().all(|receipt| receipt.status()));
    let per_call = |time: Duration| micros(time) / CALLS as f64;
    for (what, time) in [("transfer", transfers), ("stake", stakes), ("claim", claims)] {
        let ratio = time.as_secs_f64() / transfers.as_secs_f64();
        let second = 1e6 / per_call(time);
        println!("{what:<10} {:>8.1} us a call  {second:>8.0} a second  {ratio:>5.1} x", per_call(time));
    }
}

fn main() {
    let mut last = None;
    for buckets in [1_000, 10_000, 200_000] {
        last = Some(epoch_steps(buckets));
    }
    calls(&mut last.expect("there are sizes"));
}
