//! The actors of consensus, wired around the application. Instantiated once a node: the types are large.
//!
//! ```text
//!   p2p ── votes, certificates ──► orchestrator ──► simplex (one engine an epoch)
//!    │                                  ▲                │ propose / verify / certify
//!    ├── relay, backfill ───► marshal ──┤                ▼
//!    │                         │ final  │     Tap ► Deferred ► resharing ► stateful ► App
//!    ├── dealings ──► reshare ◄┘ blocks │                                   │
//!    └── state operations ──────────────┴── databases ◄──────────────────────┘
//! ```

use crate::{Operator, app::App, context::Chain, propose::turn, relay};
use althing_consensus::{
    BlockDigest, CommitteeSource, ConsensusBlock, Directory, Lineup, Listener, MAX_PARTICIPANTS,
    Participants, PublicKey, Scheme, Schemes, Secrets, Tap, Turns, Variant, ceremony, max_sharing_mode,
};
use althing_state::{
    AccountsDb, CodesDb, DatabaseConfig, DatabaseView, Databases, HASH_STRATEGY, RECORD_BYTES, SlotsDb,
};
use commonware_consensus::{
    Reporters,
    marshal::{
        self,
        core::Actor as MarshalActor,
        resolver::p2p as marshal_resolver,
        standard::{Deferred, Standard},
    },
    simplex::{
        self,
        config::{ForwardPolicy, SkipPolicy},
    },
    types::{Epoch, FixedEpocher, ViewDelta},
};
use commonware_cryptography::{
    Digested, Digestible as _,
    bls12381::{dkg::feldman_desmedt::Reveal, primitives::sharing::Mode},
    sha256::Digest as StateDigest,
};
use commonware_glue::{
    dkg::{
        SecretStore as _,
        fence::Fence,
        max_payload_size as resharing_payload_size,
        network::Manager,
        orchestrator, reshare,
        state_sync::{Config as StateSyncConfig, Plan as StateSyncPlan},
        types::SchemeInfo,
    },
    stateful::{
        Config as StatefulConfig, Mailbox as StatefulMailbox, PruneConfig, Stateful, SyncPlan,
        db::{DatabaseSet, SyncEngineConfig, p2p as state_resolver},
    },
};
use commonware_p2p::{Blocker, Receiver, Sender};
use commonware_parallel::Sequential;
use commonware_runtime::{
    Clock, Handle, Metrics, Network as RuntimeNetwork, Quota, Spawner, Storage, buffer::paged::CacheRef,
};
use commonware_storage::{Context, archive::prunable, mmr, translator::TwoCap};
use commonware_utils::{NZDuration, NZU32, NZU64, NZUsize};
use rand_core::CryptoRng;
use std::{
    num::{NonZeroU64, NonZeroUsize},
    sync::Arc,
    time::Duration,
};

/// A p2p channel: its number and how many messages a second a peer may send on it.
///
/// A channel's memory is bounded by quota × peers × tracked peer sets, so quotas stay small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Channel {
    /// Number on the wire.
    pub id: u64,
    /// Messages a second from one peer.
    pub per_second: u32,
}

impl Channel {
    /// The quota as the p2p layer takes it.
    pub fn quota(&self) -> Quota {
        Quota::per_second(NZU32!(self.per_second))
    }
}

/// All channels between validators, in order of their numbers.
pub mod channels {
    use super::Channel;

    /// Votes of the present epochs.
    pub const VOTES: Channel = Channel { id: 0, per_second: 128 };
    /// Certificates of the present epochs.
    pub const CERTIFICATES: Channel = Channel { id: 1, per_second: 128 };
    /// Requests for missing certificates.
    pub const RESOLVER: Channel = Channel { id: 2, per_second: 128 };
    /// Requests for missing final blocks.
    pub const BACKFILL: Channel = Channel { id: 3, per_second: 32 };
    /// Proposed blocks. Each costs a peer three messages at most: two questions, or itself and two answers.
    pub const BLOCKS: Channel = Channel { id: 4, per_second: 32 };
    /// State synchronization: accounts, slots, code.
    pub const STATE: [Channel; 3] = [
        Channel { id: 5, per_second: 32 },
        Channel { id: 6, per_second: 32 },
        Channel { id: 7, per_second: 32 },
    ];
    /// Dealings and acknowledgements of resharing.
    pub const RESHARING: Channel = Channel { id: 8, per_second: 128 };
    /// Transactions.
    pub const TRANSACTIONS: Channel = Channel { id: 9, per_second: 64 };
}

