//! What the RPC server asks of a node: data and actions in Althing's and alloy's types, never JSON.
//!
//! The node implements [`NodeApi`]; tests implement it over a few blocks in memory. Formatting, limits, time-outs and
//! concurrency are this crate's work. An implementation must never block its thread for long: it moves work that
//! takes more than a millisecond (execution, disk) off the async threads itself.

mod error;
mod types;

pub use error::{NodeError, SubmitError};
pub use types::{
    AddressPage, BlockKey, CallRequest, Committee, CommitteeMember, ConsensusState, ContractCreation,
    Direction, GroupKey, LogPage, LogQuery, NodeStatus, PoolStatus, PooledTransaction, ProvenValue,
    StateProof, SyncProgress, TransactionLocation,
};

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_rpc_types_eth::{
    AccessListResult,
    simulate::{SimulatePayload, SimulatedBlock},
};
use alloy_rpc_types_trace::geth::{GethDebugTracingOptions, GethTrace};
use althing_primitives::{
    AccountRecord, ChainSpec, Epoch, FinalizedBlock, Height, OperationsRequest, StateKey, Transaction,
};
use async_trait::async_trait;
use std::sync::Arc;
use tokio::sync::broadcast;

/// A node, as its RPC server sees it.
///
/// Invariants that the server relies on:
/// - `latest` is finalized *and* executed; its state can be read, and `block` finds it at once.
/// - an event of [`NodeApi::subscribe_blocks`] is sent after `latest` and all look-ups know the block.
/// - heights answered by `block` are contiguous from `oldest_block` to `latest`.
#[async_trait]
pub trait NodeApi: Send + Sync + 'static {
    // Identity.

    /// The network's definition.
    fn chain_spec(&self) -> &ChainSpec;

    /// Name and version of the program, e.g. `althing/0.1.0-1a2b3c4/linux-x86_64`.
    fn client_version(&self) -> String;

    // Blocks.

    /// The last finalized block; genesis at first. Held in memory: called by nearly every request.
    fn latest(&self) -> Arc<FinalizedBlock>;

    /// Height of the oldest block that is kept; above 0 on a node that began with a synchronized state. Held in memory.
    fn oldest_block(&self) -> Height;

    /// Lowest tip in Rau per gas with which the pool admits a transaction.
    fn min_tip(&self) -> u128;

    /// Base fee that the block after `latest` will have, in Rau per gas.
    async fn next_base_fee(&self) -> Result<u64, NodeError>;

    /// A finalized block; `None` when there is none of that hash, or none yet of that height.
    async fn block(&self, key: BlockKey) -> Result<Option<Arc<FinalizedBlock>>, NodeError>;

    /// Where a transaction was included. A block's system transaction (`FinalizedBlock::system_transaction`) is after
    /// its last.
    async fn transaction_location(&self, hash: B256) -> Result<Option<TransactionLocation>, NodeError>;

    /// Logs that match, system logs too, in order of block and index. Stops after the block in which `max` logs are
    /// reached, and says so in [`LogPage::reached`].
    async fn logs(&self, query: LogQuery, max: usize) -> Result<LogPage, NodeError>;

    /// Transactions that an address took part in (sender, recipient, created contract, or party of an internal call if
    /// the node indexes them), nearest to `from` first, in the direction given and without block `from` itself.
    /// Whole blocks: a page may exceed `page` by the rest of its last block.
    async fn address_transactions(
        &self,
        address: Address,
        from: Height,
        direction: Direction,
        page: usize,
    ) -> Result<AddressPage, NodeError>;

    /// Hash of the transaction with which `sender` used `nonce`.
    async fn transaction_by_sender_nonce(
        &self,
        sender: Address,
        nonce: u64,
    ) -> Result<Option<B256>, NodeError>;

    /// Who created a contract; `None` for accounts without code and contracts of genesis.
    async fn contract_creation(&self, address: Address) -> Result<Option<ContractCreation>, NodeError>;

    // State after the block of a height.

    /// An account; `None` when it does not exist.
    async fn account(&self, address: Address, height: Height) -> Result<Option<AccountRecord>, NodeError>;

    /// A storage slot; zero when unset.
    async fn storage(&self, address: Address, slot: U256, height: Height) -> Result<U256, NodeError>;

    /// Code of an account; empty when it has none.
    async fn code(&self, address: Address, height: Height) -> Result<Bytes, NodeError>;

    /// Proves accounts and slots in the state after the latest block. A height is given when the client names one; if
    /// it is not the latest, the answer is an error.
    async fn prove(&self, keys: Vec<StateKey>, height: Option<Height>) -> Result<StateProof, NodeError>;

    /// Operations of a state database's log with their proof, encoded, for a node that synchronizes the state.
    /// [`NodeError::Unsupported`] when they are not there.
    async fn state_operations(&self, request: OperationsRequest) -> Result<Bytes, NodeError>;

    // Execution. The server runs a bounded number of these at a time. A request that has timed out is not cancelled, so
    // an implementation bounds its work by the gas cap (calls) or the block's gas (traces).

    /// Runs a call and gives what it returned. A revert is [`NodeError::Revert`], another failure [`NodeError::Halt`].
    async fn call(&self, request: CallRequest) -> Result<Bytes, NodeError>;

    /// Least gas limit with which the call succeeds.
    async fn estimate_gas(&self, request: CallRequest) -> Result<u64, NodeError>;

    /// Access list of a call, and the gas it uses with that list.
    async fn create_access_list(&self, request: CallRequest) -> Result<AccessListResult, NodeError>;

    /// Simulates blocks of calls on the state after the block of a height, with at most `gas_cap` gas for all calls.
    /// A revert of a call is part of the answer, with its data and without its reason in words.
    async fn simulate_blocks(
        &self,
        payload: SimulatePayload,
        height: Height,
        gas_cap: u64,
    ) -> Result<Vec<SimulatedBlock>, NodeError>;

    /// Runs a call under a tracer.
    async fn trace_call(
        &self,
        request: CallRequest,
        options: GethDebugTracingOptions,
    ) -> Result<GethTrace, NodeError>;

    /// Replays one transaction of a finalized block under a tracer.
    async fn trace_transaction(
        &self,
        location: TransactionLocation,
        options: GethDebugTracingOptions,
    ) -> Result<GethTrace, NodeError>;

    /// Replays a finalized block under a tracer: one trace a transaction, in order.
    async fn trace_block(
        &self,
        height: Height,
        options: GethDebugTracingOptions,
    ) -> Result<Vec<GethTrace>, NodeError>;

    // Transaction pool.

    /// Admits a transaction and gossips it. Signature, nonce, balance and price are the pool's to check.
    async fn submit(&self, transaction: Transaction) -> Result<B256, SubmitError>;

    /// A transaction that is in the pool.
    async fn pooled_transaction(&self, hash: B256) -> Option<PooledTransaction>;

    /// Transactions of the pool, of one sender if given, ordered by sender and nonce. At most `max`.
    async fn pool_content(&self, sender: Option<Address>, max: usize) -> Vec<PooledTransaction>;

    /// Numbers of transactions in the pool.
    async fn pool_status(&self) -> PoolStatus;

    /// Next nonce of a sender, counting its executable transactions of the pool; `None` when the pool has none of it.
    async fn pending_nonce(&self, sender: Address) -> Option<u64>;

    // Events. A receiver that falls behind gets `Lagged`: nothing is buffered for it without bound.

    /// Every block as it becomes final.
    fn subscribe_blocks(&self) -> broadcast::Receiver<Arc<FinalizedBlock>>;

    /// Hash of every transaction that enters the pool.
    fn subscribe_pending(&self) -> broadcast::Receiver<B256>;

    // The node itself.

    /// What the node is doing.
    async fn status(&self) -> NodeStatus;

    /// Who signs an epoch's blocks; `None` when it is not known yet, or not kept any more.
    async fn committee(&self, epoch: Epoch) -> Result<Option<Committee>, NodeError>;

    /// The group keys since the chain's begin, by id. Held in memory.
    fn group_keys(&self) -> Vec<GroupKey>;
}
