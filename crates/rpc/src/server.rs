//! Starting and stopping the server.

use crate::api::NodeApi;
use crate::batch::Batches;
use crate::config::{ALL_NAMESPACES, RpcConfig, STOP_PATIENCE};
use crate::connection::Acceptor;
use crate::context::{Context, fresh_id};
use crate::error::RpcError;
use crate::eth::FilterStore;
use crate::guard::GuardLayer;
use crate::metrics::RpcMetrics;
use crate::openrpc;
use jsonrpsee::core::middleware::RpcServiceBuilder;
use jsonrpsee::server::{
    BatchRequestConfig, IdProvider, Methods, PingConfig, Server, ServerConfig, ServerHandle,
    serve_with_graceful_shutdown, stop_channel,
};
use jsonrpsee::types::SubscriptionId;
use serde_json::value::to_raw_value;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tower_http::cors::{AllowOrigin, Any, CorsLayer};

/// A running server. Dropping it stops the server.
#[derive(Debug)]
pub struct RpcHandle {
    address: SocketAddr,
    server: ServerHandle,
    metrics: Arc<RpcMetrics>,
    methods: Methods,
}

impl RpcHandle {
    /// Address at which the server listens; its port is real even when the configuration said 0.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Counters, for the node to export.
    pub fn metrics(&self) -> &Arc<RpcMetrics> {
        &self.metrics
    }

    /// Names of all methods that are answered, those of disabled namespaces (with an error that says so) included.
    pub fn method_names(&self) -> Vec<&'static str> {
        self.methods.method_names().collect()
    }

    /// Takes no new connections, and returns when the calls of the open ones are answered, or after [`STOP_PATIENCE`].
    pub async fn stop(self) {
        // An error means that it has stopped already.
        let _ = self.server.stop();
        if timeout(STOP_PATIENCE, self.server.stopped()).await.is_err() {
            tracing::warn!("stopped the RPC server while calls were still being answered");
        }
    }
}

/// Subscription ids as Ethereum clients expect them: hexadecimal text, not to be guessed.
#[derive(Debug)]
struct HexIds;

impl IdProvider for HexIds {
    fn next_id(&self) -> SubscriptionId<'static> {
        SubscriptionId::Str(fresh_id().to_string().into())
    }
}

/// Starts the server on the present tokio runtime.
pub async fn serve(config: RpcConfig, api: Arc<dyn NodeApi>) -> Result<RpcHandle, RpcError> {
    check(&config)?;
    let (listen, max_response) = (config.listen, config.max_response_bytes as usize);
    let table = openrpc::table();
    let metrics = Arc::new(RpcMetrics::new(table.rows.iter().map(|row| row.name)));
    let document = openrpc::document(&table, |row| config.serves(row.namespace()));
    let limits = ServerConfig::builder()
        .max_request_body_size(config.max_body_bytes)
        .max_response_body_size(config.max_response_bytes)
        .max_connections(config.max_connections)
        .max_subscriptions_per_connection(config.max_subscriptions)
        .set_batch_request_config(BatchRequestConfig::Limit(config.max_batch))
        .set_message_buffer_capacity(config.ws_buffer)
        .enable_ws_ping(PingConfig::default())
        .set_id_provider(HexIds)
        .build();
    let http = tower::ServiceBuilder::new()
        .layer(GuardLayer::new(&config, metrics.clone()))
        .option_layer(cors(&config.cors_origins)?);
    let listener = TcpListener::bind(listen).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => RpcError::AddressInUse(listen),
        _ => RpcError::Listen(listen, error),
    })?;
    let address = listener.local_addr().map_err(|error| RpcError::Listen(listen, error))?;
    let acceptor = Acceptor::new(listener, &config);
    let context = Context {
        api,
        calls: Semaphore::new(config.max_calls),
        heavy: Arc::new(Semaphore::new(config.max_heavy_calls)),
        filters: FilterStore::new(&config),
        metrics: metrics.clone(),
        openrpc: to_raw_value(&document).expect("a JSON value is JSON"),
        config,
    };
    let methods: Methods = table.into_module(context)?.into();
    let service = Server::builder()
        .set_config(limits)
        .set_http_middleware(http)
        .set_rpc_middleware(RpcServiceBuilder::new().layer_fn(move |inner| Batches { inner, max_response }))
        .to_service_builder();
    let (stop, server) = stop_channel();
    let served = methods.clone();
    tokio::spawn(async move {
        loop {
            let connection = tokio::select! {
                () = stop.clone().shutdown() => break,
                connection = acceptor.accept() => connection,
            };
            let service = service.clone().build(served.clone(), stop.clone());
            let stopped = stop.clone().shutdown();
            tokio::spawn(async move {
                if let Err(error) = serve_with_graceful_shutdown(connection, service, stopped).await {
                    tracing::debug!(error, "an RPC connection failed");
                }
            });
        }
    });
    Ok(RpcHandle { address, server, metrics, methods })
}

fn check(config: &RpcConfig) -> Result<(), RpcError> {
    if let Some(unknown) = config.namespaces.iter().find(|n| !ALL_NAMESPACES.contains(&n.as_str())) {
        return Err(RpcError::Namespace(unknown.clone()));
    }
    let limits = [
        ("max_body_bytes", config.max_body_bytes == 0),
        ("max_response_bytes", config.max_response_bytes == 0),
        ("max_batch", config.max_batch == 0),
        ("max_connections", config.max_connections == 0),
        ("ws_buffer", config.ws_buffer == 0),
        ("call_timeout", config.call_timeout.is_zero()),
        ("max_calls", config.max_calls == 0),
        ("max_heavy_calls", config.max_heavy_calls == 0),
        ("max_log_range", config.max_log_range == 0),
    ];
    match limits.into_iter().find(|(_, zero)| *zero) {
        Some((name, _)) => Err(RpcError::ZeroLimit(name)),
        None => Ok(()),
    }
}

fn cors(origins: &[String]) -> Result<Option<CorsLayer>, RpcError> {
    if origins.is_empty() {
        return Ok(None);
    }
    let allowed: AllowOrigin = if origins.iter().any(|origin| origin == "*") {
        Any.into()
    } else {
        let bad = |origin: &&String| !origin.contains("://") || origin.ends_with('/');
        if let Some(bad) = origins.iter().find(bad) {
            return Err(RpcError::Origin(bad.clone()));
        }
        let values = origins.iter().map(|o| o.parse().map_err(|_| RpcError::Origin(o.clone())));
        AllowOrigin::list(values.collect::<Result<Vec<_>, _>>()?)
    };
    Ok(Some(CorsLayer::new().allow_origin(allowed).allow_methods(Any).allow_headers(Any)))
}
