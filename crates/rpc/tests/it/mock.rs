//! A node of four blocks: real types, roots and signatures; execution is a table of known addresses.

use crate::governance;
use alloy_consensus::{
    Eip658Value, ReceiptWithBloom, SignableTransaction, Transaction as _, TxEip1559, TxEip2930, TxLegacy,
    TxReceipt, proofs::calculate_receipt_root, transaction::SignerRecoverable,
};
use alloy_eips::eip1559::{BaseFeeParams, calc_next_block_base_fee};
use alloy_primitives::{Address, B64, B256, Bloom, Bytes, Log, TxKind, U256, address, keccak256};
use alloy_rpc_types_eth::{
    AccessListResult,
    simulate::{SimCallResult, SimulateError, SimulatePayload, SimulatedBlock},
};
use alloy_rpc_types_trace::geth::{CallFrame, GethDebugTracingOptions, GethTrace};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use alloy_sol_types::{Panic, Revert, SolError};
use althing_primitives::{
    AccountRecord, Block, ChainSpec, Epoch, FinalizedBlock, Header, Height, OperationsRequest, Receipt, Seal,
    StateKey, StateValue, Transaction, Validator,
};
use althing_rpc::api::*;
use async_trait::async_trait;
use parking_lot::{Mutex, RwLock};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use tokio::sync::broadcast;

pub(crate) const CHAIN_ID: u64 = 930_931;
pub(crate) const GWEI: u128 = 1_000_000_000;
pub(crate) const TO: Address = address!("70997970C51812dc3A010C7d01b50e0d17dc79C8");
/// Emits the logs of block 3.
pub(crate) const TOKEN: Address = address!("00000000000000000000000000000000000000aa");
/// Emits the system logs: one in block 2, and those that a test asks for.
pub(crate) const PROTOCOL: Address = address!("00000000000000000000000000000000000000bb");
/// Calls to these do what their names say; any other address gives the input back.
pub(crate) const REVERTS: Address = address!("0000000000000000000000000000000000001001");
pub(crate) const PANICS_IN_SOLIDITY: Address = address!("0000000000000000000000000000000000001002");
pub(crate) const RUNS_OUT_OF_GAS: Address = address!("0000000000000000000000000000000000001003");
pub(crate) const CRASHES: Address = address!("0000000000000000000000000000000000001004");
pub(crate) const HANGS: Address = address!("0000000000000000000000000000000000001005");

/// Oldest height whose state the mock has.
pub(crate) const OLDEST_STATE: Height = 1;

/// Capacity of the event channels: small, so that lagging is quick to test.
const EVENTS: usize = 8;

pub(crate) fn sender() -> PrivateKeySigner {
    "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80".parse().unwrap()
}

pub(crate) fn sign(
    transaction: impl SignableTransaction<alloy_primitives::Signature> + Into<Unsigned>,
) -> Transaction {
    let signature = sender().sign_hash_sync(&transaction.signature_hash()).unwrap();
    match transaction.into() {
        Unsigned::Legacy(tx) => tx.into_signed(signature).into(),
        Unsigned::Eip2930(tx) => tx.into_signed(signature).into(),
        Unsigned::Eip1559(tx) => tx.into_signed(signature).into(),
    }
}

pub(crate) enum Unsigned {
    Legacy(TxLegacy),
    Eip2930(TxEip2930),
    Eip1559(TxEip1559),
}

impl From<TxLegacy> for Unsigned {
    fn from(tx: TxLegacy) -> Self {
        Self::Legacy(tx)
    }
}
impl From<TxEip2930> for Unsigned {
    fn from(tx: TxEip2930) -> Self {
        Self::Eip2930(tx)
    }
}
impl From<TxEip1559> for Unsigned {
    fn from(tx: TxEip1559) -> Self {
        Self::Eip1559(tx)
    }
}

pub(crate) fn transfer(nonce: u64) -> Transaction {
    sign(TxEip1559 {
        chain_id: CHAIN_ID,
        nonce,
        gas_limit: 21_000,
        max_fee_per_gas: 10 * GWEI,
        max_priority_fee_per_gas: GWEI,
        to: TxKind::Call(TO),
        value: U256::from(1),
        ..Default::default()
    })
}

pub(crate) fn topic(name: &str) -> B256 {
    keccak256(name)
}

pub(crate) fn system_log(name: &str) -> Log {
    Log::new_unchecked(PROTOCOL, vec![topic(name)], vec![8].into())
}

