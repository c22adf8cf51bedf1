//! Whether a block is valid, and its state: the same for a candidate, a final block and a block that is followed.

use crate::{
    context::{Chain, Draft, next_committee},
    executed::Execution,
    header::{self, HeaderError},
    sabotage::Sabotage,
};
use althing_consensus::ConsensusBlock;
use althing_execution::{BlockLimits, ExecutionError, NextCommittee, execute_block};
use althing_light::{LightError, verify_proposer};
use althing_primitives::{B256, Block, Change};
use althing_state::{BatchView, Batches, Prepared, StateError, commitment, stage};
use althing_txpool::recover_block;
use commonware_consensus::types::{Epoch, Round, View};
use commonware_glue::dkg::ReshareBlock as _;
use commonware_runtime::Spawner;
use commonware_storage::Context;
use thiserror::Error;

/// Why a block is not accepted. Every reason but [`InvalidBlock::State`] and [`InvalidBlock::Internal`] is
/// permanent: the block is invalid for everybody.
#[derive(Debug, Error)]
pub enum InvalidBlock {
    /// Against a rule of headers.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// Not signed by its proposer.
    #[error(transparent)]
    Proposer(LightError),
    /// The beacon is not the VRF output of the parent's round.
    #[error("the beacon is not the VRF output of the parent's round (epoch {epoch}, view {view})")]
    Beacon {
        /// Epoch of the parent.
        epoch: u64,
        /// View of the parent.
        view: u64,
    },
    /// The proposer is not in the committee.
    #[error("proposer {0} has no seat in the committee of the block's epoch")]
    Seat(B256),
    /// A transaction without a valid signature.
    #[error("transaction {0} has no valid signature")]
    Signature(usize),
    /// A transaction that must not be in the block.
    #[error(transparent)]
    Transaction(ExecutionError),
    /// The rules of the block are newer than this release.
    #[error(transparent)]
    Hardfork(ExecutionError),
    /// The state could not be read.
    #[error(transparent)]
    State(#[from] StateError),
    /// The node is at fault.
    #[error("{0}")]
    Internal(ExecutionError),
}

impl InvalidBlock {
    /// Whether this node failed, rather than the block.
    pub(crate) fn is_local(&self) -> bool {
        matches!(self, Self::State(_) | Self::Internal(_))
    }
}

impl From<ExecutionError> for InvalidBlock {
    fn from(error: ExecutionError) -> Self {
        match error {
            ExecutionError::Invalid { .. } => Self::Transaction(error),
            ExecutionError::State(error) => Self::State(error),
            ExecutionError::Proposer(operator) => Self::Seat(operator),
            ExecutionError::Hardfork(_) => Self::Hardfork(error),
            ExecutionError::Internal(_) => Self::Internal(error),
        }
    }
}

/// The round in which a block was proposed.
pub(crate) fn round_of(block: &Block) -> Round {
    Round::new(Epoch::new(block.seal().epoch), View::new(block.seal().view))
}

impl Chain {
    /// Checks what spec, keys and parent fix, before anything is executed.
    pub(crate) fn check_header(&self, block: &Block, parent: &Block) -> Result<(), HeaderError> {
        header::check(&self.spec, self.keys.id_of(block.seal().epoch), block, parent)
    }

    /// Checks all that can be checked without state: header rules, proposer's signature, beacon.
    pub(crate) fn check_candidate(&self, block: &Block, parent: &Block) -> Result<(), InvalidBlock> {
        self.check_header(block, parent)?;
        verify_proposer(&self.spec.namespace(), block.header(), block.seal())
            .map_err(InvalidBlock::Proposer)?;
        let (epoch, view) = (parent.seal().epoch, parent.seal().view);
        let beacon = &block.seal().beacon;
        if !beacon.is_empty() && !self.keys.verify_beacon((epoch, view), beacon) {
            return Err(InvalidBlock::Beacon { epoch, view });
        }
        Ok(())
    }

    /// The draft that a block was made from.
    fn draft_of(&self, block: &Block, next_committee: Option<NextCommittee>) -> Draft {
        Draft {
            time_ms: block.seal().time_ms,
            mix_hash: block.header().mix_hash,
            system: self.system_inputs(block.seal(), next_committee),
        }
    }

    /// Executes a block on its parent's state and compares every commitment.
    pub(crate) async fn execute<E: Context + Spawner>(
        &self,
        block: &ConsensusBlock,
        parent: &Block,
        batches: Batches<E>,
    ) -> Result<Prepared<E>, InvalidBlock> {
        let next_committee = block.payload().and_then(next_committee);
        let block = block.block();
        let view = BatchView::<E>::new(batches);
        let limits = BlockLimits::read(&view).await?;
        let context = self.block_context(&self.draft_of(block, next_committee), parent, limits);
        header::check_limits(block, &context)?;
        let transactions = recover_block(block.transactions(), &self.senders)
            .map_err(|error| InvalidBlock::Signature(error.index))?;
        let senders = transactions.iter().map(|transaction| transaction.signer()).collect();
        let mut outcome = execute_block(self.spec.clone(), context.clone(), transactions, &view).await?;
        self.spoil_every(&mut outcome);
        let prepared = stage_changes::<E>(view.into_batches(), &outcome.changes).await?;
        if !self.does(Sabotage::AcceptAll) {
            header::check_outcome(block, &context, &outcome, &commitment::<E>(&prepared))?;
        }
        let execution = Execution { senders, outcome };
        self.executed.lock().insert(block.height(), block.hash(), execution);
        Ok(prepared)
    }
}

pub(crate) async fn stage_changes<E: Context + Spawner>(
    batches: Batches<E>,
    changes: &[Change],
) -> Result<Prepared<E>, InvalidBlock> {
    stage::<E>(batches, changes).await.map_err(InvalidBlock::State)
}
