//! Who serves in which epoch: the seam behind which elections stand.

use crate::{Directory, PublicKey};
use commonware_consensus::types::Epoch;
use commonware_glue::dkg::ParticipantsProvider;
use commonware_p2p::Address;
use commonware_utils::ordered::Set;
use std::{fmt::Debug, future::Future, net::SocketAddr};

/// Decides the committee of every epoch.
///
/// For the same finalized chain all nodes must get the same answers: the committee that receives shares in
/// epoch `e` is asked for at the last block of epoch `e - 2`, and signs epoch `e + 1`.
pub trait CommitteeSource: Clone + Debug + Send + Sync + 'static {
    /// Operators that receive key shares in an epoch.
    fn committee(&self, epoch: Epoch) -> impl Future<Output = Set<PublicKey>> + Send;

    /// Where an operator is dialled, as of the end of the epoch before.
    fn address(&self, epoch: Epoch, operator: &PublicKey) -> impl Future<Output = Option<SocketAddr>> + Send;
}

/// Serves a committee source to the resharing protocol.
#[derive(Clone, Debug)]
pub struct Participants<C>(pub C);

impl<C: CommitteeSource> ParticipantsProvider for Participants<C> {
    type PublicKey = PublicKey;
    type Directory = Directory;

    async fn participants(&mut self, epoch: Epoch) -> Set<PublicKey> {
        self.0.committee(epoch).await
    }

    async fn directory(&mut self, epoch: Epoch, peers: Set<PublicKey>) -> Directory {
        let mut addresses = Vec::with_capacity(peers.len());
        for peer in &peers {
            let address =
                self.0.address(epoch, peer).await.expect("a committee source knows its members' addresses");
            addresses.push((peer.clone(), Address::Symmetric(address)));
        }
        addresses.into_iter().collect()
    }
}