fn receipt(transaction: &Transaction, success: bool, cumulative_gas_used: u64, logs: Vec<Log>) -> Receipt {
    let receipt =
        alloy_consensus::Receipt { status: Eip658Value::Eip658(success), cumulative_gas_used, logs };
    let logs_bloom = receipt.logs.iter().collect::<Bloom>();
    let receipt = ReceiptWithBloom { receipt, logs_bloom };
    match transaction {
        Transaction::Legacy(_) => Receipt::Legacy(receipt),
        Transaction::Eip2930(_) => Receipt::Eip2930(receipt),
        Transaction::Eip1559(_) => Receipt::Eip1559(receipt),
        Transaction::Eip4844(_) => Receipt::Eip4844(receipt),
        Transaction::Eip7702(_) => Receipt::Eip7702(receipt),
    }
}

/// The block after `parent` with transactions of which each has used so much gas, succeeded or not, and left logs.
fn next_block(parent: Option<&Block>, contents: Vec<(Transaction, u64, bool, Vec<Log>)>) -> FinalizedBlock {
    let mut gas_used = 0;
    let mut transactions = Vec::new();
    let mut receipts = Vec::new();
    for (transaction, gas, success, logs) in contents {
        gas_used += gas;
        receipts.push(receipt(&transaction, success, gas_used, logs));
        transactions.push(transaction);
    }
    let number = parent.map_or(0, |p| p.height() + 1);
    let base_fee = parent.map_or(GWEI as u64, |p| next_base_fee(p.header()));
    let header = Header {
        parent_hash: parent.map_or(B256::ZERO, |p| p.hash()),
        beneficiary: TO,
        state_root: B256::repeat_byte(0x11),
        receipts_root: calculate_receipt_root(&receipts),
        logs_bloom: receipts.iter().fold(Bloom::ZERO, |bloom, r| bloom | r.bloom()),
        number,
        gas_limit: 60_000_000,
        gas_used,
        timestamp: 1_700_000_000 + number,
        mix_hash: B256::repeat_byte(0x22),
        nonce: B64::ZERO,
        base_fee_per_gas: Some(base_fee),
        withdrawals_root: Some(alloy_consensus::constants::EMPTY_WITHDRAWALS),
        blob_gas_used: Some(0),
        excess_blob_gas: Some(0),
        parent_beacon_block_root: Some(B256::ZERO),
        requests_hash: Some(alloy_eips::eip7685::EMPTY_REQUESTS_HASH),
        ..Default::default()
    };
    let seal = Seal {
        version: 1,
        view: number,
        proposer: B256::repeat_byte(0x33),
        time_ms: 1_700_000_000_500 + 1000 * number,
        ..Default::default()
    };
    let senders = transactions.iter().map(|t| t.recover_signer().unwrap()).collect();
    let block = Block::new(header, seal, transactions);
    // Block 2 has none of its own: that of block 3 covers it.
    let certificate = (number != 2).then(|| Bytes::from(vec![number as u8; 4]));
    let (system_logs, changes) = (Vec::new(), Vec::new());
    FinalizedBlock { block, senders, receipts, system_logs, changes, certificate }
}

fn next_base_fee(header: &Header) -> u64 {
    let base_fee = header.base_fee_per_gas.unwrap();
    calc_next_block_base_fee(header.gas_used, header.gas_limit, base_fee, BaseFeeParams::ethereum())
}

fn chain() -> Vec<Arc<FinalizedBlock>> {
    let to = TxKind::Call(TO);
    let legacy = sign(TxLegacy {
        chain_id: Some(CHAIN_ID),
        gas_price: 3 * GWEI,
        gas_limit: 21_000,
        to,
        value: U256::from(5),
        ..Default::default()
    });
    let create = sign(TxEip1559 {
        chain_id: CHAIN_ID,
        nonce: 1,
        gas_limit: 100_000,
        max_fee_per_gas: 20 * GWEI,
        max_priority_fee_per_gas: 2 * GWEI,
        to: TxKind::Create,
        input: vec![0x60, 0x00].into(),
        ..Default::default()
    });
    // With the base fee of block 3, by hand 669,988,868, this leaves a tip of exactly 1,000,000,000.
    let reverted = sign(TxEip2930 {
        chain_id: CHAIN_ID,
        nonce: 2,
        gas_limit: 30_000,
        gas_price: 1_669_988_868,
        to: TxKind::Call(REVERTS),
        ..Default::default()
    });
    let log = |topics: &[&str]| {
        Log::new_unchecked(TOKEN, topics.iter().map(|t| topic(t)).collect(), vec![7].into())
    };
    let logs = vec![log(&["Transfer", "alice"]), log(&["Approval"])];
    let genesis = next_block(None, vec![]);
    let one = next_block(Some(&genesis.block), vec![(legacy, 21_000, true, vec![])]);
    let two =
        FinalizedBlock { system_logs: vec![system_log("Reward")], ..next_block(Some(&one.block), vec![]) };
    let three =
        next_block(Some(&two.block), vec![(create, 60_000, true, logs), (reverted, 30_000, false, vec![])]);
    [genesis, one, two, three].into_iter().map(Arc::new).collect()
}

