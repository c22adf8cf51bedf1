//! Sending transactions, and what the pool shows of them.

use crate::client::Server;
use crate::mock::{sender, transfer};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{B256, U256, hex};
use althing_rpc::api::SubmitError;
use serde_json::{Value, json};
use std::sync::atomic::Ordering::Relaxed;

/// Transactions of a batch that the server has in work at a time.
const TOGETHER: usize = 24;

fn raw(nonce: u64) -> Value {
    json!(hex::encode_prefixed(transfer(nonce).encoded_2718()))
}

#[tokio::test]
async fn a_sent_transaction_waits_in_the_pool_until_its_block() {
    let server = Server::start().await;
    let hash = server.call("eth_sendRawTransaction", json!([raw(3)])).await;
    assert_eq!(hash, json!(transfer(3).tx_hash()));
    server.call("eth_sendRawTransaction", json!([raw(9)])).await;
    let waiting = server.call("eth_getTransactionByHash", json!([hash])).await;
    assert_eq!((&waiting["blockHash"], &waiting["nonce"]), (&Value::Null, &json!("0x3")));
    assert_eq!(server.call("eth_getTransactionReceipt", json!([hash])).await, Value::Null);
    assert_eq!(server.call("eth_getRawTransactionByHash", json!([hash])).await, raw(3));
    let account = sender().address();
    assert_eq!(server.call("eth_getTransactionCount", json!([account, "pending"])).await, "0x4");
    assert_eq!(server.call("eth_getTransactionCount", json!([account, "latest"])).await, "0x3");
    assert_eq!(server.call("txpool_status", json!([])).await, json!({ "pending": "0x1", "queued": "0x1" }));
    let content = server.call("txpool_content", json!([])).await;
    assert_eq!(content["pending"][account.to_string()]["3"]["hash"], hash);
    assert!(content["queued"][account.to_string()]["9"].is_object());
    let from = server.call("txpool_contentFrom", json!([account])).await;
    assert_eq!(from["pending"]["3"]["hash"], hash);
    let inspect = server.call("txpool_inspect", json!([])).await;
    let line = inspect["pending"][account.to_string()]["3"].as_str().unwrap();
    assert!(line.ends_with(": 1 wei + 21000 gas × 10000000000 wei"), "{line}");
    server.node.finalize();
    let receipt = server.call("eth_getTransactionReceipt", json!([hash])).await;
    assert_eq!(receipt["blockNumber"], "0x4");
}

#[tokio::test]
async fn refusals_have_the_words_of_geth() {
    let server = Server::start().await;
    for (error, words) in [
        (SubmitError::AlreadyKnown(B256::ZERO), "already known"),
        (SubmitError::NonceTooLow { expected: 5, got: 3 }, "nonce too low: next nonce 5, tx nonce 3"),
        (
            SubmitError::InsufficientFunds { balance: U256::from(1), cost: U256::from(2) },
            "insufficient funds for gas * price + value: balance 1, tx cost 2",
        ),
        (SubmitError::ReplacementUnderpriced, "replacement transaction underpriced"),
        (SubmitError::Underpriced("tip 0, least 7".into()), "transaction underpriced: tip 0, least 7"),
        (SubmitError::GasLimit { gas: 9, limit: 8 }, "exceeds block gas limit: tx gas 9, limit 8"),
        (SubmitError::IntrinsicGas { gas: 1, needed: 2 }, "intrinsic gas too low: gas 1, minimum needed 2"),
        (SubmitError::InvalidSender, "invalid sender"),
        (SubmitError::ChainId { have: 1, want: 930_931 }, "invalid chain id for signer: have 1 want 930931"),
    ] {
        *server.node.refusal.lock() = Some(error);
        let refusal = server.fail("eth_sendRawTransaction", json!([raw(3)])).await;
        assert_eq!(refusal, (-32000, words.to_owned()));
    }
    *server.node.refusal.lock() = Some(SubmitError::Internal("the disk is on fire".into()));
    let refusal = server.fail("eth_sendRawTransaction", json!([raw(3)])).await;
    assert_eq!(refusal, (-32603, "internal error".to_owned()), "the cause is logged, not told");
}

#[tokio::test]
async fn bytes_that_are_no_transaction_never_reach_the_pool() {
    let server = Server::start().await;
    let signed = transfer(3).encoded_2718();
    let mut padded = signed.clone();
    padded.push(0);
    for (bytes, code, words) in [
        (vec![], -32000, "rlp"),
        (vec![0xc0], -32000, "rlp"),
        (signed[..signed.len() - 1].to_vec(), -32000, "rlp"),
        (padded, -32000, "rlp"),
        (vec![0x7e, 1, 2], -32000, "transaction type not supported"),
        (vec![0x03, 1, 2], -32000, "transaction type not supported: this chain takes no blob transactions"),
        (vec![0; 128 * 1024 + 1], -32000, "oversized data"),
    ] {
        let (got, message) =
            server.fail("eth_sendRawTransaction", json!([hex::encode_prefixed(&bytes)])).await;
        assert_eq!(got, code);
        assert!(message.starts_with(words), "{bytes:x?}: {message}");
    }
    assert_eq!(server.fail("eth_sendRawTransaction", json!(["0xzz"])).await.0, -32602);
    assert_eq!(server.call("txpool_status", json!([])).await["pending"], "0x0");
}

#[tokio::test]
async fn one_call_sends_and_waits_for_the_receipt() {
    let server = Server::start().await;
    let mut pending = althing_rpc::NodeApi::subscribe_pending(&*server.node);
    let params = json!([raw(3)]);
    let (receipt, ()) = tokio::join!(server.call("eth_sendRawTransactionSync", params), async {
        pending.recv().await.unwrap();
        server.node.finalize();
    });
    assert_eq!(receipt["blockNumber"], "0x4");
    let answer = server.answer("eth_sendRawTransactionSync", json!([raw(4), 1])).await;
    assert_eq!(answer["error"]["code"], 4, "{answer}");
    assert_eq!(answer["error"]["data"], json!(transfer(4).tx_hash()));
}

#[tokio::test]
async fn transactions_of_a_batch_wait_together() {
    let server = Server::start().await;
    server.node.holds_up.store(true, Relaxed);
    let call =
        |n| json!({ "jsonrpc": "2.0", "id": n, "method": "eth_sendRawTransaction", "params": [raw(n)] });
    let batch: Vec<_> = (0..40).map(call).collect();
    let together = async {
        while server.node.submitted.load(Relaxed) < TOGETHER {
            tokio::task::yield_now().await;
        }
        server.node.holds_up.store(false, Relaxed);
    };
    let (answer, ()) = tokio::join!(server.post(json!(batch).to_string()), together);
    let answers: Vec<Value> = serde_json::from_str(&answer.1).unwrap();
    let ids = answers.iter().filter(|a| a["result"].is_string()).map(|a| a["id"].as_u64().unwrap());
    assert!(ids.eq(0..40), "{}", answer.1);
}
