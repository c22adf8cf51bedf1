//! One node: the real stack of a validator without sockets, RPC and index, on a machine that can lose power.

use crate::{
    book::{Book, Conflict},
    committees::Committees,
    host::{Host, Machine},
    scenario::Flaw,
    wire::{WireBlocker, WirePeers, WireReceiver, WireSender, Wires},
    world::{Member, World, databases},
};
use althing_chain::{
    Chain, ChainConfig, DelegatePeers, Engine, EngineConfig, Head, Network, Sabotage, Sink, channels, unix_ms,
};
use althing_consensus::Listener;
use althing_primitives::{AccountRecord, Address, B256, FinalizedBlock, Hardfork};
use althing_state::{DatabaseView, account};
use althing_txpool::{Origin, Pool, PoolConfig, PoolError, recover};
use commonware_consensus::{
    Epochable as _,
    simplex::types::{Activity, Attributable as _},
};
use commonware_p2p::{Receiver as _, Recipients, Sender as _};
use commonware_runtime::{Clock, Handle, Spawner as _, Supervisor as _, deterministic};
use futures::future::BoxFuture;
use parking_lot::Mutex;
use std::{collections::BTreeSet, fmt, sync::Arc};

/// Most peers of a set in a simulation.
const MOST_PEERS: usize = 512;

/// Final blocks go into the book; true time comes from the machine's scheduler.
struct BookSink {
    /// Nothing of a node that does not keep the rules is believed.
    node: Option<usize>,
    /// Number of this start of the node.
    boot: u64,
    book: Arc<Mutex<Book>>,
    clock: Arc<deterministic::Context>,
    flaw: Option<Flaw>,
}

impl BookSink {
    /// What a broken build makes of a block before it stores it.
    fn spoil(&self, block: &mut FinalizedBlock) {
        match self.flaw {
            Some(Flaw::BadCertificates) => {
                if let Some(certificate) = &mut block.certificate {
                    let mut bytes = certificate.to_vec();
                    if let Some(last) = bytes.last_mut() {
                        *last ^= 1;
                    }
                    *certificate = bytes.into();
                }
            }
            Some(Flaw::LoseLogs) if self.boot > 1 => block.system_logs.clear(),
            _ => {}
        }
    }

    fn stores(&self, block: &FinalizedBlock) -> bool {
        let skips = self.flaw == Some(Flaw::SkipBlocks) && self.node == Some(1);
        !skips || !block.block.height().is_multiple_of(5)
    }
}

impl Sink for BookSink {
    fn append(&self, blocks: Vec<FinalizedBlock>) -> BoxFuture<'static, Vec<Head>> {
        for block in &blocks {
            let Some(node) = self.node.filter(|_| self.stores(block)) else { continue };
            let mut stored = block.clone();
            self.spoil(&mut stored);
            self.book.lock().store(node, Arc::new(stored), unix_ms(self.clock.current()));
        }
        Box::pin(async move { blocks.into_iter().map(Arc::new).collect() })
    }

    fn applied(&self, _: Head) {}

    fn outdated(&self, advice: String) {
        let what = format!("node {:?} knows all hardforks and stopped: {advice}", self.node);
        self.book.lock().report(crate::book::Violation { property: "hardfork", what });
    }
}

/// What a running node offers to clients and checks.
pub(crate) struct Live {
    pub(crate) chain: Arc<Chain>,
    pub(crate) state: DatabaseView<Host>,
    gossip: Mutex<WireSender>,
    clock: Arc<deterministic::Context>,
    /// Senders whose transactions this node does not take.
    refuses: BTreeSet<Address>,
}

impl Live {
    async fn account(&self, address: Address) -> AccountRecord {
        account(&self.state, address).await.unwrap_or_default()
    }

    /// Nonce of an account at the head.
    pub(crate) async fn nonce(&self, address: Address) -> u64 {
        self.account(address).await.nonce
    }

    async fn admit(&self, raw: &[u8], origin: Origin) -> Result<B256, PoolError> {
        let transaction = recover(raw)?;
        let (hash, sender) = (*transaction.tx_hash(), transaction.signer());
        if self.refuses.contains(&sender) {
            return Ok(hash);
        }
        let account = self.account(sender).await;
        self.chain.pool.lock().add(transaction, &account, origin, unix_ms(self.clock.current()))?;
        self.chain.senders.insert([(hash, sender)]);
        Ok(hash)
    }

    /// Takes a client's transaction and tells the others.
    pub(crate) async fn submit(&self, raw: &[u8]) -> Result<B256, PoolError> {
        let hash = self.admit(raw, Origin::Local).await?;
        let mut gossip = self.gossip.lock().clone();
        gossip.send(Recipients::All, raw.to_vec(), false);
        Ok(hash)
    }
}

/// A node that runs or is down.
pub(crate) struct Node {
    pub(crate) index: usize,
    pub(crate) member: Member,
    pub(crate) machine: Arc<Machine>,
    live: Arc<Mutex<Option<Arc<Live>>>>,
    handle: Option<Handle<()>>,
    /// Senders whose transactions it does not take.
    pub(crate) refuses: BTreeSet<Address>,
    pub(crate) is_honest: bool,
    /// What goes wrong in its code.
    pub(crate) sabotages: Vec<Sabotage>,
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node").field("index", &self.index).field("up", &self.is_up()).finish_non_exhaustive()
    }
}

/// What nodes are started with.
#[derive(Clone)]
pub(crate) struct Surroundings {
    pub(crate) world: Arc<World>,
    pub(crate) wires: Wires,
    pub(crate) book: Arc<Mutex<Book>>,
    pub(crate) clock: Arc<deterministic::Context>,
    pub(crate) flaw: Option<Flaw>,
}

