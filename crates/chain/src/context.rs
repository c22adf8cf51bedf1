//! What all parts of the chain share.

use crate::{
    elections::Elections,
    evidence::Evidence,
    executed::{Executed, Execution},
    sabotage::{Sabotage, Sabotages},
};
use althing_consensus::{Beacons, Payload, PrivateKey, PublicKey, decode_payload};
use althing_execution::{BlockContext, BlockLimits, NextCommittee, Outcome, SystemInputs, epoch, read};
use althing_light::{KeyChain, LightError};
use althing_primitives::{
    Address, B256, Block, Bytes, ChainSpec, FinalizedBlock, OperatorKey, Seal, StateKey, StateValue,
};
use althing_state::StateView;
use althing_txpool::{NextBlock, Pool, SenderCache};
use commonware_codec::Encode as _;
use commonware_cryptography::Signer as _;
use commonware_glue::dkg::types::EpochOutcome;
use futures::future::BoxFuture;
use parking_lot::Mutex;
use std::{
    fmt,
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// Senders remembered between admission and execution: several full blocks.
const SENDER_CACHE: NonZeroUsize = NonZeroUsize::new(262_144).expect("not zero");

/// Takes what becomes final. Implemented by the node over its archive, and by the simulator in memory.
pub trait Sink: Send + Sync + 'static {
    /// Stores final blocks in a row, all or none; durable when the future resolves, which gives them back. May be called
    /// again for stored blocks.
    fn append(&self, blocks: Vec<FinalizedBlock>) -> BoxFuture<'static, Vec<Head>>;

    /// The block's state can be read now.
    fn applied(&self, block: Arc<FinalizedBlock>);

    /// The node must stop, because its release does not know the rules of the next block; says what to do. Nothing is
    /// executed any more.
    fn outdated(&self, advice: String);
}

/// The last block whose state is applied.
pub type Head = Arc<FinalizedBlock>;

/// This node's identity as a proposer.
#[derive(Clone)]
pub struct Operator {
    secret: PrivateKey,
    namespace: Vec<u8>,
}

impl fmt::Debug for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operator").field("key", &self.key()).finish_non_exhaustive()
    }
}

impl Operator {
    /// The operator of `secret` on the chain of `spec`.
    pub fn new(secret: PrivateKey, spec: &ChainSpec) -> Self {
        let namespace = althing_light::proposer_namespace(&spec.namespace());
        Self { secret, namespace }
    }

    /// Public key.
    pub fn key(&self) -> OperatorKey {
        OperatorKey::from_slice(self.secret.public_key().as_ref())
    }

    /// Secret key.
    pub fn secret(&self) -> &PrivateKey {
        &self.secret
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Bytes {
        self.secret.sign(&self.namespace, message).encode().to_vec().into()
    }
}

/// What a chain is opened with.
pub struct ChainConfig {
    /// The network.
    pub spec: Arc<ChainSpec>,
    /// Transactions that wait.
    pub pool: Arc<Mutex<Pool>>,
    /// Where final blocks go.
    pub sink: Arc<dyn Sink>,
    /// Identity, on a validator.
    pub operator: Option<Operator>,
    /// Number of the newest hardfork that the node takes part in.
    pub newest_hardfork: u64,
}

impl fmt::Debug for ChainConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChainConfig").field("name", &self.spec.name).finish_non_exhaustive()
    }
}

/// Shared facts and caches of one chain on one node.
pub struct Chain {
    /// The network.
    pub spec: Arc<ChainSpec>,
    /// Check certificates and beacons.
    pub keys: KeyChain,
    /// Beacons of recent rounds.
    pub beacons: Beacons,
    /// Who serves when.
    pub elections: Elections,
    /// Transactions that wait.
    pub pool: Arc<Mutex<Pool>>,
    /// Senders of transactions seen, so that no signature is recovered twice.
    pub senders: SenderCache,
    pub(crate) sink: Arc<dyn Sink>,
    pub(crate) operator: Option<Operator>,
    /// Number of the newest hardfork that this node takes part in.
    pub newest_hardfork: u64,
    pub(crate) executed: Mutex<Executed>,
    failed_resharings: AtomicU64,
    /// In force after the last final block, for the pool. What is valid is read from each parent's state.
    limits: Mutex<BlockLimits>,
    pub(crate) evidence: Mutex<Evidence>,
    pub(crate) sabotages: Sabotages,
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chain").field("name", &self.spec.name).finish_non_exhaustive()
    }
}

