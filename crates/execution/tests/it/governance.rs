//! Proposals carried out by the EVM: what native code alone cannot show.

use crate::{simulated_blocks, support::*};
use alloy_consensus::TxEip1559;
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_rpc_types_eth::{
    BlockOverrides, TransactionRequest,
    simulate::{SimBlock, SimulatePayload},
};
use alloy_sol_types::{SolCall, SolEvent};
use althing_abi::{
    GOVERNANCE_BONDS,
    Governance::{self as abi, ProposalExecuted},
    Params::{ChangeDecided, setCall},
    REWARD_FUND, Rewards, Staking, SystemContract,
};
use althing_execution::{
    BlockContext, BlockLimits, BlockSimulation, Outcome, SystemInputs, execute_block, genesis_changes,
    simulate_blocks,
};
use althing_primitives::{ChainSpec, GenesisCandidate, GenesisVote, Header, Param, RAU_PER_COIN};
use althing_state::MemoryState;
use futures::executor::block_on;
use std::sync::Arc;

const GOVERNANCE: Address = althing_abi::GOVERNANCE;
/// Stores 42 in slot 0 when governance calls it, else reverts.
const OWNED: Address = Address::repeat_byte(0xd0);
/// Calls `execute` of governance with the data that it is called with; reverts when that does.
const NESTING: Address = Address::repeat_byte(0xd1);
const DAY: u64 = 10;

fn coins(coins: u64) -> U256 {
    U256::from(coins) * U256::from(RAU_PER_COIN)
}

/// A network with one voter (account 0), and a clock that tests set.
struct Chain {
    net: Net,
    time: u64,
    number: u64,
    nonces: [u64; 3],
}

type Act = (Address, U256, Bytes);

impl Chain {
    fn new() -> Self {
        let owned = format!("3373{}14601d575f5ffd5b602a5f5500", hex(GOVERNANCE));
        let nesting = format!("365f5f375f5f365f5f73{}5af160275760015ffd5b00", hex(GOVERNANCE));
        let mut net = Net::new(&[(OWNED, &owned), (NESTING, &nesting)]);
        let mut spec = ChainSpec::clone(&net.spec);
        spec.params.set(Param::DaySeconds, DAY.into()).unwrap();
        spec.candidates = vec![GenesisCandidate {
            name: "c1".into(),
            owner: sender(2),
            operator: B256::repeat_byte(9),
            reward: sender(2),
            p2p: "10.0.0.1:4000".into(),
            self_stake: coins(100),
            votes: vec![GenesisVote {
                voter: sender(0),
                amount: coins(1_000_000),
                days: 0,
                auto_stake: false,
            }],
        }];
        net.state = MemoryState::default();
        net.state.apply(&genesis_changes(&spec).unwrap());
        net.spec = Arc::new(spec);
        Self { net, time: 1_700_000_000, number: 0, nonces: [0; 3] }
    }

    fn send(&mut self, index: usize, to: Address, value: U256, input: Vec<u8>) -> Outcome {
        self.send_with(3_000_000, index, to, value, input)
    }

    fn send_with(
        &mut self,
        gas_limit: u64,
        index: usize,
        to: Address,
        value: U256,
        input: Vec<u8>,
    ) -> Outcome {
        self.number += 1;
        self.time += 1;
        let nonce = self.nonces[index];
        self.nonces[index] += 1;
        let tx = TxEip1559 { to: to.into(), value, input: input.into(), gas_limit, ..template(nonce) };
        let context =
            BlockContext { number: self.number, timestamp: self.time, ..self.net.context(self.number) };
        let txs = vec![sign(tx, index)];
        let outcome = block_on(execute_block(self.net.spec.clone(), context, txs, &self.net.state)).unwrap();
        self.net.state.apply(&outcome.changes);
        outcome
    }

    fn done(&mut self, index: usize, to: Address, value: U256, input: Vec<u8>) -> Outcome {
        let outcome = self.send(index, to, value, input);
        assert!(outcome.receipts[0].status());
        outcome
    }

