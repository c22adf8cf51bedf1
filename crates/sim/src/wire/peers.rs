//! Whom a node is connected to, and whom it refuses.

use super::{Index, TRACKED_SETS, Wires};
use althing_consensus::PublicKey;
use commonware_actor::Feedback;
use commonware_p2p::{
    Address, AddressableManager, AddressableTrackedPeers, BlockedSubscription, Blocker, PeerSetSubscription,
    PeerSetUpdate, Provider, TrackedPeers,
};
use commonware_utils::{
    NZUsize,
    channel::{mpsc, ring},
    ordered::{Map, Set},
};
use std::collections::BTreeSet;

impl Wires {
    /// Whom a machine is connected to.
    pub(super) fn peers_of(&self, index: Index) -> BTreeSet<PublicKey> {
        let net = self.net.lock();
        let port = &net.ports[index];
        let all = port.all().union().into_iter();
        all.filter(|key| *key != port.key && !port.blocked.contains(key)).collect()
    }
}

/// Peer sets of one machine.
#[derive(Clone, Debug)]
pub(crate) struct WirePeers {
    pub(crate) wires: Wires,
    pub(crate) index: Index,
}

impl Provider for WirePeers {
    type PublicKey = PublicKey;

    async fn peer_set(&mut self, id: u64) -> Option<TrackedPeers<PublicKey>> {
        self.wires.net.lock().ports[self.index].tracked.get(&id).cloned()
    }

    async fn subscribe(&mut self) -> PeerSetSubscription<PublicKey> {
        let (sender, receiver) = mpsc::unbounded_channel();
        let mut net = self.wires.net.lock();
        let port = &mut net.ports[self.index];
        if let Some((index, latest)) = port.tracked.last_key_value() {
            let _ = sender.send(PeerSetUpdate { index: *index, latest: latest.clone(), all: port.all() });
        }
        port.subscribers.push(sender);
        receiver
    }
}

impl AddressableManager for WirePeers {
    fn track<R>(&mut self, id: u64, peers: R) -> Feedback
    where
        R: Into<AddressableTrackedPeers<PublicKey>> + Send,
    {
        let peers = peers.into();
        let primary = peers.primary.into_keys();
        let secondary: Vec<_> =
            peers.secondary.into_keys().into_iter().filter(|key| primary.position(key).is_none()).collect();
        let latest = TrackedPeers::new(primary, Set::from_iter_dedup(secondary));
        let mut net = self.wires.net.lock();
        let port = &mut net.ports[self.index];
        if port.tracked.last_key_value().is_some_and(|(last, _)| *last >= id) {
            return Feedback::Ok;
        }
        port.tracked.insert(id, latest.clone());
        while port.tracked.len() > TRACKED_SETS {
            port.tracked.pop_first();
        }
        let update = PeerSetUpdate { index: id, latest, all: port.all() };
        port.subscribers.retain(|subscriber| subscriber.send(update.clone()).is_ok());
        Feedback::Ok
    }

    fn overwrite(&mut self, _: Map<PublicKey, Address>) -> Feedback {
        Feedback::Ok
    }
}

/// Refuses peers for one machine.
#[derive(Clone, Debug)]
pub(crate) struct WireBlocker {
    pub(crate) wires: Wires,
    pub(crate) index: Index,
    /// Whether it blocks nobody, as a broken build does.
    pub(crate) is_deaf: bool,
}

impl Blocker for WireBlocker {
    type PublicKey = PublicKey;

    fn block(&mut self, peer: PublicKey) -> Feedback {
        if !self.is_deaf {
            self.wires.net.lock().ports[self.index].blocked.insert(peer);
        }
        Feedback::Ok
    }

    fn blocked(&mut self) -> BlockedSubscription<PublicKey> {
        let (sender, receiver) = ring::channel(NZUsize!(1));
        let blocked = self.wires.blocked_by(self.index);
        let _ = sender.send_lossy(Set::from_iter_dedup(blocked));
        receiver
    }
}