pub(crate) struct MockNode {
    spec: ChainSpec,
    blocks: RwLock<Vec<Arc<FinalizedBlock>>>,
    pool: Mutex<Vec<PooledTransaction>>,
    pub(crate) refusal: Mutex<Option<SubmitError>>,
    /// Oldest block that is kept.
    pub(crate) oldest: AtomicU64,
    /// Calls that hang.
    pub(crate) hanging: AtomicUsize,
    /// Submissions that were begun, and whether they are held up.
    pub(crate) submitted: AtomicUsize,
    pub(crate) holds_up: AtomicBool,
    finalized: broadcast::Sender<Arc<FinalizedBlock>>,
    pending: broadcast::Sender<B256>,
}

impl MockNode {
    pub(crate) fn new() -> Self {
        let validator = Validator {
            name: "v0".into(),
            operator: B256::repeat_byte(0x33),
            reward: TO,
            p2p: "127.0.0.1:9000".into(),
        };
        Self {
            spec: ChainSpec::devnet(vec![validator], 1_700_000_000_000),
            blocks: RwLock::new(chain()),
            pool: Mutex::default(),
            refusal: Mutex::default(),
            oldest: AtomicU64::new(0),
            hanging: AtomicUsize::new(0),
            submitted: AtomicUsize::new(0),
            holds_up: AtomicBool::new(false),
            finalized: broadcast::channel(EVENTS).0,
            pending: broadcast::channel(EVENTS).0,
        }
    }

    /// Finalizes a block with all of the pool.
    pub(crate) fn finalize(&self) -> Arc<FinalizedBlock> {
        self.finalize_with(Vec::new())
    }

    /// The same, where the protocol leaves logs.
    pub(crate) fn finalize_with(&self, system_logs: Vec<Log>) -> Arc<FinalizedBlock> {
        let pool = std::mem::take(&mut *self.pool.lock());
        let log = Log::new_unchecked(TOKEN, vec![topic("Transfer")], Bytes::new());
        let contents = pool.into_iter().map(|p| (p.transaction, 21_000, true, vec![log.clone()])).collect();
        let block = next_block(Some(&self.latest().block), contents);
        let block = Arc::new(FinalizedBlock { system_logs, ..block });
        self.blocks.write().push(block.clone());
        let _ = self.finalized.send(block.clone());
        block
    }

    fn state(&self, height: Height) -> Result<(), NodeError> {
        match height {
            0 => Err(NodeError::Pruned { height, oldest: OLDEST_STATE }),
            _ => Ok(()),
        }
    }
}

#[async_trait]
impl NodeApi for MockNode {
    fn chain_spec(&self) -> &ChainSpec {
        &self.spec
    }

    fn client_version(&self) -> String {
        "althing/0.0.0/test".into()
    }

    fn latest(&self) -> Arc<FinalizedBlock> {
        self.blocks.read().last().unwrap().clone()
    }

    fn oldest_block(&self) -> Height {
        self.oldest.load(Relaxed)
    }

    fn min_tip(&self) -> u128 {
        7
    }

    async fn next_base_fee(&self) -> Result<u64, NodeError> {
        Ok(next_base_fee(self.latest().block.header()))
    }

    async fn block(&self, key: BlockKey) -> Result<Option<Arc<FinalizedBlock>>, NodeError> {
        let blocks = self.blocks.read();
        Ok(match key {
            BlockKey::Height(height) => blocks.get(height as usize).cloned(),
            BlockKey::Hash(hash) => blocks.iter().find(|b| b.block.hash() == hash).cloned(),
        })
    }

