//! The validators' encrypted mesh.

use althing_chain::{DelegatePeers, Elections, Network, Operator, channels, max_message_size};
use althing_consensus::{PrivateKey, PublicKey};
use althing_primitives::{ChainSpec, Param, chainspec::MAX_VALIDATORS};
use commonware_cryptography::ChaCha20Poly1305;
use commonware_p2p::{Receiver as _, Recipients, Sender as _, authenticated::lookup};
use commonware_runtime::{Handle, Quota, Supervisor as _, tokio::Context};
use commonware_stream::{
    SakeCups,
    cups::{self, Cups},
    sake::{self, Sake},
};
use commonware_utils::{NZU32, NZUsize};
use std::{
    fmt,
    net::SocketAddr,
    num::{NonZeroU32, NonZeroUsize},
    time::Duration,
};

/// How far two nodes' clocks may differ in a handshake. Blocks bound the drift more tightly.
const HANDSHAKE_DRIFT: Duration = Duration::from_secs(600);

/// Longest handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);

/// Messages that the p2p layer's own mailboxes hold.
const MAILBOX: NonZeroUsize = NZUsize!(1024);

/// Peer sets of consecutive epochs that stay connected.
const TRACKED_SETS: NonZeroUsize = NZUsize!(4);

/// Time between pings. A node that was frozen finds one waiting for each that passed, and takes them no faster than
/// two in this time, so a short one would hold up its votes.
const PING_EVERY: Duration = Duration::from_secs(40);

/// How long a peer that broke the protocol is not connected to.
const BLOCK_DURATION: Duration = Duration::from_secs(600);

pub(crate) type Handshake = SakeCups<PrivateKey, ChaCha20Poly1305>;
pub(crate) type Sender = lookup::Sender<PublicKey, Context>;
pub(crate) type Receiver = lookup::Receiver<PublicKey>;
pub(crate) type Oracle = lookup::Oracle<PublicKey>;
type Manager = DelegatePeers<Oracle>;

/// How the mesh is reached and bounded.
#[derive(Clone, Debug)]
pub struct MeshConfig {
    /// Address to accept validators on.
    pub listen: SocketAddr,
    /// Whether private addresses may be dialled and accepted.
    pub allow_private_ips: bool,
    /// Most handshakes at a time.
    pub max_handshakes: u32,
    /// Most handshakes a second from one address.
    pub max_handshakes_per_ip_s: u32,
}

/// Sends to all connected validators on the transactions' channel.
#[derive(Clone)]
pub struct Gossip(Sender);

impl fmt::Debug for Gossip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gossip").finish_non_exhaustive()
    }
}

impl Gossip {
    /// Sends a message; peers whose quota is used up do not get it.
    pub fn send(&mut self, message: Vec<u8>, priority: bool) {
        self.0.send(Recipients::All, message, priority);
    }
}

/// Receives from connected validators.
pub struct GossipReceiver(Receiver);

impl fmt::Debug for GossipReceiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GossipReceiver").finish_non_exhaustive()
    }
}

impl GossipReceiver {
    /// The next message with its sender; `None` when the mesh has stopped.
    pub async fn receive(&mut self) -> Option<(PublicKey, Vec<u8>)> {
        let (peer, message) = self.0.recv().await.ok()?;
        Some((peer, message.as_ref().to_vec()))
    }
}

/// Authenticated, encrypted connections to known keys at known addresses; not begun yet. Takes the namespace that
/// both sides must have, the most peers of a set, and the bytes of the largest message.
pub(crate) fn transport(
    context: &Context,
    p2p: &MeshConfig,
    signer: PrivateKey,
    (namespace, peers, max_message): (&[u8], NonZeroUsize, u32),
) -> (lookup::Network<Context, Handshake>, Oracle) {
    let handshake = Cups::<_, ChaCha20Poly1305>::new(
        Sake {
            signer,
            synchrony_bound: HANDSHAKE_DRIFT,
            max_handshake_age: HANDSHAKE_DRIFT,
            version: sake::Version::V1,
        },
        cups::Version::V1,
    );
    let mut config = lookup::Config::local(handshake, namespace, p2p.listen, peers, max_message, MAILBOX);
    config.allow_private_ips = p2p.allow_private_ips;
    config.bypass_ip_check = false;
    config.handshake_timeout = HANDSHAKE_TIMEOUT;
    config.max_concurrent_handshakes = NonZeroU32::new(p2p.max_handshakes).unwrap_or(NZU32!(64));
    config.allowed_handshake_rate_per_ip =
        Quota::per_second(NonZeroU32::new(p2p.max_handshakes_per_ip_s).unwrap_or(NZU32!(16)));
    config.ping_frequency = PING_EVERY;
    config.tracked_peer_sets = TRACKED_SETS;
    config.block_duration = BLOCK_DURATION;
    lookup::Network::new(context.child("network"), config)
}

/// Most peers of an epoch: the dealers, those who get shares now and next, and the delegates of the elections that are
/// under way. Governance may give seats as many as their bounds allow.
fn most_peers(spec: &ChainSpec) -> NonZeroUsize {
    let most = |param: Param| usize::try_from(param.entry().most).unwrap_or(usize::MAX);
    let (committee, delegates) = match spec.seat_phases.is_empty() && spec.candidates.is_empty() {
        true => (0, 0),
        false => (most(Param::CommitteeSeats), most(Param::DelegateSeats)),
    };
    let committee = committee.max(spec.validators.len()).min(MAX_VALIDATORS);
    let most = committee.saturating_mul(3).saturating_add(delegates.saturating_mul(2));
    NonZeroUsize::new(most.saturating_add(1)).unwrap_or(MAILBOX)
}

/// The mesh with all channels registered.
pub(crate) struct Mesh {
    network: Network<Sender, Receiver, Manager, Oracle>,
    transactions: (Sender, Receiver),
    transport: lookup::Network<Context, Handshake>,
}

impl Mesh {
    /// Registers all channels; nothing is dialled yet.
    pub(crate) fn new(
        context: &Context,
        p2p: &MeshConfig,
        operator: &Operator,
        spec: &ChainSpec,
        elections: &Elections,
    ) -> Self {
        let namespace = [spec.namespace().as_slice(), b"/P2P"].concat();
        let peers = most_peers(spec);
        let bounds = (namespace.as_slice(), peers, max_message_size());
        let (mut transport, oracle) = transport(context, p2p, operator.secret().clone(), bounds);
        let mut open = |channel: althing_chain::Channel| transport.register(channel.id, channel.quota());
        let network = Network {
            votes: open(channels::VOTES),
            certificates: open(channels::CERTIFICATES),
            resolver: open(channels::RESOLVER),
            backfill: open(channels::BACKFILL),
            blocks: open(channels::BLOCKS),
            state: channels::STATE.map(&mut open),
            resharing: open(channels::RESHARING),
            manager: DelegatePeers::new(oracle.clone(), elections.clone(), peers.get()),
            blocker: oracle,
        };
        let transactions = open(channels::TRANSACTIONS);
        Self { network, transactions, transport }
    }

    /// Begins to accept and dial.
    pub(crate) fn start(
        self,
    ) -> (Network<Sender, Receiver, Manager, Oracle>, Gossip, GossipReceiver, Handle<()>) {
        let (sender, receiver) = self.transactions;
        (self.network, Gossip(sender), GossipReceiver(receiver), self.transport.start())
    }
}
