//! Log queries and polled filters.

use crate::client::{Server, any_port};
use crate::mock::{TO, TOKEN, topic, transfer};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::hex;
use althing_rpc::RpcConfig;
use serde_json::{Value, json};

#[tokio::test]
async fn logs_match_by_address_topics_and_place() {
    let server = Server::start().await;
    let hash = server.call("eth_getBlockByNumber", json!(["0x3", false])).await["hash"].clone();
    let (transfer, approval, alice) = (topic("Transfer"), topic("Approval"), topic("alice"));
    for (filter, expected) in [
        (json!({}), 2),
        (json!({ "fromBlock": "0x0", "toBlock": "latest" }), 3),
        (json!({ "fromBlock": "earliest", "toBlock": "0x1" }), 0),
        (json!({ "fromBlock": "0x63" }), 0),
        (json!({ "fromBlock": "0x3", "toBlock": "0x63" }), 2),
        (json!({ "blockHash": hash }), 2),
        (json!({ "blockHash": hash, "topics": [approval] }), 1),
        (json!({ "address": TOKEN }), 2),
        (json!({ "address": [TO, TOKEN] }), 2),
        (json!({ "address": TO }), 0),
        (json!({ "topics": [transfer] }), 1),
        (json!({ "topics": [[transfer, approval]] }), 2),
        (json!({ "topics": [null, alice] }), 1),
        (json!({ "topics": [transfer, alice] }), 1),
        (json!({ "topics": [approval, alice] }), 0),
        (json!({ "topics": [null, null] }), 2),
        (json!({ "topics": [] }), 2),
    ] {
        let logs = server.call("eth_getLogs", json!([filter])).await;
        assert_eq!(logs.as_array().unwrap().len(), expected, "{filter}");
    }
    let log = &server.call("eth_getLogs", json!([{ "topics": [approval] }])).await[0];
    assert_eq!(log["address"], json!(TOKEN.to_string().to_lowercase()));
    assert_eq!(log["data"], "0x07");
    assert_eq!((&log["blockNumber"], &log["logIndex"]), (&json!("0x3"), &json!("0x1")));
    let unknown = json!([{ "blockHash": topic("unknown") }]);
    assert_eq!(server.fail("eth_getLogs", unknown).await, (-32000, "unknown block".into()));
    let backwards = json!([{ "fromBlock": "0x3", "toBlock": "0x1" }]);
    assert_eq!(server.fail("eth_getLogs", backwards).await.0, -32602);
    let both = json!([{ "blockHash": hash, "fromBlock": "0x1" }]);
    assert_eq!(server.fail("eth_getLogs", both).await.0, -32602);
}

#[tokio::test]
async fn log_queries_that_are_too_large_say_what_to_ask_instead() {
    let server = Server::with(RpcConfig { max_log_range: 2, max_logs: 1, ..any_port() }).await;
    let (code, message) = server.fail("eth_getLogs", json!([{ "fromBlock": "0x0" }])).await;
    assert_eq!(code, -32005);
    assert_eq!(message, "query exceeds max block range 2: ask for 0x0 to 0x1 first");
    let (code, message) = server.fail("eth_getLogs", json!([{ "fromBlock": "0x2" }])).await;
    assert_eq!(code, -32005);
    assert_eq!(message, "query exceeds max results 1: retry with the range 0x2 to 0x2");
    let many: Vec<Value> = (0..1001).map(|i| json!(format!("0x{i:040x}"))).collect();
    assert_eq!(server.fail("eth_getLogs", json!([{ "address": many }])).await.0, -32005);
}

#[tokio::test]
async fn a_filter_reports_each_change_once() {
    let server = Server::start().await;
    let blocks = server.call("eth_newBlockFilter", json!([])).await;
    let logs = server.call("eth_newFilter", json!([{ "address": TOKEN }])).await;
    let others = server.call("eth_newFilter", json!([{ "address": TO }])).await;
    let past = server
        .call("eth_newFilter", json!([{ "fromBlock": "0x1", "toBlock": "0x3", "address": TOKEN }]))
        .await;
    let pending = server.call("eth_newPendingTransactionFilter", json!([])).await;
    let full = server.call("eth_newPendingTransactionFilter", json!([true])).await;
    let changes = async |id: &Value| server.call("eth_getFilterChanges", json!([id])).await;
    for id in [&blocks, &logs, &others, &pending] {
        assert_eq!(changes(id).await, json!([]));
    }
    assert_eq!(changes(&past).await.as_array().unwrap().len(), 2);
    let raw = hex::encode_prefixed(transfer(3).encoded_2718());
    let hash = server.call("eth_sendRawTransaction", json!([raw])).await;
    assert_eq!(changes(&pending).await, json!([hash]));
    assert_eq!(changes(&full).await[0]["hash"], hash);
    let four = server.node.finalize().block.hash();
    let five = server.node.finalize().block.hash();
    assert_eq!(changes(&blocks).await, json!([four, five]));
    let found = changes(&logs).await;
    assert_eq!(found.as_array().unwrap().len(), 1);
    assert_eq!(found[0]["transactionHash"], hash);
    for id in [&blocks, &logs, &others, &past, &pending] {
        assert_eq!(changes(id).await, json!([]));
    }
    assert_eq!(server.call("eth_getFilterLogs", json!([past])).await.as_array().unwrap().len(), 2);
    assert_eq!(server.fail("eth_getFilterLogs", json!([blocks])).await.0, -32000);
    assert_eq!(server.call("eth_uninstallFilter", json!([blocks])).await, true);
    assert_eq!(server.call("eth_uninstallFilter", json!([blocks])).await, false);
    assert_eq!(server.fail("eth_getFilterChanges", json!([blocks])).await.1, "filter not found");
}

#[tokio::test]
async fn a_filter_with_more_than_one_answer_holds_goes_on_where_it_stopped() {
    let server = Server::with(RpcConfig { max_logs: 1, max_log_range: 2, ..any_port() }).await;
    let filter = server.call("eth_newFilter", json!([{ "fromBlock": "0x0", "address": TOKEN }])).await;
    for nonce in 3..5 {
        let raw = hex::encode_prefixed(transfer(nonce).encoded_2718());
        server.call("eth_sendRawTransaction", json!([raw])).await;
        server.node.finalize();
    }
    let mut blocks = Vec::new();
    for _ in 0..5 {
        let changes = server.call("eth_getFilterChanges", json!([filter])).await;
        blocks.extend(changes.as_array().unwrap().iter().map(|log| log["blockNumber"].clone()));
    }
    assert_eq!(json!(blocks), json!(["0x3", "0x3", "0x4", "0x5"]));
}

#[tokio::test]
async fn filters_are_bounded_in_number_and_expire() {
    let lifetime = std::time::Duration::from_millis(1);
    let server = Server::with(RpcConfig { max_filters: 1, ..any_port() }).await;
    server.call("eth_newBlockFilter", json!([])).await;
    assert_eq!(server.fail("eth_newBlockFilter", json!([])).await.0, -32005);
    let server = Server::with(RpcConfig { max_filters: 1, filter_lifetime: lifetime, ..any_port() }).await;
    let first = server.call("eth_newBlockFilter", json!([])).await;
    let start = std::time::Instant::now();
    while start.elapsed() <= lifetime {
        tokio::task::yield_now().await;
    }
    server.call("eth_newBlockFilter", json!([])).await;
    assert_eq!(server.fail("eth_getFilterChanges", json!([first])).await.1, "filter not found");
}
