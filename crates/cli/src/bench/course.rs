//! How a long load goes, minute by minute: whether latency or memory grows.

use super::report::percentile;
use super::usage;
use serde::Serialize;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

/// Time between two looks at the nodes' memory.
const LOOK: Duration = Duration::from_secs(2);
/// Looks that are kept: two hours.
pub(super) const LOOKS: usize = 3_600;
const MINUTE: Duration = Duration::from_secs(60);

/// A minute of a load.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Minute {
    /// Transactions that were sent in it and became final.
    #[serde(rename = "final")]
    pub(super) included: usize,
    /// From sending to final: p50, p99.
    pub(super) latency_ms: [u64; 2],
    /// Most memory that a node had in it; none where the system does not tell.
    pub(super) memory_bytes: Option<u64>,
}

/// Memory of the largest node at a moment, in bytes.
pub(super) type MemoryLook = (Instant, u64);

/// Looks at the nodes' memory again and again; ends when nobody reads, or after [`LOOKS`].
pub(super) async fn watch_memory(nodes: Vec<u32>, looks: mpsc::Sender<MemoryLook>) {
    while let Some(most) = nodes.iter().filter_map(|pid| usage::memory(*pid)).max() {
        if looks.try_send((Instant::now(), most)).is_err() {
            return;
        }
        sleep(LOOK).await;
    }
}

/// The minutes of a load that began at `start`. Of each transaction when it was sent and how long it took.
pub(super) fn minutes(start: Instant, sent: &[(Instant, Duration)], looks: &[MemoryLook]) -> Vec<Minute> {
    let minute_of = |at: Instant| (at.duration_since(start).as_secs() / MINUTE.as_secs()) as usize;
    let count = sent.iter().map(|(at, _)| minute_of(*at) + 1).max().unwrap_or_default();
    let mut latencies = vec![Vec::new(); count];
    for (at, latency) in sent {
        latencies[minute_of(*at)].push(*latency);
    }
    let of_minute = |(minute, mut latencies): (usize, Vec<Duration>)| {
        latencies.sort_unstable();
        let rank = |percent| percentile(&latencies, percent).unwrap_or_default().as_millis() as u64;
        let memory = looks.iter().filter(|(at, _)| minute_of(*at) == minute).map(|(_, bytes)| *bytes).max();
        Minute { included: latencies.len(), latency_ms: [50, 99].map(rank), memory_bytes: memory }
    };
    latencies.into_iter().enumerate().map(of_minute).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sent_in_a_minute_belongs_to_it_whenever_it_became_final() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let ms = Duration::from_millis;
        let sent = [(at(0), ms(10)), (at(59), ms(90_000)), (at(60), ms(30)), (at(125), ms(5))];
        let minutes = minutes(start, &sent, &[(at(1), 7), (at(50), 9), (at(61), 8)]);
        let of = |included, latency_ms, memory_bytes| Minute { included, latency_ms, memory_bytes };
        assert_eq!(minutes, [of(2, [10, 90_000], Some(9)), of(1, [30, 30], Some(8)), of(1, [5, 5], None)]);
        assert!(super::minutes(start, &[], &[(at(1), 7)]).is_empty());
    }
}
