//! The words of [`super::NodeApi`]: queries and answers.

use alloy_primitives::{Address, B256, Bytes, Log};
use alloy_rpc_types_eth::{BlockOverrides, TransactionRequest, state::StateOverride};
use althing_primitives::{Epoch, FinalizedBlock, Height, OperatorKey, StateValue, Transaction, View};
use std::sync::Arc;

/// What a block is found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockKey {
    /// Its height.
    Height(Height),
    /// Its hash.
    Hash(B256),
}

/// Where a transaction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransactionLocation {
    /// Height of its block.
    pub height: Height,
    /// Position in the block; of a system transaction the number of the others.
    pub index: usize,
}

/// Which logs are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogQuery {
    /// First block.
    pub from: Height,
    /// Last block, inclusive; at most `latest`.
    pub to: Height,
    /// Emitters, sorted; empty means any.
    pub addresses: Vec<Address>,
    /// Accepted values of each topic position, sorted; empty means any, even none.
    pub topics: [Vec<B256>; 4],
}

impl LogQuery {
    /// Whether a log matches address and topics (not the range).
    pub fn matches(&self, log: &Log) -> bool {
        if !self.addresses.is_empty() && !self.addresses.contains(&log.address) {
            return false;
        }
        self.topics.iter().enumerate().all(|(position, accepted)| {
            accepted.is_empty() || log.topics().get(position).is_some_and(|topic| accepted.contains(topic))
        })
    }
}

/// Logs found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogPage {
    /// Matching logs in order, with their place in the chain.
    pub logs: Vec<alloy_rpc_types_eth::Log>,
    /// Last block that was searched whole; the query is answered when it is the query's `to`.
    pub reached: Height,
}

/// Which way a search by address goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Towards genesis.
    Older,
    /// Towards the latest block.
    Newer,
}

/// Transactions of an address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressPage {
    /// Where they are, nearest to the start of the search first.
    pub locations: Vec<TransactionLocation>,
    /// Whether the search came to the end of the chain in its direction.
    pub complete: bool,
}

/// How a contract came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContractCreation {
    /// Transaction that created it.
    pub transaction: B256,
    /// Account that created it: the sender, or the contract that ran CREATE.
    pub creator: Address,
}

/// A call to simulate.
#[derive(Clone, Debug)]
pub struct CallRequest {
    /// What to run. Absent fields are the node's to fill: no fee, gas as in `gas_cap`.
    pub transaction: TransactionRequest,
    /// Block whose state and environment it runs on (the call sees `number` = this block).
    pub height: Height,
    /// Accounts to pretend.
    pub state_overrides: Option<StateOverride>,
    /// Block fields to pretend.
    pub block_overrides: Option<BlockOverrides>,
    /// Most gas the call may use, whatever the request says.
    pub gas_cap: u64,
}

/// A value of the state with the bytes that prove it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvenValue {
    /// The value.
    pub value: StateValue,
    /// The proof, as `althing-light` reads it.
    pub proof: Bytes,
}

/// Proofs of values in the state after one block.
#[derive(Clone, Debug)]
pub struct StateProof {
    /// The block, whose seal has the roots.
    pub block: Arc<FinalizedBlock>,
    /// In the order of the question; an absent value is not proven to be absent.
    pub values: Vec<Option<ProvenValue>>,
}

/// A transaction in the pool.
#[derive(Clone, Debug)]
pub struct PooledTransaction {
    /// The transaction.
    pub transaction: Transaction,
    /// Its sender.
    pub sender: Address,
    /// Whether it could be in the next block; otherwise it waits for an earlier nonce.
    pub executable: bool,
}

/// Numbers of transactions in the pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolStatus {
    /// Executable now.
    pub pending: u64,
    /// Waiting for an earlier nonce.
    pub queued: u64,
}

/// How far a node that catches up has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyncProgress {
    /// Height at which it began.
    pub starting: Height,
    /// Height it has.
    pub current: Height,
    /// Height it knows of.
    pub highest: Height,
}

/// Where consensus stands on this node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConsensusState {
    /// Present epoch.
    pub epoch: Epoch,
    /// Present view.
    pub view: View,
    /// Whether the node signs in this epoch.
    pub signing: bool,
}

/// What a node is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeStatus {
    /// `Some` while the node catches up.
    pub syncing: Option<SyncProgress>,
    /// Connected peers.
    pub peers: u64,
    /// Operator key of a validator; `None` for a follower.
    pub operator: Option<OperatorKey>,
    /// State of consensus; `None` for a follower.
    pub consensus: Option<ConsensusState>,
    /// Oldest block kept.
    pub oldest_block: Height,
    /// Oldest height whose state can be read.
    pub oldest_state: Height,
}

/// A member of a committee.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitteeMember {
    /// Name for people; empty if unknown.
    pub name: String,
    /// Ed25519 key of the node.
    pub operator: OperatorKey,
    /// Account that receives tips and rewards.
    pub reward: Address,
    /// The candidate that was elected; `None` for a bootstrap delegate of the chain spec.
    pub candidate: Option<Address>,
}

/// Who signs an epoch's blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committee {
    /// The epoch.
    pub epoch: Epoch,
    /// First block of the epoch.
    pub first_height: Height,
    /// Last block of the epoch.
    pub last_height: Height,
    /// Number of the group key.
    pub key_id: u64,
    /// Group public key that verifies the epoch's certificates.
    pub group_key: Bytes,
    /// Members, in order of their share index.
    pub members: Vec<CommitteeMember>,
    /// Members' places in the order in which they lead: view `v` is led by number `(v - 1) % leaders.len()`.
    pub leaders: Vec<u64>,
    /// Whether the members hold key shares; else they are drawn and will get them.
    pub serves: bool,
    /// Whether they serve on because the next committee got no key shares in time.
    pub kept: bool,
}

/// A group key of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupKey {
    /// Its number.
    pub id: u64,
    /// The first epoch whose blocks it signs.
    pub first_epoch: Epoch,
    /// The public key.
    pub key: Bytes,
    /// Proof that the key before announced it, encoded; `None` for the chain spec's key.
    pub announcement: Option<Bytes>,
}