    /// Submits, supports and votes for a proposal, and waits until it can be executed; gives the call that does.
    fn pass(&mut self, acts: &[Act], description: &str) -> Vec<u8> {
        let targets: Vec<_> = acts.iter().map(|act| act.0).collect();
        let values: Vec<_> = acts.iter().map(|act| act.1).collect();
        let calldatas: Vec<_> = acts.iter().map(|act| act.2.clone()).collect();
        let propose = abi::proposeCall {
            targets: targets.clone(),
            values: values.clone(),
            calldatas: calldatas.clone(),
            description: description.into(),
        };
        let outcome = self.done(1, GOVERNANCE, U256::ZERO, propose.abi_encode());
        let submitted = logs::<abi::Submitted>(&outcome).remove(0);
        self.done(0, GOVERNANCE, U256::ZERO, abi::supportCall { number: submitted.number }.abi_encode());
        let vote = abi::castVoteCall { proposalId: submitted.proposalId, support: 1 };
        self.done(0, GOVERNANCE, U256::ZERO, vote.abi_encode());
        self.time += 10 * DAY;
        let description_hash = keccak256(description);
        abi::executeCall { targets, values, calldatas, descriptionHash: description_hash }.abi_encode()
    }
}

fn hex(address: Address) -> String {
    alloy_primitives::hex::encode(address)
}

fn logs<E: SolEvent>(outcome: &Outcome) -> Vec<E> {
    let all = outcome.receipts.iter().flat_map(|receipt| receipt.logs());
    all.filter(|log| log.topics()[0] == E::SIGNATURE_HASH)
        .map(|log| E::decode_log(log).unwrap().data)
        .collect()
}

#[test]
fn a_proposal_pays_sets_and_calls_in_the_name_of_governance() {
    let mut chain = Chain::new();
    chain.done(1, GOVERNANCE, coins(50), Vec::new());
    let set = setCall { name: "quorumBps".into(), value: U256::from(500) };
    let someone = Address::repeat_byte(0x55);
    let acts = [
        (someone, coins(20), Bytes::new()),
        (SystemContract::Params.address(), U256::ZERO, set.abi_encode().into()),
        (OWNED, U256::ZERO, vec![1].into()),
    ];
    let execute = chain.pass(&acts, "All three");
    assert!(!chain.send(2, OWNED, U256::ZERO, vec![1]).receipts[0].status(), "nobody else may");
    let outcome = chain.done(2, GOVERNANCE, U256::ZERO, execute.clone());
    assert_eq!(logs::<ProposalExecuted>(&outcome).len(), 1);
    assert_eq!(logs::<ChangeDecided>(&outcome)[0].name, "quorumBps");
    let state = &chain.net.state;
    assert_eq!((balance(state, someone), balance(state, GOVERNANCE)), (coins(20), coins(30)));
    assert_eq!(slot(state, OWNED, 0), U256::from(42));
    assert!(!chain.send(2, GOVERNANCE, U256::ZERO, execute).receipts[0].status(), "once is enough");
}

#[test]
fn a_failed_call_undoes_all_of_a_proposal_and_it_can_be_tried_again() {
    let mut chain = Chain::new();
    chain.done(1, GOVERNANCE, coins(50), Vec::new());
    let someone = Address::repeat_byte(0x55);
    let acts = [(someone, coins(20), Bytes::new()), (NESTING, U256::ZERO, vec![0; 4].into())];
    let execute = chain.pass(&acts, "Half of it cannot be done");
    let outcome = chain.send(2, GOVERNANCE, U256::ZERO, execute);
    assert!(!outcome.receipts[0].status());
    assert_eq!(balance(&chain.net.state, someone), U256::ZERO);
    assert_eq!(balance(&chain.net.state, GOVERNANCE), coins(50));
    let mut poor = Chain::new();
    let execute = poor.pass(&[(someone, coins(20), Bytes::new())], "Pay what comes in later");
    assert!(!poor.send(2, GOVERNANCE, U256::ZERO, execute.clone()).receipts[0].status());
    // Coins that come with the call are the treasury's.
    poor.done(2, GOVERNANCE, coins(20), execute);
    assert_eq!(balance(&poor.net.state, someone), coins(20));
}

