//! The table of methods as documents: OpenRPC for programs, Markdown for people.

use crate::registry::{Kind, Registry, Row};
use serde_json::{Value, json};
use std::fmt::Write;

/// All methods of all namespaces.
pub(crate) fn table() -> Registry {
    let mut registry = Registry::default();
    crate::eth::register(&mut registry);
    crate::net::register(&mut registry);
    crate::txpool::register(&mut registry);
    crate::debug::register(&mut registry);
    crate::ots::register(&mut registry);
    crate::althing::register(&mut registry);
    registry
}

/// The OpenRPC document of all methods, as `rpc.discover` answers it.
pub fn openrpc_document() -> Value {
    document(&table(), |_| true)
}

pub(crate) fn document(table: &Registry, enabled: impl Fn(&Row) -> bool) -> Value {
    let methods: Vec<Value> = table.rows.iter().filter(|row| enabled(row)).map(method).collect();
    json!({
        "openrpc": "1.2.6",
        "info": {
            "title": "Althing JSON-RPC",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "HTTP and WebSocket on one port. All blocks are final: latest, safe and finalized are one.",
        },
        "methods": methods,
    })
}

fn method(row: &Row) -> Value {
    let params: Vec<Value> = row
        .params
        .iter()
        .map(|p| json!({ "name": p.name, "required": p.required, "schema": schema(p.kind) }))
        .collect();
    json!({
        "name": row.name,
        "summary": row.about,
        "tags": [{ "name": row.namespace() }],
        "paramStructure": "either",
        "params": params,
        "result": { "name": "result", "schema": schema(row.result) },
    })
}

/// JSON schema of a kind of value. A kind that is not listed fails the test of the table.
fn schema(kind: &str) -> Value {
    let pattern =
        |title: &str, pattern: &str| json!({ "title": title, "type": "string", "pattern": pattern });
    match kind {
        "Address" => pattern(kind, "^0x[0-9a-fA-F]{40}$"),
        "Hash" => pattern(kind, "^0x[0-9a-f]{64}$"),
        "Quantity" => pattern(kind, "^0x(0|[1-9a-f][0-9a-f]*)$"),
        "Bytes" => pattern(kind, "^0x([0-9a-f]{2})*$"),
        "StorageKey" => pattern(kind, "^0x[0-9a-f]{1,64}$"),
        "SubscriptionId" => pattern(kind, "^0x[0-9a-f]{1,32}$"),
        "String" => json!({ "type": "string" }),
        "Boolean" => json!({ "type": "boolean" }),
        "Array" => json!({ "type": "array" }),
        "Object" => json!({ "type": "object" }),
        "Transaction" => json!({
            "title": kind, "type": "object",
            "description": "from, to, value, input, gas, nonce, gasPrice or maxFeePerGas and maxPriorityFeePerGas, \
                            accessList, authorizationList; all optional",
        }),
        "Filter" => json!({
            "title": kind, "type": "object",
            "description": "address (one or many), topics (up to four; each one, many or null), fromBlock and \
                            toBlock, or blockHash",
        }),
        "Proposal" => json!({
            "title": kind,
            "description": "Number of a submitted proposal, or the calls of one: targets, values and calldatas, as many of each",
            "oneOf": [
                { "type": "string", "pattern": "^0x(0|[1-9a-f][0-9a-f]*)$" },
                { "type": "object", "required": ["targets", "values", "calldatas"] },
            ],
        }),
        "Block" => json!({
            "title": kind,
            "description": "Height, hash, tag, or an EIP-1898 object",
            "oneOf": [
                { "type": "string", "pattern": "^0x[0-9a-f]+$" },
                { "type": "string", "enum": ["latest", "safe", "finalized", "pending", "earliest"] },
                { "type": "object" },
            ],
        }),
        other => unreachable!("the table names the kind `{other}`, which has no schema"),
    }
}

/// The reference of all methods in Markdown, as `docs/reference/rpc.md` holds it.
pub fn reference_markdown() -> String {
    let table = table();
    let mut out = String::from(
        "# JSON-RPC methods\n\nGenerated from the table of methods in `crates/rpc`; `rpc.discover` serves the same \
         as OpenRPC. Do not edit.\n\nHTTP and WebSocket share one port. All blocks are final, so `latest`, `safe` and \
         `finalized` are one block; `pending` is the same block, except for the nonce of an account. Parameters in \
         brackets may be left out. Parameters may also be given by name, as an object.\n",
    );
    let mut namespaces: Vec<&str> = Vec::new();
    for row in &table.rows {
        if !namespaces.contains(&row.namespace()) {
            namespaces.push(row.namespace());
        }
    }
    for namespace in namespaces {
        let _ = write!(out, "\n## {namespace}\n\n| Method | Parameters | Result | |\n|---|---|---|---|\n");
        for row in table.rows.iter().filter(|row| row.namespace() == namespace) {
            let params: Vec<String> = row
                .params
                .iter()
                .map(|p| {
                    let text = format!("{}: {}", p.name, p.kind);
                    if p.required { text } else { format!("[{text}]") }
                })
                .collect();
            let result =
                if matches!(row.kind, Kind::Subscription(_)) { "SubscriptionId" } else { row.result };
            let _ = writeln!(out, "| `{}` | {} | {result} | {} |", row.name, params.join(", "), row.about);
        }
    }
    out
}
