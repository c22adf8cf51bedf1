//! A simulation as data: everything that happens follows from a [`Scenario`], and from nothing else.

use crate::wire::{Place, Tamper};
use althing_chain::{Channel, Sabotage, channels};
use althing_primitives::chainspec::{MIN_EPOCH_BLOCKS, MIN_EPOCH_BLOCKS_PER_MEMBER, is_zero};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use thiserror::Error;

/// Most nodes of a simulation.
pub const MAX_NODES: usize = 64;

/// Whose key is on two machines without the knowledge of the checks.
const SECRET_TWIN: usize = 1;

/// A whole simulation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Scenario {
    /// Decides everything that is left to chance.
    pub seed: u64,
    /// Nodes, each a candidate.
    pub nodes: usize,
    /// Seats of the committees that are drawn out of them.
    pub seats: usize,
    /// Blocks of an epoch.
    pub epoch_blocks: u64,
    /// Milliseconds between blocks.
    pub block_ms: u64,
    /// Longest time without a block in milliseconds while no client acts; 0: none is left out.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub heartbeat_ms: u64,
    /// Where the nodes stand.
    pub place: Place,
    /// Epochs that the network must complete.
    pub epochs: u64,
    /// Transactions that clients send in a second.
    #[serde(default)]
    pub load_per_s: u32,
    /// Nodes that do not keep the rules.
    #[serde(default)]
    pub byzantine: Vec<Byzantine>,
    /// What goes wrong, and when.
    #[serde(default)]
    pub faults: Vec<Event>,
    /// What is wrong with the build itself: for tests of the checks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flaw: Option<Flaw>,
}

/// A node that does not keep the rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Byzantine {
    /// Which node.
    pub node: usize,
    /// What it does.
    pub conduct: Conduct,
}

/// What a node does that does not keep the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Conduct {
    /// Its key is used by two machines, which each know a half of the others: it proposes and votes twice.
    Twins,
    /// It proposes, but hands its blocks to nobody.
    Withhold,
    /// It does not vote.
    Silent,
    /// It sends votes that are garbage.
    GarbleVotes,
    /// It deals no shares.
    SilentDealer,
    /// It deals shares that are garbage.
    BadShares,
    /// It leaves the transactions of others out of its blocks.
    Censor,
    /// It proposes blocks with a wrong state root.
    WrongStateRoot,
    /// It proposes blocks that give coins to nobody in particular.
    WrongReward,
    /// It proposes blocks that change what elections have decided.
    WrongDraw,
}

/// A build that is broken at every node, so that a property must be: no check is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flaw {
    /// Nodes vote for blocks whatever they commit to.
    AcceptAll,
    /// Nodes mint a coin in every block.
    Mint,
    /// Nodes report no double proposal.
    IgnoreEvidence,
    /// Nodes forget no outcome of an executed block.
    KeepOutcomes,
    /// Nodes store certificates with a bit turned over.
    BadCertificates,
    /// One node stores no block whose height can be divided by five.
    SkipBlocks,
    /// Nodes that were started again lose the logs of blocks.
    LoseLogs,
    /// Nodes block nobody.
    BlockNobody,
    /// Disks lose the journals of votes in a crash, though they were synced.
    ForgetVotes,
    /// Nodes give key shares to others than were drawn.
    OtherCommittee,
    /// Every node leaves the transactions of one client out.
    CensorAll,
    /// The key of a node is on two machines, and the checks believe that the node keeps the rules.
    SecretTwins,
}

impl Flaw {
    /// What it does in the chain's own code.
    pub(crate) fn sabotage(self) -> Option<Sabotage> {
        match self {
            Self::AcceptAll => Some(Sabotage::AcceptAll),
            Self::Mint => Some(Sabotage::Mint),
            Self::IgnoreEvidence => Some(Sabotage::IgnoreEvidence),
            Self::KeepOutcomes => Some(Sabotage::KeepOutcomes),
            _ => None,
        }
    }
}

impl Conduct {
    /// All of them.
    pub(crate) const ALL: [Self; 10] = [
        Self::Twins,
        Self::Withhold,
        Self::Silent,
        Self::GarbleVotes,
        Self::SilentDealer,
        Self::BadShares,
        Self::Censor,
        Self::WrongStateRoot,
        Self::WrongReward,
        Self::WrongDraw,
    ];

