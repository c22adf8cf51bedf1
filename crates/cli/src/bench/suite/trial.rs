//! One load on one network.

use super::super::fill::ACCOUNTS_EACH;
use super::super::run::{self, Outcome, Receipts};
use super::super::usage::{self, Reading};
use super::super::{LoadArgs, Workload, plan};
use super::network::Network;
use super::results::Trial;
use super::scenario::Mode;
use crate::terminal::Progress;
use crate::{Exit, failure::Failure};
use std::time::Duration;
use tokio::time::sleep;

/// How long an idle network is watched.
const IDLE_TIME: Duration = Duration::from_secs(60);
const QUICK_IDLE_TIME: Duration = Duration::from_secs(5);
/// Accounts that send what fills a state: each may have some such transactions in the pool.
const FILLING_ACCOUNTS: u32 = 40;
/// Accounts that are made by one load, so that the generator keeps few transactions.
const FILLED_AT_ONCE: u64 = 1_000_000;

/// Waits for a network, fills its state, loads it.
pub(super) async fn measure(
    network: &mut Network,
    mode: Mode,
    load: LoadArgs,
    is_quick: bool,
) -> Result<Trial, Failure> {
    network.ready().await?;
    if load.receivers > 0 {
        fill(network, 0, load.receivers).await?;
        // A node that is used for long was started again since it was small.
        network.restart().await?;
    }
    let (outcome, nodes) = match mode {
        Mode::Idle => idle(network, if is_quick { QUICK_IDLE_TIME } else { IDLE_TIME }).await,
        Mode::Saturation | Mode::Sustained | Mode::Half | Mode::Endurance => {
            (load_network(network, load).await?, network.pids())
        }
    };
    // A node that died has taken its counters with it.
    network.check()?;
    let memory = nodes.iter().filter_map(|pid| usage::peak_memory(*pid)).collect();
    Ok(Trial::new(&outcome, memory))
}

/// Sends a load to all validators.
pub(super) async fn load_network(network: &Network, mut load: LoadArgs) -> Result<Outcome, Failure> {
    load.endpoints = network.endpoints();
    let silent = Progress::silent();
    let plan = plan::prepare(&load, &silent).await?;
    let receipts = if network.is_peer() { Receipts::Some } else { Receipts::All };
    run::run(&load, plan, &network.pids(), receipts, &silent).await
}

/// Makes the accounts from one number to another, and a few more; returns up to which.
pub(super) async fn fill(network: &Network, from: u64, to: u64) -> Result<u64, Failure> {
    let mut next = from;
    while next < to {
        let count = (to - next).min(FILLED_AT_ONCE).div_ceil(ACCOUNTS_EACH);
        let load = LoadArgs {
            workload: Workload::Accounts,
            count: count as u32,
            accounts: FILLING_ACCOUNTS.min(count as u32),
            first_account: next,
            batch: 10,
            workers: 4,
            // Other senders for each part: what a load has told the pool of its senders is its own.
            seed: next,
            ..LoadArgs::empty()
        };
        let outcome = load_network(network, load).await?;
        let made = outcome.latencies.len() - outcome.failed;
        if made as u64 != count {
            let message = format!("only {made} of {count} transactions that fill the state succeeded");
            return Err(Failure::new(Exit::Failure, message));
        }
        next += count * ACCOUNTS_EACH;
    }
    Ok(next)
}

/// Watches what a network uses while nobody sends anything.
async fn idle(network: &Network, time: Duration) -> (Outcome, Vec<u32>) {
    let nodes = network.pids();
    let before = Reading::take(&nodes);
    sleep(time).await;
    let after = Reading::take(&nodes);
    let usage = before.zip(after).map(|(before, after)| before.until(&after));
    (Outcome { usage, elapsed: time, ..Outcome::default() }, nodes)
}