    async fn transaction_location(&self, hash: B256) -> Result<Option<TransactionLocation>, NodeError> {
        Ok(self.blocks.read().iter().find_map(|b| {
            let index = b.logs().position(|(transaction, _)| transaction == hash)?;
            Some(TransactionLocation { height: b.block.height(), index })
        }))
    }

    async fn logs(&self, query: LogQuery, max: usize) -> Result<LogPage, NodeError> {
        let mut page = LogPage { reached: query.to, ..Default::default() };
        if let Some(logs) = governance::logs(&query) {
            return Ok(LogPage { logs, ..page });
        }
        for block in &self.blocks.read()[query.from as usize..=query.to as usize] {
            let logs =
                block.logs().enumerate().flat_map(|(i, (hash, logs))| logs.iter().map(move |l| (i, hash, l)));
            for (log_index, (index, hash, log)) in logs.enumerate() {
                if query.matches(log) {
                    page.logs.push(alloy_rpc_types_eth::Log {
                        inner: log.clone(),
                        block_hash: Some(block.block.hash()),
                        block_number: Some(block.block.height()),
                        block_timestamp: Some(block.block.header().timestamp),
                        transaction_hash: Some(hash),
                        transaction_index: Some(index as u64),
                        log_index: Some(log_index as u64),
                        removed: false,
                    });
                }
            }
            if page.logs.len() >= max {
                page.reached = block.block.height();
                break;
            }
        }
        Ok(page)
    }

    async fn address_transactions(
        &self,
        address: Address,
        from: Height,
        direction: Direction,
        page: usize,
    ) -> Result<AddressPage, NodeError> {
        let mut blocks = self.blocks.read().clone();
        blocks.retain(|b| match direction {
            Direction::Older => b.block.height() < from,
            Direction::Newer => b.block.height() > from,
        });
        if direction == Direction::Older {
            blocks.reverse();
        }
        let mut answer = AddressPage { complete: true, ..Default::default() };
        for block in blocks {
            if answer.locations.len() >= page {
                answer.complete = false;
                break;
            }
            let mut here: Vec<_> = (0..block.senders.len())
                .filter(|i| {
                    block.senders[*i] == address || block.block.transactions()[*i].to() == Some(address)
                })
                .map(|index| TransactionLocation { height: block.block.height(), index })
                .collect();
            if direction == Direction::Older {
                here.reverse();
            }
            answer.locations.extend(here);
        }
        Ok(answer)
    }

    async fn transaction_by_sender_nonce(
        &self,
        sender: Address,
        nonce: u64,
    ) -> Result<Option<B256>, NodeError> {
        for block in self.blocks.read().iter() {
            for (from, transaction) in block.senders.iter().zip(block.block.transactions()) {
                if *from == sender && transaction.nonce() == nonce {
                    return Ok(Some(*transaction.tx_hash()));
                }
            }
        }
        Ok(None)
    }

    async fn contract_creation(&self, address: Address) -> Result<Option<ContractCreation>, NodeError> {
        let transaction = *self.blocks.read()[3].block.transactions()[0].tx_hash();
        let creator = sender().address();
        Ok((address == creator.create(1)).then_some(ContractCreation { transaction, creator }))
    }

    async fn account(&self, address: Address, height: Height) -> Result<Option<AccountRecord>, NodeError> {
        self.state(height)?;
        let account =
            AccountRecord { nonce: height, balance: U256::from(1000 + height), ..Default::default() };
        Ok((address == sender().address()).then_some(account))
    }

    async fn storage(&self, address: Address, slot: U256, height: Height) -> Result<U256, NodeError> {
        self.state(height)?;
        Ok(if address == TOKEN { slot + U256::from(1) } else { U256::ZERO })
    }

    async fn code(&self, address: Address, height: Height) -> Result<Bytes, NodeError> {
        self.state(height)?;
        Ok(if address == TOKEN { vec![0x60, 0x01].into() } else { Bytes::new() })
    }

    async fn prove(&self, keys: Vec<StateKey>, height: Option<Height>) -> Result<StateProof, NodeError> {
        let block = self.latest();
        let latest = block.block.height();
        if height.is_some_and(|height| height != latest) {
            return Err(NodeError::Invalid("only the state after the latest block can be proven".into()));
        }
        let mut values = Vec::new();
        for key in keys {
            let value = match key {
                StateKey::Account(address) => self.account(address, latest).await?.map(StateValue::Account),
                StateKey::Slot(address, slot) => Some(self.storage(address, slot, latest).await?)
                    .filter(|v| !v.is_zero())
                    .map(StateValue::Slot),
                StateKey::Code(_) => None,
            };
            values.push(value.map(|value| ProvenValue { value, proof: vec![0x5a; 4].into() }));
        }
        Ok(StateProof { block, values })
    }

