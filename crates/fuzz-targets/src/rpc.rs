//! Bodies of JSON-RPC requests, through the real server and its socket.

use crate::silent_node::SilentNode;
use althing_rpc::{RpcConfig, RpcHandle, serve};
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, OnceLock, atomic::Ordering::Relaxed},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    runtime::Runtime,
    time::timeout,
};

/// Longest wait for an answer. A call that takes longer than its time-out is a finding.
const PATIENCE: Duration = Duration::from_secs(10);

struct Server {
    runtime: Runtime,
    handle: RpcHandle,
    /// Kept open from one request to the next.
    connection: Option<TcpStream>,
}

fn server() -> &'static Mutex<Server> {
    static SERVER: OnceLock<Mutex<Server>> = OnceLock::new();
    SERVER.get_or_init(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime can be made");
        let config = RpcConfig {
            call_timeout: Duration::from_secs(2),
            max_sync_wait: Duration::from_millis(1),
            ..RpcConfig::devnet(SocketAddr::from(([127, 0, 0, 1], 0)))
        };
        let handle = runtime.block_on(serve(config, Arc::new(SilentNode::new())));
        let handle = handle.expect("the server starts on a free port");
        Mutex::new(Server { runtime, handle, connection: None })
    })
}

pub(crate) fn rpc(body: &[u8]) -> bool {
    let mut server = server().lock().expect("no request panics while it is sent");
    let Server { runtime, handle, connection } = &mut *server;
    let answer = runtime.block_on(async {
        let mut stream = match connection.take() {
            Some(stream) => stream,
            None => TcpStream::connect(handle.local_addr()).await.expect("the server accepts"),
        };
        let answer =
            timeout(PATIENCE, exchange(&mut stream, body)).await.expect("the server answers in time");
        if answer.keeps_open {
            *connection = Some(stream);
        }
        answer
    });
    assert_eq!(handle.metrics().panics.load(Relaxed), 0, "no handler panics");
    assert!([200, 400, 413].contains(&answer.status), "status {}", answer.status);
    let json: serde_json::Value = serde_json::from_slice(&answer.body).expect("an answer is JSON");
    // Null answers a notification.
    assert!(json.is_object() || json.is_array() || json.is_null());
    json.get("result").is_some()
        || json.as_array().is_some_and(|all| all.iter().any(|a| a.get("result").is_some()))
}

struct Answer {
    status: u16,
    keeps_open: bool,
    body: Vec<u8>,
}

async fn exchange(stream: &mut TcpStream, body: &[u8]) -> Answer {
    let head = format!(
        "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    // The server may refuse and close before it has read all; what it said is read below.
    let _ = stream.write_all(&[head.as_bytes(), body].concat()).await;
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        let read = stream.read_buf(&mut bytes).await.expect("an answer can be read");
        assert_ne!(read, 0, "closed without an answer");
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]).to_ascii_lowercase();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    let header = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    let length: usize = header("content-length:").and_then(|text| text.parse().ok()).expect("a length");
    while bytes.len() < head_end + length {
        assert_ne!(
            stream.read_buf(&mut bytes).await.expect("a body can be read"),
            0,
            "the answer is cut off"
        );
    }
    let keeps_open = status == 200 && header("connection:") != Some("close");
    Answer { status, keeps_open, body: bytes.split_off(head_end) }
}
