//! Runs a scenario to its end.

use crate::{
    book::{Book, Conflict, Violation, percentile},
    check,
    clients::Clients,
    faults::Faults,
    host::{Machine, panic_text},
    node::{Node, Surroundings},
    scenario::{Byzantine, Conduct, Flaw, Scenario, ScenarioError},
    wire::{self, Links},
    world::{self, Member, World},
};
use althing_chain::unix_ms;
use althing_primitives::B256;
use commonware_runtime::{Clock as _, Runner as _, Supervisor as _, deterministic};
use parking_lot::Mutex;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use serde::Serialize;
use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};
use thiserror::Error;

/// Between two looks at the network.
const TICK: Duration = Duration::from_millis(50);

/// Longest time without a new final block when no fault is left.
const RECOVERY: Duration = Duration::from_secs(60);

/// Longest time that a node may take to have the last block when no fault is left.
const CATCH_UP: Duration = Duration::from_secs(120);

/// After so many deeds of clients each of them has surely sent something.
const ENOUGH: u64 = 150;

/// Sets the chance of clients and crashes apart from that of keys and links.
const CHANCE: u64 = 0x5eed;

/// Why a simulation failed.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Failure {
    /// It could not begin.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// The network could not be made.
    #[error("the network could not be made: {0}")]
    World(String),
    /// A property was broken.
    #[error("broken property `{property}`: {what}")]
    Property {
        /// Which.
        property: String,
        /// What was seen.
        what: String,
    },
    /// A node panicked.
    #[error("panic: {0}")]
    Panic(String),
}

impl Failure {
    /// What kind of failure it is, for comparison.
    pub(crate) fn kind(&self) -> &str {
        match self {
            Self::Scenario(_) => "scenario",
            Self::World(_) => "world",
            Self::Property { property, .. } => property,
            Self::Panic(_) => "panic",
        }
    }
}

impl From<Violation> for Failure {
    fn from(Violation { property, what }: Violation) -> Self {
        Self::Property { property: property.into(), what }
    }
}

/// What a simulation saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Hash of everything that happened, event by event.
    pub trace: String,
    /// Height of the last final block.
    pub height: u64,
    /// Its hash.
    pub head: B256,
    /// Epochs completed.
    pub epochs: u64,
    /// Transactions in final blocks.
    pub transactions: u64,
    /// Virtual milliseconds.
    pub virtual_ms: u64,
    /// Times a node lost power.
    pub crashes: u64,
    /// Epochs whose committee served on, because resharing failed.
    pub kept_committees: u64,
    /// Milliseconds from a block's time to its finality at a node: median, 95th and 99th percentile.
    pub finality_ms: [u64; 3],
    /// Bytes that a node sent for each block, on average over nodes.
    pub bytes_per_node_and_block: u64,
    /// Bytes that a node sent on each channel, on average over nodes.
    pub bytes_by_channel: BTreeMap<u64, u64>,
    /// Milliseconds from the end of the last fault to the next final block; nothing without faults.
    pub recovery_ms: Option<u64>,
    /// Messages that did not arrive.
    pub lost_messages: u64,
    /// Syncs of each node's disk.
    pub syncs: Vec<u64>,
    /// Operators slashed for double proposals.
    pub slashed: u64,
    /// How often an honest node saw a member vote twice.
    pub double_votes: u64,
}

/// Runs a scenario once.
pub fn run(scenario: &Scenario) -> Result<Report, Failure> {
    scenario.check()?;
    let config = deterministic::Config::new().with_seed(scenario.seed).with_timeout(None);
    let runner = deterministic::Runner::new(config);
    let scenario = scenario.clone();
    let body = AssertUnwindSafe(|| runner.start(|context| simulate(context, scenario)));
    match catch_unwind(body) {
        Ok(outcome) => outcome,
        Err(payload) => Err(Failure::Panic(panic_text(&*payload))),
    }
}

async fn simulate(context: deterministic::Context, scenario: Scenario) -> Result<Report, Failure> {
    let world = Box::pin(world::make(&context, &scenario)).await.map_err(Failure::World)?;
    Simulation::new(context, scenario, world)?.run().await
}

struct Simulation {
    context: deterministic::Context,
    scenario: Scenario,
    around: Surroundings,
    /// The nodes of the scenario, then the second machines of twins.
    nodes: Vec<Node>,
    clients: Clients,
    faults: Faults,
    rng: StdRng,
    started_ms: u64,
    /// Deeds of clients so far.
    acted: u64,
    /// Double votes that were reported in the last tick; by the next one their senders must be blocked.
    conflicts: Vec<Conflict>,
    /// When the first block after the last fault was final.
    recovered_ms: Option<u64>,
}

