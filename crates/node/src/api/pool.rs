//! The transaction pool as clients see it.

use super::Node;
use crate::txpool::{AdmitError, encode};
use alloy_primitives::{Address, B256};
use althing_primitives::{MAX_TRANSACTION_GAS, Transaction};
use althing_rpc::api::{PooledTransaction, SubmitError};
use althing_txpool::{MAX_TRANSACTION_BYTES, PoolError, SenderContent};

impl Node {
    pub(super) async fn submit_transaction(&self, transaction: Transaction) -> Result<B256, SubmitError> {
        if let Some(upstream) = &self.upstream {
            return upstream.submit(encode(&transaction)).await;
        }
        let hash = *transaction.tx_hash();
        match self.txpool.submit(transaction).await {
            Ok(hash) => Ok(hash),
            Err(AdmitError::Pool(error)) => Err(submit_error(error, hash)),
            Err(AdmitError::State(error)) => Err(SubmitError::Internal(error.to_string())),
            Err(error @ AdmitError::Busy) => Err(SubmitError::Full(error.to_string())),
        }
    }

    pub(super) fn pooled(&self, hash: B256) -> Option<PooledTransaction> {
        let pool = self.txpool.pool.lock();
        let found = pool.get(&hash)?;
        let executable =
            pool.content_of(&found.sender()).pending.iter().any(|pending| pending.hash() == hash);
        Some(PooledTransaction {
            transaction: found.transaction().inner().clone(),
            sender: found.sender(),
            executable,
        })
    }

    pub(super) fn pooled_content(&self, sender: Option<Address>, max: usize) -> Vec<PooledTransaction> {
        let pool = self.txpool.pool.lock();
        let all = match sender {
            Some(sender) => vec![pool.content_of(&sender)],
            None => pool.content().into_values().collect(),
        };
        drop(pool);
        all.into_iter().flat_map(both_parts).take(max).collect()
    }
}

fn both_parts(content: SenderContent) -> impl Iterator<Item = PooledTransaction> {
    let part = |executable| {
        move |pooled: std::sync::Arc<althing_txpool::PooledTransaction>| PooledTransaction {
            transaction: pooled.transaction().inner().clone(),
            sender: pooled.sender(),
            executable,
        }
    };
    content.pending.into_iter().map(part(true)).chain(content.queued.into_iter().map(part(false)))
}

/// The pool's refusal in the server's words.
fn submit_error(error: PoolError, hash: B256) -> SubmitError {
    match error {
        PoolError::AlreadyKnown => SubmitError::AlreadyKnown(hash),
        PoolError::InvalidSender => SubmitError::InvalidSender,
        PoolError::InvalidChainId { got, expected } => SubmitError::ChainId { have: got, want: expected },
        PoolError::TypeNotSupported => {
            SubmitError::Type(": blob transactions are not accepted on this chain")
        }
        PoolError::Oversized(size) => SubmitError::Oversized { size, limit: MAX_TRANSACTION_BYTES },
        PoolError::IntrinsicGas { got, needed } => SubmitError::IntrinsicGas { gas: got, needed },
        PoolError::ExceedsBlockGas { got, limit } => SubmitError::GasLimit { gas: got, limit },
        PoolError::GasLimitTooHigh(gas) => SubmitError::GasLimit { gas, limit: MAX_TRANSACTION_GAS },
        PoolError::TipAboveFeeCap { .. } => SubmitError::TipAboveFee,
        PoolError::ReplacementUnderpriced => SubmitError::ReplacementUnderpriced,
        PoolError::NonceTooLow { next, got } => SubmitError::NonceTooLow { expected: next, got },
        PoolError::InsufficientFunds { balance, cost } => SubmitError::InsufficientFunds { balance, cost },
        PoolError::Full => SubmitError::Full("offer a higher fee, or try again later".into()),
        other => SubmitError::Invalid(other.to_string()),
    }
}
