//! Transactions between validators, and who is there.
//!
//! Every validator is connected to every other, so a node sends on only what its own clients submitted. What
//! found no block yet is sent again, for peers that were away, and each time after twice as long: when more comes in than
//! blocks hold, sending it again and again would take what is left.

use crate::{
    archive::Archive,
    txpool::{TxPool, now_ms},
};
use alloy_rlp::{Decodable, Encodable, RlpDecodable, RlpEncodable};
use althing_consensus::PublicKey;
use althing_engine::{Gossip, GossipReceiver};
use althing_primitives::{Bytes, Height};
use althing_txpool::{Origin, PooledTransaction};
use parking_lot::Mutex;
use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

/// Most bytes of transactions in a message.
pub const MAX_GOSSIP_BYTES: usize = 256 * 1024;

/// Most transactions in a message.
pub const MAX_GOSSIP_TRANSACTIONS: usize = 1_024;

/// Time between two signs of life.
const HELLO_EVERY: Duration = Duration::from_secs(2);

/// A peer silent for longer is counted as gone.
const SILENCE: Duration = Duration::from_secs(7);

/// Local transactions that found no block for this long are sent again, then after twice as long, and so on.
const RESEND_AFTER_MS: u64 = 5_000;

/// Gathers more transactions into one message.
const GATHER: Duration = Duration::from_millis(10);

/// What validators tell each other besides consensus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GossipMessage {
    /// A sign of life.
    Hello(Hello),
    /// Encoded transactions.
    Transactions(Vec<Bytes>),
}

/// A sign of life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, RlpEncodable, RlpDecodable)]
pub struct Hello {
    /// The sender's head.
    pub height: Height,
}

const HELLO_TAG: u8 = 0;
const TRANSACTIONS_TAG: u8 = 1;

impl GossipMessage {
    /// A tag byte and RLP.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        match self {
            Self::Hello(hello) => {
                bytes.push(HELLO_TAG);
                hello.encode(&mut bytes);
            }
            Self::Transactions(transactions) => {
                bytes.push(TRANSACTIONS_TAG);
                transactions.encode(&mut bytes);
            }
        }
        bytes
    }

    /// Decodes what a peer sent; `None` for anything malformed or too large.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (tag, mut rest) = bytes.split_first()?;
        if rest.len() > 2 * MAX_GOSSIP_BYTES {
            return None;
        }
        let message = match *tag {
            HELLO_TAG => Self::Hello(Hello::decode(&mut rest).ok()?),
            TRANSACTIONS_TAG => Self::Transactions(Vec::<Bytes>::decode(&mut rest).ok()?),
            _ => return None,
        };
        let fits = !matches!(&message, Self::Transactions(list) if list.len() > MAX_GOSSIP_TRANSACTIONS);
        (rest.is_empty() && fits).then_some(message)
    }
}

/// Peers that gave a sign of life.
#[derive(Clone, Debug, Default)]
pub(crate) struct Peers(Arc<Mutex<BTreeMap<PublicKey, (Instant, Height)>>>);

impl Peers {
    fn heard(&self, peer: PublicKey, height: Height) {
        self.0.lock().insert(peer, (Instant::now(), height));
    }

    /// Peers that are there now.
    pub(crate) fn count(&self) -> u64 {
        self.0.lock().values().filter(|(heard, _)| heard.elapsed() < SILENCE).count() as u64
    }

    /// The highest head that a present peer claims.
    pub(crate) fn highest(&self) -> Height {
        let peers = self.0.lock();
        peers
            .values()
            .filter(|(heard, _)| heard.elapsed() < SILENCE)
            .map(|(_, height)| *height)
            .max()
            .unwrap_or(0)
    }
}

/// Sends and receives until the mesh stops.
pub(crate) async fn run(
    gossip: Gossip,
    received: GossipReceiver,
    pool: TxPool,
    archive: Arc<Archive>,
    peers: Peers,
) {
    tokio::select! {
        () = send(gossip, pool.clone(), archive) => {}
        () = receive(received, pool, peers) => {}
    }
}

