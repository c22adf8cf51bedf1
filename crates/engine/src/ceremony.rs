//! The distributed key ceremony on the tokio runtime: validators meet, make the group key together, and part when
//! each holds its share.
//!
//! [`RollCall`] decides when to go on; the library's bootstrap engine makes the keys. Nothing of a session is ever
//! taken up again: its secrets are in memory until the share goes into the vault, and its journals mean nothing
//! without them.

use crate::mesh::{MeshConfig, Oracle, Receiver, Sender, transport};
use althing_consensus::{
    Directory, EpochInfo, MAX_PARTICIPANTS, PrivateKey, Secrets, Variant, VaultError,
    ceremony::{self, CeremonyError, Progress, RollCall, RollError, Stage, WORD_BYTES, Word},
    max_sharing_mode,
};
use althing_primitives::{B256, ChainSpec, OperatorKey};
use commonware_cryptography::{
    Signer as _,
    bls12381::{dkg::feldman_desmedt::Reveal, primitives::sharing::Mode},
};
use commonware_glue::dkg::{
    bootstrap::{self, Completion},
    network::AddressableManager,
};
use commonware_p2p::{
    AddressableManager as _, AddressableTrackedPeers, Receiver as _, Recipients, Sender as _,
};
use commonware_parallel::Sequential;
use commonware_runtime::{
    Clock as _, Handle, Quota, Supervisor as _, buffer::paged::CacheRef, tokio::Context,
};
use commonware_utils::{NZDuration, NZU16, NZU32, NZU64, NZUsize, channel::oneshot};
use futures::future::{BoxFuture, Either, FutureExt as _, select};
use std::{
    fmt, io,
    num::{NonZeroU16, NonZeroU64, NonZeroUsize},
    pin::pin,
    time::{Duration, Instant},
};
use thiserror::Error;
use zeroize::Zeroizing;

/// Separates the ceremony's connections from those of running networks. Not bound to the chain spec, so that
/// validators with different specs still meet and can be told.
const MESH_NAMESPACE: &[u8] = b"ALTHING/CEREMONY/1/P2P";

/// Time between a participant's words.
const WORD_EVERY: Duration = Duration::from_millis(500);

/// Words that a refused participant still says.
const LAST_WORDS: u32 = 5;

/// Longest time that making the keys may take.
const DEALING_TIMEOUT: Duration = Duration::from_secs(600);

/// How long a participant that is done waits for others to say so too.
const LINGER: Duration = Duration::from_secs(10);

/// Words that a peer may say a second.
const WORD_QUOTA: Quota = Quota::per_second(NZU32!(8));

/// Messages that a peer may send a second on each channel of the key-making engine.
const QUOTA: Quota = Quota::per_second(NZU32!(512));

/// Channels: six of the engine in its order, then the words.
const ENGINE_CHANNELS: [u64; 6] = [0, 1, 2, 3, 4, 5];
const WORDS_CHANNEL: u64 = 6;

/// Fewest blocks of the ceremony's own chain. The first half is for dealing: who has not dealt and acknowledged by
/// then has its share made public, so it is many times what is needed.
const MIN_BLOCKS: u64 = 128;

/// Blocks of the ceremony's own chain for each member: in the second half each dealer leads four times.
const BLOCKS_PER_MEMBER: u64 = 8;

const MAILBOX: NonZeroUsize = NZUsize!(1024);
const BUFFER: NonZeroUsize = NZUsize!(1 << 16);
const PAGE_BYTES: NonZeroU16 = NZU16!(4096);
const PAGES: NonZeroUsize = NZUsize!(256);
const SECTION: NonZeroU64 = NZU64!(1024);

/// Hears where a ceremony stands.
pub type Report = Box<dyn FnMut(&Progress) + Send>;

/// Writes a finished chain spec, durably.
pub type Publish = Box<dyn FnOnce(&ChainSpec) -> io::Result<()> + Send>;

/// What a ceremony is held with.
pub struct CeremonyConfig {
    /// The chain spec without a ceremony's result.
    pub spec: ChainSpec,
    /// This node's operator secret.
    pub secret: PrivateKey,
    /// Where the share goes.
    pub secrets: Secrets,
    /// The mesh.
    pub mesh: MeshConfig,
    /// Drawn anew for each process.
    pub nonce: B256,
    /// How long to wait until all are there.
    pub timeout: Duration,
    /// Hears of every change.
    pub progress: Report,
    /// Writes the finished chain spec, durably.
    pub publish: Publish,
}

impl fmt::Debug for CeremonyConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CeremonyConfig").field("spec", &self.spec.name).finish_non_exhaustive()
    }
}

/// A ceremony that went well.
#[derive(Debug)]
pub struct Held {
    /// Hash of the finished chain spec.
    pub hash: B256,
    /// Who has its share, but did not say that it has the spec.
    pub unconfirmed: Vec<String>,
}