    async fn state_operations(&self, request: OperationsRequest) -> Result<Bytes, NodeError> {
        match request.size {
            0 => Err(NodeError::Unsupported("operations 0 and on are not there".into())),
            _ => Ok(format!("{request:?}").into_bytes().into()),
        }
    }

    async fn call(&self, request: CallRequest) -> Result<Bytes, NodeError> {
        self.state(request.height)?;
        let input = request.transaction.input.input().cloned().unwrap_or_default();
        if let Some(answer) = governance::answer(&input, &[]) {
            return answer;
        }
        let to = request.transaction.to.and_then(|to| to.to().copied()).unwrap_or_default();
        match to {
            REVERTS => Err(NodeError::Revert(Revert::from("not today").abi_encode().into())),
            PANICS_IN_SOLIDITY => {
                Err(NodeError::Revert(Panic { code: U256::from(0x11) }.abi_encode().into()))
            }
            RUNS_OUT_OF_GAS => Err(NodeError::Halt("out of gas".into())),
            CRASHES => panic!("a bug in execution"),
            HANGS => {
                self.hanging.fetch_add(1, Relaxed);
                std::future::pending().await
            }
            _ => Ok(request.transaction.input.into_input().unwrap_or_default()),
        }
    }

    async fn estimate_gas(&self, request: CallRequest) -> Result<u64, NodeError> {
        self.call(request).await.map(|_| 21_000)
    }

    async fn create_access_list(&self, request: CallRequest) -> Result<AccessListResult, NodeError> {
        self.call(request).await?;
        Ok(AccessListResult { access_list: Default::default(), gas_used: U256::from(21_000), error: None })
    }

    async fn simulate_blocks(
        &self,
        payload: SimulatePayload,
        height: Height,
        gas_cap: u64,
    ) -> Result<Vec<SimulatedBlock>, NodeError> {
        self.state(height)?;
        let mut blocks = Vec::new();
        for (block, number) in payload.block_state_calls.into_iter().zip(height + 1..) {
            let mut answer: SimulatedBlock = SimulatedBlock::default();
            answer.inner.header.inner = Header { number, ..self.latest().block.header().clone() };
            answer.inner.header.hash = answer.inner.header.inner.hash_slow();
            let mut decided = Vec::new();
            for transaction in block.calls {
                let input = transaction.input.input().cloned().unwrap_or_default();
                if let Some(output) = governance::answer(&input, &decided) {
                    let return_data = output?;
                    answer.calls.push(SimCallResult { return_data, status: true, ..Default::default() });
                    continue;
                }
                decided.extend(governance::decide(&input));
                let logs = governance::transfer(&transaction);
                let (height, state_overrides, block_overrides) = (height, None, None);
                let request = CallRequest { transaction, height, state_overrides, block_overrides, gas_cap };
                answer.calls.push(match self.call(request).await {
                    Ok(return_data) => SimCallResult {
                        return_data,
                        gas_used: 21_000,
                        status: true,
                        logs,
                        ..Default::default()
                    },
                    Err(NodeError::Revert(data)) => {
                        let message = "execution reverted".into();
                        let error = Some(SimulateError { code: 3, message, data: Some(data) });
                        SimCallResult { gas_used: 30_000, error, ..Default::default() }
                    }
                    Err(other) => return Err(NodeError::Refused { code: -38015, reason: other.to_string() }),
                });
            }
            blocks.push(answer);
        }
        Ok(blocks)
    }

    async fn trace_call(
        &self,
        request: CallRequest,
        _: GethDebugTracingOptions,
    ) -> Result<GethTrace, NodeError> {
        self.call(request).await?;
        Ok(GethTrace::CallTracer(tree()))
    }

    async fn trace_transaction(
        &self,
        location: TransactionLocation,
        _: GethDebugTracingOptions,
    ) -> Result<GethTrace, NodeError> {
        let failed = location == TransactionLocation { height: 3, index: 1 };
        let output = failed.then(|| Revert::from("not today").abi_encode().into());
        let error = failed.then(|| "execution reverted".into());
        Ok(GethTrace::CallTracer(CallFrame { output, error, ..tree() }))
    }

