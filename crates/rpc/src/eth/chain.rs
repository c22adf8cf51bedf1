//! What network this is, and how far the node is.

use crate::api::SyncProgress;
use crate::context::Call;
use crate::error::Fault;
use crate::registry::{Cost::Light, Registry};
use alloy_primitives::{Address, B256, U64, U256, address};
use alloy_rpc_types_eth::{SyncInfo, SyncStatus};
use serde_json::{Map, Value, json};

pub(super) fn register(r: &mut Registry) {
    r.add(Light, "eth_chainId", &[], "Quantity", "EIP-155 chain id.", chain_id);
    r.add(Light, "eth_blockNumber", &[], "Quantity", "Height of the last finalized block.", block_number);
    r.add(
        Light,
        "eth_syncing",
        &[],
        "Object",
        "False, or how far the node has come while it catches up.",
        syncing,
    );
    r.add(Light, "eth_accounts", &[], "Array", "Empty: the node holds no keys of accounts.", accounts);
    r.add(
        Light,
        "eth_config",
        &[],
        "Object",
        "Rules in force (EIP-7910): chain id, fork id, precompiles.",
        config,
    );
}

async fn chain_id(call: Call) -> Result<U64, Fault> {
    Ok(U64::from(call.api.chain_spec().chain_id))
}

async fn block_number(call: Call) -> Result<U64, Fault> {
    Ok(U64::from(call.latest_height()))
}

async fn syncing(call: Call) -> Result<SyncStatus, Fault> {
    Ok(sync_status(call.api.status().await.syncing))
}

/// Progress in Ethereum's form.
pub(super) fn sync_status(progress: Option<SyncProgress>) -> SyncStatus {
    match progress {
        None => SyncStatus::None,
        Some(progress) => SyncStatus::Info(Box::new(SyncInfo {
            starting_block: U256::from(progress.starting),
            current_block: U256::from(progress.current),
            highest_block: U256::from(progress.highest),
            ..Default::default()
        })),
    }
}

async fn accounts(_: Call) -> Result<[Address; 0], Fault> {
    Ok([])
}

/// Names and addresses of the precompiles of Osaka, by EIP-7910.
const PRECOMPILES: [(&str, Address); 18] = [
    ("ECREC", address!("0000000000000000000000000000000000000001")),
    ("SHA256", address!("0000000000000000000000000000000000000002")),
    ("RIPEMD160", address!("0000000000000000000000000000000000000003")),
    ("ID", address!("0000000000000000000000000000000000000004")),
    ("MODEXP", address!("0000000000000000000000000000000000000005")),
    ("BN254_ADD", address!("0000000000000000000000000000000000000006")),
    ("BN254_MUL", address!("0000000000000000000000000000000000000007")),
    ("BN254_PAIRING", address!("0000000000000000000000000000000000000008")),
    ("BLAKE2F", address!("0000000000000000000000000000000000000009")),
    ("KZG_POINT_EVALUATION", address!("000000000000000000000000000000000000000a")),
    ("BLS12_G1ADD", address!("000000000000000000000000000000000000000b")),
    ("BLS12_G1MSM", address!("000000000000000000000000000000000000000c")),
    ("BLS12_G2ADD", address!("000000000000000000000000000000000000000d")),
    ("BLS12_G2MSM", address!("000000000000000000000000000000000000000e")),
    ("BLS12_PAIRING_CHECK", address!("000000000000000000000000000000000000000f")),
    ("BLS12_MAP_FP_TO_G1", address!("0000000000000000000000000000000000000010")),
    ("BLS12_MAP_FP2_TO_G2", address!("0000000000000000000000000000000000000011")),
    ("P256VERIFY", address!("0000000000000000000000000000000000000100")),
];

async fn config(call: Call) -> Result<Value, Fault> {
    let spec = call.api.chain_spec();
    let genesis = call.find_block(0u64.into()).await?;
    let genesis = genesis.map_or(B256::ZERO, |block| block.block.hash());
    let precompiles: Map<String, Value> =
        PRECOMPILES.iter().map(|(name, address)| (name.to_string(), json!(address))).collect();
    Ok(json!({
        "current": {
            "activationTime": spec.genesis_time_ms / 1000,
            "blobSchedule": { "target": 0, "max": 0, "baseFeeUpdateFraction": 1 },
            "chainId": U64::from(spec.chain_id),
            "forkId": format!("{:#010x}", crc32(genesis.as_slice())),
            "precompiles": precompiles,
            "systemContracts": {},
        },
        "next": null,
        "last": null,
    }))
}

/// CRC-32 (IEEE), which EIP-2124 identifies a network's rules by.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc)))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_checksum_is_the_one_of_the_standard() {
        assert_eq!(super::crc32(b"123456789"), 0xcbf4_3926);
    }
}
