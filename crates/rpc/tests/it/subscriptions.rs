//! Subscriptions over WebSocket, and clients that do not read.

use crate::client::{Server, Ws, any_port};
use crate::mock::{TO, TOKEN, topic, transfer};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::hex;
use althing_rpc::RpcConfig;
use serde_json::{Value, json};
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

fn raw(nonce: u64) -> Value {
    json!(hex::encode_prefixed(transfer(nonce).encoded_2718()))
}

#[tokio::test]
async fn subscribers_hear_of_heads_logs_and_pending_transactions() {
    let server = Server::start().await;
    let mut ws = server.ws().await;
    let heads = ws.subscribe("eth_subscribe", json!(["newHeads"])).await;
    assert!(heads.starts_with("0x") && heads.len() == 34, "{heads}");
    let mut quiet = server.ws().await;
    quiet.subscribe("eth_subscribe", json!(["logs", { "address": TO }])).await;
    let mut logs_ws = server.ws().await;
    let logs = logs_ws.subscribe("eth_subscribe", json!(["logs", { "topics": [topic("Transfer")] }])).await;
    let mut pool_ws = server.ws().await;
    let hashes = pool_ws.subscribe("eth_subscribe", json!(["newPendingTransactions"])).await;
    let mut full_ws = server.ws().await;
    let full = full_ws.subscribe("eth_subscribe", json!(["newPendingTransactions", true])).await;
    let mut sync_ws = server.ws().await;
    let syncing = sync_ws.subscribe("eth_subscribe", json!(["syncing"])).await;

    let hash = server.call("eth_sendRawTransaction", json!([raw(3)])).await;
    assert_eq!(pool_ws.notification(&hashes).await["result"], hash);
    assert_eq!(full_ws.notification(&full).await["result"]["hash"], hash);
    let block = server.node.finalize();
    let head = ws.notification(&heads).await;
    assert_eq!(head["result"]["hash"], json!(block.block.hash()));
    assert_eq!(head["result"]["number"], "0x4");
    assert!(head["result"].get("transactions").is_none());
    let log = logs_ws.notification(&logs).await;
    assert_eq!(log["result"]["address"], json!(TOKEN.to_string().to_lowercase()));
    assert_eq!(log["result"]["transactionHash"], hash);
    assert_eq!(sync_ws.notification(&syncing).await["result"], false);
    // The quiet one heard nothing: its next message is the answer to this.
    assert_eq!(quiet.answer("eth_chainId", json!([])).await["result"], "0xe3473");
    assert_eq!(ws.answer("eth_unsubscribe", json!([heads])).await["result"], true);
    assert_eq!(ws.answer("eth_unsubscribe", json!([heads])).await["result"], false);
    server.node.finalize();
    assert_eq!(ws.answer("eth_blockNumber", json!([])).await["result"], "0x5");
}

#[tokio::test]
async fn senseless_subscriptions_are_refused_and_counted_ones_bounded() {
    let server = Server::with(RpcConfig { max_subscriptions: 1, ..any_port() }).await;
    let mut ws = server.ws().await;
    for params in [json!([]), json!(["blocks"]), json!([7]), json!(["logs", { "topics": 7 }])] {
        assert_eq!(ws.answer("eth_subscribe", params.clone()).await["error"]["code"], -32602, "{params}");
    }
    ws.subscribe("eth_subscribe", json!(["newHeads"])).await;
    let answer = ws.answer("eth_subscribe", json!(["newHeads"])).await;
    assert!(answer["error"]["message"].as_str().unwrap().contains("subscriptions"), "{answer}");
    let mut other = server.ws().await;
    other.subscribe("eth_subscribe", json!(["newHeads"])).await;
}

#[tokio::test]
async fn one_that_falls_behind_is_told_and_closed() {
    let server = Server::start().await;
    let mut ws = server.ws().await;
    let heads = ws.subscribe("eth_subscribe", json!(["newHeads"])).await;
    // The runtime has one thread, so the subscription cannot run before all of these have happened.
    for _ in 0..40 {
        server.node.finalize();
    }
    let last = ws.notification(&heads).await;
    assert!(last["error"].to_string().contains("subscribe again"), "{last}");
    assert_eq!(server.handle.metrics().slow_subscribers.load(Relaxed), 1);
    assert_eq!(ws.answer("eth_blockNumber", json!([])).await["result"], "0x2b", "the connection lives");
}

#[tokio::test]
async fn a_client_that_reads_nothing_is_cut_off() {
    let server =
        Server::with(RpcConfig { subscriber_patience: Duration::from_millis(300), ..any_port() }).await;
    let mut ws = Ws::connect(server.handle.local_addr(), None).await.unwrap();
    let request = json!({ "jsonrpc": "2.0", "id": 1, "method": "rpc.discover", "params": [] }).to_string();
    // Answers of tens of kilobytes fill every buffer on the way; then the server stops reading, then it hangs up.
    let sending = async {
        while ws.send(&request).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(crate::client::PATIENCE, sending).await.expect("the server goes on reading");
    assert_eq!(server.call("eth_blockNumber", json!([])).await, "0x3", "others are served");
}
