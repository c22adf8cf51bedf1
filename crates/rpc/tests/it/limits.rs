//! What the server refuses, and that it stands.

use crate::client::{Server, Ws, any_port};
use crate::mock::{HANGS, MockNode, TO};
use althing_rpc::{RpcConfig, RpcError, serve};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test]
async fn large_requests_batches_and_answers_are_refused() {
    let config = RpcConfig { max_body_bytes: 2_000, max_response_bytes: 2_000, max_batch: 3, ..any_port() };
    let server = Server::with(config).await;
    let (status, _) = server.post(" ".repeat(2_001)).await;
    assert_eq!(status, 413);
    let one = json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": [] });
    let (_, text) = server.post(json!(vec![one.clone(); 4]).to_string()).await;
    assert!(text.contains("batch request was too large"), "{text}");
    let (_, text) = server.post(json!(vec![one; 3]).to_string()).await;
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap().as_array().unwrap().len(), 3);
    let (code, message) = server.fail("eth_getBlockByNumber", json!(["0x3", true])).await;
    assert_eq!(code, -32008);
    assert!(message.contains("too big"), "{message}");
}

/// Sends bytes as they are, says nothing more if `half_close`, and gives the status line of the answer.
async fn raw_status(server: &Server, bytes: &[u8], half_close: bool) -> String {
    let mut stream = TcpStream::connect(server.handle.local_addr()).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    if half_close {
        stream.shutdown().await.unwrap();
    }
    let mut answer = Vec::new();
    let read = async {
        while !answer.contains(&b'\n') {
            let mut chunk = [0; 512];
            let count = stream.read(&mut chunk).await.unwrap();
            assert_ne!(count, 0, "closed without an answer: {:?}", String::from_utf8_lossy(&answer));
            answer.extend_from_slice(&chunk[..count]);
        }
    };
    tokio::time::timeout(crate::client::PATIENCE, read).await.expect("no answer");
    String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn bodies_that_do_not_arrive_whole_are_the_clients_fault() {
    let server = Server::with(RpcConfig { max_body_bytes: 2_000, ..any_port() }).await;
    let head = "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";
    let chunk = format!("{:x}\r\n{{{}\r\n", 1_001, " ".repeat(1_000));
    for (name, rest, half_close, status) in [
        ("ends early", "content-length: 100\r\n\r\n{\"jsonrpc\"".to_owned(), true, "400"),
        ("has no end", format!("transfer-encoding: chunked\r\n\r\n{chunk}"), true, "400"),
        ("is too long", format!("transfer-encoding: chunked\r\n\r\n{chunk}{chunk}0\r\n\r\n"), false, "413"),
        ("declares 1 TiB", format!("content-length: {}\r\n\r\n", 1u64 << 40), false, "413"),
        ("declares no number", "content-length: 1e3\r\n\r\n".to_owned(), false, "400"),
    ] {
        let line = raw_status(&server, format!("{head}{rest}").as_bytes(), half_close).await;
        assert!(line.contains(status), "a body that {name}: {line}");
    }
    assert_eq!(server.call("eth_blockNumber", json!([])).await, "0x3");
}

#[tokio::test]
async fn calls_of_a_batch_run_beside_each_other_and_are_answered_in_order() {
    let server = Server::with(RpcConfig { call_timeout: Duration::from_millis(300), ..any_port() }).await;
    let entry = |id, method: &str, params: Value| json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
    let hangs = |id| entry(id, "eth_call", json!([{ "to": HANGS }]));
    let quick = |id| entry(id, "eth_blockNumber", json!([]));
    let notification = json!({ "jsonrpc": "2.0", "method": "eth_blockNumber" });
    let batch = json!([hangs(1), quick(2), hangs(3), notification, { "id": 4 }, quick(5)]);
    let both_hang = async {
        while server.node.hanging.load(Relaxed) < 2 {
            tokio::task::yield_now().await;
        }
    };
    let (answer, ()) = tokio::join!(server.post(batch.to_string()), both_hang);
    let answers: Vec<Value> = serde_json::from_str(&answer.1).unwrap();
    let seen: Vec<_> = answers.iter().map(|a| (a["id"].as_u64(), a["error"]["code"].as_i64())).collect();
    let timeout = Some(-32002);
    assert_eq!(
        seen,
        [(Some(1), timeout), (Some(2), None), (Some(3), timeout), (Some(4), Some(-32600)), (Some(5), None)]
    );
    for size in [1, 8, 9, 100] {
        let (_, text) = server.post(json!((0..size).map(quick).collect::<Vec<_>>()).to_string()).await;
        let answers: Vec<Value> = serde_json::from_str(&text).unwrap();
        assert!(answers.iter().map(|a| a["id"].as_u64().unwrap()).eq(0..size), "{text}");
    }
    let (_, text) = server.post(json!([{ "jsonrpc": "2.0", "method": "eth_blockNumber" }]).to_string()).await;
    assert_eq!(text, "null", "notifications alone have no answers");
}

#[tokio::test]
async fn a_call_that_hangs_is_given_up_and_keeps_its_permit() {
    let config = RpcConfig { call_timeout: Duration::from_millis(50), max_heavy_calls: 1, ..any_port() };
    let server = Server::with(config).await;
    let hangs = json!([{ "to": HANGS }]);
    let timeout = (-32002, "request timed out after 50 ms".to_owned());
    assert_eq!(server.fail("eth_call", hangs).await, timeout);
    // The work goes on in the node, so the next heavy call must not start beside it; light ones do.
    assert_eq!(server.fail("eth_call", json!([{ "to": TO }])).await, timeout);
    assert_eq!(server.call("eth_blockNumber", json!([])).await, "0x3");
}

#[tokio::test]
async fn calls_beyond_the_number_that_may_run_are_refused_at_once() {
    let server = Server::with(RpcConfig { max_calls: 1, ..any_port() }).await;
    let mut ws = server.ws().await;
    let hangs = json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": [{ "to": HANGS }] });
    ws.send(&hangs.to_string()).await.unwrap();
    while server.node.hanging.load(Relaxed) == 0 {
        tokio::task::yield_now().await;
    }
    let (code, message) = server.fail("eth_blockNumber", json!([])).await;
    assert_eq!(code, -32005);
    assert!(message.contains("busy"), "{message}");
}

#[tokio::test]
async fn malformed_requests_are_answered_in_kind() {
    let server = Server::start().await;
    for (body, code) in [
        ("", -32700),
        ("{", -32700),
        ("null", -32700),
        ("[]", -32600),
        ("{}", -32700),
        (r#"{"jsonrpc":"1.0","id":1,"method":"eth_chainId"}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":1,"method":7}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":1,"method":"eth_noSuchThing"}"#, -32601),
        (r#"{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":7}"#, -32602),
        (r#"{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[1]}"#, -32602),
    ] {
        let (_, text) = server.post(body).await;
        let answer: Value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{body}: {text}: {e}"));
        assert_eq!(answer["error"]["code"], code, "{body}: {answer}");
    }
    let deep = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"eth_call","params":{}}}"#, "[".repeat(100_000));
    server.post(deep).await;
    let (_, text) = server.post(vec![0xff; 1000]).await;
    assert!(text.contains("-32700"), "{text}");
    assert_eq!(server.call("eth_blockNumber", json!([])).await, "0x3");
}

#[tokio::test]
async fn connections_are_bounded_and_freed() {
    let server = Server::with(RpcConfig { max_connections: 2, ..any_port() }).await;
    let address = server.handle.local_addr();
    let mut first = server.ws().await;
    let second = server.ws().await;
    first.answer("eth_chainId", json!([])).await;
    let mut refused = TcpStream::connect(address).await.unwrap();
    let mut buffer = [0; 1];
    assert!(matches!(refused.read(&mut buffer).await, Ok(0) | Err(_)), "the third is closed at once");
    drop(second);
    let retry = async {
        loop {
            // Refused ones end in an error of the handshake, which `connect` would unwrap: knock first.
            let mut knock = TcpStream::connect(address).await.unwrap();
            let refused =
                tokio::time::timeout(Duration::from_millis(20), knock.read(&mut buffer)).await.is_ok();
            if !refused {
                break;
            }
        }
    };
    tokio::time::timeout(crate::client::PATIENCE, retry).await.unwrap();
}

#[tokio::test]
async fn a_connection_on_which_nothing_happens_is_closed() {
    let server = Server::with(RpcConfig { idle_timeout: Duration::from_millis(50), ..any_port() }).await;
    let mut silent = TcpStream::connect(server.handle.local_addr()).await.unwrap();
    let closed = tokio::time::timeout(crate::client::PATIENCE, silent.read(&mut [0; 1])).await.unwrap();
    assert!(matches!(closed, Ok(0) | Err(_)));
}

#[tokio::test]
async fn pages_of_other_origins_get_no_access() {
    let server = Server::with(RpcConfig { listen: any_port().listen, ..Default::default() }).await;
    let address = server.handle.local_addr();
    assert_eq!(Ws::connect(address, Some("https://evil.example")).await.err(), Some(403));
    assert!(Ws::connect(address, None).await.is_ok());
    let http = reqwest::Client::new();
    let preflight = |url: String| {
        let request = http.request(reqwest::Method::OPTIONS, url).header("origin", "https://dapp.example");
        request.header("access-control-request-method", "POST").send()
    };
    let response = preflight(server.url()).await.unwrap();
    assert!(response.headers().get("access-control-allow-origin").is_none());
    let rebound = http.post(server.url()).header("host", "evil.example").body("{}").send().await.unwrap();
    assert_eq!(rebound.status(), 403);
    assert_eq!(server.handle.metrics().refused_origins.load(Relaxed), 2);

    let open = Server::start().await;
    let response = preflight(open.url()).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["access-control-allow-origin"], "*");
    let listed = vec!["https://dapp.example".into()];
    let listed = Server::with(RpcConfig { cors_origins: listed, ..any_port() }).await;
    let response = preflight(listed.url()).await.unwrap();
    assert_eq!(response.headers()["access-control-allow-origin"], "https://dapp.example");
}

#[tokio::test]
async fn a_server_that_cannot_start_says_why() {
    let server = Server::start().await;
    let taken = RpcConfig { listen: server.handle.local_addr(), ..any_port() };
    let start = |config| serve(config, Arc::new(MockNode::new()));
    let error = start(taken).await.unwrap_err();
    assert!(matches!(error, RpcError::AddressInUse(_)));
    assert!(error.to_string().contains("choose another port"), "{error}");
    let error = start(RpcConfig { namespaces: vec!["miner".into()], ..any_port() }).await.unwrap_err();
    assert!(error.to_string().contains("`miner` does not exist"), "{error}");
    for origin in ["dapp.example", "https://dapp.example/"] {
        let error = start(RpcConfig { cors_origins: vec![origin.into()], ..any_port() }).await.unwrap_err();
        assert!(matches!(error, RpcError::Origin(_)), "{error}");
    }
    let error = start(RpcConfig { max_batch: 0, ..any_port() }).await.unwrap_err();
    assert!(matches!(error, RpcError::ZeroLimit("max_batch")), "{error}");
}

#[tokio::test]
async fn a_stopped_server_frees_its_port() {
    let server = Server::start().await;
    let address = server.handle.local_addr();
    let mut ws = server.ws().await;
    ws.subscribe("eth_subscribe", json!(["newHeads"])).await;
    server.call("eth_chainId", json!([])).await;
    let Server { handle, .. } = server;
    handle.stop().await;
    assert!(ws.next().await.is_none(), "open connections are closed");
    serve(RpcConfig { listen: address, ..any_port() }, Arc::new(MockNode::new())).await.unwrap();
}

#[tokio::test]
async fn calls_are_counted_by_method() {
    let server = Server::start().await;
    server.call("eth_chainId", json!([])).await;
    server.call("eth_chainId", json!([])).await;
    server.fail("eth_chainId", json!([1])).await;
    let chain_id = &server.handle.metrics().methods["eth_chainId"];
    assert_eq!((chain_id.calls.load(Relaxed), chain_id.errors.load(Relaxed)), (3, 1));
    assert_eq!(chain_id.response_bytes.load(Relaxed), 2 * 9);
    assert_eq!(chain_id.latency.iter().map(|bucket| bucket.load(Relaxed)).sum::<u64>(), 3);
}
