//! The table of methods, what is served, and the documents are one.

use crate::client::{Server, any_port};
use althing_rpc::{RpcConfig, openrpc_document, reference_markdown};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;

fn names(document: &Value) -> Vec<String> {
    let methods = document["methods"].as_array().unwrap();
    methods.iter().map(|m| m["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn every_documented_method_is_served_and_none_beside_them() {
    let server = Server::start().await;
    let document = server.call("rpc.discover", json!([])).await;
    assert_eq!(document, openrpc_document(), "all namespaces are enabled");
    let documented = names(&document);
    let unique: BTreeSet<_> = documented.iter().collect();
    assert_eq!(unique.len(), documented.len(), "a method is in the table twice");
    let served: BTreeSet<_> = server.handle.method_names().into_iter().collect();
    assert_eq!(served, documented.iter().map(String::as_str).collect());
    let counted: BTreeSet<_> = server.handle.metrics().methods.keys().copied().collect();
    assert_eq!(counted, served);
}

#[test]
fn the_reference_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/rpc.md");
    if std::env::var_os("ALTHING_BLESS").is_some() {
        std::fs::write(&path, reference_markdown()).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap();
    assert_eq!(written, reference_markdown(), "write docs/reference/rpc.md anew with ALTHING_BLESS=1");
}

#[tokio::test]
async fn only_enabled_namespaces_answer() {
    let server = Server::with(RpcConfig { listen: any_port().listen, ..Default::default() }).await;
    for (method, namespace) in [
        ("debug_traceTransaction", "debug"),
        ("txpool_status", "txpool"),
        ("ots_getApiLevel", "ots"),
        ("erigon_getHeaderByNumber", "ots"),
    ] {
        let (code, message) = server.fail(method, json!([])).await;
        assert_eq!(code, -32601, "{method}");
        assert!(message.contains(&format!("add \"{namespace}\"")), "{message}");
    }
    let documented = names(&server.call("rpc.discover", json!([])).await);
    assert!(documented.iter().all(|name| !name.starts_with("debug_")));
    for method in ["eth_chainId", "net_version", "web3_clientVersion", "althing_epoch"] {
        server.call(method, json!([])).await;
    }
}
