//! Building a block: the executor fed with candidates until the block is full or time is up.

use crate::{
    BlockContext, ExecutionError, Outcome,
    block::{Executor, named_keys},
    bridge::{self, Port, Source},
    evm::Refused,
};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::B256;
use althing_primitives::{ChainSpec, MAX_BLOCK_TRANSACTIONS, Recovered, Transaction};
use althing_state::StateView;
use std::{collections::BTreeSet, sync::Arc};

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

struct Timed<'a, C, D> {
    candidates: &'a mut C,
    deadline: D,
}

impl<C: Candidates, D: FnMut() -> bool + Send> Source for Timed<'_, C, D> {
    fn next(&mut self) -> Option<Recovered<Transaction>> {
        if (self.deadline)() { None } else { self.candidates.next() }
    }

    fn skip(&mut self, hash: &B256) {
        self.candidates.mark_invalid(hash);
    }
}

/// Builds a block on its parent's state. Executing the transactions given back gives the very same outcome.
pub async fn build_block<C: Candidates, D: FnMut() -> bool + Send>(
    spec: Arc<ChainSpec>,
    block: BlockContext,
    candidates: &mut C,
    view: &impl StateView,
    limits: BuildLimits<D>,
) -> Result<(Vec<Recovered<Transaction>>, Outcome), ExecutionError> {
    let max_bytes = limits.max_bytes;
    let mut source = Timed { candidates, deadline: limits.deadline };
    bridge::run_with_source(view, &mut source, move |port| fill(&spec, &block, port, max_bytes)).await
}

fn fill(
    spec: &ChainSpec,
    block: &BlockContext,
    port: Port,
    max_bytes: usize,
) -> Result<(Vec<Recovered<Transaction>>, Outcome), ExecutionError> {
    let mut executor = Executor::begin(spec, block, port, &[])?;
    let mut included = Vec::new();
    let mut bytes_left = max_bytes;
    let mut misfits = 0;
    while executor.gas_left() >= LEAST_TRANSACTION_GAS
        && misfits < MAX_MISFITS
        && included.len() < MAX_BLOCK_TRANSACTIONS
    {
        let Some(candidate) = executor.world().port().next() else { break };
        let bytes = candidate.encode_2718_len().saturating_add(TRANSACTION_OVERHEAD_BYTES);
        if bytes <= bytes_left && try_apply(&mut executor, &candidate)? {
            bytes_left -= bytes;
            misfits = 0;
            included.push(candidate);
        } else {
            misfits += 1;
            executor.world().port().skip(*candidate.hash());
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
