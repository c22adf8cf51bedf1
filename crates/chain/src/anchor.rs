//! The block at which a node begins that synchronizes the state instead of replaying: proven final, with receipts
//! that its header commits to. The state before it is not known, so it is not executed.

use alloy_consensus::proofs::calculate_receipt_root;
use althing_light::{KeyChain, LightError};
use althing_primitives::{B256, Block, Bytes, FinalizedBlock, Receipt};
use althing_txpool::{RecoverBlockError, SenderCache, recover_block};
use std::num::NonZeroUsize;
use thiserror::Error;

/// Why a node cannot begin at a block.
#[derive(Debug, Error)]
pub enum AnchorError {
    /// The certificate does not prove the block final.
    #[error("it is not proven final: {0}")]
    Certificate(#[from] LightError),
    /// Other receipts than those of the block.
    #[error("its header does not commit to the receipts that came with it")]
    Receipts,
    /// The header and the seal name different states.
    #[error("its header has the state root {header}, its seal {seal}")]
    State {
        /// In the header.
        header: B256,
        /// Of the seal's commitment.
        seal: B256,
    },
    /// A transaction without a valid signature.
    #[error(transparent)]
    Signature(#[from] RecoverBlockError),
}

/// Checks everything about a block that can be checked without the state before it.
pub fn check_anchor(
    keys: &KeyChain,
    block: Block,
    receipts: Vec<Receipt>,
    certificate: Bytes,
) -> Result<FinalizedBlock, AnchorError> {
    keys.verify_block(&block, &certificate)?;
    let header = block.header();
    let seal = block.seal().state.root();
    if header.state_root != seal {
        return Err(AnchorError::State { header: header.state_root, seal });
    }
    let count = block.transactions().len();
    if receipts.len() != count || calculate_receipt_root(&receipts) != header.receipts_root {
        return Err(AnchorError::Receipts);
    }
    let cache = SenderCache::new(NonZeroUsize::new(count).unwrap_or(NonZeroUsize::MIN));
    let senders = recover_block(block.transactions(), &cache)?.iter().map(|t| t.signer()).collect();
    // What the protocol itself did in this block is not known: only executing it would tell, and nothing proves it.
    let (system_logs, changes) = (Vec::new(), Vec::new());
    Ok(FinalizedBlock { block, senders, receipts, system_logs, changes, certificate: Some(certificate) })
}

#[cfg(test)]
mod tests;