    /// What its blocks suffer.
    pub(crate) fn sabotage(self) -> Option<Sabotage> {
        match self {
            Self::WrongStateRoot => Some(Sabotage::WrongStateRoot),
            Self::WrongReward => Some(Sabotage::WrongReward),
            Self::WrongDraw => Some(Sabotage::WrongDraw),
            _ => None,
        }
    }

    /// What it does to the messages that it sends.
    pub(crate) fn tamper(self) -> Tamper {
        let ids = |channels: &[Channel]| channels.iter().map(|channel| channel.id).collect();
        let mute = |channels: &[Channel]| Tamper { mute: ids(channels), ..Tamper::default() };
        let garble = |channels: &[Channel]| Tamper { garble: ids(channels), ..Tamper::default() };
        match self {
            Self::Twins | Self::Censor | Self::WrongStateRoot | Self::WrongReward | Self::WrongDraw => {
                Tamper::default()
            }
            Self::Withhold => mute(&[channels::BLOCKS, channels::BACKFILL]),
            Self::Silent => mute(&[channels::VOTES, channels::CERTIFICATES]),
            Self::GarbleVotes => garble(&[channels::VOTES]),
            Self::SilentDealer => mute(&[channels::RESHARING]),
            Self::BadShares => garble(&[channels::RESHARING]),
        }
    }
}

/// Something that goes wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Event {
    /// Milliseconds after the start.
    pub at_ms: u64,
    /// How many milliseconds it lasts.
    pub for_ms: u64,
    /// What happens.
    pub fault: Fault,
}

/// What goes wrong. It is mended when its time is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Fault {
    /// A node loses power, and with it what its disk had not synced.
    Crash {
        /// Which.
        node: usize,
    },
    /// A node loses power in the middle of one of its next syncs.
    CrashInSync {
        /// Which.
        node: usize,
        /// Which sync, counted from 1.
        sync: u64,
    },
    /// Two groups do not hear each other; one-way: the second group does not hear the first.
    Partition {
        /// The first group; all others are the second.
        group: BTreeSet<usize>,
        /// Whether the first group hears the second.
        one_way: bool,
    },
    /// The same, and back, every so many milliseconds.
    Flapping {
        /// The first group; all others are the second.
        group: BTreeSet<usize>,
        /// Milliseconds between changes.
        every_ms: u64,
    },
    /// Messages are lost.
    Loss {
        /// So many of a thousand.
        per_mille: u32,
    },
    /// Messages come twice.
    Doubled {
        /// So many of a thousand.
        per_mille: u32,
    },
    /// What a node sends is late.
    Slow {
        /// Which.
        node: usize,
        /// By so many milliseconds.
        by_ms: u64,
    },
    /// A node's disk takes long to sync.
    SlowDisk {
        /// Which.
        node: usize,
        /// So many milliseconds.
        sync_ms: u64,
    },
    /// A node's clock is wrong.
    Clock {
        /// Which.
        node: usize,
        /// By so many milliseconds: ahead, or behind when below zero.
        error_ms: i64,
    },
}

/// Why a scenario cannot be run.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ScenarioError {
    /// Not JSON of the right shape.
    #[error("the scenario does not parse: {0}")]
    Json(String),
    /// Sizes that no network can have.
    #[error("{0}")]
    Size(String),
    /// A node that is not there.
    #[error("the scenario names node {node}, but there are nodes 0 to {last} only")]
    Node {
        /// As named.
        node: usize,
        /// The last that is there.
        last: usize,
    },
}

impl Scenario {
    /// A network without faults, with the shortest epochs that its committee can have.
    pub fn quiet(seed: u64, nodes: usize, seats: usize) -> Self {
        Self {
            seed,
            nodes,
            seats,
            epoch_blocks: Self::shortest_epoch(seats),
            block_ms: 500,
            heartbeat_ms: 0,
            place: Place::Lan,
            epochs: 3,
            load_per_s: 4,
            byzantine: Vec::new(),
            faults: Vec::new(),
            flaw: None,
        }
    }

