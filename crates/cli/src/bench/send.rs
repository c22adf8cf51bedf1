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

/// Requests under way at a constant rate; a network that is too slow for the rate shows as latency.
const RATE_REQUESTS: usize = 512;

/// What a node says of a transaction that it may take later: it is busy, its pool is full, or those before it are missing,
/// which may be on their way.
const PASSING: [&str; 4] = ["ask again", "txpool is full", "account limit exceeded", "nonce too high"];

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
    mut window: watch::Receiver<usize>,
) {
    let requests = args.rate.map_or(args.workers as usize, |_| RATE_REQUESTS);
    let permits = Arc::new(Semaphore::new(requests));
    let start = Instant::now();
    for (number, batch) in transactions.chunks(args.batch as usize).enumerate() {
        match args.rate {
            Some(rate) => {
                let due = number as f64 * f64::from(args.batch) / f64::from(rate.max(1));
                sleep_until(start + Duration::from_secs_f64(due)).await;
            }
            // The collector is gone only when the run is over.
            None => drop(window.wait_for(|waiting| *waiting < WINDOW).await),
        }
        let permit = permits.clone().acquire_owned().await.expect("the semaphore is never closed");
        let (rpc, events, batch) =
            (endpoints[number % endpoints.len()].clone(), events.clone(), batch.to_vec());
        tokio::spawn(async move {
            send_batch(&rpc, &events, &batch).await;
            drop(permit);
        });
    }
}

/// Sends a batch, and again what is put off.
async fn send_batch(rpc: &Rpc, events: &mpsc::Sender<Event>, batch: &[Signed]) {
    let hashes = batch.iter().map(|signed| signed.hash).collect();
    // An error to send an event means that the run is over.
    if events.send(Event::Sent { hashes, at: Instant::now() }).await.is_err() {
        return;
    }
    let mut left: Vec<&Signed> = batch.iter().collect();
    for tries_left in (0..TRIES).rev() {
        let answers = submit(rpc, &left).await;
        let (mut again, mut put_off, mut refused) = (Vec::new(), Vec::new(), Vec::new());
        for (signed, answer) in left.iter().zip(answers) {
            match answer {
                Ok(()) => {}
                Err(reason) if tries_left > 0 && PASSING.iter().any(|part| reason.contains(part)) => {
                    again.push(*signed);
                    put_off.push(reason);
                }
                Err(reason) => refused.push(reason),
            }
        }
        let accepted = left.len() - again.len() - refused.len();
        let answered = Event::Answered { accepted, refused, put_off };
        if events.send(answered).await.is_err() || again.is_empty() {
            return;
        }
        left = again;
        sleep(PAUSE).await;
    }
}

/// Sends transactions in one request; tells of each why it was refused.
async fn submit(rpc: &Rpc, transactions: &[&Signed]) -> Vec<Result<(), String>> {
    let call = |signed: &&Signed| Call { method: "eth_sendRawTransaction", params: json!([signed.raw]) };
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