    async fn trace_block(
        &self,
        height: Height,
        _: GethDebugTracingOptions,
    ) -> Result<Vec<GethTrace>, NodeError> {
        let count = self.blocks.read()[height as usize].senders.len();
        Ok(vec![GethTrace::CallTracer(tree()); count])
    }

    async fn submit(&self, transaction: Transaction) -> Result<B256, SubmitError> {
        self.submitted.fetch_add(1, Relaxed);
        while self.holds_up.load(Relaxed) {
            tokio::task::yield_now().await;
        }
        if let Some(refusal) = self.refusal.lock().clone() {
            return Err(refusal);
        }
        let hash = *transaction.tx_hash();
        let sender = transaction.recover_signer().map_err(|_| SubmitError::InvalidSender)?;
        let mut pool = self.pool.lock();
        if pool.iter().any(|p| *p.transaction.tx_hash() == hash) {
            return Err(SubmitError::AlreadyKnown(hash));
        }
        let executable = transaction.nonce() == 3 + pool.len() as u64;
        pool.push(PooledTransaction { transaction, sender, executable });
        let _ = self.pending.send(hash);
        Ok(hash)
    }

    async fn pooled_transaction(&self, hash: B256) -> Option<PooledTransaction> {
        self.pool.lock().iter().find(|p| *p.transaction.tx_hash() == hash).cloned()
    }

    async fn pool_content(&self, sender: Option<Address>, max: usize) -> Vec<PooledTransaction> {
        let pool = self.pool.lock();
        pool.iter().filter(|p| sender.is_none_or(|s| s == p.sender)).take(max).cloned().collect()
    }

    async fn pool_status(&self) -> PoolStatus {
        let pool = self.pool.lock();
        let pending = pool.iter().filter(|p| p.executable).count() as u64;
        PoolStatus { pending, queued: pool.len() as u64 - pending }
    }

    async fn pending_nonce(&self, sender: Address) -> Option<u64> {
        let pool = self.pool.lock();
        let nonces =
            pool.iter().filter(|p| p.sender == sender && p.executable).map(|p| p.transaction.nonce());
        nonces.max().map(|nonce| nonce + 1)
    }

    fn subscribe_blocks(&self) -> broadcast::Receiver<Arc<FinalizedBlock>> {
        self.finalized.subscribe()
    }

    fn subscribe_pending(&self) -> broadcast::Receiver<B256> {
        self.pending.subscribe()
    }

    async fn status(&self) -> NodeStatus {
        NodeStatus {
            peers: 3,
            operator: Some(B256::repeat_byte(0x33)),
            consensus: Some(ConsensusState { epoch: 0, view: 4, signing: true }),
            oldest_state: OLDEST_STATE,
            ..Default::default()
        }
    }

    async fn committee(&self, epoch: Epoch) -> Result<Option<Committee>, NodeError> {
        Ok((epoch == 0).then(|| Committee {
            epoch,
            first_height: 0,
            last_height: 31,
            key_id: 0,
            group_key: vec![9; 96].into(),
            members: vec![CommitteeMember {
                name: "v0".into(),
                operator: B256::repeat_byte(0x33),
                reward: TO,
                candidate: None,
            }],
            leaders: vec![0],
            serves: true,
            kept: false,
        }))
    }

    fn group_keys(&self) -> Vec<GroupKey> {
        let key = |id: u8, first_epoch, announcement| GroupKey {
            id: id.into(),
            first_epoch,
            key: vec![9 + id; 96].into(),
            announcement,
        };
        vec![key(0, 0, None), key(1, 7, Some(vec![0xc0].into()))]
    }
}

/// A call that pays a contract, creates another, and makes a payment that fails.
fn tree() -> CallFrame {
    let frame = |typ: &str, value: u64, to: Address| CallFrame {
        typ: typ.into(),
        from: TOKEN,
        to: Some(to),
        value: Some(U256::from(value)),
        ..Default::default()
    };
    let failed = CallFrame {
        error: Some("execution reverted".into()),
        calls: vec![frame("CALL", 9, TO)],
        ..frame("CALL", 8, TO)
    };
    CallFrame {
        calls: vec![frame("CALL", 5, TO), frame("STATICCALL", 0, TO), frame("CREATE", 0, REVERTS), failed],
        ..frame("CALL", 1, TOKEN)
    }
}
