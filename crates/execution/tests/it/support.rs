//! A devnet in memory: funded keys, signed transactions, blocks on blocks.

use alloy_consensus::{SignableTransaction, TxEip1559};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, hex};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use althing_execution::{
    BlockContext, BuildLimits, Candidates, ExecutionError, Outcome, SystemInputs, build_block, execute_block,
    genesis_changes,
};
use althing_primitives::{
    ChainSpec, GenesisAccount, Param, Recovered, StateKey, StateValue, Transaction, Validator,
};
use althing_state::{AtHand, MemoryState, StateError, StateView, Values};
use futures::executor::block_on;
use std::{
    collections::{BTreeSet, VecDeque},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

/// Contracts that stand at fixed addresses from genesis on.
pub(crate) const BENEFICIARY: Address = Address::repeat_byte(0xbe);

pub(crate) fn signer(index: usize) -> PrivateKeySigner {
    const KEYS: [&str; 3] = [
        "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
        "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
        "5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a",
    ];
    KEYS[index].parse().unwrap()
}

pub(crate) fn sender(index: usize) -> Address {
    signer(index).address()
}

pub(crate) fn sign<T: SignableTransaction<alloy_primitives::Signature>>(
    tx: T,
    index: usize,
) -> Recovered<Transaction>
where
    Transaction: From<alloy_consensus::Signed<T>>,
{
    let signature = signer(index).sign_hash_sync(&tx.signature_hash()).unwrap();
    Recovered::new_unchecked(tx.into_signed(signature).into(), sender(index))
}

pub(crate) const CHAIN_ID: u64 = 930_931;

/// Of a block.
pub(crate) const GAS_LIMIT: u64 = 30_000_000;

pub(crate) fn template(nonce: u64) -> TxEip1559 {
    TxEip1559 {
        chain_id: CHAIN_ID,
        nonce,
        gas_limit: 1_000_000,
        max_fee_per_gas: 10_000_000_000,
        max_priority_fee_per_gas: 1_000_000_000,
        to: TxKind::Call(Address::repeat_byte(0x77)),
        value: U256::ZERO,
        access_list: Default::default(),
        input: Bytes::new(),
    }
}

pub(crate) fn transfer(index: usize, nonce: u64, to: Address, value: u64) -> Recovered<Transaction> {
    sign(TxEip1559 { to: to.into(), value: U256::from(value), gas_limit: 30_000, ..template(nonce) }, index)
}

pub(crate) fn call(index: usize, nonce: u64, to: Address, input: &[u8]) -> Recovered<Transaction> {
    sign(TxEip1559 { to: to.into(), input: input.to_vec().into(), ..template(nonce) }, index)
}

/// A network with its state.
pub(crate) struct Net {
    pub(crate) spec: Arc<ChainSpec>,
    pub(crate) state: MemoryState,
}

impl Net {
    pub(crate) fn new(contracts: &[(Address, &str)]) -> Self {
        let validator = Validator {
            name: "a".into(),
            operator: B256::repeat_byte(1),
            reward: BENEFICIARY,
            p2p: "127.0.0.1:1".into(),
        };
        let mut spec = ChainSpec::devnet(vec![validator], 1_700_000_000_000);
        spec.params.set(Param::BlockGasLimit, GAS_LIMIT.into()).unwrap();
        for (address, code) in contracts {
            let code = hex::decode(code).unwrap().into();
            spec.alloc.insert(*address, GenesisAccount { nonce: 1, code, ..Default::default() });
        }
        let mut state = MemoryState::default();
        state.apply(&genesis_changes(&spec).unwrap());
        Self { spec: Arc::new(spec), state }
    }

    pub(crate) fn context(&self, number: u64) -> BlockContext {
        BlockContext {
            number,
            timestamp: 1_700_000_000 + number,
            beneficiary: BENEFICIARY,
            gas_limit: GAS_LIMIT,
            base_fee: 1_000_000_000,
            prevrandao: B256::repeat_byte(number as u8),
            parent_hash: B256::with_last_byte(number as u8),
            system: SystemInputs { group_key: vec![number as u8; 96].into(), ..Default::default() },
        }
    }

    pub(crate) fn execute(&self, txs: &[Recovered<Transaction>]) -> Result<Outcome, ExecutionError> {
        block_on(execute_block(self.spec.clone(), self.context(1), txs.to_vec(), &self.state))
    }

    pub(crate) fn build(
        &self,
        candidates: Vec<Recovered<Transaction>>,
        max_bytes: usize,
    ) -> (Vec<Recovered<Transaction>>, Outcome) {
        let limits = BuildLimits { max_bytes, deadline: || false };
        block_on(build_block(self.spec.clone(), self.context(1), Queue::new(candidates), &self.state, limits))
            .unwrap()
    }

    pub(crate) fn after(&self, outcome: &Outcome) -> MemoryState {
        let mut state = self.state.clone();
        state.apply(&outcome.changes);
        state
    }
}

pub(crate) fn slot(state: &MemoryState, address: Address, slot: u64) -> U256 {
    match state.get(&StateKey::Slot(address, U256::from(slot))) {
        Some(StateValue::Slot(value)) => *value,
        _ => U256::ZERO,
    }
}

pub(crate) fn balance(state: &MemoryState, address: Address) -> U256 {
    match state.get(&StateKey::Account(address)) {
        Some(StateValue::Account(record)) => record.balance,
        _ => U256::ZERO,
    }
}

pub(crate) fn total_balance(state: &MemoryState) -> U256 {
    let balance = |(_, value): (_, &StateValue)| match value {
        StateValue::Account(record) => record.balance,
        _ => U256::ZERO,
    };
    state.iter().map(balance).fold(U256::ZERO, |sum, balance| sum + balance)
}

/// Candidates from a list, as a pool would give them.
pub(crate) struct Queue {
    left: VecDeque<Recovered<Transaction>>,
    given: Vec<Recovered<Transaction>>,
    dropped: BTreeSet<Address>,
}

impl Queue {
    pub(crate) fn new(list: Vec<Recovered<Transaction>>) -> Self {
        Self { left: list.into(), given: Vec::new(), dropped: BTreeSet::new() }
    }
}

impl Candidates for Queue {
    fn next(&mut self) -> Option<Recovered<Transaction>> {
        while let Some(tx) = self.left.pop_front() {
            if !self.dropped.contains(&tx.signer()) {
                self.given.push(tx.clone());
                return Some(tx);
            }
        }
        None
    }

    fn mark_invalid(&mut self, hash: &B256) {
        let tx = self.given.iter().find(|tx| tx.hash() == hash).expect("only given candidates are refused");
        self.dropped.insert(tx.signer());
    }
}

/// A state whose answers take a while (each future is pending once), and that counts the questions.
pub(crate) struct SlowState {
    pub(crate) state: MemoryState,
    pub(crate) questions: AtomicUsize,
}

impl SlowState {
    pub(crate) fn new(state: &MemoryState) -> Self {
        Self { state: state.clone(), questions: AtomicUsize::new(0) }
    }
}

impl StateView for SlowState {
    async fn get_many(&self, keys: &[StateKey]) -> Values {
        self.questions.fetch_add(1, Ordering::Relaxed);
        let mut waited = false;
        std::future::poll_fn(|context| {
            if std::mem::replace(&mut waited, true) {
                return std::task::Poll::Ready(());
            }
            context.waker().wake_by_ref();
            std::task::Poll::Pending
        })
        .await;
        self.state.get_many(keys).await
    }
}

/// A state of which every fourth value is on a disk, which must be waited for, until it was read once.
pub(crate) struct DiskState {
    pub(crate) slow: SlowState,
    pub(crate) cached: Arc<Mutex<BTreeSet<StateKey>>>,
}

impl StateView for DiskState {
    async fn get_many(&self, keys: &[StateKey]) -> Values {
        self.cached.lock().unwrap().extend(keys);
        self.slow.get_many(keys).await
    }

    fn at_hand(&self) -> Option<AtHand> {
        let (cached, memory) = (self.cached.clone(), self.slow.state.at_hand()?);
        Some(Box::new(move |keys| {
            let cached = cached.lock().unwrap();
            let at_hand = |key: &StateKey| !key.hashed()[0].is_multiple_of(4) || cached.contains(key);
            keys.iter().all(at_hand).then(|| memory(keys)).flatten()
        }))
    }
}

/// A state that cannot be read.
pub(crate) struct BrokenState;

impl StateView for BrokenState {
    async fn get_many(&self, _: &[StateKey]) -> Values {
        Err(StateError::Database("disk on fire".into()))
    }
}
