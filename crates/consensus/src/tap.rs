//! Listens in on the consensus engine's reports on their way to the application.

use crate::{BlockDigest, Context, PublicKey, Scheme};
use commonware_actor::Feedback;
use commonware_consensus::{
    Automaton, CertifiableAutomaton, Handoff, Relay, Reporter,
    simplex::{Plan, types::Activity},
    types::Round,
};
use commonware_utils::channel::oneshot;
use std::{fmt, sync::Arc};

/// What is called with each report. It must not block: it runs on the voter's task.
pub type Listener = Arc<dyn Fn(&Activity<Scheme, BlockDigest>) + Send + Sync>;

/// Forwards everything to the inner application and every report to a listener first.
#[derive(Clone)]
pub struct Tap<A> {
    inner: A,
    listener: Listener,
}

impl<A> Tap<A> {
    /// Wraps an application.
    pub fn new(inner: A, listener: Listener) -> Self {
        Self { inner, listener }
    }
}

impl<A> fmt::Debug for Tap<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tap").finish_non_exhaustive()
    }
}

impl<A: Automaton<Context = Context, Digest = BlockDigest>> Automaton for Tap<A> {
    type Context = Context;
    type Digest = BlockDigest;

    async fn propose(&mut self, context: Context) -> oneshot::Receiver<BlockDigest> {
        self.inner.propose(context).await
    }

    async fn verify(&mut self, context: Context, payload: BlockDigest) -> oneshot::Receiver<bool> {
        self.inner.verify(context, payload).await
    }
}

impl<A: CertifiableAutomaton<Context = Context, Digest = BlockDigest>> CertifiableAutomaton for Tap<A> {
    async fn prepare(&mut self, context: Context) -> oneshot::Receiver<Handoff<BlockDigest>> {
        self.inner.prepare(context).await
    }

    async fn certify(&mut self, round: Round, payload: BlockDigest) -> oneshot::Receiver<bool> {
        self.inner.certify(round, payload).await
    }
}

impl<A: Relay<Digest = BlockDigest, PublicKey = PublicKey, Plan = Plan<PublicKey>>> Relay for Tap<A> {
    type Digest = BlockDigest;
    type PublicKey = PublicKey;
    type Plan = Plan<PublicKey>;

    fn broadcast(&mut self, payload: BlockDigest, plan: Plan<PublicKey>) -> Feedback {
        self.inner.broadcast(payload, plan)
    }
}

impl<A: Reporter<Activity = Activity<Scheme, BlockDigest>>> Reporter for Tap<A> {
    type Activity = Activity<Scheme, BlockDigest>;

    fn report(&mut self, activity: Self::Activity) -> Feedback {
        (self.listener)(&activity);
        self.inner.report(activity)
    }
}