/// Why no key was made.
#[derive(Debug, Error)]
pub enum HoldError {
    /// The participants could not go on together.
    #[error(transparent)]
    Roll(#[from] RollError),
    /// The spec or what was made is not usable.
    #[error(transparent)]
    Ceremony(#[from] CeremonyError),
    /// The vault failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// Too few dealings.
    #[error(
        "too few validators dealt in time, so no key was made. Nothing was written: run it again on all nodes"
    )]
    TooFew,
    /// No result in time.
    #[error(
        "no key was made within {0} s, because too few validators answered. Nothing was written: run it again on all \
         nodes"
    )]
    Stalled(u64),
    /// This node did not get its own share.
    #[error(
        "this node got no share of the key, because it fell behind. Nothing was written here: run it again on all \
         nodes"
    )]
    NoShare,
    /// The engine or the mesh ended.
    #[error(
        "a part of the ceremony failed. Nothing was written: run it again on all nodes, here with --verbose to see why"
    )]
    Stopped,
    /// The chain spec could not be written.
    #[error(
        "the key share is kept, but the chain spec could not be written: {0}. Take the file with hash {1} from \
         another operator"
    )]
    Publish(io::Error, B256),
}

/// Holds the ceremony with all validators of the spec.
pub fn hold(context: Context, config: CeremonyConfig) -> BoxFuture<'static, Result<Held, HoldError>> {
    Box::pin(async move {
        let mut session = Session::open(context, &config)?;
        let CeremonyConfig { mut spec, secret, secrets, timeout, publish, mut progress, .. } = config;
        let name = session.gather(timeout, &mut progress).await?;
        let (info, share) = session.deal(name, &secret, &mut progress).await?;

        ceremony::check_share(&info, &operator_key(&secret), &share)?;
        spec.committee = ceremony::committee_of(info, &spec.validators)?;
        let hash = spec.hash();
        secrets.put_dealt_share(&share)?;
        session.roll.hold(hash);
        session.wait_for_holders(&mut progress).await?;

        publish(&spec).map_err(|error| HoldError::Publish(error, hash))?;
        session.roll.finish();
        let unconfirmed = session.part(&mut progress).await?;
        Ok(Held { hash, unconfirmed })
    })
}

type Ends = (Sender, Receiver);

/// One run of the ceremony.
struct Session {
    context: Context,
    roll: RollCall,
    begun: Instant,
    directory: Directory,
    /// Secrets of this run alone.
    secrets: Secrets,
    oracle: Oracle,
    engine_ends: Option<[Ends; 6]>,
    words: Ends,
    shown: Option<Progress>,
    /// The transport, then the engine.
    parts: Vec<Handle<()>>,
}

fn operator_key(secret: &PrivateKey) -> OperatorKey {
    OperatorKey::from_slice(secret.public_key().as_ref())
}

fn max_message_size() -> u32 {
    commonware_p2p::max_message_size(&[
        bootstrap::max_payload_size::<Variant, Directory>(MAX_PARTICIPANTS, max_sharing_mode()),
        WORD_BYTES,
    ])
}

impl Session {
    /// Opens the mesh and begins to dial.
    fn open(context: Context, config: &CeremonyConfig) -> Result<Self, HoldError> {
        let spec = &config.spec;
        let directory = ceremony::directory(&spec.validators)?;
        let roll = RollCall::new(&spec.validators, operator_key(&config.secret), spec.hash(), config.nonce)?;
        let peers = NonZeroUsize::new(spec.validators.len()).ok_or(CeremonyError::Players)?;
        let (mut network, mut oracle) = transport(
            &context,
            &config.mesh,
            config.secret.clone(),
            (MESH_NAMESPACE, peers, max_message_size()),
        );
        let engine_ends = Some(ENGINE_CHANNELS.map(|channel| network.register(channel, QUOTA)));
        let words = network.register(WORDS_CHANNEL, WORD_QUOTA);
        oracle.track(0, AddressableTrackedPeers::primary(directory.clone().into_inner()));
        let parts = vec![network.start()];
        Ok(Self {
            context,
            roll,
            begun: Instant::now(),
            directory,
            secrets: Secrets::in_memory(),
            oracle,
            engine_ends,
            words,
            shown: None,
            parts,
        })
    }

    /// Waits until all are here and ready, and returns the session's name.
    async fn gather(&mut self, timeout: Duration, progress: &mut Report) -> Result<B256, HoldError> {
        loop {
            self.round(progress).await?;
            match self.roll.gather(self.now()) {
                Ok(Some(session)) => return Ok(session),
                Ok(None) => {}
                Err(error) => {
                    // The others are to hear this node's word too, so that they can say whom they wait for.
                    for _ in 0..LAST_WORDS {
                        self.round(progress).await?;
                    }
                    return Err(error.into());
                }
            }
            if self.now() > timeout {
                return Err(self.roll.too_late(self.now()).into());
            }
        }
    }

