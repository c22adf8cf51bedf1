//! What a node offers to the outside: JSON-RPC, metrics, health; and its end on a signal.

use crate::{
    api::Node,
    config::NodeConfig,
    metrics,
    ops::{Check, OpsServer, Readiness},
};
use althing_engine::Context;
use althing_rpc::{RpcHandle, serve};
use commonware_runtime::{Metrics as _, Supervisor as _};
use eyre::{Result, bail};
use std::{future::Future, sync::Arc, time::Duration};
use tokio::sync::watch;

/// A head older than this many block intervals makes a node unready.
const STALE_INTERVALS: u32 = 30;

/// How the parts of a node ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// A signal asked for it.
    Stopped,
    /// One of them failed.
    Failed,
    /// The node starts again, in its other part.
    Again,
}

/// The running services.
pub(crate) struct Services {
    rpc: Option<RpcHandle>,
    stop: watch::Sender<bool>,
    node: Arc<Node>,
}

impl Services {
    pub(crate) async fn start(
        context: &Context,
        config: &NodeConfig,
        node: Arc<Node>,
        ops: Option<OpsServer>,
    ) -> Result<Self> {
        let (stop, stopped) = watch::channel(false);
        let rpc = match config.rpc.enabled {
            true => Some(serve(config.rpc.server(), node.clone()).await?),
            false => None,
        };
        if let Some(ops) = ops {
            let address = ops.address();
            let runtime = context.child("metrics");
            let rpc_metrics = rpc.as_ref().map(|rpc| rpc.metrics().clone());
            let seen = node.clone();
            let text = Arc::new(move || metrics::text(&seen, rpc_metrics.as_deref(), &runtime.encode()));
            let seen = node.clone();
            let ready = Arc::new(move || readiness(&seen));
            let mut stopped = stopped.clone();
            let shutdown = async move {
                let _ = stopped.wait_for(|stop| *stop).await;
            };
            tokio::spawn(async move {
                if let Err(error) = ops.serve(text, ready, shutdown).await {
                    tracing::error!(%error, "the metrics server ended");
                }
            });
            tracing::info!(%address, "metrics and health checks");
        }
        let head = node.archive.head();
        let address = rpc.as_ref().map(|rpc| rpc.local_addr().to_string()).unwrap_or_else(|| "off".into());
        tracing::info!(height = head.block.height(), rpc = %address, chain = %node.chain.spec.name, "node started");
        Ok(Self { rpc, stop, node })
    }

    /// Waits for a signal, or for a part of the node to end.
    pub(crate) async fn until_stopped(self, parts: impl Future<Output = Ending>) -> Result<Ending> {
        let ending = tokio::select! {
            () = signal() => Ending::Stopped,
            ending = parts => ending,
        };
        tracing::info!(height = self.node.archive.head().block.height(), "node stops");
        let _ = self.stop.send(true);
        if let Some(rpc) = self.rpc {
            rpc.stop().await;
        }
        if ending == Ending::Failed {
            bail!("a part of the node ended; the log above says why. The node can be started again");
        }
        Ok(ending)
    }
}

/// Completes on SIGINT or SIGTERM.
pub(crate) async fn signal() {
    let mut terminate = match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(terminate) => terminate,
        Err(error) => {
            tracing::error!(%error, "SIGTERM cannot be heard; use SIGINT");
            let _ = tokio::signal::ctrl_c().await;
            return;
        }
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

fn readiness(node: &Node) -> Readiness {
    let interval = Duration::from_millis(node.chain.spec.idle_interval_ms());
    let age = node.archive.head_since().elapsed();
    let head = node.archive.head().block.height();
    let fresh = age < interval * STALE_INTERVALS;
    Readiness(vec![Check {
        name: "head",
        ok: fresh,
        detail: format!("block {head} since {:.1} s", age.as_secs_f32()),
    }])
}
