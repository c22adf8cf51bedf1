//! What Otterscan asks.

use crate::client::Server;
use crate::mock::{TO, TOKEN, sender};
use serde_json::json;

#[tokio::test]
async fn pages_of_an_address_are_newest_first_in_both_directions() {
    let server = Server::start().await;
    let account = sender().address();
    for (method, from, size, heights, first, last) in [
        ("ots_searchTransactionsBefore", 0, 2, vec!["0x3", "0x3"], true, false),
        ("ots_searchTransactionsBefore", 0, 25, vec!["0x3", "0x3", "0x1"], true, true),
        ("ots_searchTransactionsBefore", 3, 25, vec!["0x1"], false, true),
        ("ots_searchTransactionsAfter", 0, 1, vec!["0x1"], false, true),
        ("ots_searchTransactionsAfter", 1, 25, vec!["0x3", "0x3"], true, false),
    ] {
        let page = server.call(method, json!([account, from, size])).await;
        let found: Vec<_> =
            page["txs"].as_array().unwrap().iter().map(|t| t["blockNumber"].clone()).collect();
        assert_eq!(json!(found), json!(heights), "{method} {from} {size}");
        assert_eq!((&page["firstPage"], &page["lastPage"]), (&json!(first), &json!(last)), "{method} {from}");
        assert_eq!(page["receipts"].as_array().unwrap().len(), heights.len());
    }
    let page = server.call("ots_searchTransactionsBefore", json!([account, 0, 25])).await;
    assert_eq!(page["txs"][0]["nonce"], "0x2", "within a block, too");
    assert_eq!(page["receipts"][0]["logs"], json!(null));
    assert_eq!(page["receipts"][0]["timestamp"], format!("{:#x}", 1_700_000_003));
}

#[tokio::test]
async fn traces_are_read_off_the_calls() {
    let server = Server::start().await;
    let block = server.call("eth_getBlockByNumber", json!(["0x3", false])).await;
    let (good, failed) = (&block["transactions"][0], &block["transactions"][1]);
    let operations = server.call("ots_getInternalOperations", json!([good])).await;
    // A payment and a creation; the payment under the failed call never happened.
    let kinds: Vec<_> = operations.as_array().unwrap().iter().map(|o| (&o["type"], &o["value"])).collect();
    assert_eq!(kinds, [(&json!(0), &json!("0x5")), (&json!(2), &json!("0x0"))]);
    assert_eq!(operations[0]["to"], json!(TO.to_string().to_lowercase()));
    assert_eq!(server.call("ots_getInternalOperations", json!([failed])).await, json!([]));
    assert_eq!(server.call("ots_getTransactionError", json!([good])).await, "0x");
    let error = server.call("ots_getTransactionError", json!([failed])).await;
    assert!(error.as_str().unwrap().starts_with("0x08c379a0"));
    let trace = server.call("ots_traceTransaction", json!([good])).await;
    let depths: Vec<_> = trace.as_array().unwrap().iter().map(|e| e["depth"].as_u64().unwrap()).collect();
    assert_eq!(depths, [0, 1, 1, 1, 1, 2]);
    assert_eq!(trace[2]["value"], json!(null), "a static call moves no coin");
}

#[tokio::test]
async fn blocks_and_contracts_are_described() {
    let server = Server::start().await;
    let details = server.call("ots_getBlockDetails", json!([3])).await;
    assert_eq!(details["block"]["transactionCount"], 2);
    let fees = 60_000u64 * 2_669_988_868 + 30_000 * 1_669_988_868;
    assert_eq!(details["totalFees"], format!("{fees:#x}"));
    let by_hash = server.call("ots_getBlockDetailsByHash", json!([details["block"]["hash"]])).await;
    assert_eq!(by_hash, details);
    let page = server.call("ots_getBlockTransactions", json!([3, 0, 1])).await;
    assert_eq!(page["fullblock"]["transactions"][0]["nonce"], "0x2");
    assert_eq!(page["fullblock"]["transactionCount"], 2);
    assert_eq!(page["receipts"].as_array().unwrap().len(), 1);
    let second = server.call("ots_getBlockTransactions", json!([3, 1, 1])).await;
    assert_eq!(second["fullblock"]["transactions"][0]["nonce"], "0x1");
    assert_eq!(server.call("ots_hasCode", json!([TOKEN, "latest"])).await, true);
    assert_eq!(server.call("ots_hasCode", json!([TO])).await, false);
    let creator = server.call("ots_getContractCreator", json!([sender().address().create(1)])).await;
    assert_eq!(creator["creator"], json!(sender().address().to_string().to_lowercase()));
    let hash = server.call("ots_getTransactionBySenderAndNonce", json!([sender().address(), 1])).await;
    assert_eq!(creator["hash"], hash);
}
