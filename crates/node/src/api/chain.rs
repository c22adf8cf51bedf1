//! Blocks, transactions, logs, committees: what the index and the chain spec know.

use super::Node;
use alloy_primitives::{Address, B256};
use althing_chain::Head;
use althing_execution::{
    election::{self, Member},
    read,
};
use althing_indexer::{LogLimits, LogQuery as IndexQuery};
use althing_primitives::{Epoch, Height};
use althing_rpc::api::{
    AddressPage, BlockKey, Committee, CommitteeMember, ConsensusState, ContractCreation, Direction, GroupKey,
    LogPage, LogQuery, NodeError, NodeStatus, SyncProgress, TransactionLocation,
};
use std::sync::atomic::Ordering;

/// Blocks behind the highest known at which a node says that it is catching up.
const SYNC_LAG: Height = 8;

fn location(found: althing_indexer::TransactionLocation) -> TransactionLocation {
    TransactionLocation { height: found.height, index: found.position }
}

impl Node {
    pub(super) async fn block_by(&self, key: BlockKey) -> Result<Option<Head>, NodeError> {
        match key {
            BlockKey::Height(height) => self.block_at(height).await,
            BlockKey::Hash(hash) => {
                let head = self.archive.head();
                if head.block.hash() == hash {
                    return Ok(Some(head));
                }
                let block = self.query(move |index| index.block_by_hash(&hash)).await?;
                // A block is archived a moment before its state is applied.
                Ok(block.filter(|block| block.block.height() <= head.block.height()))
            }
        }
    }

    pub(super) async fn locate(&self, hash: B256) -> Result<Option<TransactionLocation>, NodeError> {
        let latest = self.archive.head().block.height();
        let found = self.query(move |index| index.transaction(&hash)).await?;
        Ok(found.map(location).filter(|found| found.height <= latest))
    }

    pub(super) async fn find_logs(&self, query: LogQuery, max: usize) -> Result<LogPage, NodeError> {
        let reached = query.to;
        let limits = LogLimits { max_results: max, max_range: u64::MAX };
        let query =
            IndexQuery { from: query.from, to: query.to, addresses: query.addresses, topics: query.topics };
        let found = self.query(move |index| index.logs(&query, limits)).await?;
        let logs = found.into_iter().map(rpc_log).collect();
        Ok(LogPage { logs, reached })
    }

    pub(super) async fn activity(
        &self,
        address: Address,
        from: Height,
        direction: Direction,
        page: usize,
    ) -> Result<AddressPage, NodeError> {
        let found = self
            .query(move |index| match direction {
                Direction::Older => index.activity_before(&address, Some(from), page),
                Direction::Newer => index.activity_after(&address, from, page),
            })
            .await?;
        let mut locations: Vec<_> = found.transactions.into_iter().map(location).collect();
        let complete = match direction {
            Direction::Older => found.oldest,
            Direction::Newer => {
                locations.reverse();
                found.newest
            }
        };
        Ok(AddressPage { locations, complete })
    }

    async fn hash_at(&self, found: althing_indexer::TransactionLocation) -> Result<Option<B256>, NodeError> {
        let block = self.block_at(found.height).await?;
        Ok(block.and_then(|block| block.block.transactions().get(found.position).map(|t| *t.tx_hash())))
    }

    pub(super) async fn by_sender_nonce(
        &self,
        sender: Address,
        nonce: u64,
    ) -> Result<Option<B256>, NodeError> {
        match self.query(move |index| index.transaction_by_nonce(&sender, nonce)).await? {
            Some(found) => self.hash_at(found).await,
            None => Ok(None),
        }
    }

    pub(super) async fn creation(&self, address: Address) -> Result<Option<ContractCreation>, NodeError> {
        let Some(found) = self.query(move |index| index.creation(&address)).await? else { return Ok(None) };
        let transaction = self.hash_at(found.transaction).await?;
        Ok(transaction.map(|transaction| ContractCreation { transaction, creator: found.creator }))
    }

    pub(super) async fn committee_of(&self, epoch: Epoch) -> Result<Option<Committee>, NodeError> {
        let roster = read(&self.state, move |host| election::roster(host, epoch)).await;
        let Some(roster) = roster.map_err(|error| NodeError::Internal(error.to_string()))? else {
            return Ok(None);
        };
        let member = |(member, name, candidate): (Member, String, Option<Address>)| CommitteeMember {
            name,
            operator: member.operator,
            reward: member.reward,
            candidate,
        };
        let spec = &self.chain.spec;
        Ok(Some(Committee {
            epoch,
            first_height: spec.calendar().first_block(epoch),
            last_height: spec.calendar().last_block(epoch),
            key_id: self.chain.keys.id_of(epoch),
            group_key: self.chain.keys.of_epoch(epoch).key.clone(),
            members: roster.members.into_iter().map(member).collect(),
            leaders: roster.leaders,
            serves: roster.serves,
            kept: roster.is_kept,
        }))
    }

    pub(super) fn known_keys(&self) -> Vec<GroupKey> {
        let key = |(id, key): (u64, &althing_light::GroupKey)| GroupKey {
            id,
            first_epoch: key.first_epoch,
            key: key.key.clone(),
            announcement: key.announcement.as_ref().map(|announcement| announcement.encode().into()),
        };
        (0..).zip(self.chain.keys.keys()).map(key).collect()
    }

    pub(super) async fn node_status(&self) -> NodeStatus {
        let current = self.archive.head().block.height();
        let highest = match &self.upstream {
            Some(upstream) => upstream.highest(),
            None => self.peers.highest(),
        };
        let syncing = (highest > current + SYNC_LAG).then_some(SyncProgress {
            starting: self.started_at,
            current,
            highest,
        });
        let consensus = self.operator.map(|operator| {
            let epoch = self.progress.epoch.load(Ordering::Relaxed);
            let view = self.progress.view.load(Ordering::Relaxed);
            ConsensusState { epoch, view, signing: self.chain.elections.serves(epoch, &operator) }
        });
        let oldest = |found: Result<Option<Height>, NodeError>| found.ok().flatten().unwrap_or_default();
        NodeStatus {
            syncing,
            peers: match &self.upstream {
                Some(upstream) => u64::from(upstream.is_connected()),
                None => self.peers.count(),
            },
            operator: self.operator,
            consensus,
            oldest_block: self.archive.oldest(),
            oldest_state: oldest(self.query(|index| index.oldest_state()).await),
        }
    }
}

fn rpc_log(found: althing_indexer::IndexedLog) -> alloy_rpc_types_eth::Log {
    alloy_rpc_types_eth::Log {
        inner: found.log,
        block_hash: Some(found.block_hash),
        block_number: Some(found.height),
        block_timestamp: None,
        transaction_hash: Some(found.transaction_hash),
        transaction_index: Some(found.transaction_position as u64),
        log_index: Some(found.log_index as u64),
        removed: false,
    }
}
