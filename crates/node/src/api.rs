//! The node as its RPC server sees it.

mod chain;
mod pool;
mod prove;
mod simulate;

use crate::{archive::Archive, gossip::Peers, history::HistoryView, txpool::TxPool};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_rpc_types_eth::{
    AccessListResult,
    simulate::{SimulatePayload, SimulatedBlock},
};
use alloy_rpc_types_trace::geth::{GethDebugTracingOptions, GethTrace};
use althing_chain::{Chain, Head};
use althing_engine::State;
use althing_execution::BlockLimits;
use althing_indexer::IndexError;
use althing_primitives::{
    AccountRecord, ChainSpec, Epoch, FinalizedBlock, Height, OperationsRequest, OperatorKey, StateKey,
    StateValue, Transaction,
};
use althing_rpc::api::{
    AddressPage, BlockKey, CallRequest, Committee, ContractCreation, Direction, GroupKey, LogPage, LogQuery,
    NodeApi, NodeError, NodeStatus, PoolStatus, PooledTransaction, StateProof, SubmitError,
    TransactionLocation,
};
use althing_state::{StateError, StateView};
use async_trait::async_trait;
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::sync::broadcast;

/// Where consensus stands, written by the engine's reports.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    pub(crate) epoch: AtomicU64,
    pub(crate) view: AtomicU64,
}

/// Sends transactions to a node that can propose them, on a follower.
#[async_trait]
pub(crate) trait Upstream: Send + Sync {
    /// Passes an encoded transaction on.
    async fn submit(&self, raw: Bytes) -> Result<B256, SubmitError>;
    /// The highest block that is known of.
    fn highest(&self) -> Height;
    /// Whether a node is being followed at this moment.
    fn is_connected(&self) -> bool;
}

/// Everything that answers requests.
pub(crate) struct Node {
    pub(crate) chain: Arc<Chain>,
    pub(crate) archive: Arc<Archive>,
    pub(crate) state: State,
    pub(crate) txpool: TxPool,
    pub(crate) peers: Peers,
    pub(crate) operator: Option<OperatorKey>,
    pub(crate) progress: Arc<Progress>,
    pub(crate) upstream: Option<Arc<dyn Upstream>>,
    pub(crate) min_tip: u128,
    pub(crate) started_at: Height,
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node").field("operator", &self.operator).finish_non_exhaustive()
    }
}

pub(crate) fn state_error(error: StateError) -> NodeError {
    match error {
        StateError::Pruned { height, oldest } => NodeError::Pruned { height, oldest },
        StateError::Future { .. } => NodeError::Invalid(error.to_string()),
        StateError::Operations { .. } => NodeError::Unsupported(error.to_string()),
        StateError::Database(reason) => NodeError::Internal(reason),
    }
}

pub(crate) fn index_error(error: IndexError) -> NodeError {
    match error {
        IndexError::InvalidRange { .. } => NodeError::Invalid(error.to_string()),
        _ if error.is_fatal() => NodeError::Internal(error.to_string()),
        _ => NodeError::Limit(error.to_string()),
    }
}

impl Node {
    /// State after a block.
    pub(crate) fn state_at(&self, height: Height) -> Result<HistoryView, NodeError> {
        let latest = self.archive.head().block.height();
        if height > latest {
            return Err(state_error(StateError::Future { height, latest }));
        }
        Ok(HistoryView { current: self.state.clone(), archive: self.archive.clone(), height })
    }

    async fn read(&self, key: StateKey, height: Height) -> Result<Option<StateValue>, NodeError> {
        let values = self.state_at(height)?.get_many(&[key]).await.map_err(state_error)?;
        Ok(values.into_iter().next().flatten())
    }

    /// Runs a query of the index on a thread that may wait for the disk.
    pub(crate) async fn query<T: Send + 'static>(
        &self,
        query: impl FnOnce(&althing_indexer::Index) -> Result<T, IndexError> + Send + 'static,
    ) -> Result<T, NodeError> {
        let index = self.archive.index().clone();
        match tokio::task::spawn_blocking(move || query(&index)).await {
            Ok(result) => result.map_err(index_error),
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        }
    }

    /// A final block by height.
    pub(crate) async fn block_at(&self, height: Height) -> Result<Option<Head>, NodeError> {
        let head = self.archive.head();
        match height.cmp(&head.block.height()) {
            std::cmp::Ordering::Equal => Ok(Some(head)),
            std::cmp::Ordering::Greater => Ok(None),
            std::cmp::Ordering::Less => self.query(move |index| index.block(height)).await,
        }
    }
}

#[async_trait]
impl NodeApi for Node {
    fn chain_spec(&self) -> &ChainSpec {
        &self.chain.spec
    }

    fn client_version(&self) -> String {
        crate::version()
    }

    fn latest(&self) -> Arc<FinalizedBlock> {
        self.archive.head()
    }

    fn oldest_block(&self) -> Height {
        self.archive.oldest()
    }

    fn min_tip(&self) -> u128 {
        self.min_tip
    }

    async fn next_base_fee(&self) -> Result<u64, NodeError> {
        let head = self.archive.head();
        let limits = BlockLimits::read(&self.state_at(head.block.height())?).await.map_err(state_error)?;
        Ok(limits.base_fee_after(head.block.header()))
    }

