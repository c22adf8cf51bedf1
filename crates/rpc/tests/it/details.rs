//! What tools break on: quantities, absent fields, nulls, tags, EIP-1898, both forms of parameters.

use crate::client::Server;
use crate::mock::{TOKEN, sender};
use serde_json::{Value, json};

/// Every quantity in a value is written without leading zeros.
fn check_quantities(value: &Value, path: &str) {
    const BYTES: [&str; 9] = ["input", "data", "extraData", "nonce", "r", "s", "value", "slot", "logsBloom"];
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| check_quantities(value, key)),
        Value::Array(list) => list.iter().for_each(|value| check_quantities(value, path)),
        Value::String(text) if text.starts_with("0x") && text.len() < 42 && !BYTES.contains(&path) => {
            assert!(text == "0x0" || !text.starts_with("0x0"), "{path}: {text}");
        }
        _ => {}
    }
}

#[tokio::test]
async fn blocks_have_exactly_the_fields_that_clients_need() {
    let server = Server::start().await;
    let block = server.call("eth_getBlockByNumber", json!(["0x3", true])).await;
    check_quantities(&block, "");
    for (field, expected) in [
        ("number", json!("0x3")),
        ("difficulty", json!("0x0")),
        ("nonce", json!("0x0000000000000000")),
        ("uncles", json!([])),
        ("withdrawals", json!([])),
        ("blobGasUsed", json!("0x0")),
        ("excessBlobGas", json!("0x0")),
        ("gasUsed", json!("0x15f90")),
        ("baseFeePerGas", json!(format!("{:#x}", 669_988_868))),
        ("mixHash", json!(format!("0x{}", "22".repeat(32)))),
        ("parentBeaconBlockRoot", json!(format!("0x{}", "00".repeat(32)))),
    ] {
        assert_eq!(block[field], expected, "{field}");
    }
    let fields = [
        "hash",
        "parentHash",
        "sha3Uncles",
        "miner",
        "stateRoot",
        "transactionsRoot",
        "receiptsRoot",
        "logsBloom",
        "gasLimit",
        "timestamp",
        "extraData",
        "withdrawalsRoot",
        "requestsHash",
        "size",
    ];
    for field in fields {
        assert!(block[field].is_string(), "{field}");
    }
    assert!(block.get("totalDifficulty").is_none());
    assert_eq!(block["althing"]["timeMs"], format!("{:#x}", 1_700_000_003_500u64));
    let transaction = &block["transactions"][0];
    assert_eq!(transaction["type"], "0x2");
    assert_eq!(transaction["to"], Value::Null);
    assert_eq!(transaction["blockHash"], block["hash"]);
    assert_eq!(transaction["transactionIndex"], "0x0");
    assert_eq!(transaction["gasPrice"], format!("{:#x}", 2_669_988_868u64));
    assert_eq!(transaction["from"], json!(sender().address().to_string().to_lowercase()));
    assert!(transaction["yParity"].is_string());
    let hashes = server.call("eth_getBlockByHash", json!([block["hash"], false])).await;
    assert_eq!(hashes["transactions"], json!([transaction["hash"], block["transactions"][1]["hash"]]));
}

#[tokio::test]
async fn the_header_in_a_block_hashes_to_the_blocks_hash() {
    let server = Server::start().await;
    let raw = server.call("debug_getRawHeader", json!(["latest"])).await;
    let hash = server.call("web3_sha3", json!([raw])).await;
    assert_eq!(hash, server.call("eth_getBlockByNumber", json!(["latest", false])).await["hash"]);
}

#[tokio::test]
async fn receipts_say_what_was_paid_made_and_logged() {
    let server = Server::start().await;
    let receipts = server.call("eth_getBlockReceipts", json!(["0x3"])).await;
    check_quantities(&receipts, "");
    let created = &receipts[0];
    assert_eq!(created["status"], "0x1");
    assert_eq!(created["type"], "0x2");
    assert_eq!(created["to"], Value::Null);
    assert_eq!(created["gasUsed"], "0xea60");
    assert_eq!(created["cumulativeGasUsed"], "0xea60");
    assert_eq!(created["effectiveGasPrice"], format!("{:#x}", 2_669_988_868u64));
    let address = sender().address().create(1).to_string().to_lowercase();
    assert_eq!(created["contractAddress"], address);
    assert_eq!(created["logs"][1]["logIndex"], "0x1");
    assert_eq!(created["logs"][1]["removed"], false);
    assert_eq!(created["logsBloom"].as_str().unwrap().len(), 2 + 512);
    let reverted = &receipts[1];
    assert_eq!((&reverted["status"], &reverted["type"]), (&json!("0x0"), &json!("0x1")));
    assert_eq!(reverted["gasUsed"], "0x7530");
    assert_eq!(reverted["cumulativeGasUsed"], "0x15f90");
    assert_eq!(reverted["contractAddress"], Value::Null);
    assert_eq!(reverted["logs"], json!([]));
    let single = server.call("eth_getTransactionReceipt", json!([reverted["transactionHash"]])).await;
    assert_eq!(&single, reverted);
}