#[test]
fn a_proposal_executes_another_inside_but_never_itself() {
    let mut chain = Chain::new();
    chain.done(1, GOVERNANCE, coins(50), Vec::new());
    let someone = Address::repeat_byte(0x55);
    let inner = chain.pass(&[(someone, coins(20), Bytes::new())], "Inner");
    let outer = chain.pass(&[(NESTING, U256::ZERO, inner.clone().into())], "Outer");
    let outcome = chain.done(2, GOVERNANCE, U256::ZERO, outer);
    assert_eq!(logs::<ProposalExecuted>(&outcome).len(), 2);
    assert_eq!(balance(&chain.net.state, someone), coins(20));
    assert!(!chain.send(2, GOVERNANCE, U256::ZERO, inner).receipts[0].status());
}

#[test]
fn proposals_that_execute_each_other_cannot_spend_bonds() {
    let mut chain = Chain::new();
    chain.done(1, GOVERNANCE, coins(30), Vec::new());
    let someone = Address::repeat_byte(0x55);
    let inner = chain.pass(&[(someone, coins(20), Bytes::new())], "Inner");
    let acts = [(NESTING, U256::ZERO, inner.clone().into()), (someone, coins(20), Bytes::new())];
    let outer = chain.pass(&acts, "Outer");
    let propose = abi::proposeCall {
        targets: Vec::new(),
        values: Vec::new(),
        calldatas: Vec::new(),
        description: "With a bond".into(),
    };
    chain.done(1, GOVERNANCE, U256::ZERO, propose.abi_encode());
    assert!(!chain.send(2, GOVERNANCE, U256::ZERO, outer).receipts[0].status());
    let state = &chain.net.state;
    assert_eq!((balance(state, someone), balance(state, GOVERNANCE)), (U256::ZERO, coins(30)));
    assert_eq!(balance(state, GOVERNANCE_BONDS), coins(1_000));
    chain.done(2, GOVERNANCE, U256::ZERO, inner);
}

#[test]
fn too_little_gas_changes_nothing_whatever_call_it_ends_in() {
    let mut chain = Chain::new();
    let acts = [(OWNED, U256::ZERO, vec![1].into()), (OWNED, U256::ZERO, vec![2].into())];
    let execute = chain.pass(&acts, "Two calls");
    for gas_limit in (30_000..=70_000).step_by(5_000) {
        let outcome = chain.send_with(gas_limit, 2, GOVERNANCE, U256::ZERO, execute.clone());
        assert!(!outcome.receipts[0].status(), "{gas_limit} gas is enough");
        assert_eq!(slot(&chain.net.state, OWNED, 0), U256::ZERO);
        assert!(logs::<ProposalExecuted>(&outcome).is_empty());
    }
    chain.done(2, GOVERNANCE, U256::ZERO, execute);
    assert_eq!(slot(&chain.net.state, OWNED, 0), U256::from(42));
}

#[test]
fn a_simulation_tells_of_all_coins_that_system_contracts_move() {
    let mut chain = Chain::new();
    chain.done(1, GOVERNANCE, coins(50), Vec::new());
    let (proposer, someone) = (sender(1), Address::repeat_byte(0x55));
    let text = || abi::proposeCall {
        targets: Vec::new(),
        values: Vec::new(),
        calldatas: Vec::new(),
        description: "A text".into(),
    };
    let execute = chain.pass(&[(someone, coins(20), Bytes::new())], "Pay");
    let deposit = |amount| Rewards::depositCall { amount, data: Vec::new() }.abi_encode();
    let stake = Staking::stakeCall { candName: "c1".into(), duration: 0, autoStake: false }.abi_encode();
    let staking = SystemContract::Staking.address();
    // From account 1: where to, with which coins and data; what moves then, and whether it succeeds.
    let cases = [
        (GOVERNANCE, U256::ZERO, text().abi_encode(), vec![(proposer, GOVERNANCE_BONDS, coins(1_000))], true),
        (REWARD_FUND, U256::ZERO, deposit(coins(7)), vec![(proposer, REWARD_FUND, coins(7))], true),
        (REWARD_FUND, U256::ZERO, deposit(U256::MAX), Vec::new(), false),
        (staking, coins(100), stake, vec![(proposer, staking, coins(100))], true),
        (GOVERNANCE, coins(3), Vec::new(), vec![(proposer, GOVERNANCE, coins(3))], true),
        (GOVERNANCE, U256::ZERO, execute.clone(), vec![(GOVERNANCE, someone, coins(20))], true),
        (NESTING, U256::ZERO, execute, Vec::new(), false),
    ];
    let calls = cases.iter().map(|(to, value, data, ..)| {
        TransactionRequest::default()
            .from(proposer)
            .to(*to)
            .value(*value)
            .input(Bytes::from(data.clone()).into())
    });
    let later = BlockOverrides { time: Some(chain.time), ..Default::default() };
    let block = SimBlock::default().extend_calls(calls).with_block_overrides(later);
    let payload = SimulatePayload { trace_transfers: true, ..SimulatePayload::default().extend(block) };
    let blocks = simulated_blocks::run(&chain.net, payload).unwrap();
    for ((to, _, _, moved, succeeds), call) in cases.iter().zip(&blocks[0].calls) {
        assert_eq!((&simulated_blocks::transfers(call), call.status), (moved, *succeeds), "a call of {to}");
    }
}