impl Chain {
    /// Opens a chain.
    pub fn new(config: ChainConfig) -> Result<Arc<Self>, LightError> {
        let ChainConfig { spec, pool, sink, operator, newest_hardfork } = config;
        let keys = KeyChain::new(&spec)?;
        Ok(Arc::new(Self {
            elections: Elections::new(spec.clone()),
            failed_resharings: AtomicU64::new(0),
            limits: Mutex::new(BlockLimits::first(&spec)),
            spec,
            keys,
            beacons: Beacons::default(),
            pool,
            senders: SenderCache::new(SENDER_CACHE),
            sink,
            operator,
            newest_hardfork,
            executed: Mutex::default(),
            evidence: Mutex::default(),
            sabotages: Sabotages::default(),
        }))
    }

    /// What the transactions of a block can know of it; the limits are those of its parent's state.
    pub(crate) fn block_context(&self, block: &Draft, parent: &Block, limits: BlockLimits) -> BlockContext {
        BlockContext {
            number: parent.height() + 1,
            timestamp: block.time_ms / 1000,
            beneficiary: Address::ZERO,
            gas_limit: limits.gas_limit,
            base_fee: limits.base_fee_after(parent.header()),
            prevrandao: block.mix_hash,
            parent_hash: parent.hash(),
            system: block.system.clone(),
        }
    }

    /// What a final block's transactions knew of it: for simulations on its state and for replays.
    pub fn context_of(&self, block: &Block) -> BlockContext {
        let header = block.header();
        BlockContext {
            number: header.number,
            timestamp: header.timestamp,
            beneficiary: header.beneficiary,
            gas_limit: header.gas_limit,
            base_fee: header.base_fee_per_gas.unwrap_or(self.spec.base_fee),
            prevrandao: header.mix_hash,
            parent_hash: header.parent_hash,
            system: self.system_inputs(block.seal(), self.next_committee_of(block)),
        }
    }

    /// What the transactions of the block after a final one will know of it, as far as that is known: gas is
    /// estimated there, and blocks are simulated. Nobody proposes it, and it carries nothing. The limits are those of
    /// the final block's state.
    pub fn context_after(&self, block: &Block, limits: BlockLimits) -> BlockContext {
        let time_ms = block.seal().time_ms.saturating_add(self.spec.block_interval_ms);
        let final_one = self.context_of(block);
        BlockContext {
            number: block.height() + 1,
            timestamp: time_ms / 1000,
            gas_limit: limits.gas_limit,
            base_fee: limits.base_fee_after(block.header()),
            parent_hash: block.hash(),
            system: SystemInputs {
                proposer: None,
                election_beacon: Bytes::new(),
                evidence: Bytes::new(),
                next_committee: None,
                ..final_one.system
            },
            ..final_one
        }
    }

    /// What consensus tells the system contracts of a block with this seal.
    pub(crate) fn system_inputs(&self, seal: &Seal, next_committee: Option<NextCommittee>) -> SystemInputs {
        SystemInputs {
            epoch: seal.epoch,
            epoch_start: self.spec.calendar().first_block(seal.epoch),
            key_id: seal.key_id,
            hardfork: seal.hardfork,
            group_key: self.keys.of_epoch(seal.epoch).key.clone(),
            proposer: Some(seal.proposer),
            view: seal.view,
            parent_view: seal.parent_view,
            election_beacon: seal.election.clone(),
            evidence: seal.evidence.clone(),
            next_committee,
        }
    }

    pub(crate) fn ends_epoch(&self, block: &Block) -> bool {
        block.height() == self.spec.calendar().last_block(block.seal().epoch)
    }

    /// Who serves after an epoch's last block, as the block says.
    fn next_committee_of(&self, block: &Block) -> Option<NextCommittee> {
        if !self.ends_epoch(block) {
            return None;
        }
        let payload = decode_payload(&block.seal().resharing).ok()??;
        next_committee(payload)
    }

    /// Outcomes of executed blocks that are kept because their blocks are not final.
    pub fn outcomes_kept(&self) -> usize {
        self.executed.lock().len()
    }

    /// Epochs since the start whose committee served on because the next one got no key shares.
    pub fn failed_resharings(&self) -> u64 {
        self.failed_resharings.load(Ordering::Relaxed)
    }

