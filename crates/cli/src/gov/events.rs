//! Calls and logs in words: those of system contracts by their interfaces, others as they are.

use crate::transact::words;
use alloy_dyn_abi::{DynSolValue, EventExt as _, JsonAbiExt as _};
use alloy_json_abi::JsonAbi;
use alloy_primitives::{Log, hex};
use althing_abi::SYSTEM_CONTRACTS;
use althing_primitives::Address;

/// Bytes of data that are shown before they are cut.
const SHOWN_BYTES: usize = 36;

fn interface(of: Address) -> Option<(&'static str, JsonAbi)> {
    let row = SYSTEM_CONTRACTS.iter().find(|row| row.address == of)?;
    Some((row.name, (row.abi)()))
}

/// A contract's name, or its address.
pub(super) fn account_words(account: Address) -> String {
    interface(account).map_or_else(|| account.to_string(), |(name, _)| name.to_string())
}

/// A call: `name(field value, …)` when the contract is a system contract.
pub(super) fn call_words(to: Address, data: &[u8]) -> String {
    known_call(to, data).unwrap_or_else(|| cut(data))
}

fn known_call(to: Address, data: &[u8]) -> Option<String> {
    let (selector, input) = data.split_first_chunk::<4>()?;
    let (_, abi) = interface(to)?;
    let function = abi.functions().find(|function| function.selector() == *selector)?;
    let values = function.abi_decode_input(input).ok()?;
    let names = function.inputs.iter().map(|input| input.name.as_str());
    Some(listed(&function.name, names.zip(&values)))
}

/// A log: `Contract.Event(field value, …)` when the contract is a system contract.
pub(super) fn log_words(log: &Log) -> String {
    known_log(log).unwrap_or_else(|| {
        let topics: Vec<String> = log.topics().iter().map(|topic| cut(topic.as_slice())).collect();
        format!("{} [{}] {}", log.address, topics.join(" "), cut(&log.data.data))
    })
}

fn known_log(log: &Log) -> Option<String> {
    let (contract, abi) = interface(log.address)?;
    let event = abi.events().find(|event| log.topics().first() == Some(&event.selector()))?;
    let decoded = event.decode_log(&log.data).ok()?;
    let (mut indexed, mut body) = (decoded.indexed.iter(), decoded.body.iter());
    let values = event.inputs.iter().map(|input| {
        let next = if input.indexed { indexed.next() } else { body.next() };
        Some((input.name.as_str(), next?))
    });
    let values: Vec<(&str, &DynSolValue)> = values.collect::<Option<_>>()?;
    Some(format!("{contract}.{}", listed(&event.name, values.into_iter())))
}

fn listed<'a>(name: &str, fields: impl Iterator<Item = (&'a str, &'a DynSolValue)>) -> String {
    let fields = fields.map(|(field, value)| match value {
        DynSolValue::String(text) => format!("{field} `{text}`"),
        DynSolValue::Address(address) => format!("{field} {address}"),
        value => format!("{field} {}", words(value)),
    });
    format!("{name}({})", fields.collect::<Vec<_>>().join(", "))
}

fn cut(data: &[u8]) -> String {
    match data.len() {
        0..=SHOWN_BYTES => hex::encode_prefixed(data),
        length => format!("{}… ({length} bytes)", hex::encode_prefixed(&data[..SHOWN_BYTES])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{Bytes, U256};
    use alloy_sol_types::{SolCall, SolEvent};
    use althing_abi::{
        Params::{ChangeDecided, setCall},
        SystemContract,
    };

    #[test]
    fn calls_and_logs_of_system_contracts_have_names() {
        let params = SystemContract::Params.address();
        let call = setCall { name: "voteDays".into(), value: U256::from(9) }.abi_encode();
        assert_eq!(call_words(params, &call), "set(name `voteDays`, value 9)");
        assert_eq!(call_words(Address::ZERO, &call[..8]), format!("0x{}", hex::encode(&call[..8])));
        assert!(call_words(Address::ZERO, &call).ends_with("(132 bytes)"));
        let event = ChangeDecided { name: "voteDays".into(), value: U256::from(9), fromEpoch: 7 };
        let log = Log { address: params, data: event.encode_log_data() };
        assert_eq!(log_words(&log), "Params.ChangeDecided(name `voteDays`, value 9, fromEpoch 7)");
        let foreign = Log::new_unchecked(Address::ZERO, Vec::new(), Bytes::from([1]));
        assert_eq!(log_words(&foreign), format!("{} [] 0x01", Address::ZERO));
        assert_eq!(account_words(params), "Params");
    }
}
