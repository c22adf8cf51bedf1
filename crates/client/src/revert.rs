//! What a contract meant when it reverted.

use alloy_primitives::{Bytes, hex};
use alloy_sol_types::{Panic, Revert, SolError};
use serde_json::Value;

/// Puts revert data into words: `Error(string)` and `Panic(uint256)` decoded, other errors by selector.
pub fn revert_reason(data: &[u8]) -> String {
    if data.is_empty() {
        return "no reason given".into();
    }
    if let Ok(Revert { reason }) = Revert::abi_decode(data) {
        return reason;
    }
    if let Ok(panic) = Panic::abi_decode(data) {
        return panic.to_string();
    }
    let all = hex::encode_prefixed(data);
    match data.split_first_chunk::<4>() {
        Some((selector, _)) => format!("custom error {} ({all})", hex::encode_prefixed(selector)),
        None => all,
    }
}

/// Finds revert data in the `data` of a JSON-RPC error: a hex text, or an object with one.
pub(crate) fn revert_data(data: Option<&Value>) -> Option<Bytes> {
    let data = data?;
    data.as_str().or_else(|| data.get("data")?.as_str())?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::U256;

    #[test]
    fn reasons_are_words() {
        for (data, expected) in [
            (Revert::from("too poor").abi_encode(), "too poor"),
            (Panic { code: U256::from(0x11) }.abi_encode(), "panic: arithmetic underflow or overflow (0x11)"),
            (vec![], "no reason given"),
            (vec![1, 2, 3, 4, 5], "custom error 0x01020304 (0x0102030405)"),
            (vec![1], "0x01"),
        ] {
            let reason = revert_reason(&data);
            assert!(reason.contains(expected), "{reason}");
        }
    }

    #[test]
    fn data_is_found_in_both_shapes() {
        let nested = serde_json::json!({"data": "0x01"});
        assert_eq!(revert_data(Some(&serde_json::json!("0x01"))), Some(Bytes::from([1])));
        assert_eq!(revert_data(Some(&nested)), Some(Bytes::from([1])));
        assert_eq!(revert_data(Some(&serde_json::json!(["x"]))), None);
        assert_eq!(revert_data(None), None);
    }
}
