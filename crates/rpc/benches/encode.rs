//! Answers about a block of 500 transfers over HTTP: the whole way from a client's request to the answer's last byte, on
//! one connection. An answer of a few bytes shows what of that is the way alone.

#![expect(clippy::unwrap_used, reason = "the node of the tests is used")]

#[allow(dead_code, reason = "the tests use more of it")]
#[path = "../tests/it/client.rs"]
mod client;
#[allow(dead_code, reason = "the tests use more of it")]
#[path = "../tests/it/governance.rs"]
mod governance;
#[allow(dead_code, reason = "the tests use more of it")]
#[path = "../tests/it/mock.rs"]
mod mock;

use alloy_eips::eip2718::Encodable2718 as _;
use client::Server;
use criterion::{Criterion, criterion_group, criterion_main};
use serde_json::{Value, json};

/// Transactions of the block.
const TRANSACTIONS: u64 = 500;

fn benchmarks(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(Server::start());
    runtime.block_on(async {
        for nonce in 0..TRANSACTIONS {
            let raw = format!("0x{}", alloy_primitives::hex::encode(mock::transfer(nonce).encoded_2718()));
            server.call("eth_sendRawTransaction", json!([raw])).await;
        }
    });
    let block = server.node.finalize();
    assert_eq!(block.block.transactions().len() as u64, TRANSACTIONS);
    let height = format!("{:#x}", block.block.height());
    let mut group = criterion.benchmark_group("rpc");
    group.sample_size(30);
    let mut measure = |name: &str, method: &str, params: Value| {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
        let (status, answer) = runtime.block_on(server.post(body.clone()));
        assert!(status == 200 && !answer.contains("\"error\""), "{answer}");
        println!("{name}: {} bytes", answer.len());
        group.bench_function(name, |bencher| bencher.iter(|| runtime.block_on(server.post(body.clone()))));
    };
    measure("nothing but the way", "eth_chainId", json!([]));
    measure("a block of 500 hashes", "eth_getBlockByNumber", json!([height, false]));
    measure("a block of 500 whole transactions", "eth_getBlockByNumber", json!([height, true]));
    measure("500 receipts", "eth_getBlockReceipts", json!([height]));
    group.finish();
}

criterion_group!(benches, benchmarks);
criterion_main!(benches);