#[tokio::test]
async fn unknown_things_are_null_not_errors() {
    let server = Server::start().await;
    let hash = format!("0x{}", "77".repeat(32));
    for (method, params) in [
        ("eth_getBlockByHash", json!([hash, false])),
        ("eth_getBlockByNumber", json!(["0x63", false])),
        ("eth_getBlockReceipts", json!(["0x63"])),
        ("eth_getBlockTransactionCountByHash", json!([hash])),
        ("eth_getBlockTransactionCountByNumber", json!(["0x63"])),
        ("eth_getUncleCountByBlockHash", json!([hash])),
        ("eth_getUncleByBlockNumberAndIndex", json!(["0x1", "0x0"])),
        ("eth_getTransactionByHash", json!([hash])),
        ("eth_getRawTransactionByHash", json!([hash])),
        ("eth_getTransactionReceipt", json!([hash])),
        ("eth_getTransactionByBlockNumberAndIndex", json!(["0x1", "0x9"])),
        ("eth_getTransactionByBlockHashAndIndex", json!([hash, "0x0"])),
        ("althing_getBlock", json!(["0x63"])),
        ("althing_getCertificate", json!([hash])),
        ("althing_committee", json!(["0x63"])),
        ("ots_getContractCreator", json!([TOKEN])),
        ("ots_getInternalOperations", json!([hash])),
    ] {
        assert_eq!(server.call(method, params).await, Value::Null, "{method}");
    }
}

#[tokio::test]
async fn a_block_may_be_named_in_every_way_that_ethereum_knows() {
    let server = Server::start().await;
    let hash = server.call("eth_getBlockByNumber", json!(["0x3", false])).await["hash"].clone();
    for block in [
        json!("latest"),
        json!("safe"),
        json!("finalized"),
        json!("pending"),
        json!("0x3"),
        json!(hash),
        json!({ "blockNumber": "0x3" }),
        json!({ "blockHash": hash }),
        json!({ "blockHash": hash, "requireCanonical": true }),
        Value::Null,
    ] {
        let balance = server.call("eth_getBalance", json!([sender().address(), block])).await;
        assert_eq!(balance, "0x3eb", "{block}");
    }
    assert_eq!(server.call("eth_getBalance", json!([sender().address()])).await, "0x3eb");
    let by_name = json!({ "address": sender().address(), "block": "0x2" });
    assert_eq!(server.call("eth_getBalance", by_name).await, "0x3ea");
}

#[tokio::test]
async fn state_is_read_at_the_block_that_was_asked_for() {
    let server = Server::start().await;
    let account = sender().address();
    assert_eq!(server.call("eth_getTransactionCount", json!([account, "0x2"])).await, "0x2");
    assert_eq!(server.call("eth_getCode", json!([TOKEN, "latest"])).await, "0x6001");
    assert_eq!(server.call("eth_getCode", json!([account, "latest"])).await, "0x");
    let word = |n: u8| format!("0x{}{n:02x}", "00".repeat(31));
    assert_eq!(server.call("eth_getStorageAt", json!([TOKEN, "0x4", "latest"])).await, word(5));
    assert_eq!(server.call("eth_getStorageAt", json!([TOKEN, word(4), "latest"])).await, word(5));
    assert_eq!(
        server.call("eth_getAccountInfo", json!([account, "0x1"])).await,
        json!({ "balance": "0x3e9", "nonce": "0x1", "code": "0x" })
    );
    let answer = server.answer("eth_getBalance", json!([account, "earliest"])).await;
    assert_eq!(answer["error"]["code"], 4444);
    assert_eq!(answer["error"]["data"], json!({ "requested": "0x0", "oldest": "0x1" }));
    assert!(answer["error"]["message"].as_str().unwrap().contains("the oldest kept is 1"), "{answer}");
    let (code, message) = server.fail("eth_getBalance", json!([account, "0x63"])).await;
    assert_eq!((code, message.as_str()), (-32000, "header not found"));
    let (code, message) = server.fail("eth_getProof", json!([account, [], "latest"])).await;
    assert_eq!(code, -32004);
    assert!(message.contains("Merkle-Patricia"), "{message}");
}

#[tokio::test]
async fn the_node_says_who_and_where_it_is() {
    let server = Server::start().await;
    for (method, expected) in [
        ("eth_chainId", json!("0xe3473")),
        ("net_version", json!("930931")),
        ("net_listening", json!(true)),
        ("net_peerCount", json!("0x3")),
        ("eth_blockNumber", json!("0x3")),
        ("eth_syncing", json!(false)),
        ("eth_accounts", json!([])),
        ("web3_clientVersion", json!("althing/0.0.0/test")),
        ("ots_getApiLevel", json!(8)),
    ] {
        assert_eq!(server.call(method, json!([])).await, expected, "{method}");
    }
    let config = server.call("eth_config", json!([])).await;
    assert_eq!(config["current"]["chainId"], "0xe3473");
    assert_eq!(config["current"]["precompiles"]["P256VERIFY"], format!("0x{:040x}", 0x100));
    assert_eq!(config["current"]["forkId"].as_str().unwrap().len(), 10);
}
