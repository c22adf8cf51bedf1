//! The network between machines: every message crosses a link that has latency, jitter, loss and a width, and that can be
//! cut in one direction.
//!
//! It is not the library's simulated network, for four reasons: each node tracks and blocks peers for itself, as in the real
//! transport; two machines can have one key (twins); messages can come twice; every byte is counted by node and channel.

mod ends;
mod links;
mod peers;

pub(crate) use ends::{WireReceiver, WireSender};
pub(crate) use links::Links;
pub use links::Place;
pub(crate) use peers::{WireBlocker, WirePeers};

use althing_consensus::PublicKey;
use commonware_p2p::{PeerSetUpdate, TrackedPeers};
use commonware_runtime::{Clock as _, Handle, IoBuf, Spawner as _, deterministic};
use commonware_utils::channel::mpsc;
use futures::future::Either;
use parking_lot::Mutex;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, BinaryHeap},
    fmt,
    sync::Arc,
    time::SystemTime,
};

/// Messages that a node's channel holds before the next ones are lost.
const INBOX: usize = 16_384;

/// Peer sets of consecutive epochs that stay connected: as in the real mesh.
const TRACKED_SETS: usize = 4;

/// A machine's place in the list of all.
pub(crate) type Index = usize;

/// What a node does to the messages that it sends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tamper {
    /// Channels on which it says nothing.
    pub(crate) mute: BTreeSet<u64>,
    /// Channels on which it sends garbage.
    pub(crate) garble: BTreeSet<u64>,
}

/// Messages and bytes of one node on one channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Traffic {
    pub(crate) messages: u64,
    pub(crate) bytes: u64,
}

struct Parcel {
    to: Index,
    boot: u64,
    channel: u64,
    sender: PublicKey,
    message: IoBuf,
}

struct Port {
    key: PublicKey,
    /// Grows at each start, so that nothing sent to a machine before a crash arrives after it.
    boot: u64,
    inboxes: BTreeMap<u64, mpsc::Sender<(PublicKey, IoBuf)>>,
    tracked: BTreeMap<u64, TrackedPeers<PublicKey>>,
    subscribers: Vec<mpsc::UnboundedSender<PeerSetUpdate<PublicKey>>>,
    blocked: BTreeSet<PublicKey>,
    tamper: Tamper,
    sent: BTreeMap<u64, Traffic>,
    /// When what it sends next can leave.
    free_at: SystemTime,
}

impl Port {
    fn knows(&self, key: &PublicKey) -> bool {
        let is_in = |set: &TrackedPeers<PublicKey>| {
            set.primary.position(key).is_some() || set.secondary.position(key).is_some()
        };
        !self.blocked.contains(key) && self.tracked.values().any(is_in)
    }

    fn all(&self) -> TrackedPeers<PublicKey> {
        let primary: BTreeSet<_> =
            self.tracked.values().flat_map(|set| set.primary.iter().cloned()).collect();
        let secondary = self.tracked.values().flat_map(|set| set.secondary.iter().cloned());
        let secondary: BTreeSet<_> = secondary.filter(|key| !primary.contains(key)).collect();
        let set = commonware_utils::ordered::Set::from_iter_dedup::<BTreeSet<PublicKey>>;
        TrackedPeers::new(set(primary), set(secondary))
    }
}

struct Net {
    ports: Vec<Port>,
    links: Links,
    parcels: BTreeMap<u64, Parcel>,
    due: BinaryHeap<Reverse<(SystemTime, u64)>>,
    /// When the last message of a link arrives: links keep order.
    last_arrival: BTreeMap<(Index, Index), SystemTime>,
    next_number: u64,
    lost: u64,
    rng: StdRng,
    wake: mpsc::UnboundedSender<()>,
}

/// All links. Clones are the same network.
#[derive(Clone)]
pub(crate) struct Wires {
    net: Arc<Mutex<Net>>,
    clock: Arc<deterministic::Context>,
}

impl fmt::Debug for Wires {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wires").field("machines", &self.net.lock().ports.len()).finish_non_exhaustive()
    }
}

/// Takes messages to where they go until it is dropped.
pub(crate) fn lay(
    context: deterministic::Context,
    clock: Arc<deterministic::Context>,
    keys: &[PublicKey],
    links: Links,
    seed: u64,
) -> (Wires, Handle<()>) {
    let (wake, mut woken) = mpsc::unbounded_channel();
    let now = clock.current();
    let port = |key: &PublicKey| Port {
        key: key.clone(),
        boot: 0,
        inboxes: BTreeMap::new(),
        tracked: BTreeMap::new(),
        subscribers: Vec::new(),
        blocked: BTreeSet::new(),
        tamper: Tamper::default(),
        sent: BTreeMap::new(),
        free_at: now,
    };
    let net = Net {
        ports: keys.iter().map(port).collect(),
        links,
        parcels: BTreeMap::new(),
        due: BinaryHeap::new(),
        last_arrival: BTreeMap::new(),
        next_number: 0,
        lost: 0,
        rng: StdRng::seed_from_u64(seed),
        wake,
    };
    let wires = Wires { net: Arc::new(Mutex::new(net)), clock };
    let post = wires.clone();
    let handle = context.spawn(move |context| async move {
        loop {
            let next = post.deliver(context.current());
            let wait = match next {
                Some(at) => Either::Left(context.sleep_until(at)),
                None => Either::Right(std::future::pending()),
            };
            {
                let sent = woken.recv();
                futures::pin_mut!(wait, sent);
                if let Either::Right((None, _)) = futures::future::select(wait, sent).await {
                    return;
                }
            }
            while woken.try_recv().is_ok() {}
        }
    });
    (wires, handle)
}

