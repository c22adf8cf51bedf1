//! `althing bench growth`: what it costs a node when the state grows, on a network of one validator and one that comes
//! later.

use super::super::usage;
use super::super::{LoadArgs, Workload};
use super::join;
use super::network::{Network, OnDisk};
use super::results::{Trial, grouped};
use super::scenario::{Nodes, USUAL_BLOCK_MS};
use super::trial::{fill, load_network};
use super::{End, interrupted, with_network};
use crate::machine::Facts;
use crate::page::{Page, markdown};
use crate::report::{Report, table};
use crate::{Exit, devnet, failure::Failure, terminal::Progress};
use serde::Serialize;
use serde_json::json;
use std::path::PathBuf;

/// The size that nobody waits for: its figures follow from the two largest that were measured.
const EXTRAPOLATED: u64 = 100_000_000;

/// What `bench growth` takes.
#[derive(Clone, Debug, clap::Args)]
pub struct GrowthArgs {
    /// Accounts at which everything is measured, in rising order.
    #[arg(long, value_delimiter = ',', default_values_t = [1_000_000, 3_000_000, 10_000_000], value_name = "N,N")]
    accounts: Vec<u64>,
    /// Transfers at each size, to accounts all over the state.
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1..=2_000_000))]
    count: u32,
    /// Folder of RESULTS.md.
    #[arg(long, default_value = "bench", value_name = "DIR")]
    out: PathBuf,
    /// Folder in which the network is made, and removed again. It should be on a disk, not in memory.
    #[arg(long, default_value = ".althing/bench")]
    dir: PathBuf,
}

impl GrowthArgs {
    fn check(&self) -> Result<(), Failure> {
        match self.accounts.is_sorted_by(|a, b| a < b) && self.accounts.first().is_some_and(|n| *n > 0) {
            true => Ok(()),
            false => Err(Failure::usage("--accounts takes sizes in rising order, as in 1000000,10000000")),
        }
    }

    fn command(&self) -> String {
        let sizes = self.accounts.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        format!("althing bench growth --accounts {sizes} --count {}", self.count)
    }
}

/// Figures of a size of the state.
#[derive(Clone, Debug, Default, Serialize)]
struct Size {
    accounts: f64,
    state_bytes: f64,
    index_bytes: f64,
    /// Of the validator after the load.
    memory_bytes: f64,
    /// Of the validator after it was started again.
    fresh_memory_bytes: f64,
    start_seconds: f64,
    transfers_a_second: f64,
    /// Of all nodes, for 1,000 transfers.
    cpu_seconds: f64,
    /// Sent to final, p99.
    latency_ms: f64,
    sync_seconds: f64,
    /// Most memory of the node that fetched the state.
    sync_memory_bytes: f64,
}

const HEADER: [&str; 9] = [
    "accounts",
    "state, index on disk",
    "memory after the load",
    "after a start",
    "start to a new block",
    "transfers a second",
    "CPU per 1,000",
    "p99",
    "state fetched in, memory",
];

impl Size {
    fn cells(&self) -> Vec<String> {
        let mib = |bytes: f64| format!("{} MiB", grouped(bytes / f64::from(1 << 20)));
        vec![
            grouped(self.accounts),
            format!("{}, {}", mib(self.state_bytes), mib(self.index_bytes)),
            mib(self.memory_bytes),
            mib(self.fresh_memory_bytes),
            format!("{:.1} s", self.start_seconds),
            grouped(self.transfers_a_second),
            format!("{:.2} s", self.cpu_seconds),
            format!("{} ms", grouped(self.latency_ms)),
            format!("{:.1} s, {}", self.sync_seconds, mib(self.sync_memory_bytes)),
        ]
    }

    /// On the line through two sizes.
    fn extrapolated(small: &Self, large: &Self, accounts: u64) -> Self {
        let times = (accounts as f64 - large.accounts) / (large.accounts - small.accounts);
        let at = |of: fn(&Self) -> f64| of(large) + (of(large) - of(small)).max(0.0) * times;
        Self {
            accounts: accounts as f64,
            state_bytes: at(|size| size.state_bytes),
            index_bytes: at(|size| size.index_bytes),
            memory_bytes: at(|size| size.memory_bytes),
            fresh_memory_bytes: at(|size| size.fresh_memory_bytes),
            start_seconds: at(|size| size.start_seconds),
            sync_seconds: at(|size| size.sync_seconds),
            sync_memory_bytes: at(|size| size.sync_memory_bytes),
            cpu_seconds: at(|size| size.cpu_seconds),
            ..Self::default()
        }
    }
}