impl Simulation {
    fn new(context: deterministic::Context, scenario: Scenario, world: World) -> Result<Self, Failure> {
        let clock = Arc::new(context.child("clock"));
        let clients = Clients::new(&world.spec);
        let mut members = world.members.clone();
        let twins: Vec<_> = scenario.twins().collect();
        for node in &twins {
            members.push(world.members[*node].twin().map_err(Failure::World)?);
        }
        let keys: Vec<_> = members.iter().map(|member| member.key()).collect();
        let links = Links::new(scenario.place);
        let (wires, _) = wire::lay(context.child("wires"), clock.clone(), &keys, links, scenario.seed);
        let book = Book::new(world.spec.clone(), world.genesis.block(), &world.changes, scenario.nodes);
        let book = Arc::new(Mutex::new(book.map_err(Failure::World)?));
        let byzantine = scenario.byzantine_nodes();
        let node = |(index, member): (usize, Member)| {
            let mut node = Node::new(index, member, Machine::new(&context, world.disk.copy()));
            node.is_honest = index < scenario.nodes && !byzantine.contains(&index);
            node.sabotages = scenario.sabotages(index);
            if scenario.conducts(index, Conduct::Censor) || scenario.has(Flaw::CensorAll) {
                node.refuses.insert(clients.victim());
            }
            node
        };
        let nodes = members.into_iter().enumerate().map(node).collect();
        let started_ms = unix_ms(clock.current());
        let rng = StdRng::seed_from_u64(scenario.seed ^ CHANCE);
        let around = Surroundings { world: Arc::new(world), wires, book, clock, flaw: scenario.flaw };
        let faults = Faults::new(&scenario);
        Ok(Self {
            context,
            scenario,
            around,
            nodes,
            clients,
            faults,
            rng,
            started_ms,
            acted: 0,
            conflicts: Vec::new(),
            recovered_ms: None,
        })
    }

    /// Virtual milliseconds since the start.
    fn now_ms(&self) -> u64 {
        unix_ms(self.context.current()).saturating_sub(self.started_ms)
    }

    async fn run(mut self) -> Result<Report, Failure> {
        for Byzantine { node, conduct } in &self.scenario.byzantine {
            self.around.wires.tamper(*node, conduct.tamper());
        }
        for node in &mut self.nodes {
            node.start(&self.context, &self.around);
        }
        self.faults.step(0, &mut self.nodes, &self.context, &self.around, &mut self.rng);
        let last = self.scenario.epochs.saturating_mul(self.scenario.epoch_blocks);
        let mut progress = (0, 0);
        let mut complete_since = None;
        loop {
            self.context.sleep(TICK).await;
            let now = self.now_ms();
            self.faults.step(now, &mut self.nodes, &self.context, &self.around, &mut self.rng);
            self.let_clients_act(now).await;
            self.bury()?;
            let height = self.around.book.lock().height();
            if height > progress.0 {
                progress = (height, now);
                if now > self.scenario.faults_end_ms() && !self.scenario.faults.is_empty() {
                    self.recovered_ms.get_or_insert(now);
                }
            }
            self.check_a_state().await;
            self.check(progress, now)?;
            if height >= last && now > self.scenario.faults_end_ms() {
                let since = *complete_since.get_or_insert(now);
                if self.all_have(last) {
                    break;
                }
                self.check_catching_up(last, now.saturating_sub(since))?;
            }
        }
        self.check_end().await?;
        Ok(self.report())
    }

    /// A node that panicked is down. If it keeps the rules, that must not happen.
    fn bury(&mut self) -> Result<(), Failure> {
        for node in &mut self.nodes {
            let Some(words) = node.machine.take_panic() else { continue };
            if node.is_honest {
                return Err(Failure::Panic(format!("node {}: {words}", node.index)));
            }
            node.kill(&self.around.wires);
        }
        Ok(())
    }

    async fn let_clients_act(&mut self, now: u64) {
        let due = now.saturating_mul(self.scenario.load_per_s.into()) / 1_000;
        while self.acted < due {
            self.acted += 1;
            let node = &self.nodes[self.rng.random_range(0..self.scenario.nodes)];
            if let Some(live) = node.live() {
                self.clients.act(&live, &mut self.rng).await;
            }
        }
    }

