//! The measured part: watching final blocks while the load is sent.

use super::LoadArgs;
use super::course::{self, MemoryLook, Minute};
use super::plan::Plan;
use super::send::send_all;
use super::usage::{Reading, Usage};
use crate::{Exit, failure::Failure, terminal::Progress};
use alloy_primitives::{B256, U64};
use althing_client::{Client, ClientError, Rpc};
use serde::Deserialize;
use serde_json::json;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep};

/// Transactions that are sent and not yet final, in saturation: more than two blocks can hold, less than a pool.
pub(super) const WINDOW: usize = 16_000;
/// Time between two looks for a new block; latencies are no finer than this.
const POLL: Duration = Duration::from_millis(20);
/// Transactions of a load whose receipts stand for all, where all would take too long.
const SAMPLES: usize = 50;

/// What became of the load.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) signing: Duration,
    pub(super) sent: usize,
    pub(super) accepted: usize,
    /// Refusals by reason.
    pub(super) refused: BTreeMap<String, usize>,
    /// Refusals by reason after which a transaction was sent again.
    pub(super) put_off: BTreeMap<String, usize>,
    /// Time from sending to final, sorted.
    pub(super) latencies: Vec<Duration>,
    /// Minute by minute.
    pub(super) course: Vec<Minute>,
    /// From the first sending to the last final block with a transaction of the load.
    pub(super) elapsed: Duration,
    pub(super) blocks: u64,
    /// Transactions in final blocks that did not do what they should.
    pub(super) failed: usize,
    /// What the processes used meanwhile, where the system tells.
    pub(super) usage: Option<Usage>,
}

pub(super) enum Event {
    /// A batch left.
    Sent { hashes: Vec<B256>, at: Instant },
    /// The node answered. What is put off is sent again.
    Answered { accepted: usize, refused: Vec<String>, put_off: Vec<String> },
    /// A final block was seen.
    Block { hashes: Vec<B256>, at: Instant },
}

/// Whose receipts are looked at after a load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Receipts {
    All,
    /// Of [`SAMPLES`] transactions all over the load: anvil needs minutes for those of large blocks.
    Some,
}

/// Sends the plan and waits for its end. Of the processes `nodes` it tells what they used meanwhile.
pub(super) async fn run(
    args: &LoadArgs,
    plan: Plan,
    nodes: &[u32],
    receipts: Receipts,
    progress: &Progress,
) -> Result<Outcome, Failure> {
    let endpoints = args.endpoints.iter().map(|url| Rpc::new(url)).collect::<Result<Vec<_>, _>>()?;
    let watched = Client::new(&args.endpoints[0])?;
    let funded = watched.height().await?;
    for url in &args.endpoints {
        reach(url, funded, Duration::from_secs(args.patience)).await?;
    }
    let from = watched.height().await? + 1;
    let total = plan.transactions.len();
    let step = plan.transactions.len().div_ceil(SAMPLES).max(1);
    let samples: Vec<B256> = plan.transactions.iter().step_by(step).map(|signed| signed.hash).collect();
    let ours: HashSet<B256> = plan.transactions.iter().map(|signed| signed.hash).collect();
    let (events, seen) = mpsc::channel(1_024);
    let (waiting, window) = watch::channel(0usize);
    let (looks, memory) = mpsc::channel(course::LOOKS);
    let looking = tokio::spawn(course::watch_memory(nodes.to_vec(), looks));
    let before = Reading::take(nodes);
    let watcher = tokio::spawn(watch_blocks(watched.clone(), from, events.clone()));
    let sender = tokio::spawn(send_all(args.clone(), endpoints, plan.transactions, events, window));
    let patience = Duration::from_secs(args.patience);
    let mut outcome = collect(seen, waiting, total, patience, memory, progress).await;
    let after = Reading::take(nodes);
    for task in [watcher, sender, looking] {
        task.abort();
    }
    outcome.signing = plan.signing;
    outcome.usage = before.zip(after).map(|(before, after)| before.until(&after));
    outcome.failed = match receipts {
        Receipts::All => count_failed(&watched, from..from + outcome.blocks, &ours).await?,
        Receipts::Some => failures(&receipts_of(&watched, &samples).await?, &ours),
    };
    match outcome.latencies.is_empty() && outcome.accepted == 0 {
        true => {
            Err(Failure::new(Exit::Network, format!("no transaction was accepted: {:?}", outcome.refused)))
        }
        false => Ok(outcome),
    }
}

