//! Simulated calls and their errors, in the words that libraries match.

use crate::client::Server;
use crate::mock::{CRASHES, PANICS_IN_SOLIDITY, REVERTS, RUNS_OUT_OF_GAS, TO, sender};
use serde_json::{Value, json};

#[tokio::test]
async fn calls_give_what_the_node_gives() {
    let server = Server::start().await;
    let call = json!({ "to": TO, "data": "0x1234" });
    assert_eq!(server.call("eth_call", json!([call])).await, "0x1234");
    assert_eq!(server.call("eth_call", json!([call, "latest", {}, {}])).await, "0x1234");
    assert_eq!(server.call("eth_estimateGas", json!([call, "0x2"])).await, "0x5208");
    assert_eq!(
        server.call("eth_createAccessList", json!([call])).await,
        json!({ "accessList": [], "gasUsed": "0x5208" })
    );
}

#[tokio::test]
async fn a_revert_has_code_3_its_reason_and_its_data() {
    let server = Server::start().await;
    for method in ["eth_call", "eth_estimateGas", "eth_createAccessList", "debug_traceCall"] {
        let answer = server.answer(method, json!([{ "to": REVERTS }, "latest"])).await;
        assert_eq!(answer["error"]["code"], 3, "{method}");
        assert_eq!(answer["error"]["message"], "execution reverted: not today");
        assert!(answer["error"]["data"].as_str().unwrap().starts_with("0x08c379a0"), "{answer}");
    }
    let answer = server.answer("eth_call", json!([{ "to": PANICS_IN_SOLIDITY }])).await;
    assert_eq!(answer["error"]["message"], "execution reverted: arithmetic underflow or overflow");
}

#[tokio::test]
async fn simulated_blocks_tell_reverts_and_refusals() {
    let server = Server::start().await;
    let simulate = |to| json!([{ "blockStateCalls": [{ "calls": [{ "to": to, "data": "0x12" }] }] }]);
    let calls = |answer: Value| answer[0]["calls"][0].clone();
    let done = calls(server.call("eth_simulateV1", simulate(TO)).await);
    assert_eq!((&done["status"], &done["returnData"]), (&json!("0x1"), &json!("0x12")));
    let reverted = calls(server.call("eth_simulateV1", simulate(REVERTS)).await);
    assert_eq!((&reverted["status"], &reverted["error"]["code"]), (&json!("0x0"), &json!(3)));
    assert_eq!(reverted["error"]["message"], "execution reverted: not today");
    let refused = server.fail("eth_simulateV1", simulate(RUNS_OUT_OF_GAS)).await;
    assert_eq!(refused, (-38015, "out of gas".into()));
}

#[tokio::test]
async fn other_failures_keep_their_words() {
    let server = Server::start().await;
    let out_of_gas = (-32000, "out of gas".to_owned());
    assert_eq!(server.fail("eth_call", json!([{ "to": RUNS_OUT_OF_GAS }])).await, out_of_gas);
    for (call, code) in [
        (json!({ "to": TO, "data": "0x12", "input": "0x13" }), -32602),
        (json!({ "to": TO, "gasPrice": "0x1", "maxFeePerGas": "0x1" }), -32602),
        (json!({ "to": TO, "chainId": "0x1" }), -32000),
        (json!({ "to": "0x12" }), -32602),
        (json!("nothing"), -32602),
    ] {
        assert_eq!(server.fail("eth_call", json!([call])).await.0, code, "{call}");
    }
    assert_eq!(server.fail("eth_call", json!([{ "to": TO }, "0x63"])).await.1, "header not found");
    assert_eq!(server.fail("eth_call", json!([{ "to": TO }, "earliest"])).await.0, 4444);
}

#[tokio::test]
async fn a_panic_in_a_handler_harms_only_its_own_call() {
    let server = Server::start().await;
    let (code, message) = server.fail("eth_call", json!([{ "to": CRASHES }])).await;
    assert_eq!((code, message.as_str()), (-32603, "internal error"));
    assert_eq!(server.call("eth_blockNumber", json!([])).await, "0x3");
    assert_eq!(server.handle.metrics().panics.load(std::sync::atomic::Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_wallet_gets_its_transaction_completed() {
    let server = Server::start().await;
    let request = json!([{ "from": sender().address(), "to": TO, "value": "0x1" }]);
    let filled = server.call("eth_fillTransaction", request).await;
    let tx = &filled["tx"];
    assert_eq!(tx["type"], "0x2");
    assert_eq!(tx["chainId"], "0xe3473");
    assert_eq!(tx["nonce"], "0x3");
    assert_eq!(tx["gas"], "0x5208");
    assert_eq!(tx["maxPriorityFeePerGas"], format!("{:#x}", 2_000_000_000));
    assert_eq!(tx["maxFeePerGas"], format!("{:#x}", 2 * 586_491_506u64 + 2_000_000_000));
    assert!(filled["raw"].as_str().unwrap().starts_with("0x02"));
    let legacy =
        json!([{ "from": sender().address(), "to": TO, "gasPrice": "0x9", "nonce": "0x7", "gas": "0x6000" }]);
    let filled = server.call("eth_fillTransaction", legacy).await;
    assert_eq!(filled["tx"]["gasPrice"], "0x9");
    assert_eq!((&filled["tx"]["nonce"], &filled["tx"]["gas"]), (&json!("0x7"), &json!("0x6000")));
}

#[tokio::test]
async fn traces_come_as_the_tracer_made_them() {
    let server = Server::start().await;
    let block = server.call("eth_getBlockByNumber", json!(["0x3", false])).await;
    let hash = &block["transactions"][0];
    let options = json!({ "tracer": "callTracer" });
    let trace = server.call("debug_traceTransaction", json!([hash, options])).await;
    assert_eq!(trace["calls"][0]["type"], "CALL");
    for (method, name) in
        [("debug_traceBlockByNumber", json!("0x3")), ("debug_traceBlockByHash", block["hash"].clone())]
    {
        let traces = server.call(method, json!([name, options])).await;
        assert_eq!(traces.as_array().unwrap().len(), 2);
        assert_eq!(traces[0]["txHash"], *hash);
        assert_eq!(traces[0]["result"], trace);
    }
    let unknown = format!("0x{}", "77".repeat(32));
    assert_eq!(server.fail("debug_traceTransaction", json!([unknown])).await.1, "transaction not found");
    assert_eq!(server.call("debug_getRawReceipts", json!(["0x2"])).await, json!([]));
    let raw: Value = server.call("debug_getRawTransaction", json!([hash])).await;
    assert_eq!(server.call("web3_sha3", json!([raw])).await, *hash);
}