/// Operations in one answer of state synchronization.
const STATE_BATCH: NonZeroU64 = NZU64!(512);

/// Largest operation of the state databases in bytes: a record of code with its key.
const MAX_STATE_OPERATION: usize = RECORD_BYTES + 64;

/// Messages that an actor's mailbox holds.
const MAILBOX: NonZeroUsize = NZUsize!(1024);

/// Final blocks handed to the application before it must have acknowledged the first.
const MAX_PENDING_ACKS: NonZeroUsize = NZUsize!(16);

/// Where the journals of votes are.
const VOTES_PREFIX: &str = "simplex";

/// Prefix of the partitions that say where the state's synchronization stands.
pub const STATE_PLAN: &str = "stateful-";

/// Prefix of the partition that says where resharing begins on a node that synchronized the state.
pub const RESHARING_PLAN: &str = "resharing";

/// Views of consensus records kept behind the last final one.
const VIEWS_KEPT: ViewDelta = ViewDelta::new(256);

/// Finalized blocks that a validator keeps for others that were away, besides one epoch.
const BLOCKS_KEPT: usize = 20_000;

/// Fewest blocks back whose state a node can give to others: time for them to fetch it.
const STATE_KEPT: u64 = 1_024;

/// Bytes buffered for a write or a replay of a journal.
const BUFFER: NonZeroUsize = NZUsize!(1 << 20);

/// Items in a section of the finalized archives.
const ARCHIVE_SECTION: NonZeroU64 = NZU64!(1024);

/// Bytes that the p2p layer must be able to carry in one message.
pub fn max_message_size() -> u32 {
    let participants = MAX_PARTICIPANTS.get();
    commonware_p2p::max_message_size(&[
        orchestrator::max_payload_size::<Scheme, BlockDigest>(participants),
        marshal::max_payload_size::<Standard<ConsensusBlock>, Scheme>(participants, &()),
        relay::max_message_size(),
        resharing_payload_size::<Variant, PublicKey>(MAX_PARTICIPANTS),
        state_resolver::max_payload_size::<mmr::Family, StateDigest>(STATE_BATCH, MAX_STATE_OPERATION),
    ])
}

/// One channel's two ends.
pub type Ends<S, R> = (S, R);

/// The connections between validators.
pub struct Network<S, R, M, B> {
    /// [`channels::VOTES`]
    pub votes: Ends<S, R>,
    /// [`channels::CERTIFICATES`]
    pub certificates: Ends<S, R>,
    /// [`channels::RESOLVER`]
    pub resolver: Ends<S, R>,
    /// [`channels::BACKFILL`]
    pub backfill: Ends<S, R>,
    /// [`channels::BLOCKS`]
    pub blocks: Ends<S, R>,
    /// [`channels::STATE`]
    pub state: [Ends<S, R>; 3],
    /// [`channels::RESHARING`]
    pub resharing: Ends<S, R>,
    /// Tracks the peers of each epoch.
    pub manager: M,
    /// Blocks misbehaving peers.
    pub blocker: B,
}

impl<S, R, M, B> std::fmt::Debug for Network<S, R, M, B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Network").finish_non_exhaustive()
    }
}

/// What an engine is started with.
pub struct EngineConfig<C, E: Context + Spawner> {
    /// The chain.
    pub chain: Arc<Chain>,
    /// The first block.
    pub genesis: ConsensusBlock,
    /// This node's identity.
    pub operator: Operator,
    /// This node's ceremony secrets.
    pub secrets: Secrets,
    /// Who serves when.
    pub committees: C,
    /// Databases of the state.
    pub databases: DatabaseConfig<E>,
    /// Cache of pages of all journals.
    pub page_cache: CacheRef,
    /// Hears every report of consensus. Beacons are kept by the engine itself.
    pub listener: Listener,
}

impl<C, E: Context + Spawner> std::fmt::Debug for EngineConfig<C, E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EngineConfig").field("operator", &self.operator).finish_non_exhaustive()
    }
}

/// A running validator.
pub struct Engine<E: Context + Spawner + Clock> {
    stateful: StatefulMailbox<E, App>,
    /// Ends when any actor ends, which a healthy node's never do.
    pub stopped: Handle<()>,
}

impl<E: Context + Spawner + Clock> std::fmt::Debug for Engine<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

