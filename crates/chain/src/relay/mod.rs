//! Blocks on their way from a proposer to the others: as header, seal and short identifiers of transactions, which the
//! others have in their pools already. What is missing there is asked of the peer that sent the block.
//!
//! ```text
//!   marshal ── send ──► Mailbox ──► Exchange ──► compact or whole block ──► peers
//!      ▲                               │ ▲
//!      └── find, subscribe ◄── Held ◄──┘ └── compact, whole, parts, questions ◄── peers
//!                                │
//!                             Rebuilds ◄── transactions of the pool
//! ```
//!
//! | file | what |
//! |---|---|
//! | `wire.rs` | messages and their encoding |
//! | `rebuild.rs` | blocks that are put together, and how many at a time |
//! | `held.rs` | blocks that are here, who waits for one, who was given one |
//! | `exchange.rs` | what a message brings about; no I/O |
//! | `mailbox.rs` | how marshal reaches the actor |
//!
//! Invariants:
//! - A block is handed out under a hash only when its header has this hash and commits to seal and transactions.
//! - A peer makes this node hold [`BLOCKS_A_PEER`] blocks and [`REBUILDS_A_PEER`] unfinished ones at most.
//! - For each compact block a node asks twice at most: for what is missing, then for all of it. What does not come then is
//!   fetched by marshal once it is certified.

mod exchange;
mod held;
mod mailbox;
mod rebuild;
#[cfg(test)]
mod tests;
mod wire;

pub(crate) use mailbox::Mailbox;
pub(crate) use rebuild::{Lookup, from_pool};
pub(crate) use wire::max_message_size;
pub use wire::{Compact, Message, MessageError, ShortId};

use althing_consensus::PublicKey;
use commonware_actor::mailbox as queue;
use commonware_macros::select_loop;
use commonware_p2p::{Provider, Receiver, Recipients, Sender};
use commonware_runtime::{Clock, ContextCell, Handle, Metrics, Spawner, spawn_cell};
use commonware_utils::NZUsize;
use exchange::{Counts, Exchange};
use futures::future::Either;
use std::{future::pending, num::NonZeroUsize, time::Duration};

/// Blocks kept of each member of the committees that are connected.
const BLOCKS_A_PEER: usize = 16;

/// Blocks of one peer that wait for transactions at the same time; the oldest makes place.
const REBUILDS_A_PEER: usize = 4;

/// How long a peer has to answer with transactions: a round trip between the farthest regions, and a half.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(500);

/// Calls that wait for the actor.
const MAILBOX: NonZeroUsize = NZUsize!(1024);

/// What a relay is started with.
pub(crate) struct Config<D> {
    /// This node's key.
    pub(crate) me: PublicKey,
    /// Tells whose blocks are kept.
    pub(crate) peers: D,
    /// Finds transactions by their short identifiers.
    pub(crate) lookup: Lookup,
}

/// Sends and receives blocks until the node stops.
pub(crate) fn start<E, D, S, R>(context: E, config: Config<D>, network: (S, R)) -> (Handle<()>, Mailbox)
where
    E: Clock + Spawner + Metrics,
    D: Provider<PublicKey = PublicKey>,
    S: Sender<PublicKey = PublicKey>,
    R: Receiver<PublicKey = PublicKey>,
{
    let (calls, mailbox) = queue::new(context.child("mailbox"), MAILBOX);
    let exchange = Exchange::new(config.me, config.lookup, Counts::new(&context));
    let mut relay = Relay { context: ContextCell::new(context), mailbox, exchange };
    let handle = spawn_cell!(relay.context, relay.run(config.peers, network.0, network.1));
    (handle, Mailbox::new(calls))
}

struct Relay<E> {
    context: ContextCell<E>,
    mailbox: queue::Receiver<mailbox::Call>,
    exchange: Exchange,
}

impl<E: Clock + Spawner + Metrics> Relay<E> {
    async fn run<D, S, R>(mut self, mut peers: D, mut sender: S, mut receiver: R)
    where
        D: Provider<PublicKey = PublicKey>,
        S: Sender<PublicKey = PublicKey>,
        R: Receiver<PublicKey = PublicKey>,
    {
        let mut peer_sets = peers.subscribe().await;
        select_loop! {
            self.context,
            on_start => {
                self.exchange.held.drop_closed_waiters();
                let deadline = match self.exchange.next_deadline() {
                    Some(at) => Either::Left(self.context.sleep_until(at)),
                    None => Either::Right(pending()),
                };
            },
            on_stopped => {},
            Some(update) = peer_sets.recv() else break => {
                self.exchange.held.keep_only(update.all.primary);
            },
            Some(call) = self.mailbox.recv() else break => {
                if let Some((recipients, message)) = self.exchange.call(call) {
                    sender.send(recipients, message.encode(), true);
                }
            },
            _ = deadline => {
                for (peer, message) in self.exchange.ask_late(self.context.current()) {
                    sender.send(Recipients::One(peer), message.encode(), true);
                }
            },
            Ok((peer, bytes)) = receiver.recv() else break => {
                if let Some(answer) = self.exchange.receive(&peer, bytes.as_ref(), self.context.current()) {
                    sender.send(Recipients::One(peer), answer.encode(), true);
                }
            },
        }
    }
}
