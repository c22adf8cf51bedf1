//! Files that are derived from the interfaces: published Solidity sources and the JSON reference.
//!
//! Rendering is pure; `cargo run -p xtask -- gen` writes the files and a test compares them.

use crate::{SYSTEM_CONTRACTS, SystemErrors};
use alloy_json_abi::JsonAbi;
use serde_json::{Value, json};

/// A file to write, relative to the repository's root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneratedFile {
    /// Where.
    pub path: String,
    /// What.
    pub text: String,
}

/// Every generated file.
pub fn generated_files() -> Vec<GeneratedFile> {
    let interface = |name: &str, source: &str| GeneratedFile {
        path: format!("contracts/interfaces/{name}.sol"),
        text: source.into(),
    };
    let mut files: Vec<_> = SYSTEM_CONTRACTS.iter().map(|c| interface(c.name, c.source)).collect();
    files.push(interface("SystemErrors", include_str!("SystemErrors.sol")));
    files.push(GeneratedFile { path: "docs/reference/contracts.json".into(), text: reference() });
    files
}

fn reference() -> String {
    let abi = |abi: JsonAbi| serde_json::to_value(abi).expect("an ABI has only string keys");
    let row = |c: &crate::SystemContractEntry| json!({ "name": c.name, "address": c.address, "abi": abi((c.abi)()) });
    let contracts: Vec<Value> = SYSTEM_CONTRACTS.iter().map(row).collect();
    let document = json!({ "contracts": contracts, "errors": abi(SystemErrors::abi::contract()) });
    let mut text = serde_json::to_string_pretty(&document).expect("a document has only string keys");
    text.push('\n');
    text
}
