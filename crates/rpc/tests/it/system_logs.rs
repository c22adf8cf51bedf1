//! Logs of the protocol's own acts: found like others, under a transaction that is in no block's list.

use crate::client::Server;
use crate::mock::{PROTOCOL, TOKEN, system_log, topic, transfer};
use alloy_consensus::{TxReceipt, proofs::calculate_receipt_root};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, B256, Bloom, hex, keccak256};
use alloy_rpc_types_eth::{Log, Transaction, TransactionReceipt};
use althing_primitives::FinalizedBlock;
use althing_rpc::api::{BlockKey, NodeApi};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::Arc;

const ACTS: [&str; 2] = ["Reward", "Slash"];

fn read<T: DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap()
}

/// Block 4: a transaction with one log, then two acts of the protocol.
async fn block_with_acts(server: &Server) -> Arc<FinalizedBlock> {
    let raw = hex::encode_prefixed(transfer(3).encoded_2718());
    server.call("eth_sendRawTransaction", json!([raw])).await;
    server.node.finalize_with(ACTS.map(system_log).to_vec())
}

fn check(logs: &[Log], expected: &[(&str, u64)], block: &FinalizedBlock) {
    let hash = keccak256([b"ALTHING_SYSTEM_ACTS_V1", block.block.hash().as_slice()].concat());
    let found: Vec<_> = logs.iter().map(|log| (log.topics()[0], log.log_index.unwrap())).collect();
    let expected: Vec<_> = expected.iter().map(|(name, index)| (topic(name), *index)).collect();
    assert_eq!(found, expected);
    for log in logs {
        assert_eq!((log.address(), log.transaction_hash, log.removed), (PROTOCOL, Some(hash), false));
        assert_eq!(log.transaction_index, Some(block.block.transactions().len() as u64));
        assert_eq!(
            (log.block_hash, log.block_number),
            (Some(block.block.hash()), Some(block.block.height()))
        );
    }
}

#[tokio::test]
async fn system_logs_are_found_by_address_topic_and_block() {
    let server = Server::start().await;
    let block = block_with_acts(&server).await;
    let hash = block.block.hash();
    let both: &[_] = &[("Reward", 1), ("Slash", 2)];
    for (filter, expected) in [
        (json!({ "fromBlock": "0x4", "address": PROTOCOL }), both),
        (json!({ "blockHash": hash, "address": PROTOCOL }), both),
        (json!({ "fromBlock": "0x3", "topics": [topic("Slash")] }), &both[1..]),
        (json!({ "blockHash": hash, "topics": [topic("Slash")] }), &both[1..]),
        (json!({ "blockHash": hash, "address": PROTOCOL, "topics": [topic("Transfer")] }), &[]),
    ] {
        check(&read::<Vec<Log>>(&server.call("eth_getLogs", json!([filter])).await), expected, &block);
    }
    let all: Vec<Log> = read(&server.call("eth_getLogs", json!([{ "blockHash": hash }])).await);
    let ranged: Vec<Log> = read(&server.call("eth_getLogs", json!([{ "fromBlock": "0x4" }])).await);
    assert_eq!((&all, all.len(), all[0].address()), (&ranged, 3, TOKEN));
    let two = server.node.block(BlockKey::Height(2)).await.unwrap().unwrap();
    let logs =
        server.call("eth_getLogs", json!([{ "fromBlock": "0x0", "toBlock": "0x3", "address": PROTOCOL }]));
    check(&read::<Vec<Log>>(&logs.await), &[("Reward", 0)], &two);
}

#[tokio::test]
async fn filters_and_subscribers_hear_of_system_logs() {
    let server = Server::start().await;
    let filter = json!([{ "address": PROTOCOL, "topics": [topic("Slash")] }]);
    let polled = server.call("eth_newFilter", filter.clone()).await;
    let mut ws = server.ws().await;
    let subscribed = ws.subscribe("eth_subscribe", json!(["logs", filter[0]])).await;
    let block = block_with_acts(&server).await;
    let changes = server.call("eth_getFilterChanges", json!([polled])).await;
    check(&read::<Vec<Log>>(&changes), &[("Slash", 2)], &block);
    assert_eq!(server.call("eth_getFilterLogs", json!([polled])).await, changes);
    let heard = read::<Log>(&ws.notification(&subscribed).await["result"]);
    check(&[heard], &[("Slash", 2)], &block);
}

