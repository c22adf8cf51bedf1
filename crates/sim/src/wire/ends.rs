//! The two ends of a channel, as consensus holds them.

use super::{INBOX, Index, Wires};
use althing_consensus::PublicKey;
use commonware_actor::{Feedback, Unreliable};
use commonware_p2p::{CheckedSender, LimitedSender, Message, Receiver, Recipients};
use commonware_runtime::{IoBuf, IoBufs};
use commonware_utils::channel::mpsc;
use std::{fmt, num::NonZeroUsize, time::SystemTime};
use thiserror::Error;

/// Sends on one channel.
#[derive(Clone)]
pub(crate) struct WireSender {
    wires: Wires,
    from: Index,
    boot: u64,
    channel: u64,
}

impl fmt::Debug for WireSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WireSender").field("from", &self.from).field("channel", &self.channel).finish()
    }
}

impl WireSender {
    pub(super) fn new(wires: Wires, from: Index, boot: u64, channel: u64) -> Self {
        Self { wires, from, boot, channel }
    }
}

/// A sender whose recipients are known.
#[derive(Debug)]
pub(crate) struct WireChecked<'a> {
    sender: &'a WireSender,
    recipients: Vec<PublicKey>,
}

impl CheckedSender for WireChecked<'_> {
    type PublicKey = PublicKey;

    fn recipients(&self) -> Vec<PublicKey> {
        self.recipients.clone()
    }

    fn send(self, message: impl Into<IoBufs> + Send, _: bool) -> Unreliable<Feedback> {
        let WireSender { wires, from, boot, channel } = self.sender;
        wires.send(*from, *boot, *channel, &self.recipients, message.into().coalesce());
        Unreliable::new(Feedback::Ok)
    }
}

impl LimitedSender for WireSender {
    type PublicKey = PublicKey;
    type Checked<'a> = WireChecked<'a>;

    fn check(&mut self, recipients: Recipients<PublicKey>) -> Result<WireChecked<'_>, SystemTime> {
        let peers = self.wires.peers_of(self.from);
        let known = |key: &PublicKey| peers.contains(key);
        let recipients = match recipients {
            Recipients::All => peers.into_iter().collect(),
            Recipients::Some(keys) => keys.into_iter().filter(known).collect(),
            Recipients::One(key) => vec![key].into_iter().filter(known).collect(),
        };
        Ok(WireChecked { sender: self, recipients })
    }
}

/// The channel is closed: the machine stopped.
#[derive(Clone, Copy, Debug, Error)]
#[error("the channel is closed: the machine stopped")]
pub(crate) struct Closed;

/// Receives on one channel.
pub(crate) struct WireReceiver(mpsc::Receiver<(PublicKey, IoBuf)>);

impl fmt::Debug for WireReceiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WireReceiver").finish_non_exhaustive()
    }
}

impl WireReceiver {
    pub(super) fn new(messages: mpsc::Receiver<(PublicKey, IoBuf)>) -> Self {
        Self(messages)
    }
}

impl Receiver for WireReceiver {
    type Error = Closed;
    type PublicKey = PublicKey;

    async fn recv(&mut self) -> Result<Message<PublicKey>, Closed> {
        self.0.recv().await.ok_or(Closed)
    }

    fn capacity(&self) -> NonZeroUsize {
        const CAPACITY: NonZeroUsize = NonZeroUsize::new(INBOX).expect("not zero");
        CAPACITY
    }
}