#[test]
fn gas_limit_and_lowest_base_fee_change_with_the_first_block_of_the_announced_epoch() {
    let mut chain = Chain::new();
    let params = SystemContract::Params.address();
    let set = |name: &str, value: u64| -> Act {
        let call = setCall { name: name.into(), value: U256::from(value) };
        (params, U256::ZERO, call.abi_encode().into())
    };
    let (before, after) = (
        BlockLimits::first(&chain.net.spec),
        BlockLimits { gas_limit: 25_000_000, min_base_fee: 2_000_000_000 },
    );
    let acts = [set("minBaseFee", after.min_base_fee), set("blockGasLimit", after.gas_limit)];
    let execute = chain.pass(&acts, "Dearer and smaller");
    let outcome = chain.done(2, GOVERNANCE, U256::ZERO, execute);
    let decided = logs::<ChangeDecided>(&outcome);
    let calendar = chain.net.spec.calendar();
    let first = calendar.first_block(decided[0].fromEpoch);
    assert_eq!((decided.len(), decided[1].fromEpoch, first), (2, 2, 64));
    let mut parent = Header { base_fee_per_gas: Some(1_000_000_000), ..Header::default() };
    while chain.number < first {
        chain.number += 1;
        let limits = block_on(BlockLimits::read(&chain.net.state)).unwrap();
        let is_new = chain.number >= first;
        assert_eq!(limits, if is_new { after } else { before }, "block {}", chain.number);
        parent.number = chain.number - 1;
        parent.gas_limit = before.gas_limit;
        let fee = limits.base_fee_after(&parent);
        assert_eq!(fee == after.min_base_fee, is_new, "block {}", chain.number);
        parent.base_fee_per_gas = Some(fee);
        let epoch = calendar.epoch_of(chain.number);
        let system = SystemInputs { epoch, epoch_start: calendar.first_block(epoch), ..Default::default() };
        let context = BlockContext {
            timestamp: chain.time,
            gas_limit: limits.gas_limit,
            base_fee: fee,
            system,
            ..chain.net.context(chain.number)
        };
        let outcome = block_on(execute_block(chain.net.spec.clone(), context, vec![], &chain.net.state));
        chain.net.state.apply(&outcome.unwrap().changes);
    }
    // Simulated blocks have them too.
    let base = Header { number: first, gas_limit: 1, ..parent };
    let at = BlockSimulation {
        spec: chain.net.spec.clone(),
        base_hash: base.hash_slow(),
        base,
        system: SystemInputs::default(),
        gas_cap: 1,
    };
    let payload = SimulatePayload::default().extend(SimBlock::default()).with_validation();
    let blocks = block_on(simulate_blocks(at, payload, || false, &chain.net.state)).unwrap();
    let header = &blocks[0].inner.header;
    assert_eq!((header.gas_limit, header.base_fee_per_gas), (after.gas_limit, Some(after.min_base_fee)));
}