    async fn block(&self, key: BlockKey) -> Result<Option<Arc<FinalizedBlock>>, NodeError> {
        self.block_by(key).await
    }

    async fn transaction_location(&self, hash: B256) -> Result<Option<TransactionLocation>, NodeError> {
        self.locate(hash).await
    }

    async fn logs(&self, query: LogQuery, max: usize) -> Result<LogPage, NodeError> {
        self.find_logs(query, max).await
    }

    async fn address_transactions(
        &self,
        address: Address,
        from: Height,
        direction: Direction,
        page: usize,
    ) -> Result<AddressPage, NodeError> {
        self.activity(address, from, direction, page).await
    }

    async fn transaction_by_sender_nonce(
        &self,
        sender: Address,
        nonce: u64,
    ) -> Result<Option<B256>, NodeError> {
        self.by_sender_nonce(sender, nonce).await
    }

    async fn contract_creation(&self, address: Address) -> Result<Option<ContractCreation>, NodeError> {
        self.creation(address).await
    }

    async fn account(&self, address: Address, height: Height) -> Result<Option<AccountRecord>, NodeError> {
        match self.read(StateKey::Account(address), height).await? {
            Some(StateValue::Account(account)) => Ok(Some(account)),
            _ => Ok(None),
        }
    }

    async fn storage(&self, address: Address, slot: U256, height: Height) -> Result<U256, NodeError> {
        match self.read(StateKey::Slot(address, slot), height).await? {
            Some(StateValue::Slot(value)) => Ok(value),
            _ => Ok(U256::ZERO),
        }
    }

    async fn code(&self, address: Address, height: Height) -> Result<Bytes, NodeError> {
        let Some(account) = self.account(address, height).await? else { return Ok(Bytes::new()) };
        match self.read(StateKey::Code(account.code_hash), height).await? {
            Some(StateValue::Code(code)) => Ok(code),
            _ => Ok(Bytes::new()),
        }
    }

    async fn prove(&self, keys: Vec<StateKey>, height: Option<Height>) -> Result<StateProof, NodeError> {
        self.prove_values(keys, height).await
    }

    async fn state_operations(&self, request: OperationsRequest) -> Result<Bytes, NodeError> {
        self.state.operations(request).await.map_err(state_error)
    }

    async fn call(&self, request: CallRequest) -> Result<Bytes, NodeError> {
        self.simulate_call(request).await
    }

    async fn estimate_gas(&self, request: CallRequest) -> Result<u64, NodeError> {
        self.simulate_estimate(request).await
    }

    async fn create_access_list(&self, request: CallRequest) -> Result<AccessListResult, NodeError> {
        self.simulate_access_list(request).await
    }

    async fn simulate_blocks(
        &self,
        payload: SimulatePayload,
        height: Height,
        gas_cap: u64,
    ) -> Result<Vec<SimulatedBlock>, NodeError> {
        self.simulate_all(payload, height, gas_cap).await
    }

    async fn trace_call(
        &self,
        request: CallRequest,
        options: GethDebugTracingOptions,
    ) -> Result<GethTrace, NodeError> {
        self.simulate_trace(request, options).await
    }

    async fn trace_transaction(
        &self,
        location: TransactionLocation,
        options: GethDebugTracingOptions,
    ) -> Result<GethTrace, NodeError> {
        self.replay_transaction(location, options).await
    }

    async fn trace_block(
        &self,
        height: Height,
        options: GethDebugTracingOptions,
    ) -> Result<Vec<GethTrace>, NodeError> {
        self.replay_block(height, options).await
    }

    async fn submit(&self, transaction: Transaction) -> Result<B256, SubmitError> {
        self.submit_transaction(transaction).await
    }

    async fn pooled_transaction(&self, hash: B256) -> Option<PooledTransaction> {
        self.pooled(hash)
    }

    async fn pool_content(&self, sender: Option<Address>, max: usize) -> Vec<PooledTransaction> {
        self.pooled_content(sender, max)
    }

    async fn pool_status(&self) -> PoolStatus {
        let status = self.txpool.pool.lock().status();
        PoolStatus { pending: status.pending as u64, queued: status.queued as u64 }
    }

    async fn pending_nonce(&self, sender: Address) -> Option<u64> {
        self.txpool.pool.lock().pending_nonce(&sender)
    }

    fn subscribe_blocks(&self) -> broadcast::Receiver<Arc<FinalizedBlock>> {
        self.archive.subscribe_blocks()
    }

    fn subscribe_pending(&self) -> broadcast::Receiver<B256> {
        self.archive.subscribe_pending()
    }

    async fn status(&self) -> NodeStatus {
        self.node_status().await
    }

    async fn committee(&self, epoch: Epoch) -> Result<Option<Committee>, NodeError> {
        self.committee_of(epoch).await
    }

    fn group_keys(&self) -> Vec<GroupKey> {
        self.known_keys()
    }
}

impl Progress {
    pub(crate) fn seen(&self, epoch: u64, view: u64) {
        self.epoch.fetch_max(epoch, Ordering::Relaxed);
        if self.epoch.load(Ordering::Relaxed) == epoch {
            self.view.store(view, Ordering::Relaxed);
        }
    }
}
