//! Building a block: the executor fed with candidates until the block is full or time is up.

use crate::{
    BlockContext, ExecutionError, Outcome,
    block::{Executor, named_keys},
    bridge::{self, Port},
    evm::Refused,
};
use alloy_consensus::Transaction as _;
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::B256;
use althing_primitives::{ChainSpec, MAX_BLOCK_TRANSACTIONS, Recovered, Transaction};
use althing_state::StateView;
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

/// Gas of the cheapest transaction: with less left the block is full.
pub(crate) const LEAST_TRANSACTION_GAS: u64 = 21_000;

/// Candidates in a row that do not fit before the block is closed.
const MAX_MISFITS: usize = 64;

/// Bytes that RLP adds to a transaction in a block, at most.
const TRANSACTION_OVERHEAD_BYTES: usize = 9;

/// Transactions for a block, best first.
pub trait Candidates: Send {
    /// The next transaction; a sender's transactions come in order of their nonces.
    fn next(&mut self) -> Option<Recovered<Transaction>>;
    /// The transaction does not go into this block, so the sender's later ones cannot either: leave them out.
    fn mark_invalid(&mut self, hash: &B256);
}

/// When a block is closed, besides by its gas limit.
#[derive(Clone)]
pub struct BuildLimits<D> {
    /// Most bytes of encoded transactions.
    pub max_bytes: usize,
    /// Whether time is up; asked before every transaction.
    pub deadline: D,
}

impl<D> std::fmt::Debug for BuildLimits<D> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BuildLimits").field("max_bytes", &self.max_bytes).finish_non_exhaustive()
    }
}

/// Candidates, of which those that were taken come again when the building begins anew.
struct Queue<C> {
    taken: Vec<Recovered<Transaction>>,
    next: usize,
    rest: C,
}

impl<C: Candidates> Queue<C> {
    /// Takes as many as fill a block if each uses all of its gas.
    fn new(mut rest: C, block_gas: u64) -> Self {
        let (mut taken, mut gas) = (Vec::new(), 0u64);
        while gas < block_gas
            && taken.len() < MAX_BLOCK_TRANSACTIONS
            && let Some(candidate) = rest.next()
        {
            gas = gas.saturating_add(candidate.gas_limit());
            taken.push(candidate);
        }
        Self { taken, next: 0, rest }
    }

    fn next(&mut self) -> Option<Recovered<Transaction>> {
        if self.next == self.taken.len() {
            self.taken.push(self.rest.next()?);
        }
        self.next += 1;
        self.taken.get(self.next - 1).cloned()
    }
}

/// Builds a block on its parent's state. Executing the transactions given back gives the very same outcome.
pub async fn build_block(
    spec: Arc<ChainSpec>,
    block: BlockContext,
    candidates: impl Candidates + 'static,
    view: &impl StateView,
    limits: BuildLimits<impl Fn() -> bool + Clone + Send + 'static>,
) -> Result<(Vec<Recovered<Transaction>>, Outcome), ExecutionError> {
    let queue = Arc::new(Mutex::new(Queue::new(candidates, block.gas_limit)));
    bridge::run(view, move |port| {
        let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.next = 0;
        fill(&spec, &block, port, &mut queue, limits)
    })
    .await
}

fn fill(
    spec: &ChainSpec,
    block: &BlockContext,
    port: Port,
    queue: &mut Queue<impl Candidates>,
    limits: BuildLimits<impl Fn() -> bool>,
) -> Result<(Vec<Recovered<Transaction>>, Outcome), ExecutionError> {
    let mut executor = Executor::begin(spec, block, port, &queue.taken)?;
    let mut included = Vec::new();
    let mut left_out = BTreeSet::new();
    let mut bytes_left = limits.max_bytes;
    let mut misfits = 0;
    while executor.gas_left() >= LEAST_TRANSACTION_GAS
        && misfits < MAX_MISFITS
        && included.len() < MAX_BLOCK_TRANSACTIONS
        && !(limits.deadline)()
    {
        let Some(candidate) = queue.next() else { break };
        if left_out.contains(&candidate.signer()) {
            continue;
        }
        let bytes = candidate.encode_2718_len().saturating_add(TRANSACTION_OVERHEAD_BYTES);
        if bytes <= bytes_left && try_apply(&mut executor, &candidate)? {
            bytes_left -= bytes;
            misfits = 0;
            included.push(candidate);
        } else {
            misfits += 1;
            left_out.insert(candidate.signer());
            queue.rest.mark_invalid(candidate.hash());
        }
    }
    Ok((included, executor.finish()?))
}

fn try_apply(
    executor: &mut Executor<'_>,
    candidate: &Recovered<Transaction>,
) -> Result<bool, ExecutionError> {
    let mut keys = BTreeSet::new();
    named_keys(candidate, &mut keys);
    executor.world().prefetch(keys).map_err(|error| ExecutionError::State(error.0))?;
    match executor.apply(candidate) {
        Ok(()) => Ok(true),
        Err(Refused::Invalid(_)) => Ok(false),
        Err(Refused::Failed(error)) => Err(error),
    }
}
