//! The node's own figures, in Prometheus' text format, beside those of the consensus runtime.

use crate::api::{Node, Progress};
use althing_consensus::{BlockDigest, Scheme};
use althing_rpc::RpcMetrics;
use commonware_consensus::{Epochable as _, Viewable as _, simplex::types::Activity};
use std::{fmt::Write as _, sync::atomic::Ordering};

/// Notes where consensus stands.
pub(crate) fn observe(progress: &Progress, activity: &Activity<Scheme, BlockDigest>) {
    progress.seen(activity.epoch().get(), activity.view().get());
}

struct Text(String);

impl Text {
    fn metric(&mut self, name: &str, kind: &str, help: &str, value: impl std::fmt::Display) {
        let _ = write!(
            self.0,
            "# HELP althing_{name} {help}\n# TYPE althing_{name} {kind}\nalthing_{name} {value}\n"
        );
    }
}

/// All figures: the node's, the RPC server's, the runtime's.
pub(crate) fn text(node: &Node, rpc: Option<&RpcMetrics>, runtime: &str) -> String {
    let mut text = Text(String::new());
    let head = node.archive.head();
    let pool = node.txpool.pool.lock().status();
    let age = node.archive.head_since().elapsed().as_secs_f64();
    text.metric("height", "gauge", "Height of the last final block.", head.block.height());
    text.metric("head_age_seconds", "gauge", "Time since the last final block.", age);
    text.metric("epoch", "gauge", "Epoch of the last final block.", head.block.seal().epoch);
    let failed = node.chain.failed_resharings();
    text.metric("failed_resharings_total", "counter", "Epochs whose committee served on.", failed);
    text.metric("view", "gauge", "Present view of consensus.", node.progress.view.load(Ordering::Relaxed));
    text.metric("peers", "gauge", "Validators that gave a sign of life.", node.peers.count());
    text.metric("txpool_pending", "gauge", "Transactions that can be included.", pool.pending);
    text.metric("txpool_queued", "gauge", "Transactions that wait for a lower nonce or funds.", pool.queued);
    text.metric("txpool_bytes", "gauge", "Bytes of all transactions of the pool.", pool.bytes);
    if let Some(rpc) = rpc {
        rpc_text(&mut text, rpc);
    }
    text.0.push_str(runtime);
    text.0
}

/// Reads one counter of a method.
type Read = fn(&althing_rpc::MethodMetrics) -> u64;

fn rpc_text(text: &mut Text, rpc: &RpcMetrics) {
    text.metric(
        "rpc_subscriptions",
        "gauge",
        "Open subscriptions.",
        rpc.subscriptions.load(Ordering::Relaxed),
    );
    text.metric("rpc_panics_total", "counter", "Handlers that panicked.", rpc.panics.load(Ordering::Relaxed));
    let counters: [(&str, &str, Read); 3] = [
        ("rpc_calls_total", "Calls answered.", |m| m.calls.load(Ordering::Relaxed)),
        ("rpc_errors_total", "Calls answered with an error.", |m| m.errors.load(Ordering::Relaxed)),
        ("rpc_micros_total", "Microseconds spent on calls.", |m| m.micros.load(Ordering::Relaxed)),
    ];
    for (name, help, value) in counters {
        let _ = write!(text.0, "# HELP althing_{name} {help}\n# TYPE althing_{name} counter\n");
        for (method, counted) in &rpc.methods {
            if counted.calls.load(Ordering::Relaxed) > 0 {
                let _ = writeln!(text.0, "althing_{name}{{method=\"{method}\"}} {}", value(counted));
            }
        }
    }
}
