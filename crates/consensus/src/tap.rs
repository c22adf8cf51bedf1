//! Stands between the consensus engine and the application: listens in on reports, and keeps proposals until their
//! time has come.

use crate::{BlockDigest, Context, PublicKey, Scheme};
use commonware_actor::Feedback;
use commonware_consensus::{
    Automaton, CertifiableAutomaton, Handoff, Relay, Reporter,
    simplex::{Plan, types::Activity},
    types::Round,
};
use commonware_runtime::Spawner;
use commonware_utils::channel::oneshot;
use futures::future::{BoxFuture, Either, select};
use std::{fmt, pin::pin, sync::Arc};

/// What is called with each report. It must not block: it runs on the voter's task.
pub type Listener = Arc<dyn Fn(&Activity<Scheme, BlockDigest>) + Send + Sync>;

/// Resolves when the time of a proposal has come.
pub type Turn = Arc<dyn Fn(&Context) -> BoxFuture<'static, ()> + Send + Sync>;

/// Forwards everything to the inner application, every report to a listener first, and requests for proposals in their
/// turn: an application that waits itself keeps what else it is asked for waiting too.
pub struct Tap<E, A> {
    context: Arc<E>,
    inner: A,
    listener: Listener,
    turn: Turn,
}

impl<E, A: Clone> Clone for Tap<E, A> {
    fn clone(&self) -> Self {
        let Self { context, inner, listener, turn } = self;
        Self {
            context: context.clone(),
            inner: inner.clone(),
            listener: listener.clone(),
            turn: turn.clone(),
        }
    }
}

impl<E, A> Tap<E, A> {
    /// Wraps an application.
    pub fn new(context: E, inner: A, listener: Listener, turn: Turn) -> Self {
        Self { context: Arc::new(context), inner, listener, turn }
    }
}

impl<E, A> fmt::Debug for Tap<E, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tap").finish_non_exhaustive()
    }
}

impl<E: Spawner, A: Automaton<Context = Context, Digest = BlockDigest>> Automaton for Tap<E, A> {
    type Context = Context;
    type Digest = BlockDigest;

    #[allow(clippy::async_yields_async, reason = "a proposal is waited for elsewhere")]
    async fn propose(&mut self, context: Context) -> oneshot::Receiver<BlockDigest> {
        let (mut sender, receiver) = oneshot::channel();
        let (turn, mut inner) = ((self.turn)(&context), self.inner.clone());
        self.context.child("turn").spawn(move |_| async move {
            let proposal = async {
                turn.await;
                inner.propose(context).await.await
            };
            let proposal = match select(pin!(proposal), pin!(sender.closed())).await {
                Either::Left((proposal, _)) => proposal,
                // Consensus has gone on without this node.
                Either::Right(_) => return,
            };
            if let Ok(digest) = proposal {
                let _ = sender.send(digest);
            }
        });
        receiver
    }

    async fn verify(&mut self, context: Context, payload: BlockDigest) -> oneshot::Receiver<bool> {
        self.inner.verify(context, payload).await
    }
}

impl<E: Spawner, A> CertifiableAutomaton for Tap<E, A>
where
    A: CertifiableAutomaton<Context = Context, Digest = BlockDigest>,
{
    async fn prepare(&mut self, context: Context) -> oneshot::Receiver<Handoff<BlockDigest>> {
        self.inner.prepare(context).await
    }

    async fn certify(&mut self, round: Round, payload: BlockDigest) -> oneshot::Receiver<bool> {
        self.inner.certify(round, payload).await
    }
}

impl<E, A> Relay for Tap<E, A>
where
    E: Send + Sync + 'static,
    A: Relay<Digest = BlockDigest, PublicKey = PublicKey, Plan = Plan<PublicKey>>,
{
    type Digest = BlockDigest;
    type PublicKey = PublicKey;
    type Plan = Plan<PublicKey>;

    fn broadcast(&mut self, payload: BlockDigest, plan: Plan<PublicKey>) -> Feedback {
        self.inner.broadcast(payload, plan)
    }
}

impl<E, A> Reporter for Tap<E, A>
where
    E: Send + Sync + 'static,
    A: Reporter<Activity = Activity<Scheme, BlockDigest>>,
{
    type Activity = Activity<Scheme, BlockDigest>;

    fn report(&mut self, activity: Self::Activity) -> Feedback {
        (self.listener)(&activity);
        self.inner.report(activity)
    }
}
