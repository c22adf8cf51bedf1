//! JSON-RPC over HTTP: single calls and batches, with bounded answers.

use crate::{ClientError, revert};
use reqwest::Url;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::time::Duration;

/// Largest answer that is read, in bytes.
pub const MAX_RESPONSE_BYTES: usize = 64 * 1024 * 1024;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// JSON-RPC's code (as all Ethereum nodes use it) for a call that reverted.
const REVERTED: i64 = 3;

/// A method and its parameters.
#[derive(Clone, Debug)]
pub struct Call {
    /// Name of the method.
    pub method: &'static str,
    /// A JSON array.
    pub params: Value,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    id: Value,
    #[serde(default)]
    result: Value,
    error: Option<Refusal>,
}

#[derive(Deserialize)]
struct Refusal {
    code: i64,
    message: String,
    data: Option<Value>,
}

/// A node's JSON-RPC endpoint. Cheap to clone; connections are pooled.
#[derive(Clone, Debug)]
pub struct Rpc {
    http: reqwest::Client,
    url: Url,
}

impl Rpc {
    /// Prepares an endpoint; nothing is sent yet. `ws` URLs are taken as HTTP on the same port.
    pub fn new(url: &str) -> Result<Self, ClientError> {
        let wrong = |reason: String| ClientError::Url { url: url.into(), reason };
        let http_url = match url.strip_prefix("ws") {
            Some(rest) => format!("http{rest}"),
            None => url.to_string(),
        };
        let parsed = Url::parse(&http_url).map_err(|e| wrong(e.to_string()))?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(wrong(format!("scheme `{}` is neither http nor https", parsed.scheme())));
        }
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(REQUEST_TIMEOUT)
            .tcp_nodelay(true)
            .build()
            .map_err(|e| wrong(deepest(&e)))?;
        Ok(Self { http, url: parsed })
    }

    /// The endpoint's address.
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    /// Calls a method.
    pub async fn call<T: DeserializeOwned>(&self, method: &str, params: Value) -> Result<T, ClientError> {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let answer: Answer = self.post(&body, method).await?;
        parse(method, into_result(method, answer)?)
    }

    /// Calls many methods in one request; answers are in the order of the calls.
    pub async fn batch(&self, calls: &[Call]) -> Result<Vec<Result<Value, ClientError>>, ClientError> {
        let body: Vec<Value> = calls
            .iter()
            .enumerate()
            .map(|(id, call)| json!({"jsonrpc": "2.0", "id": id, "method": call.method, "params": call.params}))
            .collect();
        let answer: Value = self.post(&Value::Array(body), "batch").await?;
        if !answer.is_array() {
            let refusal: Answer = parse("batch", answer)?;
            into_result("batch", refusal)?;
            let reason = "not an array".into();
            return Err(ClientError::Answer { method: "batch".into(), reason });
        }
        let mut found: Vec<Option<Answer>> = calls.iter().map(|_| None).collect();
        for answer in parse::<Vec<Answer>>("batch", answer)? {
            let place = answer.id.as_u64().and_then(|id| found.get_mut(usize::try_from(id).ok()?));
            if let Some(place) = place {
                *place = Some(answer);
            }
        }
        let result = |(call, answer): (&Call, Option<Answer>)| {
            let missing = || ClientError::Answer {
                method: call.method.into(),
                reason: "is missing in the batch".into(),
            };
            into_result(call.method, answer.ok_or_else(missing)?)
        };
        Ok(calls.iter().zip(found).map(result).collect())
    }

    async fn post<T: DeserializeOwned>(&self, body: &Value, method: &str) -> Result<T, ClientError> {
        let failed = |reason: String| ClientError::Transport { url: self.url.to_string(), reason };
        let mut response =
            self.http.post(self.url.clone()).json(body).send().await.map_err(|e| failed(deepest(&e)))?;
        let status = response.status();
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| failed(deepest(&e)))? {
            if bytes.len() + chunk.len() > MAX_RESPONSE_BYTES {
                return Err(failed(format!("the answer is larger than {MAX_RESPONSE_BYTES} bytes")));
            }
            bytes.extend_from_slice(&chunk);
        }
        serde_json::from_slice(&bytes).map_err(|e| match status.is_success() {
            true => ClientError::Answer { method: method.into(), reason: e.to_string() },
            false => failed(format!("HTTP status {status}")),
        })
    }
}

fn parse<T: DeserializeOwned>(method: &str, value: Value) -> Result<T, ClientError> {
    serde_json::from_value(value)
        .map_err(|e| ClientError::Answer { method: method.into(), reason: e.to_string() })
}

fn into_result(method: &str, answer: Answer) -> Result<Value, ClientError> {
    let Some(Refusal { code, message, data }) = answer.error else { return Ok(answer.result) };
    match revert::revert_data(data.as_ref()) {
        Some(bytes) if code == REVERTED || message.contains("revert") => {
            Err(ClientError::Reverted { reason: revert::revert_reason(&bytes), data: bytes })
        }
        None if code == REVERTED => Err(ClientError::Reverted { reason: message, data: Default::default() }),
        _ => Err(ClientError::Rpc { method: method.into(), code, message, data }),
    }
}

/// The innermost cause: outer ones say "error sending request".
fn deepest(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