/// Waits until a node has a block: accounts were funded through another one, and a node that does not know of it yet
/// refuses the load.
async fn reach(url: &str, height: u64, patience: Duration) -> Result<(), Failure> {
    let client = Client::new(url)?;
    let end = Instant::now() + patience;
    while client.height().await? < height {
        if Instant::now() > end {
            return Err(Failure::new(Exit::Timeout, format!("{url} does not get to block {height}")));
        }
        sleep(POLL).await;
    }
    Ok(())
}

async fn watch_blocks(client: Client, mut height: u64, events: mpsc::Sender<Event>) {
    loop {
        match client.block(height).await {
            Ok(Some(block)) => {
                let hashes = block.transactions.hashes().collect();
                if events.send(Event::Block { hashes, at: Instant::now() }).await.is_err() {
                    return;
                }
                height += 1;
            }
            Ok(None) | Err(_) => sleep(POLL).await,
        }
    }
}

/// How many transactions of the load failed in the blocks of a range. After the measured part.
async fn count_failed(
    client: &Client,
    heights: Range<u64>,
    ours: &HashSet<B256>,
) -> Result<usize, ClientError> {
    let mut failed = 0;
    for height in heights {
        let receipts = client.rpc().call("eth_getBlockReceipts", json!([U64::from(height)])).await;
        let receipts: Vec<Ending> = match receipts {
            Ok(receipts) => receipts,
            // All receipts of a block may be more than an answer holds.
            Err(ClientError::Rpc { .. }) => {
                let block = client.block(height).await?;
                let hashes = block.map_or_else(Vec::new, |block| block.transactions.into_hashes_vec());
                receipts_of(client, &hashes).await?
            }
            Err(error) => return Err(error),
        };
        failed += failures(&receipts, ours);
    }
    Ok(failed)
}

fn failures(receipts: &[Ending], ours: &HashSet<B256>) -> usize {
    let failed = |receipt: &&Ending| receipt.status.is_zero() && ours.contains(&receipt.transaction_hash);
    receipts.iter().filter(failed).count()
}

/// The receipts of transactions, one by one; of those that are in no block there is none.
async fn receipts_of(client: &Client, hashes: &[B256]) -> Result<Vec<Ending>, ClientError> {
    let mut receipts = Vec::with_capacity(hashes.len());
    for hash in hashes {
        let receipt: Option<Ending> = client.rpc().call("eth_getTransactionReceipt", json!([hash])).await?;
        receipts.extend(receipt);
    }
    Ok(receipts)
}

/// What a receipt says of how its transaction ended.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ending {
    transaction_hash: B256,
    status: U64,
}