/// What a runtime must be able to do.
pub trait Runtime: Context + Spawner + Clock + Metrics + Storage + RuntimeNetwork + CryptoRng {}
impl<E: Context + Spawner + Clock + Metrics + Storage + RuntimeNetwork + CryptoRng> Runtime for E {}

fn archive_config(name: &str, page_cache: &CacheRef) -> prunable::Config<TwoCap, ()> {
    prunable::Config {
        translator: TwoCap,
        metadata_partition: format!("marshal-{name}-metadata"),
        key_partition: format!("marshal-{name}-key"),
        key_page_cache: page_cache.clone(),
        value_partition: format!("marshal-{name}-value"),
        compression: None,
        codec_config: (),
        items_per_section: ARCHIVE_SECTION,
        key_write_buffer: BUFFER,
        value_write_buffer: BUFFER,
        replay_buffer: BUFFER,
    }
}

/// Timeouts of a view, derived from the longest time that a leader waits before it proposes.
fn simplex_config<L: Lineup>(
    lineup: L,
    interval: Duration,
    page_cache: CacheRef,
) -> orchestrator::SimplexConfig<Turns<L>> {
    let leader_timeout = interval + Duration::from_millis(1_500);
    let certification_timeout = leader_timeout + Duration::from_millis(1_000);
    orchestrator::SimplexConfig {
        elector: Turns(lineup),
        mailbox_size: MAILBOX,
        replay_buffer: BUFFER,
        write_buffer: BUFFER,
        page_cache,
        leader_timeout,
        certification_timeout,
        timeout_retry: Duration::from_secs(2),
        fetch_timeout: NZDuration!(Duration::from_secs(2)),
        fetch_retry_delay: Duration::from_millis(500),
        view_retention: VIEWS_KEPT,
        skip: SkipPolicy::Enabled {
            timeout: certification_timeout * 2 + Duration::from_secs(2),
            budget: simplex::SkipBudget::Participants,
        },
        forward: ForwardPolicy::SilentLeader,
        track_historical_votes: false,
    }
}

