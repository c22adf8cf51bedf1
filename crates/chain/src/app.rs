//! The chain as consensus sees it: propose, process, finalize.

use crate::{
    context::{Chain, Head},
    engine::votes_partition,
    header::MAX_CLOCK_DRIFT_MS,
    propose::unix_ms,
    sabotage::Sabotage,
    verify::InvalidBlock,
};
use althing_consensus::{
    ConsensusBlock, Context as ConsensusContext, Directory, PrivateKey, Scheme, Variant,
};
use althing_primitives::Bytes;
use althing_state::{Databases, Readers, ReadersView, SyncTargets, sync_targets};
use commonware_codec::Encode as _;
use commonware_consensus::{
    Heightable as _,
    marshal::{ancestry::Ancestry, core::Mailbox as Marshal, standard::Standard},
};
use commonware_glue::{
    dkg::reshare,
    stateful::{Application, Finality, Input, Proposed, db::DatabaseSet},
};
use commonware_runtime::{Clock, Spawner};
use commonware_storage::Context;
use futures::StreamExt as _;
use std::{fmt, sync::Arc};

/// The mailbox that answers for finalized blocks and certificates.
pub(crate) type MarshalMailbox = Marshal<Scheme, Standard<ConsensusBlock>>;

/// The application that consensus drives.
#[derive(Clone)]
pub struct App {
    chain: Arc<Chain>,
    genesis: ConsensusBlock,
    marshal: MarshalMailbox,
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("chain", &self.chain).finish_non_exhaustive()
    }
}

impl App {
    pub(crate) fn new(chain: Arc<Chain>, genesis: ConsensusBlock, marshal: MarshalMailbox) -> Self {
        Self { chain, genesis, marshal }
    }

    /// Whether this node's clock lets it vote for a block.
    fn in_time(&self, now_ms: u64, block: &ConsensusBlock) -> bool {
        let time_ms = block.block().seal().time_ms;
        let ahead = time_ms.saturating_sub(now_ms);
        if ahead > MAX_CLOCK_DRIFT_MS {
            tracing::warn!(
                height = block.block().height(),
                ahead_ms = ahead,
                "no vote: the block's time is ahead of this node's clock; check the clocks of this node and the proposer"
            );
        }
        ahead <= MAX_CLOCK_DRIFT_MS
    }

    async fn certificate(&self, block: &ConsensusBlock) -> Option<Bytes> {
        let finalization = self.marshal.get_finalization(block.height()).await?;
        Some(finalization.encode().to_vec().into())
    }
}

/// A node that fails to read its own state must not go on, or it would vote without knowing.
fn stop_on_local_failure(block: &ConsensusBlock, error: &InvalidBlock) {
    if error.is_local() {
        panic!(
            "block {} cannot be executed: {error}; the node stops. Restart it; if this happens again, \
                restore the data folder or synchronize anew",
            block.block().height()
        );
    }
}

/// Removes the journal of votes of the epoch before the last: nobody votes there any more, and each epoch has its own.
async fn forget_votes<E: Context>(context: &E, epoch: u64) {
    let Some(over) = epoch.checked_sub(2) else { return };
    let partition = votes_partition(over);
    match context.remove(&partition, None).await {
        Ok(()) | Err(commonware_runtime::Error::PartitionMissing(_)) => {}
        Err(error) => tracing::warn!(partition, %error, "votes of an epoch that is over cannot be removed"),
    }
}

impl<E: Context + Spawner + Clock> Application<E> for App {
    type SigningScheme = Scheme;
    type Context = ConsensusContext;
    type Block = ConsensusBlock;
    type Databases = Databases<E>;
    type Captured = Head;
    type Provider = ();
    type Input = reshare::Input<(), Variant, PrivateKey, Directory>;

    fn sync_targets(block: &ConsensusBlock) -> SyncTargets<E> {
        sync_targets::<E>(&block.block().seal().state)
    }

    async fn genesis(&mut self) -> ConsensusBlock {
        self.genesis.clone()
    }

    async fn propose(
        &mut self,
        (clock, round): (E, ConsensusContext),
        ancestry: impl Ancestry<ConsensusBlock>,
        batches: <Databases<E> as DatabaseSet<E>>::Unmerkleized,
        input: Input<Self::Input, ()>,
    ) -> Option<Proposed<Self, E>> {
        let parent = ancestry.peek()?.inner().clone();
        let payload = input.upstream.payload;
        match self.chain.propose(&Arc::new(clock), &round, parent.block(), batches, payload).await {
            Ok(built) => built.map(|(block, merkleized)| Proposed { block, merkleized }),
            Err(error) => {
                stop_on_local_failure(&parent, &error);
                tracing::error!(%error, "no block built");
                None
            }
        }
    }

    async fn process(
        &mut self,
        (clock, _): (E, ConsensusContext),
        mut ancestry: impl Ancestry<ConsensusBlock>,
        batches: <Databases<E> as DatabaseSet<E>>::Unmerkleized,
        finality: Finality,
    ) -> Option<<Databases<E> as DatabaseSet<E>>::Merkleized> {
        let block = ancestry.next().await?.inner().clone();
        let parent = ancestry.next().await?.inner().clone();
        let checked = match finality {
            Finality::Candidate if !self.in_time(unix_ms(clock.current()), &block) => return None,
            Finality::Candidate => self.chain.check_candidate(block.block(), parent.block()),
            Finality::Finalized => Ok(()),
        };
        if checked.is_ok() {
            self.chain.watch(block.block());
        }
        let result = match checked {
            Ok(()) => self.chain.execute::<E>(&block, parent.block(), batches).await,
            Err(error) => Err(error),
        };
        match result {
            Ok(prepared) => Some(prepared),
            Err(error) => {
                stop_on_local_failure(&block, &error);
                let height = block.block().height();
                tracing::warn!(height, hash = %block.block().hash(), proposer = %block.leader(), %error, "block refused");
                None
            }
        }
    }

    async fn capture(
        &mut self,
        _: (E, ConsensusContext),
        block: &ConsensusBlock,
        _: &<Databases<E> as DatabaseSet<E>>::Merkleized,
        _: <Databases<E> as DatabaseSet<E>>::Readers,
    ) -> Head {
        let certificate = self.certificate(block).await;
        // Archived before its state is applied: a reader of an older state finds the values before this block.
        self.chain.archive(block.block(), certificate).await
    }

    async fn finalized(
        &mut self,
        (context, _): (E, ConsensusContext),
        block: &ConsensusBlock,
        captured: Head,
        readers: Readers<E>,
    ) {
        // Before anybody hears of the block: who asks for a committee then finds it.
        self.chain.elect(block.block(), &ReadersView::<E>(&readers)).await;
        if !self.chain.does(Sabotage::KeepOutcomes) {
            self.chain.executed.lock().finalized(block.block().height());
        }
        self.chain.update_pool(&captured);
        self.chain.sink.applied(captured);
        if block.block().height().is_multiple_of(self.chain.spec.epoch_blocks) {
            forget_votes(&context, block.block().seal().epoch).await;
        }
    }
}

#[cfg(test)]
mod tests;
