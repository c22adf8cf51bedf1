//! Counters of the server, for the node to export. Plain atomics: reading them costs the server nothing.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Upper bounds of the latency buckets; a slower call falls into a last bucket without bound.
pub const LATENCY_BUCKETS: [Duration; 6] = [
    Duration::from_micros(100),
    Duration::from_millis(1),
    Duration::from_millis(10),
    Duration::from_millis(100),
    Duration::from_secs(1),
    Duration::from_secs(10),
];

/// Counters of one method.
#[derive(Debug, Default)]
pub struct MethodMetrics {
    /// Calls answered.
    pub calls: AtomicU64,
    /// Calls answered with an error.
    pub errors: AtomicU64,
    /// Bytes of the results.
    pub response_bytes: AtomicU64,
    /// Time of all calls in microseconds.
    pub micros: AtomicU64,
    /// Calls by latency: not cumulative, one for each of [`LATENCY_BUCKETS`] and one for slower calls.
    pub latency: [AtomicU64; LATENCY_BUCKETS.len() + 1],
}

/// Counters of the server.
#[derive(Debug, Default)]
pub struct RpcMetrics {
    /// By method; every method of the table is there from the start.
    pub methods: BTreeMap<&'static str, MethodMetrics>,
    /// Subscriptions that are open.
    pub subscriptions: AtomicI64,
    /// Subscriptions closed because the client read too slowly.
    pub slow_subscribers: AtomicU64,
    /// HTTP requests refused for their host or origin.
    pub refused_origins: AtomicU64,
    /// Handlers that panicked.
    pub panics: AtomicU64,
}

impl RpcMetrics {
    pub(crate) fn new(methods: impl IntoIterator<Item = &'static str>) -> Self {
        let methods = methods.into_iter().map(|name| (name, MethodMetrics::default())).collect();
        Self { methods, ..Self::default() }
    }

    pub(crate) fn record(&self, method: &str, took: Duration, response_bytes: Option<usize>) {
        let Some(counters) = self.methods.get(method) else { return };
        counters.calls.fetch_add(1, Relaxed);
        match response_bytes {
            Some(bytes) => counters.response_bytes.fetch_add(bytes as u64, Relaxed),
            None => counters.errors.fetch_add(1, Relaxed),
        };
        counters.micros.fetch_add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX), Relaxed);
        let bucket = LATENCY_BUCKETS.iter().position(|bound| took <= *bound).unwrap_or(LATENCY_BUCKETS.len());
        counters.latency[bucket].fetch_add(1, Relaxed);
    }
}
