//! The first look at an HTTP request: by which name it calls the server, from which web page, how long it is, and for
//! how long.
//!
//! A page can make a browser send requests here by rebinding its own name to this machine (the `Host` header then
//! shows that name), or by opening a WebSocket, which CORS does not cover (the `Origin` header shows the page).

use crate::body::{Incomplete, Watched};
use crate::config::RpcConfig;
use crate::metrics::RpcMetrics;
use http_body::Body;
use jsonrpsee::core::BoxError;
use jsonrpsee::server::http::response::{malformed, too_large};
use jsonrpsee::server::{HttpBody, HttpRequest, HttpResponse};
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll};
use std::time::Duration;
use tower::{Layer, Service};

const FORBIDDEN: u16 = 403;
const TIMEOUT: u16 = 408;

/// Adds [`Guard`] to a service.
#[derive(Clone, Debug)]
pub(crate) struct GuardLayer(Arc<Rules>);

#[derive(Debug)]
struct Rules {
    origins: Vec<String>,
    hosts: Vec<String>,
    max_body: u32,
    timeout: Duration,
    metrics: Arc<RpcMetrics>,
}

impl GuardLayer {
    pub(crate) fn new(config: &RpcConfig, metrics: Arc<RpcMetrics>) -> Self {
        // Room for a batch; a single call is bounded by its own time-out long before.
        let timeout = config.max_sync_wait + 3 * config.call_timeout;
        Self(Arc::new(Rules {
            origins: config.cors_origins.clone(),
            hosts: config.hosts.clone(),
            max_body: config.max_body_bytes,
            timeout,
            metrics,
        }))
    }
}

impl<S> Layer<S> for GuardLayer {
    type Service = Guard<S>;

    fn layer(&self, inner: S) -> Guard<S> {
        Guard { inner, rules: self.0.clone() }
    }
}

/// Refuses requests by the rules above, and bounds the time of the others.
#[derive(Clone, Debug)]
pub(crate) struct Guard<S> {
    inner: S,
    rules: Arc<Rules>,
}

impl Rules {
    fn refusal<B>(&self, request: &HttpRequest<B>) -> Option<String> {
        let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
        let any_origin = self.origins.iter().any(|origin| origin == "*");
        if let Some(origin) = header("origin")
            && header("upgrade").is_some()
            && !any_origin
            && !self.origins.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin))
        {
            return Some(format!(
                "origin {origin} may not open a WebSocket here: add it to `rpc.cors_origins`\n"
            ));
        }
        let authority = request.uri().host().or_else(|| header("host").map(host_of));
        match authority {
            _ if any_origin => None,
            // HTTP/1.0 and raw clients; a browser always sends it.
            None => None,
            Some(host) if self.allows_host(host) => None,
            Some(host) => Some(format!("this node is not called {host}: add the name to `rpc.hosts`\n")),
        }
    }

    fn allows_host(&self, host: &str) -> bool {
        let plain = host.trim_start_matches('[').trim_end_matches(']');
        host.eq_ignore_ascii_case("localhost")
            || plain.parse::<IpAddr>().is_ok()
            || self.hosts.iter().any(|allowed| allowed == "*" || allowed.eq_ignore_ascii_case(host))
    }
}

/// Whether a request declares a body that is larger than the limit, or of a length that is no number.
fn declares_more<B>(request: &HttpRequest<B>, limit: u32) -> bool {
    let Some(length) = request.headers().get("content-length") else { return false };
    let declared = length.to_str().ok().and_then(|text| text.parse::<u64>().ok());
    declared.is_none_or(|declared| declared > u64::from(limit))
}

/// A `Host` header without its port.
fn host_of(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    }
}

impl<S, B> Service<HttpRequest<B>> for Guard<S>
where
    B: Body<Data: AsRef<[u8]>, Error: Into<BoxError>> + Unpin,
    S: Service<HttpRequest<Watched<B>>, Response = HttpResponse, Error = BoxError>,
    S::Future: Send + 'static,
{
    type Response = HttpResponse;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: HttpRequest<B>) -> Self::Future {
        if let Some(reason) = self.rules.refusal(&request) {
            self.rules.metrics.refused_origins.fetch_add(1, Relaxed);
            return Box::pin(async move { answer(FORBIDDEN, reason) });
        }
        let (limit, max_body) = (self.rules.timeout, self.rules.max_body);
        if declares_more(&request, max_body) {
            return Box::pin(async move { Ok(too_large(max_body)) });
        }
        let request = request.map(|body| Watched::new(body, max_body as usize));
        let verdict = request.body().verdict();
        let response = self.inner.call(request);
        Box::pin(async move {
            match tokio::time::timeout(limit, response).await {
                Ok(response) => match verdict.get() {
                    None => response,
                    Some(Incomplete::TooLarge) => Ok(too_large(max_body)),
                    Some(Incomplete::CutOff) => Ok(malformed()),
                },
                Err(_) => answer(TIMEOUT, "the request took too long\n".into()),
            }
        })
    }
}

fn answer(status: u16, text: String) -> Result<HttpResponse, BoxError> {
    Ok(HttpResponse::builder().status(status).body(HttpBody::from(text))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(config: RpcConfig, headers: &[(&str, &str)], refused: bool) {
        let layer = GuardLayer::new(&config, Arc::default());
        let mut request = HttpRequest::builder().uri("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(HttpBody::empty()).unwrap();
        assert_eq!(layer.0.refusal(&request).is_some(), refused, "{headers:?}");
    }

    #[test]
    fn names_that_are_not_the_servers_are_refused() {
        let default = RpcConfig::default;
        check(default(), &[("host", "localhost:8545")], false);
        check(default(), &[("host", "127.0.0.1:8545")], false);
        check(default(), &[("host", "[::1]:8545")], false);
        check(default(), &[("host", "192.168.1.7")], false);
        check(default(), &[], false);
        check(default(), &[("host", "evil.example:8545")], true);
        check(default(), &[("host", "localhost.evil.example")], true);
        let named = RpcConfig { hosts: vec!["rpc.example.org".into()], ..default() };
        check(named.clone(), &[("host", "RPC.example.org:443")], false);
        check(named, &[("host", "other.example.org")], true);
        let devnet = RpcConfig::devnet(default().listen);
        check(
            devnet,
            &[("host", "anything"), ("origin", "http://a.example"), ("upgrade", "websocket")],
            false,
        );
    }

    #[test]
    fn a_page_that_is_not_listed_cannot_open_a_websocket() {
        let page = [("host", "localhost"), ("origin", "https://dapp.example"), ("upgrade", "websocket")];
        check(RpcConfig::default(), &page, true);
        check(
            RpcConfig { cors_origins: vec!["https://dapp.example".into()], ..Default::default() },
            &page,
            false,
        );
        // Plain HTTP is the browser's to refuse: it asks first, and is given no CORS headers.
        check(RpcConfig::default(), &page[..2], false);
    }
}
