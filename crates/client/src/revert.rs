//! What a contract meant when it reverted.

use alloy_dyn_abi::{DynSolValue, ErrorExt as _};
use alloy_json_abi::Error as AbiError;
use alloy_primitives::{Bytes, hex};
use alloy_sol_types::{Panic, Revert, SolError};
use althing_abi::{SYSTEM_CONTRACTS, SystemErrors};
use serde_json::Value;

/// Puts revert data into words: `Error(string)`, `Panic(uint256)` and the system contracts' errors decoded, others by
/// selector.
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
    if let Some(words) = system_error(data) {
        return words;
    }
    let all = hex::encode_prefixed(data);
    match data.split_first_chunk::<4>() {
        Some((selector, _)) => format!("custom error {} ({all})", hex::encode_prefixed(selector)),
        None => all,
    }
}

/// An error of a system contract, as `Name(field value, …)`.
fn system_error(data: &[u8]) -> Option<String> {
    let selector = data.get(..4)?;
    let contracts = SYSTEM_CONTRACTS.iter().map(|row| (row.abi)()).chain([SystemErrors::abi::contract()]);
    let errors: Vec<AbiError> = contracts.flat_map(|abi| abi.errors.into_values().flatten()).collect();
    let error = errors.iter().find(|error| error.selector() == selector)?;
    let values = error.decode_error(data).ok()?.body;
    let fields =
        error.inputs.iter().zip(&values).map(|(field, value)| format!("{} {}", field.name, shown(value)));
    let fields: Vec<String> = fields.collect();
    Some(if fields.is_empty() {
        error.name.clone()
    } else {
        format!("{}({})", error.name, fields.join(", "))
    })
}

fn shown(value: &DynSolValue) -> String {
    match value {
        DynSolValue::Address(address) => address.to_string(),
        DynSolValue::Uint(number, _) => number.to_string(),
        DynSolValue::String(text) => format!("`{text}`"),
        DynSolValue::Bytes(bytes) => hex::encode_prefixed(bytes),
        DynSolValue::FixedBytes(word, size) => hex::encode_prefixed(&word[..*size]),
        other => format!("{other:?}"),
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
    fn errors_of_system_contracts_have_their_names_and_fields() {
        use althing_abi::Governance::CallFailed;
        use althing_abi::Staking::{CannotCancel, TooEarly, UnknownCandidate};
        let failed = CallFailed { index: U256::from(2), reason: vec![1].into() };
        for (data, expected) in [
            (TooEarly { bucketIndex: 3, earliest: 77 }.abi_encode(), "TooEarly(bucketIndex 3, earliest 77)"),
            (UnknownCandidate { name: "x".into() }.abi_encode(), "UnknownCandidate(name `x`)"),
            (CannotCancel {}.abi_encode(), "CannotCancel"),
            (failed.abi_encode(), "CallFailed(index 2, reason 0x01)"),
        ] {
            assert_eq!(revert_reason(&data), expected);
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
