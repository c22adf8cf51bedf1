//! Certificates and blocks that a client can verify by itself.

use crate::client::Server;
use crate::mock::transfer;
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{B256, Bytes, hex, keccak256};
use alloy_rlp::Decodable;
use althing_primitives::{Block, Header, Seal};
use althing_rpc::NodeApi;
use serde_json::{Value, json};

fn bytes(value: &Value) -> Bytes {
    value.as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_certificate_comes_with_all_that_is_hashed_into_it() {
    let server = Server::start().await;
    let proof = server.call("althing_getCertificate", json!(["0x3"])).await;
    assert_eq!(proof["certificate"], "0x03030303");
    assert_eq!(proof["path"], json!([]));
    assert_eq!(proof["certifiedHash"], proof["hash"]);
    let (header, seal) = (bytes(&proof["header"]), bytes(&proof["seal"]));
    assert_eq!(json!(keccak256(&header)), proof["hash"]);
    let header = Header::decode(&mut header.as_ref()).unwrap();
    assert_eq!(header.extra_data.as_ref(), keccak256(&seal).as_slice());
    assert_eq!(Seal::decode(&mut seal.as_ref()).unwrap().view, 3);
}

#[tokio::test]
async fn a_block_without_its_own_certificate_is_covered_by_a_later_one() {
    let server = Server::start().await;
    let proof = server.call("althing_getCertificate", json!(["0x2"])).await;
    assert_eq!(proof["certificate"], "0x03030303");
    assert_eq!(proof["certifiedNumber"], "0x3");
    let path = proof["path"].as_array().unwrap();
    assert_eq!(path.len(), 1);
    let next = bytes(&path[0]);
    assert_eq!(json!(keccak256(&next)), proof["certifiedHash"]);
    assert_eq!(json!(Header::decode(&mut next.as_ref()).unwrap().parent_hash), proof["hash"]);
}

#[tokio::test]
async fn blocks_come_whole_and_in_order() {
    let server = Server::start().await;
    let blocks = server.call("althing_getBlocks", json!(["0x1", "0x80"])).await;
    let decoded: Vec<Block> =
        blocks.as_array().unwrap().iter().map(|b| Block::decode(&bytes(&b["block"])).unwrap()).collect();
    assert_eq!(decoded.iter().map(Block::height).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(decoded[2], server.node.latest().block);
    assert_eq!(blocks[1]["certificate"], Value::Null);
    assert_eq!(server.call("althing_getBlock", json!(["0x2"])).await, blocks[1]);
    assert_eq!(server.call("althing_getBlocks", json!(["0x63", 5])).await, json!([]));
}

#[tokio::test]
async fn a_follower_gets_every_block_from_where_it_is() {
    let server = Server::start().await;
    let mut ws = server.ws().await;
    let feed = ws.subscribe("althing_subscribeBlocks", json!(["0x2"])).await;
    for height in 2..=3u64 {
        let block = ws.notification(&feed).await["result"].take();
        assert_eq!(block["number"], format!("{height:#x}"));
    }
    // More than the event channel holds: a feed misses nothing all the same.
    let hashes: Vec<B256> = (0..20).map(|_| server.node.finalize().block.hash()).collect();
    for hash in hashes {
        let notification = ws.notification(&feed).await;
        assert_eq!(notification["result"]["hash"], json!(hash));
        assert_eq!(Block::decode(&bytes(&notification["result"]["block"])).unwrap().hash(), hash);
    }
    assert_eq!(ws.answer("althing_unsubscribeBlocks", json!([feed])).await["result"], true);
    let error = ws.answer("althing_subscribeBlocks", json!(["0x63"])).await;
    assert_eq!(error["error"]["code"], -32602, "{error}");
}

#[tokio::test]
async fn the_chain_spec_epoch_and_committee_are_there_to_start_from() {
    let server = Server::start().await;
    let spec = server.call("althing_chainSpec", json!([])).await;
    assert_eq!(spec["hash"], json!(server.node.chain_spec().hash()));
    assert_eq!(spec["spec"]["chainId"], 930_931);
    let raw = hex::encode_prefixed(transfer(3).encoded_2718());
    server.call("eth_sendRawTransaction", json!([raw])).await;
    assert_eq!(
        server.call("althing_epoch", json!([])).await,
        json!({ "epoch": "0x0", "firstHeight": "0x0", "lastHeight": "0x1f", "finalized": "0x4" })
    );
    let committee = server.call("althing_committee", json!([])).await;
    assert_eq!(committee["members"][0]["name"], "v0");
    assert_eq!(committee["groupKey"].as_str().unwrap().len(), 2 + 192);
}

#[tokio::test]
async fn a_node_that_synchronizes_gets_a_certified_block_with_receipts_and_operations() {
    let server = Server::start().await;
    let target = server.call("althing_getStateTarget", json!([])).await;
    assert_eq!((&target["number"], &target["certificate"]), (&json!("0x3"), &json!("0x03030303")));
    let latest = server.node.latest();
    assert_eq!(Block::decode(&bytes(&target["block"])).unwrap(), latest.block);
    let receipts: Vec<Bytes> = latest.receipts.iter().map(|r| r.encoded_2718().into()).collect();
    assert_eq!(target["receipts"], json!(receipts));
    let asked = |count: Value| json!(["slots", "0x9", "0x2", count]);
    let answer = server.call("althing_getStateOperations", asked(json!("0x5"))).await;
    let text = String::from_utf8(bytes(&answer).to_vec()).unwrap();
    assert_eq!(text, "OperationsRequest { database: Slots, size: 9, start: 2, count: Some(5) }");
    let answer = server.call("althing_getStateOperations", asked(Value::Null)).await;
    assert!(String::from_utf8(bytes(&answer).to_vec()).unwrap().ends_with("count: None }"));
    for (params, code) in
        [(asked(json!(0)), -32602), (json!(["storage", 1, 0]), -32602), (json!(["codes", 0, 0, 1]), -32004)]
    {
        let answer = server.answer("althing_getStateOperations", params).await;
        assert_eq!(answer["error"]["code"], code, "{answer}");
    }
}

#[tokio::test]
async fn blocks_from_before_a_synchronized_state_are_an_error_that_names_the_oldest() {
    let server = Server::start().await;
    server.node.oldest.store(2, std::sync::atomic::Ordering::Relaxed);
    for (method, params) in [
        ("eth_getBlockByNumber", json!(["0x1", false])),
        ("eth_getBlockByNumber", json!(["earliest", false])),
        ("eth_getBlockReceipts", json!(["0x1"])),
        ("eth_getBlockTransactionCountByNumber", json!(["0x0"])),
        ("eth_getLogs", json!([{ "fromBlock": "0x1" }])),
        ("eth_feeHistory", json!(["0x1", "0x1", []])),
        ("althing_getBlock", json!(["0x1"])),
        ("althing_getBlocks", json!(["0x1", "0x4"])),
        ("althing_getCertificate", json!(["0x1"])),
    ] {
        let answer = server.answer(method, params).await;
        assert_eq!(answer["error"]["code"], 4444, "{method}: {answer}");
        assert_eq!(answer["error"]["data"]["oldest"], "0x2", "{method}");
    }
    assert_eq!(server.call("eth_getBlockByNumber", json!(["0x2", false])).await["number"], "0x2");
    assert_eq!(server.call("eth_feeHistory", json!(["0x9", "latest", []])).await["oldestBlock"], "0x2");
    assert!(server.call("eth_gasPrice", json!([])).await.is_string());
}