    fn honest(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter().filter(|node| node.is_honest)
    }

    fn all_have(&self, height: u64) -> bool {
        let book = self.around.book.lock();
        self.honest().all(|node| book.stored(node.index) >= height)
    }

    fn check(&mut self, (height, since): (u64, u64), now: u64) -> Result<(), Failure> {
        let conflicts = std::mem::take(&mut self.around.book.lock().conflicts);
        let seen_before = std::mem::replace(&mut self.conflicts, conflicts);
        check::double_votes(&self.around.book, &self.around.wires, seen_before);
        let twins = self.scenario.known_twins().map(|node| self.nodes[node].member.operator_key()).collect();
        let mut book = self.around.book.lock();
        check::honest_slashes(&mut book, &twins);
        let from = since.max(self.scenario.faults_end_ms());
        if now.saturating_sub(from) > RECOVERY.as_millis() as u64 {
            let stored: Vec<_> = self.honest().map(|node| book.stored(node.index)).collect();
            let what =
                format!("no new block for {RECOVERY:?} after block {height}; honest nodes have {stored:?}");
            book.report(Violation { property: "liveness", what });
        }
        first(&book)
    }

    /// Looks at the state of one honest node, another one each time.
    async fn check_a_state(&mut self) {
        let node = &self.nodes[self.rng.random_range(0..self.scenario.nodes)];
        if let Some(live) = node.live().filter(|_| node.is_honest) {
            check::state(&self.around.book, node.index, &live).await;
        }
    }

    fn check_catching_up(&self, last: u64, waited_ms: u64) -> Result<(), Failure> {
        if u128::from(waited_ms) <= CATCH_UP.as_millis() {
            return Ok(());
        }
        let book = self.around.book.lock();
        let stored: Vec<_> = self.honest().map(|node| (node.index, book.stored(node.index))).collect();
        let what = format!("{CATCH_UP:?} after block {last} nodes have no more than {stored:?}");
        Err(Failure::Property { property: "catching up".into(), what })
    }

    /// Properties that need the states of nodes.
    async fn check_end(&self) -> Result<(), Failure> {
        let mut honest = Vec::new();
        for node in self.honest() {
            let live = node.live().ok_or_else(|| Failure::Property {
                property: "liveness".into(),
                what: format!("node {} does not run at the end", node.index),
            })?;
            honest.push((node.index, live));
        }
        check::slashes(&self.around.book, &honest);
        check::memory(&self.around.book, &honest);
        if let Some((_, live)) = honest.first() {
            check::draws(&self.around.book, live, &self.around.world.spec).await;
            if self.acted > ENOUGH {
                check::inclusion(&self.around.book, live, self.clients.victim()).await;
            }
        }
        first(&self.around.book.lock())
    }

    fn report(self) -> Report {
        let mut book = self.around.book.lock();
        let mut latencies = std::mem::take(&mut book.latencies_ms);
        latencies.sort_unstable();
        let at = |percent| percentile(&latencies, percent);
        let mut channels = BTreeMap::new();
        for node in &self.nodes {
            for (channel, traffic) in self.around.wires.sent_by(node.index) {
                *channels.entry(channel).or_insert(0) += traffic.bytes;
            }
        }
        let nodes = self.nodes.len() as u64;
        channels.values_mut().for_each(|bytes| *bytes /= nodes);
        let bytes: u64 = channels.values().sum();
        let height = book.height();
        let kept = book.committees.values().filter(|(_, is_kept)| *is_kept).count() as u64;
        Report {
            trace: self.context.auditor().state(),
            height,
            head: book.head(),
            epochs: height / self.scenario.epoch_blocks,
            transactions: book.transactions,
            virtual_ms: self.now_ms(),
            crashes: self.faults.crashes,
            kept_committees: kept,
            finality_ms: [at(50), at(95), at(99)],
            bytes_per_node_and_block: bytes / height.max(1),
            bytes_by_channel: channels,
            recovery_ms: self.recovered_ms.map(|at| at.saturating_sub(self.scenario.faults_end_ms())),
            lost_messages: self.around.wires.lost(),
            syncs: self.nodes.iter().map(|node| node.machine.disk.syncs()).collect(),
            slashed: book.slashed.len() as u64,
            double_votes: book.double_votes,
        }
    }
}

/// The first broken property.
fn first(book: &Book) -> Result<(), Failure> {
    book.violations.first().map_or(Ok(()), |violation| Err(violation.clone().into()))
}
