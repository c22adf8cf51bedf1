//! Sending the load: as fast as final blocks make room, or at a rate.

use super::LoadArgs;
use super::plan::Signed;
use super::run::{Event, WINDOW};
use althing_client::{Call, ClientError, Rpc};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until};

/// Most transactions in a request that gathers what is late: as many as a node takes by default.
const GATHERED: usize = 100;

/// What a node says of a transaction that it may take later: it is busy, its pool is full, or those before it are missing,
/// which may be on their way.
const PASSING: [&str; 5] =
    ["ask again", "txpool is full", "transaction underpriced", "account limit exceeded", "nonce too high"];

/// How often such a transaction is sent, as any client would, and the time between. If it were not, all later ones of its
/// account would wait for it for ever.
const TRIES: usize = 100;
const PAUSE: Duration = Duration::from_millis(200);

/// Longest part of a reason that is told.
const REASON_CHARS: usize = 80;

pub(super) async fn send_all(
    args: LoadArgs,
    endpoints: Vec<Rpc>,
    transactions: Vec<Signed>,
    events: mpsc::Sender<Event>,
    window: watch::Receiver<usize>,
) {
    match args.rate {
        Some(rate) => send_at_rate(&args, rate, &endpoints, transactions, &events).await,
        None => send_as_taken(&args, &endpoints, transactions, &events, window).await,
    }
}

async fn send_as_taken(
    args: &LoadArgs,
    endpoints: &[Rpc],
    transactions: Vec<Signed>,
    events: &mpsc::Sender<Event>,
    mut window: watch::Receiver<usize>,
) {
    let permits = Arc::new(Semaphore::new(args.workers as usize));
    for (number, batch) in transactions.chunks(args.batch as usize).enumerate() {
        // The collector is gone only when the run is over.
        drop(window.wait_for(|waiting| *waiting < WINDOW).await);
        let permit = permits.clone().acquire_owned().await.expect("the semaphore is never closed");
        let (rpc, events, mut left) =
            (endpoints[number % endpoints.len()].clone(), events.clone(), batch.to_vec());
        tokio::spawn(async move {
            tell_sent(&events, &left, Instant::now()).await;
            for tries_left in (0..TRIES).rev() {
                left = send_once(&rpc, &events, left, tries_left > 0).await;
                if left.is_empty() {
                    break;
                }
                sleep(PAUSE).await;
            }
            drop(permit);
        });
    }
}

/// Sends each batch when it is due. What is late because nodes are slow is late by its latency, which counts from then.
async fn send_at_rate(
    args: &LoadArgs,
    rate: u32,
    endpoints: &[Rpc],
    transactions: Vec<Signed>,
    events: &mpsc::Sender<Event>,
) {
    // Accounts take turns, so each of these has accounts of its own.
    let lanes = (args.accounts / args.batch).max(1) as usize;
    let lanes: Vec<_> = (0..lanes)
        .map(|lane| {
            let (due, batches) = mpsc::unbounded_channel();
            tokio::spawn(send_in_order(endpoints[lane % endpoints.len()].clone(), events.clone(), batches));
            due
        })
        .collect();
    let start = Instant::now();
    for (number, batch) in transactions.chunks(args.batch as usize).enumerate() {
        let due =
            start + Duration::from_secs_f64(number as f64 * f64::from(args.batch) / f64::from(rate.max(1)));
        sleep_until(due).await;
        tell_sent(events, batch, due).await;
        if lanes[number % lanes.len()].send(batch.to_vec()).is_err() {
            return;
        }
    }
}

/// Sends what is due, one request after the other, so that no nonce overtakes a lower one; first what was put off, for as
/// long as the run lasts.
async fn send_in_order(rpc: Rpc, events: mpsc::Sender<Event>, mut due: mpsc::UnboundedReceiver<Vec<Signed>>) {
    let mut left: Vec<Signed> = Vec::new();
    while !events.is_closed() {
        if left.is_empty() {
            let Some(batch) = due.recv().await else { return };
            left = batch;
        }
        while left.len() < GATHERED
            && let Ok(batch) = due.try_recv()
        {
            left.extend(batch);
        }
        let rest = left.split_off(left.len().min(GATHERED));
        let mut again = send_once(&rpc, &events, left, true).await;
        if !again.is_empty() {
            sleep(PAUSE).await;
        }
        again.extend(rest);
        left = again;
    }
}

async fn tell_sent(events: &mpsc::Sender<Event>, batch: &[Signed], at: Instant) {
    // Nobody listens any more when the run is over.
    let _ = events.send(Event::Sent { hashes: batch.iter().map(|signed| signed.hash).collect(), at }).await;
}

/// Sends transactions and tells what came of it; gives those that are to be sent again, if any may.
async fn send_once(
    rpc: &Rpc,
    events: &mpsc::Sender<Event>,
    transactions: Vec<Signed>,
    may_repeat: bool,
) -> Vec<Signed> {
    let answers = submit(rpc, &transactions).await;
    let count = transactions.len();
    let (mut again, mut put_off, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    for (signed, answer) in transactions.into_iter().zip(answers) {
        match answer {
            Ok(()) => {}
            Err(reason) if may_repeat && PASSING.iter().any(|part| reason.contains(part)) => {
                again.push(signed);
                put_off.push(reason);
            }
            Err(reason) => refused.push(reason),
        }
    }
    let accepted = count - again.len() - refused.len();
    match events.send(Event::Answered { accepted, refused, put_off }).await {
        Ok(()) => again,
        Err(_) => Vec::new(),
    }
}

/// Sends transactions in one request; tells of each why it was refused.
async fn submit(rpc: &Rpc, transactions: &[Signed]) -> Vec<Result<(), String>> {
    let call = |signed: &Signed| Call { method: "eth_sendRawTransaction", params: json!([signed.raw]) };
    let calls: Vec<_> = transactions.iter().map(call).collect();
    match rpc.batch(&calls).await {
        Ok(answers) => answers.into_iter().map(|answer| answer.map(drop).map_err(reason)).collect(),
        Err(error) => vec![Err(reason(error)); transactions.len()],
    }
}

/// A reason without the details that differ from one transaction to the next.
fn reason(error: ClientError) -> String {
    match error {
        ClientError::Rpc { message, .. } => {
            message.chars().filter(|c| !c.is_ascii_digit()).take(REASON_CHARS).collect()
        }
        other => other.to_string(),
    }
}
