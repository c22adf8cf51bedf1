//! A network of a thousand candidates, of which 24 of 36 are drawn, over a state in memory.

use alloy_consensus::{SignableTransaction as _, TxEip1559};
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256, keccak256};
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
    sync::Arc,
    time::{Duration, Instant},
};

pub(crate) const CANDIDATES: u64 = 1_000;
pub(crate) const EPOCH_BLOCKS: u64 = 96;
/// Epochs that are run before anything is measured: the first elected committee serves in the fourth.
pub(crate) const WARM_EPOCHS: u64 = 4;

pub(crate) fn coins(coins: u64) -> U256 {
    U256::from(coins) * U256::from(RAU_PER_COIN)
}

pub(crate) fn word(kind: &str, number: u64) -> B256 {
    keccak256([kind.as_bytes(), &number.to_be_bytes()].concat())
}

pub(crate) fn account(kind: &str, number: u64) -> Address {
    Address::from_word(word(kind, number))
}

pub(crate) fn spec(buckets: u64) -> ChainSpec {
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

/// The network at a height.
pub(crate) struct Chain {
    pub(crate) spec: Arc<ChainSpec>,
    state: MemoryState,
    pub(crate) height: u64,
}

impl Chain {
    pub(crate) fn new(spec: ChainSpec) -> Self {
        let mut state = MemoryState::default();
        state.apply(&genesis_changes(&spec).expect("a valid spec"));
        Self { spec: Arc::new(spec), state, height: 0 }
    }

    /// Executes the next block; gives the time that it took.
    pub(crate) fn step(&mut self, transactions: Vec<Recovered<Transaction>>) -> (Duration, Outcome) {
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

/// A call in the name of an account; nobody asks for its signature.
pub(crate) fn transaction(
    from: Address,
    nonce: u64,
    to: Address,
    value: U256,
    input: Bytes,
    gas_limit: u64,
) -> Recovered<Transaction> {
    let tx = TxEip1559 {
        chain_id: 930_931,
        nonce,
        gas_limit,
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
