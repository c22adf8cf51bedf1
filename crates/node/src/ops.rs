//! What operators' tools poll: `/metrics` for Prometheus, `/livez` and `/readyz` for supervisors.
//!
//! It answers from two functions of the node and holds no state. It must never do costly work for a request.

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
    routing::get,
};
use std::fmt::Write;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use thiserror::Error;
use tokio::net::TcpListener;

/// Gives the metrics in Prometheus' text format.
pub type MetricsFn = Arc<dyn Fn() -> String + Send + Sync>;
/// Gives the node's readiness.
pub type ReadinessFn = Arc<dyn Fn() -> Readiness + Send + Sync>;

const METRICS_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// One condition of being ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Short name, e.g. `synced`.
    pub name: &'static str,
    /// Whether it holds.
    pub ok: bool,
    /// What was found, e.g. `3 blocks behind`.
    pub detail: String,
}

/// Whether the node can serve; it can when all checks hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Readiness(pub Vec<Check>);

impl Readiness {
    /// Whether every check holds.
    pub fn is_ready(&self) -> bool {
        self.0.iter().all(|check| check.ok)
    }

    fn to_text(&self) -> String {
        let mut out = String::new();
        for Check { name, ok, detail } in &self.0 {
            let mark = if *ok { "ok" } else { "failed" };
            writeln!(out, "[{mark}] {name}: {detail}").expect("a string takes all text");
        }
        out + if self.is_ready() { "ready\n" } else { "not ready\n" }
    }
}

/// The server's address is taken or not ours.
#[derive(Debug, Error)]
#[error(
    "cannot serve metrics on {listen}: {source}; change `metrics.listen` or set `metrics.enabled = false`"
)]
pub struct OpsError {
    listen: SocketAddr,
    source: std::io::Error,
}

/// The HTTP server, bound but not yet serving.
#[derive(Debug)]
pub struct OpsServer {
    listener: TcpListener,
    address: SocketAddr,
}

impl OpsServer {
    /// Takes the address, so that a conflict shows at start.
    pub async fn bind(listen: SocketAddr) -> Result<Self, OpsError> {
        let failed = |source| OpsError { listen, source };
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address })
    }

    /// The address that was taken; differs from the asked one when its port was 0.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `shutdown` completes.
    pub async fn serve(
        self,
        metrics: MetricsFn,
        readiness: ReadinessFn,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> std::io::Result<()> {
        axum::serve(self.listener, router(metrics, readiness)).with_graceful_shutdown(shutdown).await
    }
}

fn router(metrics: MetricsFn, readiness: ReadinessFn) -> Router {
    let metrics = Router::new()
        .route(
            "/metrics",
            get(|State(metrics): State<MetricsFn>| async move {
                ([(header::CONTENT_TYPE, METRICS_TYPE)], metrics())
            }),
        )
        .with_state(metrics);
    Router::new()
        .route("/readyz", get(ready))
        .route("/health", get(ready))
        .with_state(readiness)
        .route("/livez", get(|| async { "alive\n" }))
        .merge(metrics)
}

async fn ready(State(readiness): State<ReadinessFn>) -> impl IntoResponse {
    let readiness = readiness();
    let status = if readiness.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, readiness.to_text())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    async fn fetch(address: SocketAddr, path: &str) -> String {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn metrics_and_health_are_served_until_shutdown() {
        let synced = Arc::new(AtomicBool::new(false));
        let server = OpsServer::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = server.address();
        let taken = OpsServer::bind(address).await.unwrap_err().to_string();
        assert!(taken.contains("metrics.listen"), "{taken}");
        let seen = synced.clone();
        let readiness: ReadinessFn = Arc::new(move || {
            let ok = seen.load(Ordering::Relaxed);
            Readiness(vec![Check { name: "synced", ok, detail: "2 blocks behind".into() }])
        });
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let shutdown = async { stopped.await.unwrap_or_default() };
        let task = tokio::spawn(server.serve(Arc::new(|| "althing_up 1\n".into()), readiness, shutdown));
        assert!(fetch(address, "/livez").await.starts_with("HTTP/1.1 200"));
        assert!(fetch(address, "/metrics").await.ends_with("althing_up 1\n"));
        let answer = fetch(address, "/readyz").await;
        assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
        assert!(answer.contains("[failed] synced: 2 blocks behind\nnot ready"), "{answer}");
        synced.store(true, Ordering::Relaxed);
        assert!(fetch(address, "/readyz").await.starts_with("HTTP/1.1 200"));
        assert!(fetch(address, "/nothing").await.starts_with("HTTP/1.1 404"));
        stop.send(()).unwrap();
        task.await.unwrap().unwrap();
    }
}