    /// Notes what the state of a node that starts says of elections.
    pub(crate) async fn open_elections(&self, view: &impl StateView) {
        self.check_rules(view).await;
        self.learn_limits(view).await;
        let outcome = async {
            let epoch = read(view, |host| epoch(host)).await?;
            self.elections.learn(view, epoch).await
        };
        if let Err(error) = outcome.await {
            panic!("the elections cannot be read: {error}; restore the data folder, or synchronize anew");
        }
    }

    async fn learn_limits(&self, view: &impl StateView) {
        match BlockLimits::read(view).await {
            Ok(limits) => *self.limits.lock() = limits,
            Err(error) => {
                panic!(
                    "the limits of blocks cannot be read: {error}; restore the data folder, or synchronize anew"
                )
            }
        }
    }

    /// Notes what a final block says of elections, and at the end of an epoch what is in force in the next; `view` is the
    /// state after it.
    pub(crate) async fn elect(&self, block: &Block, view: &impl StateView) {
        if self.ends_epoch(block) {
            self.check_rules(view).await;
            self.learn_limits(view).await;
        }
        if !self.elections.concerns(block) {
            return;
        }
        let epoch = block.seal().epoch;
        if let Err(error) = self.elections.learn(view, epoch).await {
            panic!(
                "the elections of epoch {epoch} cannot be read: {error}; restart the node, or synchronize anew"
            );
        }
        if self.next_committee_of(block).is_some_and(|next| next.is_kept) {
            self.failed_resharings.fetch_add(1, Ordering::Relaxed);
            tracing::warn!(
                epoch = epoch + 1,
                "the drawn committee got no key shares, because too few dealings were complete (dealers or drawn members were \
                 away): the committee before serves on"
            );
        }
    }

    /// Stores a final block that was executed here.
    pub(crate) async fn archive(&self, block: &Block, certificate: Option<Bytes>) -> Head {
        let stored = self.sink.append(vec![self.finalized(block, certificate)]).await;
        stored.into_iter().next().expect("a sink gives back what it was given")
    }

    /// A final block with its outcome, which was kept since it was executed here and is not used again.
    pub(crate) fn finalized(&self, block: &Block, certificate: Option<Bytes>) -> FinalizedBlock {
        let execution = self.executed.lock().take(block.height(), block.hash());
        let Execution { senders, outcome } =
            execution.expect("a block is executed before it is archived, and its outcome kept until then");
        if self.does(Sabotage::KeepOutcomes) {
            self.executed.lock().insert(block.height(), block.hash(), Execution::default());
        }
        let block = block.clone();
        let Outcome { receipts, system_logs, changes, .. } = outcome;
        FinalizedBlock { block, senders, receipts, system_logs, changes, certificate }
    }

    /// Tells the pool of a final block.
    pub(crate) fn update_pool(&self, block: &FinalizedBlock) {
        let included: Vec<_> = block.block.transactions().iter().map(|t| *t.tx_hash()).collect();
        let accounts: Vec<_> = block
            .changes
            .iter()
            .filter_map(|change| match (&change.key, &change.after) {
                (StateKey::Account(address), Some(StateValue::Account(account))) => {
                    Some((*address, *account))
                }
                (StateKey::Account(address), None) => Some((*address, Default::default())),
                _ => None,
            })
            .collect();
        let next = next_block(&block.block, *self.limits.lock());
        self.pool.lock().on_block(&included, &accounts, next, block.block.seal().time_ms);
    }
}

/// What the pool must know of the block after a final one; the limits are those of the final block's state.
pub fn next_block(head: &Block, limits: BlockLimits) -> NextBlock {
    NextBlock { base_fee: limits.base_fee_after(head.header()), gas_limit: limits.gas_limit }
}

/// The parts of a block that are decided before execution.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) time_ms: u64,
    pub(crate) mix_hash: B256,
    pub(crate) system: SystemInputs,
}

/// Who serves next, as an epoch's last block says; a dealer's log says nothing.
pub fn next_committee(payload: Payload) -> Option<NextCommittee> {
    let Payload::EpochInfo(info) = payload else { return None };
    let key = |member: &PublicKey| OperatorKey::from_slice(member.as_ref());
    Some(NextCommittee {
        members: info.output.players().iter().map(key).collect(),
        is_kept: info.outcome == EpochOutcome::Failure,
    })
}
