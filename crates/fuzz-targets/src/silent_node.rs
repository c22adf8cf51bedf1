//! A node of one block that has nothing and refuses everything: the server before it is what is tested.

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_rpc_types_eth::{
    AccessListResult,
    simulate::{SimulatePayload, SimulatedBlock},
};
use alloy_rpc_types_trace::geth::{GethDebugTracingOptions, GethTrace};
use althing_primitives::{
    AccountRecord, Block, ChainSpec, Epoch, FinalizedBlock, Header, Height, OperationsRequest, Seal,
    StateKey, Transaction, Validator,
};
use althing_rpc::api::{
    AddressPage, BlockKey, CallRequest, Committee, ContractCreation, Direction, GroupKey, LogPage, LogQuery,
    NodeApi, NodeError, NodeStatus, PoolStatus, PooledTransaction, StateProof, SubmitError,
    TransactionLocation,
};
use async_trait::async_trait;
use std::sync::Arc;
use tokio::sync::broadcast;

pub(crate) struct SilentNode {
    spec: ChainSpec,
    genesis: Arc<FinalizedBlock>,
    blocks: broadcast::Sender<Arc<FinalizedBlock>>,
    pending: broadcast::Sender<B256>,
}

impl SilentNode {
    pub(crate) fn new() -> Self {
        let validator = Validator {
            name: "a".into(),
            operator: B256::repeat_byte(1),
            reward: Address::ZERO,
            p2p: "127.0.0.1:1".into(),
        };
        let block = Block::new(Header::default(), Seal::default(), Vec::new());
        let genesis = FinalizedBlock {
            block,
            senders: Vec::new(),
            receipts: Vec::new(),
            system_logs: Vec::new(),
            changes: Vec::new(),
            certificate: None,
        };
        Self {
            spec: ChainSpec::devnet(vec![validator], 0),
            genesis: Arc::new(genesis),
            blocks: broadcast::channel(1).0,
            pending: broadcast::channel(1).0,
        }
    }
}

fn refused<T>() -> Result<T, NodeError> {
    Err(NodeError::Halt("this node executes nothing".into()))
}

#[async_trait]
impl NodeApi for SilentNode {
    fn chain_spec(&self) -> &ChainSpec {
        &self.spec
    }

    fn client_version(&self) -> String {
        "silent".into()
    }

    fn latest(&self) -> Arc<FinalizedBlock> {
        self.genesis.clone()
    }

    fn oldest_block(&self) -> Height {
        0
    }

    fn min_tip(&self) -> u128 {
        1
    }

    async fn next_base_fee(&self) -> Result<u64, NodeError> {
        Ok(self.spec.base_fee)
    }

    async fn block(&self, key: BlockKey) -> Result<Option<Arc<FinalizedBlock>>, NodeError> {
        let known = key == BlockKey::Height(0) || key == BlockKey::Hash(self.genesis.block.hash());
        Ok(known.then(|| self.genesis.clone()))
    }

    async fn transaction_location(&self, _: B256) -> Result<Option<TransactionLocation>, NodeError> {
        Ok(None)
    }

    async fn logs(&self, query: LogQuery, _: usize) -> Result<LogPage, NodeError> {
        Ok(LogPage { logs: Vec::new(), reached: query.to })
    }

    async fn address_transactions(
        &self,
        _: Address,
        _: Height,
        _: Direction,
        _: usize,
    ) -> Result<AddressPage, NodeError> {
        Ok(AddressPage { locations: Vec::new(), complete: true })
    }

    async fn transaction_by_sender_nonce(&self, _: Address, _: u64) -> Result<Option<B256>, NodeError> {
        Ok(None)
    }

    async fn contract_creation(&self, _: Address) -> Result<Option<ContractCreation>, NodeError> {
        Ok(None)
    }

    async fn account(&self, _: Address, _: Height) -> Result<Option<AccountRecord>, NodeError> {
        Ok(None)
    }

    async fn storage(&self, _: Address, _: U256, _: Height) -> Result<U256, NodeError> {
        Ok(U256::ZERO)
    }

    async fn code(&self, _: Address, _: Height) -> Result<Bytes, NodeError> {
        Ok(Bytes::new())
    }

    async fn call(&self, _: CallRequest) -> Result<Bytes, NodeError> {
        refused()
    }

    async fn estimate_gas(&self, _: CallRequest) -> Result<u64, NodeError> {
        refused()
    }

    async fn create_access_list(&self, _: CallRequest) -> Result<AccessListResult, NodeError> {
        refused()
    }

    async fn prove(&self, _: Vec<StateKey>, _: Option<Height>) -> Result<StateProof, NodeError> {
        refused()
    }

    async fn state_operations(&self, _: OperationsRequest) -> Result<Bytes, NodeError> {
        refused()
    }

    async fn simulate_blocks(
        &self,
        _: SimulatePayload,
        _: Height,
        _: u64,
    ) -> Result<Vec<SimulatedBlock>, NodeError> {
        refused()
    }

    async fn trace_call(&self, _: CallRequest, _: GethDebugTracingOptions) -> Result<GethTrace, NodeError> {
        refused()
    }

    async fn trace_transaction(
        &self,
        _: TransactionLocation,
        _: GethDebugTracingOptions,
    ) -> Result<GethTrace, NodeError> {
        refused()
    }

    async fn trace_block(&self, _: Height, _: GethDebugTracingOptions) -> Result<Vec<GethTrace>, NodeError> {
        refused()
    }

    async fn submit(&self, _: Transaction) -> Result<B256, SubmitError> {
        Err(SubmitError::Full("this node keeps no transactions".into()))
    }

    async fn pooled_transaction(&self, _: B256) -> Option<PooledTransaction> {
        None
    }

    async fn pool_content(&self, _: Option<Address>, _: usize) -> Vec<PooledTransaction> {
        Vec::new()
    }

    async fn pool_status(&self) -> PoolStatus {
        PoolStatus::default()
    }

    async fn pending_nonce(&self, _: Address) -> Option<u64> {
        None
    }

    fn subscribe_blocks(&self) -> broadcast::Receiver<Arc<FinalizedBlock>> {
        self.blocks.subscribe()
    }

    fn subscribe_pending(&self) -> broadcast::Receiver<B256> {
        self.pending.subscribe()
    }

    async fn status(&self) -> NodeStatus {
        NodeStatus::default()
    }

    async fn committee(&self, _: Epoch) -> Result<Option<Committee>, NodeError> {
        Ok(None)
    }

    fn group_keys(&self) -> Vec<GroupKey> {
        Vec::new()
    }
}
