//! `althing bench reads`: how many reads a node answers, how fast, and for how much CPU.

use super::report::percentile;
use super::usage::Reading;
use crate::report::{Report, table};
use crate::{Exit, failure::Failure, terminal::Progress};
use alloy_sol_types::SolCall;
use althing_abi::{ChainInfo, Staking, SystemContract};
use althing_client::{Call, ClientError, Rpc};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

const HEADER: [&str; 7] = ["read", "answered", "a second", "a second and core", "p50", "p99", "max"];

/// What `bench reads` takes.
#[derive(Clone, Debug, clap::Args)]
pub struct ReadsArgs {
    /// The node to ask.
    #[arg(long = "to", value_name = "URL", default_value = "http://127.0.0.1:8545")]
    endpoint: String,
    /// Seconds for each kind of read.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    seconds: u64,
    /// Requests that are under way at a time.
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=1_024))]
    workers: u32,
    /// Reads in one HTTP request.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    batch: u32,
    /// Process of the node, if it runs on this machine: with it, reads are told by its CPU time as well.
    #[arg(long)]
    pid: Option<u32>,
}

/// One kind of read, measured.
struct Measured {
    name: &'static str,
    answered: usize,
    elapsed: Duration,
    /// CPU seconds of the node.
    node_cpu: Option<f64>,
    /// Time of a request, sorted.
    latencies: Vec<Duration>,
}

/// The kinds of reads: what wallets and dApps ask most.
fn kinds() -> [(&'static str, Call); 4] {
    let call = |contract: SystemContract, data: Vec<u8>| {
        let data = alloy_primitives::hex::encode_prefixed(data);
        json!([{ "to": contract.address(), "data": data }, "latest"])
    };
    let balance = json!([SystemContract::Rewards.address(), "latest"]);
    let epoch = call(SystemContract::ChainInfo, ChainInfo::epochCall {}.abi_encode());
    let staked = call(SystemContract::Staking, Staking::totalStakingAmountCall {}.abi_encode());
    [
        ("eth_getBalance", "eth_getBalance", balance),
        ("eth_getBlockByNumber", "eth_getBlockByNumber", json!(["latest", false])),
        ("eth_call ChainInfo.epoch", "eth_call", epoch),
        ("eth_call Staking.totalStakingAmount", "eth_call", staked),
    ]
    .map(|(name, method, params)| (name, Call { method, params }))
}

pub(super) async fn run(args: ReadsArgs) -> Result<Report, Failure> {
    let rpc = Rpc::new(&args.endpoint)?;
    let progress = Progress::start();
    let mut measured = Vec::new();
    for (name, call) in kinds() {
        progress.step(name);
        measured.push(measure(&args, &rpc, name, call).await?);
    }
    progress.finish();
    let rows = measured.iter().map(Measured::cells);
    let json: Vec<_> = measured.iter().map(Measured::json).collect();
    Ok(Report { json: json!(json), text: table(&HEADER, rows), exit: Exit::Ok })
}

async fn measure(
    args: &ReadsArgs,
    rpc: &Rpc,
    name: &'static str,
    call: Call,
) -> Result<Measured, ClientError> {
    let pids: Vec<_> = args.pid.into_iter().collect();
    let before = Reading::take(&pids);
    let start = Instant::now();
    let end = start + Duration::from_secs(args.seconds);
    let calls = vec![call; args.batch as usize];
    let worker = || async {
        let mut latencies = Vec::new();
        while Instant::now() < end {
            let sent = Instant::now();
            match &*calls {
                [one] => drop(rpc.call::<Value>(one.method, one.params.clone()).await?),
                many => drop(rpc.batch(many).await?.into_iter().collect::<Result<Vec<_>, _>>()?),
            }
            latencies.push(sent.elapsed());
        }
        Ok::<_, ClientError>(latencies)
    };
    let workers = (0..args.workers).map(|_| worker());
    let mut latencies = futures::future::try_join_all(workers).await?.concat();
    let elapsed = start.elapsed();
    let used = before.zip(Reading::take(&pids)).map(|(before, after)| before.until(&after));
    latencies.sort_unstable();
    let answered = latencies.len() * calls.len();
    let node_cpu = used.filter(|_| args.pid.is_some()).map(|used| used.nodes_cpu);
    Ok(Measured { name, answered, elapsed, node_cpu, latencies })
}

impl Measured {
    fn a_second(&self) -> f64 {
        self.answered as f64 / self.elapsed.as_secs_f64()
    }

    fn a_second_and_core(&self) -> Option<f64> {
        self.node_cpu.filter(|cpu| *cpu > 0.0).map(|cpu| self.answered as f64 / cpu)
    }

    fn micros(&self, percent: usize) -> u128 {
        percentile(&self.latencies, percent).unwrap_or_default().as_micros()
    }

    fn cells(&self) -> Vec<String> {
        let ms = |percent| format!("{:.1} ms", self.micros(percent) as f64 / 1_000.0);
        vec![
            self.name.into(),
            self.answered.to_string(),
            format!("{:.0}", self.a_second()),
            self.a_second_and_core().map_or("-".into(), |rate| format!("{rate:.0}")),
            ms(50),
            ms(99),
            ms(100),
        ]
    }

    fn json(&self) -> Value {
        json!({
            "read": self.name, "answered": self.answered, "per_second": self.a_second(),
            "per_core_second": self.a_second_and_core(),
            "latency_us": { "p50": self.micros(50), "p99": self.micros(99), "max": self.micros(100) },
        })
    }
}
