//! The `net_` and `web3_` namespaces, and `rpc.discover`.

use crate::context::Call;
use crate::error::Fault;
use crate::registry::{Cost::Light, Param, Registry, need};
use alloy_primitives::{B256, Bytes, U64, keccak256};
use serde_json::value::RawValue;

const DATA: &[Param] = &[need("data", "Bytes")];

pub(crate) fn register(r: &mut Registry) {
    r.add(Light, "net_version", &[], "String", "Network id, as decimal text: the chain id.", version);
    r.add(Light, "net_listening", &[], "Boolean", "True: the node takes part in the network.", listening);
    r.add(Light, "net_peerCount", &[], "Quantity", "Connected peers.", peer_count);
    r.add(
        Light,
        "web3_clientVersion",
        &[],
        "String",
        "Name and version of the node's program.",
        client_version,
    );
    r.add(Light, "web3_sha3", DATA, "Hash", "Keccak-256 of bytes.", sha3);
    r.add(
        Light,
        "rpc.discover",
        &[],
        "Object",
        "This very list of methods, as an OpenRPC document.",
        discover,
    );
}

async fn version(call: Call) -> Result<String, Fault> {
    Ok(call.api.chain_spec().chain_id.to_string())
}

async fn listening(_: Call) -> Result<bool, Fault> {
    Ok(true)
}

async fn peer_count(call: Call) -> Result<U64, Fault> {
    Ok(U64::from(call.api.status().await.peers))
}

async fn client_version(call: Call) -> Result<String, Fault> {
    Ok(call.api.client_version())
}

async fn sha3(mut call: Call) -> Result<B256, Fault> {
    Ok(keccak256(call.args.required::<Bytes>(0)?))
}

async fn discover(call: Call) -> Result<Box<RawValue>, Fault> {
    Ok(call.openrpc.clone())
}
