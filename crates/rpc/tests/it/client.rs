//! Clients of the tests: HTTP by reqwest, and a bare WebSocket.

use crate::mock::MockNode;
use althing_rpc::{RpcConfig, RpcHandle, serve};
use serde_json::{Value, json};
use soketto::handshake::{Client, ServerResponse};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_util::compat::{Compat, TokioAsyncReadCompatExt};

/// Longest wait for something that should happen at once; a test fails instead of hanging.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A server on a free port over a mock node.
pub(crate) struct Server {
    pub(crate) node: Arc<MockNode>,
    pub(crate) handle: RpcHandle,
    http: reqwest::Client,
}

pub(crate) fn any_port() -> RpcConfig {
    RpcConfig::devnet(SocketAddr::from(([127, 0, 0, 1], 0)))
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::with(any_port()).await
    }

    pub(crate) async fn with(config: RpcConfig) -> Self {
        let node = Arc::new(MockNode::new());
        let handle = serve(config, node.clone()).await.unwrap();
        Self { node, handle, http: reqwest::Client::new() }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.handle.local_addr())
    }

    /// Sends a body as it is; gives status and text.
    pub(crate) async fn post(&self, body: impl Into<reqwest::Body>) -> (u16, String) {
        let request = self.http.post(self.url()).header("content-type", "application/json").body(body);
        let response = request.timeout(PATIENCE).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// A whole JSON-RPC answer.
    pub(crate) async fn answer(&self, method: &str, params: Value) -> Value {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        serde_json::from_str(&self.post(body.to_string()).await.1).unwrap()
    }

    /// The result of a call that must succeed.
    pub(crate) async fn call(&self, method: &str, params: Value) -> Value {
        let mut answer = self.answer(method, params.clone()).await;
        assert!(answer.get("error").is_none(), "{method} {params}: {answer}");
        answer["result"].take()
    }

    /// Code and message of a call that must fail.
    pub(crate) async fn fail(&self, method: &str, params: Value) -> (i64, String) {
        let answer = self.answer(method, params.clone()).await;
        let error = &answer["error"];
        let code = error["code"].as_i64().unwrap_or_else(|| panic!("{method} {params} succeeded: {answer}"));
        (code, error["message"].as_str().unwrap().to_owned())
    }

    pub(crate) async fn ws(&self) -> Ws {
        Ws::connect(self.handle.local_addr(), None).await.unwrap()
    }
}

/// A WebSocket connection.
pub(crate) struct Ws {
    sender: soketto::Sender<Compat<TcpStream>>,
    receiver: soketto::Receiver<Compat<TcpStream>>,
    id: u64,
}

impl Ws {
    /// Connects; gives the HTTP status when the server refuses.
    pub(crate) async fn connect(address: SocketAddr, origin: Option<&str>) -> Result<Self, u16> {
        let stream = TcpStream::connect(address).await.unwrap();
        let host = address.to_string();
        let mut client = Client::new(stream.compat(), &host, "/");
        let headers = origin
            .map(|origin| [soketto::handshake::client::Header { name: "origin", value: origin.as_bytes() }]);
        if let Some(headers) = &headers {
            client.set_headers(headers);
        }
        match client.handshake().await.unwrap() {
            ServerResponse::Accepted { .. } => {}
            ServerResponse::Redirect { status_code, .. } | ServerResponse::Rejected { status_code } => {
                return Err(status_code);
            }
        }
        let (sender, receiver) = client.into_builder().finish();
        Ok(Self { sender, receiver, id: 0 })
    }

    pub(crate) async fn send(&mut self, text: &str) -> Result<(), soketto::connection::Error> {
        self.sender.send_text(text).await?;
        self.sender.flush().await
    }

    /// The next message; `None` when the server closed the connection.
    pub(crate) async fn next(&mut self) -> Option<Value> {
        let mut data = Vec::new();
        let received = tokio::time::timeout(PATIENCE, self.receiver.receive_data(&mut data)).await;
        match received.expect("the server says nothing") {
            Ok(_) => Some(serde_json::from_slice(&data).unwrap()),
            Err(_) => None,
        }
    }

    pub(crate) async fn answer(&mut self, method: &str, params: Value) -> Value {
        self.id += 1;
        let request = json!({ "jsonrpc": "2.0", "id": self.id, "method": method, "params": params });
        self.send(&request.to_string()).await.unwrap();
        loop {
            let message = self.next().await.unwrap();
            if message["id"] == self.id {
                return message;
            }
        }
    }

    /// Subscribes and gives the subscription's id.
    pub(crate) async fn subscribe(&mut self, method: &str, params: Value) -> String {
        let answer = self.answer(method, params).await;
        answer["result"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    /// The next notification of a subscription.
    pub(crate) async fn notification(&mut self, subscription: &str) -> Value {
        let mut message = self.next().await.expect("the connection is closed");
        assert_eq!(message["params"]["subscription"], subscription, "{message}");
        message["params"].take()
    }
}