#[tokio::test]
async fn a_system_transaction_and_its_receipt_are_found_by_hash() {
    let server = Server::start().await;
    let block = block_with_acts(&server).await;
    let hash = block.system_transaction().unwrap();
    let receipt: TransactionReceipt = read(&server.call("eth_getTransactionReceipt", json!([hash])).await);
    check(receipt.logs(), &[("Reward", 1), ("Slash", 2)], &block);
    assert_eq!((receipt.transaction_hash, receipt.transaction_index), (hash, Some(1)));
    assert_eq!((receipt.from, receipt.to), (Address::ZERO, Some(Address::ZERO)));
    assert_eq!((receipt.gas_used, receipt.effective_gas_price, receipt.contract_address), (0, 0, None));
    assert_eq!((receipt.status(), receipt.inner.cumulative_gas_used()), (true, 21_000));
    assert_eq!(*receipt.inner.logs_bloom(), block.system_logs.iter().collect::<Bloom>());

    let json = server.call("eth_getTransactionByHash", json!([hash])).await;
    for field in ["type", "nonce", "value", "gas", "gasPrice", "v", "r", "s"] {
        assert_eq!(json[field], "0x0", "{field}");
    }
    assert_eq!((&json["input"], &json["transactionIndex"]), (&json!("0x"), &json!("0x1")));
    let transaction: Transaction = read(&json);
    assert_eq!((*transaction.inner.tx_hash(), transaction.inner.signer()), (hash, Address::ZERO));
    assert_eq!((transaction.block_hash, transaction.block_number), (Some(block.block.hash()), Some(4)));
}

#[tokio::test]
async fn bodies_roots_and_traces_know_no_system_transaction() {
    let server = Server::start().await;
    let block = block_with_acts(&server).await;
    let hash = block.system_transaction().unwrap();
    let json = server.call("eth_getBlockByNumber", json!(["0x4", false])).await;
    assert_eq!(json["transactions"], json!([block.block.transactions()[0].tx_hash()]));
    let receipts: Vec<TransactionReceipt> = read(&server.call("eth_getBlockReceipts", json!(["0x4"])).await);
    assert_eq!(receipts.len(), 1);
    let plain: Vec<_> = receipts.into_iter().map(|r| r.inner.map_logs(|log| log.inner)).collect();
    assert_eq!(json["receiptsRoot"], json!(calculate_receipt_root(&plain)));
    assert_eq!(json["logsBloom"], json!(plain[0].bloom()));
    assert_eq!(server.call("eth_getBlockTransactionCountByNumber", json!(["0x4"])).await, "0x1");
    assert_eq!(
        server.call("eth_getTransactionByBlockNumberAndIndex", json!(["0x4", "0x1"])).await,
        Value::Null
    );
    assert_eq!(server.call("eth_getRawTransactionByHash", json!([hash])).await, Value::Null);
    let (_, message) = server.fail("debug_traceTransaction", json!([hash])).await;
    assert!(message.contains("a system transaction has no trace"), "{message}");
    // Otterscan shows it like any other.
    assert_eq!(server.call("ots_getInternalOperations", json!([hash])).await, json!([]));
    assert_eq!(server.call("ots_getTransactionError", json!([hash])).await, "0x");
    let calls = server.call("ots_traceTransaction", json!([hash])).await;
    assert_eq!((calls[0]["type"].as_str(), calls[1].clone()), (Some("CALL"), Value::Null));
    // Without acts there is none, whatever is asked.
    let quiet = server.node.finalize();
    assert_eq!(quiet.system_transaction(), None);
    let hash: B256 = keccak256([b"ALTHING_SYSTEM_ACTS_V1", quiet.block.hash().as_slice()].concat());
    for method in ["eth_getTransactionByHash", "eth_getTransactionReceipt"] {
        assert_eq!(server.call(method, json!([hash])).await, Value::Null, "{method}");
    }
}
