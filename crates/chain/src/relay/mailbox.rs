//! How marshal reaches the relay.

use super::held::{HeldBlock, hash_of};
use althing_consensus::{BlockDigest, ConsensusBlock, PublicKey};
use althing_primitives::B256;
use commonware_actor::mailbox::{Policy, Sender};
use commonware_consensus::{
    marshal::{core::Buffer, standard::Standard},
    types::Round,
};
use commonware_p2p::Recipients;
use commonware_utils::channel::oneshot;
use std::{collections::VecDeque, fmt};

/// What marshal wants.
pub(super) enum Call {
    Send { recipients: Recipients<PublicKey>, block: HeldBlock },
    Find { hash: B256, answer: oneshot::Sender<Option<HeldBlock>> },
    Subscribe { hash: B256, waiter: oneshot::Sender<HeldBlock> },
}

impl Policy for Call {
    type Overflow = VecDeque<Self>;

    /// Marshal alone calls, and it would stop without its answers: what somebody still waits for is kept.
    fn handle(overflow: &mut Self::Overflow, call: Self) {
        let is_over = match &call {
            Self::Send { .. } => false,
            Self::Find { answer, .. } => answer.is_closed(),
            Self::Subscribe { waiter, .. } => waiter.is_closed(),
        };
        if !is_over {
            overflow.push_back(call);
        }
    }
}

/// Reaches the relay.
#[derive(Clone)]
pub(crate) struct Mailbox(Sender<Call>);

impl fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailbox").finish_non_exhaustive()
    }
}

fn hash(digest: BlockDigest) -> B256 {
    B256::from(digest.0)
}

impl Mailbox {
    pub(super) fn new(calls: Sender<Call>) -> Self {
        Self(calls)
    }
}

impl Buffer<Standard<ConsensusBlock>> for Mailbox {
    type PublicKey = PublicKey;

    async fn find_by_digest(&self, digest: BlockDigest) -> Option<HeldBlock> {
        let (answer, found) = oneshot::channel();
        let _ = self.0.enqueue(Call::Find { hash: hash(digest), answer });
        found.await.ok().flatten()
    }

    async fn find_by_commitment(&self, digest: BlockDigest) -> Option<HeldBlock> {
        self.find_by_digest(digest).await
    }

    fn subscribe_by_digest(&self, digest: BlockDigest) -> Option<oneshot::Receiver<HeldBlock>> {
        let (waiter, block) = oneshot::channel();
        let _ = self.0.enqueue(Call::Subscribe { hash: hash(digest), waiter });
        Some(block)
    }

    fn subscribe_by_commitment(&self, digest: BlockDigest) -> Option<oneshot::Receiver<HeldBlock>> {
        self.subscribe_by_digest(digest)
    }

    fn send(&self, _: Round, block: HeldBlock, recipients: Recipients<PublicKey>) {
        let hash = hash_of(&block);
        if !self.0.enqueue(Call::Send { recipients, block }).accepted() {
            tracing::debug!(%hash, "block not sent: the relay has stopped");
        }
    }
}