impl<E: Runtime> Engine<E> {
    /// Starts a validator's actors.
    ///
    /// # Errors
    /// When the chain spec holds no valid result of the key ceremony.
    pub async fn start<C, S, R, M, B>(
        context: E,
        config: EngineConfig<C, E>,
        network: Network<S, R, M, B>,
    ) -> Result<Self, ceremony::CeremonyError>
    where
        C: CommitteeSource + Lineup,
        S: Sender<PublicKey = PublicKey>,
        R: Receiver<PublicKey = PublicKey>,
        M: Manager<PublicKey = PublicKey, Directory = Directory> + Clone,
        B: Blocker<PublicKey = PublicKey>,
    {
        let EngineConfig {
            chain,
            genesis,
            operator,
            mut secrets,
            committees,
            databases,
            page_cache,
            listener,
        } = config;
        let public_key: PublicKey = commonware_cryptography::Signer::public_key(operator.secret());
        let namespace = chain.spec.namespace();
        let epoch_blocks =
            NonZeroU64::new(chain.spec.epoch_blocks).expect("a valid spec has epochs with blocks");
        let epocher = FixedEpocher::new(epoch_blocks);
        let info = ceremony::epoch_info(&chain.spec.committee)?;

        let schemes = Schemes::new(&namespace);
        let share = secrets.get_share(Epoch::zero()).await;
        schemes.install(
            Epoch::zero(),
            SchemeInfo::new(&public_key, info.output.players().clone(), info.output.public().clone(), share),
        );

        // Blocks: received, requested, and kept once final.
        let resolver = marshal_resolver::init(
            context.child("marshal_resolver"),
            marshal_resolver::Config {
                public_key: public_key.clone(),
                peer_provider: network.manager.clone(),
                blocker: network.blocker.clone(),
                mailbox_size: MAILBOX,
                fetch_timeout: NZDuration!(Duration::from_secs(2)),
                fetch_retry_delay: Duration::from_millis(100),
                priority_requests: false,
                priority_responses: false,
            },
            network.backfill,
        );
        let relay_config = relay::Config {
            me: public_key.clone(),
            peers: network.manager.clone(),
            lookup: relay::from_pool(chain.pool.clone()),
        };
        let (relay, buffer) = relay::start(context.child("relay"), relay_config, network.blocks);
        let certificates = prunable::Archive::init(
            context.child("certificates"),
            archive_config("certificates", &page_cache),
        )
        .await
        .expect("the archive of certificates must open: restore the data folder or synchronize anew");
        let blocks = prunable::Archive::init(context.child("blocks"), archive_config("blocks", &page_cache))
            .await
            .expect("the archive of final blocks must open: restore the data folder or synchronize anew");
        let first = Digested::precomputed(genesis.clone(), genesis.digest());
        let plan = SyncPlan::init(context.child("sync_plan"), STATE_PLAN.to_string()).await;
        let begins_at_floor = plan.floor().is_some();
        if begins_at_floor {
            // The state is handed out only when peers gave the floor's block, and who they are follows from the state.
            let state = context.child("floor_state");
            let state = <Databases<E> as DatabaseSet<E>>::init(state, databases.clone(), None).await;
            chain.open_elections(&DatabaseView(state)).await;
        }
        let (marshal_actor, marshal, floor) = MarshalActor::init(
            context.child("marshal"),
            certificates,
            blocks,
            marshal::Config {
                provider: chain.keys.clone(),
                epocher: epocher.clone(),
                start: plan.marshal_start(first),
                partition_prefix: "marshal".to_string(),
                mailbox_size: MAILBOX,
                view_retention: VIEWS_KEPT,
                prunable_items_per_section: ARCHIVE_SECTION,
                page_cache: page_cache.clone(),
                replay_buffer: BUFFER,
                key_write_buffer: BUFFER,
                value_write_buffer: BUFFER,
                block_codec_config: (),
                max_repair: NZUsize!(64),
                max_pending_acks: MAX_PENDING_ACKS,
                strategy: Sequential,
            },
        )
        .await;

        // State: synchronized from and to peers.
        let peers = (&public_key, &network.manager, &network.blocker);
        let [accounts_ends, slots_ends, codes_ends] = network.state;
        let (accounts, accounts_resolver) =
            state_resolver::Actor::<_, PublicKey, _, _, mmr::Family, AccountsDb<E>>::new(
                context.child("accounts_resolver"),
                resolver_config(peers, STATE_BATCH),
            );
        let (slots, slots_resolver) =
            state_resolver::Actor::<_, PublicKey, _, _, mmr::Family, SlotsDb<E>>::new(
                context.child("slots_resolver"),
                resolver_config(peers, STATE_BATCH),
            );
        let (codes, codes_resolver) =
            state_resolver::Actor::<_, PublicKey, _, _, mmr::Family, CodesDb<E>>::new(
                context.child("codes_resolver"),
                resolver_config(peers, STATE_BATCH),
            );
        let state_handles = [accounts.start(accounts_ends), slots.start(slots_ends), codes.start(codes_ends)];

        // Key shares: dealt anew each epoch.
        let (fence, gate) = Fence::new();
        let state_sync = StateSyncPlan::init(
            context.child("resharing_plan"),
            StateSyncConfig {
                partition_prefix: RESHARING_PLAN.to_string(),
                max_participants: MAX_PARTICIPANTS,
                max_supported_mode: max_sharing_mode(),
            },
            None,
        )
        .await;
        let (resharing, resharing_mailbox) = reshare::Actor::new(
            context.child("resharing"),
            reshare::Config {
                signer: operator.secret().clone(),
                manager: network.manager.clone(),
                blocker: network.blocker.clone(),
                participants_provider: Participants(committees.clone()),
                secret_store: secrets,
                strategy: Sequential,
                registrar: schemes.clone(),
                marshal: marshal.clone(),
                state_sync: state_sync.clone(),
                fence,
                // One leak for the life of the node: the protocol wants a static name.
                namespace: Box::leak(namespace.into_boxed_slice()),
                sharing_mode: Mode::NonZeroCounter,
                reveal: Reveal::V1,
                mailbox_size: MAILBOX,
                partition_prefix: "resharing-journal".to_string(),
                page_cache: page_cache.clone(),
                write_buffer: BUFFER,
                replay_buffer: BUFFER,
                max_participants: MAX_PARTICIPANTS,
                blocks_per_epoch: epoch_blocks,
            },
        );
        let resharing = resharing.start(network.resharing);

        // Execution.
        let (stateful_actor, stateful) = Stateful::new(
            context.child("stateful"),
            StatefulConfig {
                application: App::new(chain.clone(), genesis, marshal.clone()),
                db_config: databases,
                provider: (),
                marshal: (marshal.clone(), floor),
                mailbox_size: MAILBOX,
                plan,
                resolvers: (accounts_resolver, slots_resolver, codes_resolver),
                sync_config: SyncEngineConfig {
                    fetch_batch_size: STATE_BATCH,
                    apply_batch_size: NZU64!(4096),
                    max_outstanding_requests: NZUsize!(8),
                },
                prune_config: Some(prune_config(epoch_blocks)),
                strategy: HASH_STRATEGY,
            },
        );
        let deferred = Deferred::new(
            context.child("deferred"),
            reshare::Application::new(stateful.clone(), resharing_mailbox.clone(), epoch_blocks),
            marshal.clone(),
            epocher,
        );
        let beacons = chain.beacons.clone();
        let listener: Listener = Arc::new(move |activity| {
            beacons.observe(activity);
            listener(activity);
        });
        let turn = turn(context.child("clock"), chain.clone(), marshal.clone());
        let tap = Tap::new(context.child("tap"), deferred, listener, turn);

        // Agreement.
        let interval = Duration::from_millis(chain.spec.idle_interval_ms());
        let (orchestrator_actor, orchestrator_mailbox) = orchestrator::Actor::new(
            context.child("orchestrator"),
            orchestrator::Config {
                oracle: network.blocker,
                manager: network.manager,
                provider: schemes,
                marshal,
                application: tap,
                strategy: Sequential,
                simplex: simplex_config(committees, interval, page_cache),
                gate,
                state_sync,
                blocks_per_epoch: epoch_blocks,
                mailbox_size: MAILBOX,
                partition_prefix: VOTES_PREFIX.to_string(),
            },
        );
        let reporters =
            Reporters::from((stateful.clone(), Reporters::from((orchestrator_mailbox, resharing_mailbox))));
        let marshal_handle = marshal_actor.start(reporters, buffer, resolver);
        let stateful_handle = stateful_actor.start();
        // Leaders follow from the state, which a node that was stopped has on disk.
        if !begins_at_floor {
            chain.open_elections(&DatabaseView(stateful.subscribe_databases().await)).await;
        }
        let orchestrator = orchestrator_actor.start(network.votes, network.certificates, network.resolver);
        let [accounts, slots, codes] = state_handles;
        let handles =
            [relay, accounts, slots, codes, resharing, orchestrator, marshal_handle, stateful_handle];
        let stopped = context.child("engine").spawn(move |_| async move {
            if let Err(error) = Handle::select(handles).await {
                tracing::error!(%error, "an actor of consensus failed");
            }
        });
        Ok(Self { stateful, stopped })
    }