pub(in super::super) async fn run(args: GrowthArgs) -> Result<Report, Failure> {
    args.check()?;
    let page = Page::open(args.out.join("RESULTS.md"), "althing bench growth")?;
    let facts = Facts::gather(args.command());
    let mut stop = devnet::stop_signals()?;
    let progress = Progress::start();
    let dir = args.dir.join(format!("growth-{}", std::process::id()));
    let network = Network::ours(Nodes::OneFollowed, USUAL_BLOCK_MS, &dir)?;
    let measured = with_network(network, &mut stop, async |network| grow(network, &args, &progress).await);
    let sizes = match measured.await {
        Ok(sizes) => sizes,
        Err(End::Interrupted) => return Err(interrupted()),
        Err(End::Broken(failure)) => return Err(failure),
    };
    progress.finish();
    page.write(&section(&facts, &sizes))?;
    let text = table(&HEADER, sizes.iter().map(Size::cells));
    Ok(Report { json: json!({"facts": facts, "sizes": sizes}), text, exit: Exit::Ok })
}

async fn grow(network: &mut Network, args: &GrowthArgs, progress: &Progress) -> Result<Vec<Size>, Failure> {
    network.ready().await?;
    let (mut made, mut sizes) = (0, Vec::new());
    for (number, accounts) in (0..).zip(&args.accounts) {
        progress.step(format!("{} accounts: making them", grouped(*accounts as f64)));
        made = fill(network, made, *accounts).await?;
        let size = measure(network, args, (number, made), progress).await?;
        progress.say(&size.cells().join(" | "));
        sizes.push(size);
    }
    Ok(sizes)
}

async fn measure(
    network: &mut Network,
    args: &GrowthArgs,
    (number, made): (u64, u64),
    progress: &Progress,
) -> Result<Size, Failure> {
    let title = format!("{} accounts", grouped(made as f64));
    progress.step(format!("{title}: transfers"));
    let load = LoadArgs {
        workload: Workload::Transfer,
        count: args.count,
        receivers: made,
        seed: u64::MAX - number,
        ..LoadArgs::empty()
    };
    let outcome = load_network(network, load).await?;
    let trial = Trial::new(&outcome, Vec::new());
    let memory = |network: &Network| network.pids().into_iter().filter_map(usage::memory).max().unwrap_or(0);
    let after_load = memory(network);
    progress.step(format!("{title}: a node fetches the state"));
    let joined = join::follow(network, "state", made).await?;
    network.leave().await?;
    progress.step(format!("{title}: starting again"));
    let start = network.restart().await?;
    let OnDisk { state, index } = network.on_disk();
    Ok(Size {
        accounts: made as f64,
        state_bytes: state as f64,
        index_bytes: index as f64,
        memory_bytes: after_load as f64,
        fresh_memory_bytes: memory(network) as f64,
        start_seconds: start.as_secs_f64(),
        transfers_a_second: trial.final_per_second,
        cpu_seconds: trial
            .usage
            .map_or(0.0, |usage| usage.nodes_cpu / trial.included.max(1) as f64 * 1_000.0),
        latency_ms: trial.latency_ms[2] as f64,
        sync_seconds: joined.seconds,
        sync_memory_bytes: joined.peak_memory_bytes.unwrap_or_default() as f64,
    })
}

fn section(facts: &Facts, sizes: &[Size]) -> String {
    let Facts { commit, build, cores, memory, processor, date, command, .. } = facts;
    let mut rows: Vec<_> = sizes.iter().map(Size::cells).collect();
    if let [.., small, large] = sizes {
        let mut cells = Size::extrapolated(small, large, EXTRAPOLATED).cells();
        cells[0] += " (extrapolated)";
        for unknown in [5, 7] {
            cells[unknown] = "-".into();
        }
        rows.push(cells);
    }
    format!(
        "## A state that grows: `{command}`\n\n\
         Commit {commit}, {build} build, {date}. {cores} cores ({processor}), {memory}. One validator and the load generator on \
         the same machine; then a node that fetches the state from it, then the validator stops and starts again. \
         The last row is no measurement: it lies on the line through the two before it.\n\n{}",
        markdown(&HEADER, rows.into_iter())
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_measured_lies_on_the_line_and_says_so() {
        let size = |accounts: f64, state_bytes: f64, start_seconds: f64| Size {
            accounts,
            state_bytes,
            start_seconds,
            ..Size::default()
        };
        let (small, large) = (size(1e6, 100e6, 2.0), size(1e7, 1_000e6, 1.5));
        let far = Size::extrapolated(&small, &large, EXTRAPOLATED);
        assert_eq!((far.accounts, far.state_bytes.round()), (1e8, 1e10));
        assert_eq!(far.start_seconds, 1.5, "what shrinks is not drawn out below what was seen");
        let facts = Facts::gather("althing bench growth".into());
        let page = section(&facts, &[small.clone(), large]);
        assert!(page.contains("100,000,000 (extrapolated)"), "{page}");
        assert!(!section(&facts, &[small]).contains("extrapolated)"));
    }

    #[test]
    fn sizes_must_rise() {
        let args = |accounts: &[u64]| GrowthArgs {
            accounts: accounts.to_vec(),
            count: 1,
            out: PathBuf::new(),
            dir: PathBuf::new(),
        };
        assert!(args(&[1, 5]).check().is_ok());
        for refused in [&[][..], &[0, 1], &[5, 5], &[5, 1]] {
            assert!(args(refused).check().is_err(), "{refused:?}");
        }
    }
}