    /// Blocks of the shortest epoch that a committee of so many seats can have.
    pub(crate) fn shortest_epoch(seats: usize) -> u64 {
        (MIN_EPOCH_BLOCKS_PER_MEMBER * seats as u64).max(MIN_EPOCH_BLOCKS)
    }

    /// Reads and checks a scenario.
    pub fn from_json(text: &str) -> Result<Self, ScenarioError> {
        let scenario: Self =
            serde_json::from_str(text).map_err(|error| ScenarioError::Json(error.to_string()))?;
        scenario.check()?;
        Ok(scenario)
    }

    /// As JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a scenario has no maps with keys that are no strings")
    }

    /// Whether the scenario can be run.
    pub fn check(&self) -> Result<(), ScenarioError> {
        let size = |reason: String| Err(ScenarioError::Size(reason));
        if !(4..=MAX_NODES).contains(&self.nodes) {
            return size(format!("nodes is {}, must be 4 to {MAX_NODES}", self.nodes));
        }
        if !(4..=self.nodes).contains(&self.seats) {
            return size(format!("seats is {}, must be 4 to the {} nodes", self.seats, self.nodes));
        }
        let shortest = Self::shortest_epoch(self.seats);
        if self.epoch_blocks < shortest {
            return size(format!("epochBlocks is {}, must be at least {shortest}", self.epoch_blocks));
        }
        if self.block_ms == 0 || self.epochs == 0 {
            return size("blockMs and epochs must be at least 1".into());
        }
        if self.heartbeat_ms != 0 && self.heartbeat_ms < self.block_ms {
            return size(format!("heartbeatMs is {}, must be 0 or at least blockMs", self.heartbeat_ms));
        }
        let last = self.nodes - 1;
        match self.named().into_iter().find(|node| *node > last) {
            Some(node) => Err(ScenarioError::Node { node, last }),
            None => Ok(()),
        }
    }

    /// Nodes that do not keep the rules.
    pub fn byzantine_nodes(&self) -> BTreeSet<usize> {
        self.byzantine.iter().map(|who| who.node).collect()
    }

    /// Whether a node conducts itself so.
    pub(crate) fn conducts(&self, node: usize, conduct: Conduct) -> bool {
        self.byzantine.iter().any(|who| who.node == node && who.conduct == conduct)
    }

    /// Whether the build is broken so.
    pub(crate) fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    /// What goes wrong in the chain's own code of a node.
    pub(crate) fn sabotages(&self, node: usize) -> Vec<Sabotage> {
        let own = self.byzantine.iter().filter(|who| who.node == node);
        own.filter_map(|who| who.conduct.sabotage()).chain(self.flaw.and_then(Flaw::sabotage)).collect()
    }

    /// Nodes that are known to have a key that two machines use.
    pub(crate) fn known_twins(&self) -> impl Iterator<Item = usize> {
        self.byzantine.iter().filter(|who| who.conduct == Conduct::Twins).map(|who| who.node)
    }

    /// Nodes whose key two machines use.
    pub(crate) fn twins(&self) -> impl Iterator<Item = usize> {
        self.known_twins().chain(self.has(Flaw::SecretTwins).then_some(SECRET_TWIN))
    }

    /// When the last fault is over, in milliseconds after the start.
    pub(crate) fn faults_end_ms(&self) -> u64 {
        let ends = self.faults.iter().map(|event| event.at_ms.saturating_add(event.for_ms));
        ends.max().unwrap_or_default()
    }

    fn named(&self) -> BTreeSet<usize> {
        let of_fault = |event: &Event| match &event.fault {
            Fault::Crash { node }
            | Fault::CrashInSync { node, .. }
            | Fault::Slow { node, .. }
            | Fault::SlowDisk { node, .. }
            | Fault::Clock { node, .. } => BTreeSet::from([*node]),
            Fault::Partition { group, .. } | Fault::Flapping { group, .. } => group.clone(),
            Fault::Loss { .. } | Fault::Doubled { .. } => BTreeSet::new(),
        };
        self.faults.iter().flat_map(of_fault).chain(self.byzantine_nodes()).collect()
    }
}