impl Wires {
    /// Hands over what is due; returns when the next message is.
    fn deliver(&self, now: SystemTime) -> Option<SystemTime> {
        let mut net = self.net.lock();
        while let Some(Reverse((at, number))) = net.due.peek().copied() {
            if at > now {
                return Some(at);
            }
            net.due.pop();
            let Some(parcel) = net.parcels.remove(&number) else { continue };
            let port = &net.ports[parcel.to];
            let is_welcome = port.boot == parcel.boot && port.knows(&parcel.sender);
            let inbox = port.inboxes.get(&parcel.channel).filter(|_| is_welcome);
            let taken = inbox.is_some_and(|inbox| inbox.try_send((parcel.sender, parcel.message)).is_ok());
            net.lost += u64::from(!taken);
        }
        None
    }

    /// Sends a message from a machine to everybody who has one of the keys.
    fn send(&self, from: Index, boot: u64, channel: u64, recipients: &[PublicKey], mut message: IoBuf) {
        let now = self.clock.current();
        let mut net = self.net.lock();
        let Net { ports, links, parcels, due, last_arrival, next_number, lost, rng, wake } = &mut *net;
        let port = &ports[from];
        if port.boot != boot || port.tamper.mute.contains(&channel) {
            return;
        }
        if port.tamper.garble.contains(&channel) {
            message = garbled(&message, rng);
        }
        let sender = port.key.clone();
        let is_meant = |port: &Port| port.key != sender && recipients.contains(&port.key);
        let meant: Vec<Index> = (0..ports.len()).filter(|index| is_meant(&ports[*index])).collect();
        for to in meant {
            let port = &mut ports[from];
            port.free_at = port.free_at.max(now) + links.time_to_send(message.len());
            let sent = port.sent.entry(channel).or_default();
            sent.messages += 1;
            sent.bytes += message.len() as u64;
            let leaves = port.free_at;
            let copies = links.copies(from, to, rng);
            *lost += u64::from(copies == 0);
            for _ in 0..copies {
                let last = last_arrival.entry((from, to)).or_insert(now);
                *last = (leaves + links.latency(from, to, rng)).max(*last);
                let boot = ports[to].boot;
                parcels.insert(
                    *next_number,
                    Parcel { to, boot, channel, sender: sender.clone(), message: message.clone() },
                );
                due.push(Reverse((*last, *next_number)));
                *next_number += 1;
            }
        }
        // The post ends with the simulation, and whoever sends then may be there a little longer.
        let _ = wake.send(());
    }

    /// Connects a machine that starts; what was sent to it before is lost. Returns the number of this start.
    pub(crate) fn connect(&self, index: Index) -> u64 {
        let mut net = self.net.lock();
        let port = &mut net.ports[index];
        port.boot += 1;
        port.inboxes.clear();
        port.tracked.clear();
        port.subscribers.clear();
        port.blocked.clear();
        port.boot
    }

    /// Takes a machine that stops off the network.
    pub(crate) fn disconnect(&self, index: Index) {
        self.connect(index);
    }

    /// Opens a channel of a machine.
    pub(crate) fn open(&self, index: Index, boot: u64, channel: u64) -> (WireSender, WireReceiver) {
        let (inbox, messages) = mpsc::channel(INBOX);
        self.net.lock().ports[index].inboxes.insert(channel, inbox);
        (WireSender::new(self.clone(), index, boot, channel), WireReceiver::new(messages))
    }

    /// Changes the links.
    pub(crate) fn links<T>(&self, change: impl FnOnce(&mut Links) -> T) -> T {
        change(&mut self.net.lock().links)
    }

    /// Lets a machine tamper with what it sends from now on.
    pub(crate) fn tamper(&self, index: Index, tamper: Tamper) {
        self.net.lock().ports[index].tamper = tamper;
    }

    /// Number of a machine's last start.
    pub(crate) fn boot(&self, index: Index) -> u64 {
        self.net.lock().ports[index].boot
    }

    /// Who is blocked by a machine since its start.
    pub(crate) fn blocked_by(&self, index: Index) -> BTreeSet<PublicKey> {
        self.net.lock().ports[index].blocked.clone()
    }

    /// What a machine has sent, by channel.
    pub(crate) fn sent_by(&self, index: Index) -> BTreeMap<u64, Traffic> {
        self.net.lock().ports[index].sent.clone()
    }

    /// Messages that did not arrive.
    pub(crate) fn lost(&self) -> u64 {
        self.net.lock().lost
    }
}

/// The same message with some of its bits turned over.
fn garbled(message: &IoBuf, rng: &mut StdRng) -> IoBuf {
    let mut bytes = message.as_ref().to_vec();
    for _ in 0..bytes.len().div_ceil(64) {
        let at = rng.random_range(0..bytes.len());
        bytes[at] ^= 1 << rng.random_range(0..8);
    }
    IoBuf::from(bytes)
}