async fn collect(
    mut seen: mpsc::Receiver<Event>,
    waiting: watch::Sender<usize>,
    total: usize,
    patience: Duration,
    mut memory: mpsc::Receiver<MemoryLook>,
    progress: &Progress,
) -> Outcome {
    let mut outcome = Outcome::default();
    let mut ended: Vec<(Instant, Duration)> = Vec::with_capacity(total);
    let mut under_way: HashMap<B256, Instant> = HashMap::new();
    let (mut first, mut last, mut refused, mut answered) = (None::<Instant>, None::<Instant>, 0, 0);
    while ended.len() + refused < total || answered < total {
        let Ok(Some(event)) = tokio::time::timeout(patience, next_useful(&mut seen, &mut outcome)).await
        else {
            break;
        };
        match event {
            Event::Sent { hashes, at } => {
                first.get_or_insert(at);
                outcome.sent += hashes.len();
                under_way.extend(hashes.into_iter().map(|hash| (hash, at)));
            }
            Event::Answered { accepted, refused: reasons, .. } => {
                outcome.accepted += accepted;
                answered += accepted + reasons.len();
                refused += reasons.len();
                count(&mut outcome.refused, reasons);
            }
            Event::Block { hashes, at } => {
                let ours = hashes.iter().filter_map(|hash| under_way.remove(hash));
                let before = ended.len();
                ended.extend(ours.map(|sent| (sent, at - sent)));
                if ended.len() > before {
                    last = Some(at);
                }
            }
        }
        waiting.send_replace((outcome.sent - ended.len()).saturating_sub(refused));
        if progress.is_live() {
            progress.step(format!(
                "sent {} of {total}, final {}, refused {refused}",
                outcome.sent,
                ended.len()
            ));
        }
    }
    outcome.elapsed = first.zip(last).map_or(Duration::ZERO, |(first, last)| last - first);
    let looks: Vec<_> = std::iter::from_fn(|| memory.try_recv().ok()).collect();
    outcome.course = first.map_or_else(Vec::new, |first| course::minutes(first, &ended, &looks));
    outcome.latencies = ended.into_iter().map(|(_, latency)| latency).collect();
    outcome.latencies.sort_unstable();
    outcome
}

/// The next event that is progress: empty blocks, and what is put off again and again, must not keep a stalled run alive.
async fn next_useful(seen: &mut mpsc::Receiver<Event>, outcome: &mut Outcome) -> Option<Event> {
    loop {
        let mut event = seen.recv().await?;
        let is_useful = match &mut event {
            Event::Block { hashes, .. } => {
                outcome.blocks += 1;
                !hashes.is_empty()
            }
            Event::Answered { accepted, refused, put_off } => {
                count(&mut outcome.put_off, std::mem::take(put_off));
                *accepted > 0 || !refused.is_empty()
            }
            Event::Sent { .. } => true,
        };
        if is_useful {
            return Some(event);
        }
    }
}

fn count(counts: &mut BTreeMap<String, usize>, reasons: Vec<String>) {
    reasons.into_iter().for_each(|reason| *counts.entry(reason).or_default() += 1);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_transaction_is_accounted_for() {
        let (events, seen) = mpsc::channel(16);
        let (waiting, window) = watch::channel(0);
        let hash = B256::repeat_byte;
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        for event in [
            Event::Sent { hashes: vec![hash(1), hash(2), hash(3)], at: at(0) },
            Event::Block { hashes: vec![], at: at(50) },
            Event::Block { hashes: vec![hash(9), hash(1)], at: at(100) },
            Event::Answered { accepted: 1, refused: vec![], put_off: vec!["full".into(), "full".into()] },
            Event::Answered { accepted: 1, refused: vec!["poor".into()], put_off: vec![] },
            Event::Block { hashes: vec![hash(2)], at: at(300) },
        ] {
            events.send(event).await.ok().unwrap();
        }
        let (_, memory) = mpsc::channel(1);
        let outcome = collect(seen, waiting, 3, Duration::from_secs(5), memory, &Progress::silent()).await;
        assert_eq!((outcome.sent, outcome.accepted, outcome.blocks), (3, 2, 3));
        assert_eq!(outcome.latencies, [Duration::from_millis(100), Duration::from_millis(300)]);
        assert_eq!(outcome.elapsed, Duration::from_millis(300));
        assert_eq!((outcome.refused["poor"], outcome.put_off["full"]), (1, 2));
        assert_eq!(outcome.course.iter().map(|minute| minute.included).collect::<Vec<_>>(), [2]);
        assert_eq!(*window.borrow(), 0);
    }
}
