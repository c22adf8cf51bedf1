//! Whom the mesh connects to: not only the committees that the resharing protocol names, but all delegates, so that
//! whoever may be drawn follows the chain already.

use crate::Elections;
use althing_consensus::{Directory, PublicKey};
use commonware_consensus::types::Epoch;
use commonware_glue::dkg::network::Manager;
use commonware_p2p::{
    Address, AddressableManager, AddressableTrackedPeers, PeerSetSubscription, Provider, TrackedPeers,
};
use commonware_utils::ordered::{Map, Set};
use std::{collections::BTreeMap, fmt};
use thiserror::Error;

/// Activates the peers of an epoch.
#[derive(Clone)]
pub struct DelegatePeers<M> {
    inner: M,
    elections: Elections,
    most: usize,
}

impl<M> DelegatePeers<M> {
    /// Over the transport's own manager, which takes at most `most` peers in a set.
    pub fn new(inner: M, elections: Elections, most: usize) -> Self {
        Self { inner, elections, most }
    }
}

impl<M> fmt::Debug for DelegatePeers<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DelegatePeers").field("most", &self.most).finish_non_exhaustive()
    }
}

impl<M: AddressableManager<PublicKey = PublicKey>> Provider for DelegatePeers<M> {
    type PublicKey = PublicKey;

    async fn peer_set(&mut self, id: u64) -> Option<TrackedPeers<PublicKey>> {
        self.inner.peer_set(id).await
    }

    async fn subscribe(&mut self) -> PeerSetSubscription<PublicKey> {
        self.inner.subscribe().await
    }
}

/// The epoch's directory has no address of a member.
#[derive(Debug, Error)]
#[error("the epoch's directory has no address of {0}")]
pub struct MissingAddress(String);

fn resolve(
    peers: &Set<PublicKey>,
    directory: &Directory,
) -> Result<BTreeMap<PublicKey, Address>, MissingAddress> {
    let missing = |peer: &PublicKey| MissingAddress(peer.to_string());
    let address = |peer: &PublicKey| directory.get(peer).cloned().ok_or_else(|| missing(peer));
    peers.iter().map(|peer| Ok((peer.clone(), address(peer)?))).collect()
}

impl<M: AddressableManager<PublicKey = PublicKey>> Manager for DelegatePeers<M> {
    type Directory = Directory;
    type Error = MissingAddress;

    fn track(
        &mut self,
        epoch: Epoch,
        peers: TrackedPeers<PublicKey>,
        directory: &Directory,
    ) -> Result<(), MissingAddress> {
        let primary = resolve(&peers.primary, directory)?;
        let mut secondary = resolve(&peers.secondary, directory)?;
        for (delegate, address) in self.elections.delegates(epoch.get()) {
            // The transport counts this node too.
            if primary.len() + secondary.len() + 1 >= self.most {
                tracing::warn!(most = self.most, "not all delegates are connected: there are too many");
                break;
            }
            if !primary.contains_key(&delegate) {
                secondary.entry(delegate).or_insert(Address::Symmetric(address));
            }
        }
        let tracked =
            AddressableTrackedPeers::new(Map::from_iter_dedup(primary), Map::from_iter_dedup(secondary));
        let _ = self.inner.track(epoch.get(), tracked);
        Ok(())
    }
}
