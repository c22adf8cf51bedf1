//! `--json` output parses, exit codes are what the help says, and both go to the right stream.
//!
//! The commands run in this process against a node that answers from a table.

use althing_cli::{Exit, Outcome, execute};
use axum::{Json, Router, routing::post};
use serde_json::{Value, json};

const BLOCK_HASH: &str = "0x2222222222222222222222222222222222222222222222222222222222222222";

fn answer(method: &str) -> Option<Value> {
    let zero = "0x0000000000000000000000000000000000000000000000000000000000000000";
    let account = "0x0000000000000000000000000000000000000000";
    Some(match method {
        "eth_chainId" => json!("0xe3473"),
        "eth_blockNumber" => json!("0x11"),
        "net_peerCount" => json!("0x3"),
        "web3_clientVersion" => json!("althing/test"),
        "eth_syncing" => json!(false),
        "eth_maxPriorityFeePerGas" => json!("0x1"),
        "eth_getBalance" => json!("0x14d1120d7b160000"),
        "eth_getTransactionCount" => json!("0x5"),
        "eth_getTransactionReceipt" | "eth_getTransactionByHash" => Value::Null,
        "eth_getBlockByNumber" => json!({
            "number": "0x11", "hash": BLOCK_HASH, "parentHash": zero, "sha3Uncles": zero, "miner": account,
            "stateRoot": zero, "transactionsRoot": zero, "receiptsRoot": zero, "logsBloom": format!("0x{}", "00".repeat(256)),
            "difficulty": "0x0", "gasLimit": "0x3938700", "gasUsed": "0x0", "timestamp": "0x1", "extraData": "0x",
            "mixHash": zero, "nonce": "0x0000000000000000", "baseFeePerGas": "0x7", "size": "0x1", "transactions": [], "uncles": [],
        }),
        _ => return None,
    })
}

async fn respond(Json(request): Json<Value>) -> Json<Value> {
    let method = request["method"].as_str().expect("the test's own server works");
    let head = json!({"jsonrpc": "2.0", "id": request["id"]});
    let mut response = head;
    match (method, answer(method)) {
        ("eth_call", _) => {
            let data = "0x08c379a00000000000000000000000000000000000000000000000000000000000000020000000000000000000000000000000000000000000000000000000000000000474657374\
                        00000000000000000000000000000000000000000000000000000000";
            response["error"] = json!({"code": 3, "message": "execution reverted", "data": data});
        }
        (_, Some(result)) => response["result"] = result,
        (_, None) => response["error"] = json!({"code": -32601, "message": "method not found"}),
    }
    Json(response)
}

/// Starts the node on a thread of its own and returns its address.
fn start_node() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("the test's own server works");
    let address = listener.local_addr().expect("the test's own server works");
    listener.set_nonblocking(true).expect("the test's own server works");
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("the test's own server works");
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener).expect("the test's own server works");
            axum::serve(listener, Router::new().route("/", post(respond)))
                .await
                .expect("the test's own server works");
        });
    });
    format!("http://{address}")
}

fn run(rpc: &str, line: &str) -> Outcome {
    execute(["althing", "--rpc", rpc, "--json"].into_iter().chain(line.split(' ')))
}

#[test]
fn json_output_parses_and_holds_what_was_asked() {
    let rpc = start_node();
    for (line, pointer, expected) in [
        ("chain info", "/height", "17"),
        ("chain info", "/chain_id", "930931"),
        ("chain block 17", "/hash", BLOCK_HASH),
        ("account balance io1mflp9m6hcgm2qcghchsdqj3z3eccrnekx9p0ms", "/balance", "1.5"),
        (
            "account balance io1mflp9m6hcgm2qcghchsdqj3z3eccrnekx9p0ms",
            "/io",
            "io1mflp9m6hcgm2qcghchsdqj3z3eccrnekx9p0ms",
        ),
        ("node status", "/peers", "3"),
        ("completions bash", "/shell", "bash"),
    ] {
        let Outcome { exit, data, complaint } = run(&rpc, line);
        assert_eq!(exit, Exit::Ok, "{line}: {complaint}");
        let value: Value = serde_json::from_str(&data).unwrap();
        assert_eq!(value.pointer(pointer), Some(&json!(expected)), "{line}: {data}");
    }
}

#[test]
fn failures_have_their_exit_code_and_parse_as_well() {
    let rpc = start_node();
    let missing = format!("chain receipt {BLOCK_HASH}");
    for (line, exit, words) in [
        (missing.as_str(), Exit::NotFound, "no transaction"),
        ("chain block monkey", Exit::Usage, "neither a height"),
        ("account balance monkey", Exit::Usage, "not an address"),
        ("call 0x04c22afae6a03438b8fed74cb1cf441168df3f12 f()", Exit::Reverted, "test"),
        ("send 0x04c22afae6a03438b8fed74cb1cf441168df3f12 1", Exit::Key, "--from"),
        ("genesis check /nowhere/genesis.json", Exit::Failure, "/nowhere/genesis.json"),
        ("node run --dir /nowhere", Exit::Failure, "node init"),
    ] {
        let Outcome { exit: code, complaint, .. } = run(&rpc, line);
        let value: Value = serde_json::from_str(&complaint).unwrap();
        let message = value["error"]["message"].as_str().unwrap();
        assert_eq!(code, exit, "{line}: {message}");
        assert!(message.contains(words), "{line}: {message}");
    }
    assert_eq!(run("http://127.0.0.1:1", "chain info").exit, Exit::Network);
}
