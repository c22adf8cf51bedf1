//! Nodes that come later: how long one takes to have what the others have.

use super::super::usage::{self, Reading, Usage};
use super::super::{LoadArgs, Workload};
use super::network::Network;
use super::results::grouped;
use super::scenario::{MANY_ACCOUNTS, Mode, Nodes, Scenario};
use super::trial::{fill, load_network};
use crate::failure::Failure;
use serde::Serialize;

/// Loads of the usual size that a replayed history has.
const REPLAYED_LOADS: u32 = 3;

/// What a node that comes later does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Join {
    /// Executes all blocks since the first.
    Replay,
    /// Fetches the state of a recent block.
    State,
}

impl Join {
    pub(super) const ALL: [Self; 2] = [Self::Replay, Self::State];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Replay => "join-replay",
            Self::State => "join-state-1m",
        }
    }

    const fn sync(self) -> &'static str {
        match self {
            Self::Replay => "blocks",
            Self::State => "state",
        }
    }

    /// What is sent before the node comes.
    pub(super) const fn scenario(self) -> Scenario {
        let accounts = match self {
            Self::Replay => 0,
            Self::State => MANY_ACCOUNTS,
        };
        Scenario { accounts, ..Scenario::new(Nodes::OneFollowed, Workload::Transfer, Mode::Saturation) }
    }

    /// Makes what there is to be fetched, on a network of one validator.
    async fn prepare(self, network: &mut Network, mut load: LoadArgs) -> Result<u64, Failure> {
        match self {
            Self::Replay => {
                load.count *= REPLAYED_LOADS;
                Ok(load_network(network, load).await?.latencies.len() as u64)
            }
            Self::State => fill(network, 0, load.receivers).await,
        }
    }
}

/// What a node used until it had everything.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Joined {
    /// Transactions that were executed again, or accounts of the state.
    pub(super) items: u64,
    /// From the start of the process to the head that the others had at that moment.
    pub(super) seconds: f64,
    /// Of this node; none where the system does not tell.
    pub(super) usage: Option<Usage>,
    pub(super) peak_memory_bytes: Option<u64>,
}

/// A row of the second table.
#[derive(Clone, Debug, Serialize)]
pub(super) struct JoinRow {
    pub(super) scenario: &'static str,
    pub(super) rounds: Vec<Joined>,
    pub(super) error: Option<String>,
}

pub(super) const JOIN_HEADER: [&str; 6] = ["scenario", "what", "time", "a second", "CPU, written", "memory"];

impl JoinRow {
    pub(super) fn new(join: Join) -> Self {
        Self { scenario: join.name(), rounds: Vec::new(), error: None }
    }

    pub(super) fn cells(&self, join: Join) -> Vec<String> {
        let mut cells = vec![self.scenario.to_string()];
        let mut sorted: Vec<_> = self.rounds.iter().collect();
        sorted.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
        let what = match join {
            Join::Replay => "transfers",
            Join::State => "accounts",
        };
        match (&self.error, sorted.get(sorted.len() / 2)) {
            (Some(error), _) => {
                cells.push(format!("FAILED: {}", error.lines().next().unwrap_or_default()));
            }
            (None, Some(joined)) => cells.extend(joined.cells(what)),
            (None, None) => {}
        }
        cells.resize(JOIN_HEADER.len(), "-".into());
        cells
    }
}

impl Joined {
    fn cells(&self, what: &str) -> [String; 5] {
        let items = self.items as f64;
        let usage = self
            .usage
            .map(|usage| format!("{:.1} s, {} MiB", usage.nodes_cpu, grouped((usage.written >> 20) as f64)));
        [
            format!("{} {what}", grouped(items)),
            format!("{:.1} s", self.seconds),
            grouped(items / self.seconds.max(0.001)),
            usage.unwrap_or_else(|| "unknown".into()),
            self.peak_memory_bytes.map_or("unknown".into(), |bytes| format!("{} MiB", bytes >> 20)),
        ]
    }
}

/// Starts a network, makes what there is to be had, and lets a follower come.
pub(super) async fn measure(join: Join, network: &mut Network, load: LoadArgs) -> Result<Joined, Failure> {
    network.ready().await?;
    let items = join.prepare(network, load).await?;
    let joined = follow(network, join.sync(), items).await?;
    network.check()?;
    Ok(joined)
}

/// Lets a follower come to a network that has so many items.
pub(super) async fn follow(network: &mut Network, sync: &str, items: u64) -> Result<Joined, Failure> {
    let before = network.pids();
    let elapsed = network.join(sync).await?;
    let own: Vec<_> = network.pids().into_iter().filter(|pid| !before.contains(pid)).collect();
    Ok(Joined {
        items,
        seconds: elapsed.as_secs_f64(),
        usage: Reading::since_start(&own, elapsed),
        peak_memory_bytes: own.iter().filter_map(|pid| usage::peak_memory(*pid)).max(),
    })
}
