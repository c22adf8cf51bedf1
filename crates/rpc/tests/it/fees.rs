//! Fee history and suggestions against values calculated by hand from the mock's four blocks.

use crate::client::Server;
use serde_json::{Value, json};

const BASE_FEES: [u64; 5] = [1_000_000_000, 875_000_000, 765_701_563, 669_988_868, 586_491_506];

fn hex(values: &[u64]) -> Value {
    json!(values.iter().map(|v| format!("{v:#x}")).collect::<Vec<_>>())
}

#[tokio::test]
async fn the_fee_history_is_that_of_the_blocks() {
    let server = Server::start().await;
    let history = server.call("eth_feeHistory", json!(["0x3", "latest", [0, 33, 34, 100]])).await;
    assert_eq!(history["oldestBlock"], "0x1");
    assert_eq!(history["baseFeePerGas"], hex(&BASE_FEES[1..]));
    assert_eq!(history["gasUsedRatio"], json!([0.00035, 0.0, 0.0015]));
    assert_eq!(history["baseFeePerBlobGas"], hex(&[1, 1, 1, 1]));
    assert_eq!(history["blobGasUsedRatio"], json!([0.0, 0.0, 0.0]));
    let rewards = &history["reward"];
    assert_eq!(rewards[0], hex(&[2_125_000_000; 4]));
    assert_eq!(rewards[1], hex(&[0; 4]), "an empty block");
    // 30,000 of 90,000 gas paid a tip of one, the rest of two: the step is at a third.
    assert_eq!(rewards[2], hex(&[1_000_000_000, 1_000_000_000, 2_000_000_000, 2_000_000_000]));
}

#[tokio::test]
async fn the_history_of_old_blocks_ends_with_the_base_fee_of_the_next() {
    let server = Server::start().await;
    let history = server.call("eth_feeHistory", json!([2, "0x1"])).await;
    assert_eq!(history["oldestBlock"], "0x0");
    assert_eq!(history["baseFeePerGas"], hex(&BASE_FEES[..3]));
    assert_eq!(history.get("reward"), None);
    let all = server.call("eth_feeHistory", json!(["0x400", "latest", []])).await;
    assert_eq!(all["baseFeePerGas"], hex(&BASE_FEES));
}

#[tokio::test]
async fn senseless_fee_histories_are_refused() {
    let server = Server::start().await;
    for params in [
        json!(["0x1", "latest", [101]]),
        json!(["0x1", "latest", [-1]]),
        json!(["0x1", "latest", [50, 20]]),
        json!(["0x1", "latest", vec![1; 101]]),
        json!(["0x1"]),
        json!(["one", "latest"]),
    ] {
        assert_eq!(server.fail("eth_feeHistory", params.clone()).await.0, -32602, "{params}");
    }
    assert_eq!(server.fail("eth_feeHistory", json!(["0x1", "0x63"])).await.0, -32000);
}

#[tokio::test]
async fn suggestions_follow_the_lowest_tips_of_the_last_blocks() {
    let server = Server::start().await;
    // Tips 1, 2 and 2.125: the 60th percentile is the middle one.
    assert_eq!(server.call("eth_maxPriorityFeePerGas", json!([])).await, format!("{:#x}", 2_000_000_000));
    let price = format!("{:#x}", 2_000_000_000 + BASE_FEES[4]);
    assert_eq!(server.call("eth_gasPrice", json!([])).await, price);
    assert_eq!(server.call("eth_baseFee", json!([])).await, format!("{:#x}", BASE_FEES[4]));
    assert_eq!(server.call("eth_blobBaseFee", json!([])).await, "0x1");
}