    /// The state databases, once they are open.
    pub async fn databases(&self) -> Databases<E> {
        self.stateful.subscribe_databases().await
    }
}

/// How a state database is synchronized, in answers of at most `batch` operations.
fn resolver_config<M, B, DB>(
    (me, manager, blocker): (&PublicKey, &M, &B),
    batch: NonZeroU64,
) -> state_resolver::Config<PublicKey, M, B, DB>
where
    M: Manager<PublicKey = PublicKey> + Clone,
    B: Blocker<PublicKey = PublicKey>,
{
    state_resolver::Config {
        peer_provider: manager.clone(),
        blocker: blocker.clone(),
        database: None,
        mailbox_size: MAILBOX,
        me: Some(me.clone()),
        fetch_timeout: NZDuration!(Duration::from_secs(5)),
        fetch_retry_delay: Duration::from_millis(200),
        max_serve_ops: batch,
        priority_requests: false,
        priority_responses: false,
    }
}

/// The journal of an epoch's votes, as the orchestrator names it.
pub(crate) fn votes_partition(epoch: u64) -> String {
    format!("{VOTES_PREFIX}_consensus_{epoch}")
}

/// Blocks back whose state a node keeps in its databases' logs, for nodes that synchronize it.
pub fn state_retention(epoch_blocks: u64) -> u64 {
    epoch_blocks.clamp(STATE_KEPT, BLOCKS_KEPT as u64)
}

fn prune_config(epoch_blocks: NonZeroU64) -> PruneConfig {
    let epoch = usize::try_from(epoch_blocks.get()).unwrap_or(usize::MAX / 4);
    // Two epochs: the boundary block that a restart reads must survive.
    let blocks = epoch.saturating_mul(2).max(BLOCKS_KEPT);
    PruneConfig {
        maintenance_interval: NZUsize!(256),
        retained_marshal_blocks: blocks,
        retained_qmdb_blocks: usize::try_from(state_retention(epoch_blocks.get())).unwrap_or(BLOCKS_KEPT),
    }
}