async fn send(mut gossip: Gossip, pool: TxPool, archive: Arc<Archive>) {
    let mut last_hello = Instant::now().checked_sub(HELLO_EVERY).unwrap_or_else(Instant::now);
    let mut resent_ms = now_ms();
    loop {
        let _ = tokio::time::timeout(HELLO_EVERY, pool.fresh.notified()).await;
        tokio::time::sleep(GATHER).await;
        let drained = pool.pool.lock().drain_new();
        for hash in &drained.hashes {
            archive.announce_pending(*hash);
        }
        let mut outgoing: Vec<Arc<PooledTransaction>> = {
            let pool = pool.pool.lock();
            drained
                .hashes
                .iter()
                .filter_map(|hash| pool.get(hash))
                .filter(|tx| tx.origin() == Origin::Local)
                .collect()
        };
        let now = now_ms();
        if now.saturating_sub(resent_ms) >= RESEND_AFTER_MS {
            let is_due = |tx: &Arc<PooledTransaction>| is_due(tx.added_ms(), resent_ms, now);
            outgoing.extend(pool.pool.lock().local_pending().filter(is_due));
            resent_ms = now;
        }
        for message in batches(&outgoing) {
            gossip.send(message.encode(), false);
        }
        if last_hello.elapsed() >= HELLO_EVERY {
            last_hello = Instant::now();
            let hello = GossipMessage::Hello(Hello { height: archive.head().block.height() });
            gossip.send(hello.encode(), true);
        }
    }
}

/// Whether what was added at a time is to be sent again, of which some was sent at `before`: when it has waited for
/// [`RESEND_AFTER_MS`], twice, four times as long, and so on.
fn is_due(added_ms: u64, before: u64, now: u64) -> bool {
    let times = |at: u64| (at.saturating_sub(added_ms) / RESEND_AFTER_MS).checked_ilog2();
    times(now) > times(before)
}

fn batches(transactions: &[Arc<PooledTransaction>]) -> Vec<GossipMessage> {
    let mut messages = Vec::new();
    let mut batch = Vec::new();
    let mut bytes = 0;
    for transaction in transactions {
        let full = bytes + transaction.size() > MAX_GOSSIP_BYTES || batch.len() == MAX_GOSSIP_TRANSACTIONS;
        if full && !batch.is_empty() {
            messages.push(GossipMessage::Transactions(std::mem::take(&mut batch)));
            bytes = 0;
        }
        bytes += transaction.size();
        batch.push(transaction.raw());
    }
    if !batch.is_empty() {
        messages.push(GossipMessage::Transactions(batch));
    }
    messages
}

async fn receive(mut received: GossipReceiver, pool: TxPool, peers: Peers) {
    while let Some((peer, message)) = received.receive().await {
        match GossipMessage::decode(&message) {
            Some(GossipMessage::Hello(hello)) => peers.heard(peer, hello.height),
            Some(GossipMessage::Transactions(transactions)) => {
                if let Err(error) = pool.admit(transactions, Origin::Remote).await {
                    tracing::warn!(%peer, %error, "transactions of a peer not admitted");
                }
            }
            None => tracing::debug!(%peer, "malformed gossip ignored"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_sent_again_after_twice_as_long_each_time() {
        let looks: Vec<u64> = (0..60).map(|look| 1_000_000 + look * RESEND_AFTER_MS).collect();
        for added in [1_000_000, 1_000_001, 1_004_999] {
            let due = looks.windows(2).filter(|pair| is_due(added, pair[0], pair[1]));
            let waited: Vec<u64> = due.map(|pair| (pair[1] - 1_000_000) / RESEND_AFTER_MS).collect();
            let late = u64::from(added > 1_000_000);
            assert_eq!(waited, [1, 2, 4, 8, 16, 32].map(|times| times + late));
        }
    }

    #[test]
    fn messages_survive_their_encoding_and_malformed_ones_are_refused() {
        let hello = GossipMessage::Hello(Hello { height: 7 });
        let transactions = GossipMessage::Transactions(vec![vec![1, 2].into(), Bytes::new()]);
        for message in [hello, transactions] {
            let bytes = message.encode();
            assert_eq!(GossipMessage::decode(&bytes), Some(message));
            for cut in 0..bytes.len() {
                assert_eq!(GossipMessage::decode(&bytes[..cut]), None, "{cut}");
            }
            assert_eq!(GossipMessage::decode(&[bytes.as_slice(), &[0]].concat()), None);
        }
        let many = GossipMessage::Transactions(vec![Bytes::new(); MAX_GOSSIP_TRANSACTIONS + 1]);
        assert_eq!(GossipMessage::decode(&many.encode()), None);
        assert_eq!(GossipMessage::decode(&vec![1; 2 * MAX_GOSSIP_BYTES + 2]), None);
        assert_eq!(GossipMessage::decode(&[9, 0xc0]), None);
    }
}