    /// Makes the key: what all know of it, and this node's share.
    async fn deal(
        &mut self,
        name: B256,
        secret: &PrivateKey,
        progress: &mut Report,
    ) -> Result<(EpochInfo, Zeroizing<Vec<u8>>), HoldError> {
        let begun = Instant::now();
        let mut completion = self.start_engine(name, secret);
        let info = loop {
            self.round(progress).await?;
            match completion.try_recv() {
                Ok(Completion { info }) => break info.ok_or(HoldError::TooFew)?,
                Err(oneshot::error::TryRecvError::Closed) => return Err(HoldError::Stopped),
                Err(oneshot::error::TryRecvError::Empty) => {}
            }
            self.roll.watch(self.now())?;
            if begun.elapsed() > DEALING_TIMEOUT {
                return Err(HoldError::Stalled(DEALING_TIMEOUT.as_secs()));
            }
        };
        Ok((info, self.secrets.dealt_share()?.ok_or(HoldError::NoShare)?))
    }

    fn start_engine(
        &mut self,
        name: B256,
        signer: &PrivateKey,
    ) -> oneshot::Receiver<Completion<Variant, Directory>> {
        let participants = self.directory.clone().into_inner().keys().clone();
        let blocks = MIN_BLOCKS.max(BLOCKS_PER_MEMBER * participants.len() as u64);
        // One leak for the life of the process: the protocol wants a static name.
        let namespace =
            Box::leak([b"ALTHING/CEREMONY/".as_slice(), name.as_slice()].concat().into_boxed_slice());
        let engine = bootstrap::Engine::<_, Variant, _, _, _, _, _>::new(
            self.context.child("keys"),
            bootstrap::Config {
                signer: signer.clone(),
                manager: AddressableManager::new(self.oracle.clone()),
                blocker: self.oracle.clone(),
                secret_store: self.secrets.clone(),
                strategy: Sequential,
                namespace,
                sharing_mode: Mode::NonZeroCounter,
                reveal: Reveal::V1,
                max_supported_mode: max_sharing_mode(),
                partition_prefix: "ceremony".to_string(),
                page_cache: CacheRef::new(PAGE_BYTES, PAGES),
                write_buffer: BUFFER,
                replay_buffer: BUFFER,
                mailbox_size: MAILBOX,
                fetch_timeout: NZDuration!(Duration::from_secs(2)),
                fetch_retry_delay: Duration::from_millis(100),
                items_per_section: SECTION,
                participants,
                directory: self.directory.clone(),
                blocks_per_epoch: NonZeroU64::new(blocks).unwrap_or(SECTION),
            },
        );
        let mut ends = self.engine_ends.take().expect("a session deals once");
        // What peers sent in a session that this process was not in is signed for that session, and would make the
        // engine block them.
        for (_, receiver) in &mut ends {
            let most = receiver.capacity().get();
            let old =
                (0..most).take_while(|_| receiver.recv().now_or_never().is_some_and(|heard| heard.is_ok()));
            let _ = old.count();
        }
        let [votes, certificates, resolver, backfill, broadcast, dealings] = ends;
        let (handle, completion) = engine.start(votes, certificates, resolver, backfill, broadcast, dealings);
        self.parts.push(handle);
        completion
    }

    /// Waits until all say that they hold a share of the same result. Their engines are served meanwhile.
    async fn wait_for_holders(&mut self, progress: &mut Report) -> Result<(), HoldError> {
        loop {
            self.round(progress).await?;
            if self.roll.all_hold()? {
                return Ok(());
            }
            self.roll.watch(self.now())?;
        }
    }

    /// Goes on saying that all is done until all say so, or for a while; who did not.
    async fn part(&mut self, progress: &mut Report) -> Result<Vec<String>, HoldError> {
        let begun = Instant::now();
        loop {
            self.round(progress).await?;
            let unconfirmed = self.roll.unfinished(Stage::Done);
            if unconfirmed.is_empty() || begun.elapsed() > LINGER {
                return Ok(unconfirmed);
            }
        }
    }

    /// Says this node's word, and hears the others until it is time for the next.
    async fn round(&mut self, progress: &mut Report) -> Result<(), HoldError> {
        let dealers = self.secrets.first_dealers()?;
        let stands = self.roll.progress(self.now(), &dealers);
        if self.shown.as_ref() != Some(&stands) {
            progress(&stands);
            self.shown = Some(stands);
        }
        self.words.0.send(Recipients::All, self.roll.word().encode(), true);
        let until = self.context.current() + WORD_EVERY;
        loop {
            let time = pin!(self.context.sleep_until(until));
            let heard = match select(time, pin!(self.words.1.recv())).await {
                Either::Left(_) => return Ok(()),
                Either::Right((heard, _)) => heard,
            };
            let (peer, bytes) = heard.map_err(|_| HoldError::Stopped)?;
            if let Some(word) = Word::decode(bytes.as_ref()) {
                self.roll.hear(&OperatorKey::from_slice(peer.as_ref()), word, self.begun.elapsed());
            }
        }
    }

    fn now(&self) -> Duration {
        self.begun.elapsed()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        for part in self.parts.drain(..).rev() {
            part.abort();
        }
    }
}
