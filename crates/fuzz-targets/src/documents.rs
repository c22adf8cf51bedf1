//! What people and programs hand over as text: chain specs, addresses, configurations, key files.

use althing_primitives::{AddressExt as _, ChainSpec, parse_address};

fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}

pub(crate) fn chain_spec(data: &[u8]) -> bool {
    let Some(Ok(spec)) = text(data).map(ChainSpec::from_json) else { return false };
    let again = ChainSpec::from_json(&spec.to_json()).expect("what was written is read");
    assert_eq!(again, spec);
    assert_eq!(again.hash(), spec.hash());
    // What every node computes of a spec before anything else.
    let _ = (spec.epoch_of(u64::MAX), spec.namespace());
    true
}

pub(crate) fn address(data: &[u8]) -> bool {
    let Some(Ok(address)) = text(data).map(parse_address) else { return false };
    assert_eq!(parse_address(&address.to_io()), Ok(address));
    assert_eq!(parse_address(&address.to_string()), Ok(address));
    true
}

#[cfg(feature = "node")]
pub(crate) fn config(data: &[u8]) -> bool {
    use althing_node::config::NodeConfig;
    let Some(Ok(config)) = text(data).map(NodeConfig::from_toml) else { return false };
    let again = NodeConfig::from_toml(&config.to_documented_toml()).expect("what was written is read");
    assert_eq!(again, config);
    config.validate().is_ok()
}

#[cfg(feature = "node")]
pub(crate) fn operator_key(data: &[u8]) -> bool {
    althing_node::vault::check_operator_file(data).is_ok()
}

#[cfg(feature = "node")]
pub(crate) fn account_key(data: &[u8]) -> bool {
    text(data).is_some_and(|text| althing_cli::check_key_file(text).is_ok())
}