impl Node {
    pub(crate) fn new(index: usize, member: Member, machine: Arc<Machine>) -> Self {
        Self {
            index,
            member,
            machine,
            live: Arc::default(),
            handle: None,
            refuses: BTreeSet::new(),
            is_honest: true,
            sabotages: Vec::new(),
        }
    }

    pub(crate) fn is_up(&self) -> bool {
        self.handle.is_some()
    }

    /// The node's face for clients, once its databases are open.
    pub(crate) fn live(&self) -> Option<Arc<Live>> {
        self.live.lock().clone()
    }

    /// Takes the node down at once; nothing of it runs any more.
    pub(crate) fn kill(&mut self, wires: &Wires) {
        wires.disconnect(self.index);
        if let Some(handle) = self.handle.take() {
            handle.abort();
        }
        *self.live.lock() = None;
    }

    /// Starts the node from what is on its disk.
    pub(crate) fn start(&mut self, context: &deterministic::Context, around: &Surroundings) {
        let boot = around.wires.connect(self.index);
        let context = context.child("node").with_attribute("node", self.index).with_attribute("boot", boot);
        let host = Host::new(context, self.machine.clone());
        let start = Start {
            index: self.index,
            boot,
            member: self.member.clone(),
            around: around.clone(),
            live: self.live.clone(),
            refuses: self.refuses.clone(),
            is_honest: self.is_honest,
            sabotages: self.sabotages.clone(),
        };
        self.handle = Some(host.spawn(move |host| start.run(host)));
    }
}

/// One start of a node.
struct Start {
    index: usize,
    boot: u64,
    member: Member,
    around: Surroundings,
    live: Arc<Mutex<Option<Arc<Live>>>>,
    refuses: BTreeSet<Address>,
    is_honest: bool,
    sabotages: Vec<Sabotage>,
}

impl Start {
    fn chain(&self) -> Arc<Chain> {
        let Surroundings { world, book, clock, .. } = &self.around;
        let bounds = PoolConfig::new(world.spec.chain_id);
        let config = ChainConfig {
            spec: world.spec.clone(),
            pool: Arc::new(Mutex::new(Pool::new(bounds))),
            sink: Arc::new(BookSink {
                node: self.is_honest.then_some(self.index),
                boot: self.boot,
                book: book.clone(),
                clock: clock.clone(),
                flaw: self.around.flaw,
            }),
            operator: Some(self.member.operator(&world.spec)),
            newest_hardfork: Hardfork::NEWEST as u64,
        };
        let chain = Chain::new(config).expect("the spec of a simulation holds a valid group key");
        for sabotage in &self.sabotages {
            chain.sabotage(*sabotage);
        }
        chain
    }

    fn network(
        &self,
        chain: &Chain,
    ) -> Network<WireSender, WireReceiver, DelegatePeers<WirePeers>, WireBlocker> {
        let (wires, index) = (self.around.wires.clone(), self.index);
        let open = |channel: althing_chain::Channel| wires.open(index, self.boot, channel.id);
        let peers = WirePeers { wires: wires.clone(), index };
        Network {
            votes: open(channels::VOTES),
            certificates: open(channels::CERTIFICATES),
            resolver: open(channels::RESOLVER),
            backfill: open(channels::BACKFILL),
            blocks: open(channels::BLOCKS),
            state: channels::STATE.map(open),
            resharing: open(channels::RESHARING),
            manager: DelegatePeers::new(peers, chain.elections.clone(), MOST_PEERS),
            blocker: WireBlocker {
                wires: wires.clone(),
                index,
                is_deaf: self.around.flaw == Some(Flaw::BlockNobody),
            },
        }
    }

    /// Notes who was seen to vote twice.
    fn listener(&self) -> Listener {
        let (node, boot, book) = (self.index, self.boot, self.around.book.clone());
        let is_honest = self.is_honest;
        Arc::new(move |activity| {
            let (epoch, signer) = match activity {
                Activity::ConflictingNotarize(two) => (two.epoch(), two.signer()),
                Activity::ConflictingFinalize(two) => (two.epoch(), two.signer()),
                Activity::NullifyFinalize(two) => (two.epoch(), two.signer()),
                _ => return,
            };
            if is_honest {
                let place = usize::from(signer);
                book.lock().conflicts.push(Conflict { node, boot, epoch: epoch.get(), place });
            }
        })
    }

    async fn run(self, host: Host) {
        let chain = self.chain();
        let network = self.network(&chain);
        let (gossip, mut received) = self.around.wires.open(self.index, self.boot, channels::TRANSACTIONS.id);
        let (databases, page_cache) = databases();
        let config = EngineConfig {
            chain: chain.clone(),
            genesis: self.around.world.genesis.clone(),
            operator: self.member.operator(&chain.spec),
            secrets: self.member.secrets.clone(),
            committees: Committees {
                elections: chain.elections.clone(),
                is_broken: self.around.flaw == Some(Flaw::OtherCommittee),
            },
            databases,
            page_cache,
            listener: self.listener(),
        };
        let engine = Engine::start(host.child("engine"), config, network)
            .await
            .expect("the spec of a simulation holds a valid key ceremony");
        let live = Arc::new(Live {
            chain,
            state: DatabaseView(engine.databases().await),
            gossip: Mutex::new(gossip),
            clock: self.around.clock.clone(),
            refuses: self.refuses,
        });
        *self.live.lock() = Some(live.clone());
        let gossip = async move {
            while let Ok((_, raw)) = received.recv().await {
                // A peer's transaction may be known, old or malformed: then it is not taken.
                let _ = live.admit(raw.as_ref(), Origin::Remote).await;
            }
        };
        futures::pin_mut!(gossip);
        let _ = futures::future::select(engine.stopped, gossip).await;
    }
}
