//! Who serves in which epoch: the seam behind which elections stand.

use crate::{Directory, PublicKey};
use althing_primitives::ChainSpec;
use commonware_codec::{Copying, DecodeExt as _};
use commonware_consensus::types::Epoch;
use commonware_glue::dkg::ParticipantsProvider;
use commonware_p2p::Address;
use commonware_utils::ordered::{Map, Set};
use std::{fmt::Debug, future::Future, net::SocketAddr, sync::Arc};

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

/// The same committee for ever: the validators that the chain spec names.
#[derive(Clone, Debug)]
pub struct FixedCommittee(Arc<Map<PublicKey, SocketAddr>>);

impl FixedCommittee {
    /// Reads the validators of a spec; none when an operator key or address is malformed.
    pub fn from_spec(spec: &ChainSpec) -> Option<Self> {
        let members = spec.validators.iter().map(|validator| {
            let key = PublicKey::decode(Copying(validator.operator.as_slice())).ok()?;
            Some((key, validator.p2p.parse().ok()?))
        });
        Some(Self(Arc::new(Map::from_iter_dedup(members.collect::<Option<Vec<_>>>()?))))
    }

    /// All members.
    pub fn members(&self) -> Set<PublicKey> {
        self.0.keys().clone()
    }

    /// The members with their addresses.
    pub fn directory(&self) -> Directory {
        self.0.iter_pairs().map(|(key, address)| (key.clone(), Address::Symmetric(*address))).collect()
    }
}

impl CommitteeSource for FixedCommittee {
    async fn committee(&self, _: Epoch) -> Set<PublicKey> {
        self.members()
    }

    async fn address(&self, _: Epoch, operator: &PublicKey) -> Option<SocketAddr> {
        self.0.get_value(operator).copied()
    }
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
