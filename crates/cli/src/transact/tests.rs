//! Signatures, arguments and bytecode as people give them.

use super::*;
use crate::account::StoreArgs;
use alloy_primitives::address;

const TO: Address = address!("70997970C51812dc3A010C7d01b50e0d17dc79C8");

fn encoded(signature: &str, values: &[&str]) -> Result<String, Failure> {
    let values: Vec<_> = values.iter().map(ToString::to_string).collect();
    Ok(hex::encode(encode(&function(signature)?, &values)?))
}

#[test]
fn arguments_are_encoded_and_both_address_forms_are_taken() {
    let expected = format!("a9059cbb{:0>64}{:0>64}", hex::encode(TO), "5");
    for to in [TO.to_string(), TO.to_io()] {
        assert_eq!(encoded("transfer(address,uint256)", &[&to, "5"]).unwrap(), expected);
    }
    assert!(encoded("f(uint256[],string)", &["[1,2]", "hello"]).is_ok());
}

#[test]
fn wrong_signatures_and_arguments_are_usage_errors() {
    for (signature, values) in [
        ("transfer", vec![]),
        ("f(uint256)", vec![]),
        ("f(uint256)", vec!["-1"]),
        ("f(address)", vec!["0x12"]),
        ("f(monkey)", vec!["1"]),
    ] {
        assert_eq!(encoded(signature, &values).unwrap_err().exit, Exit::Usage, "{signature}");
    }
}

#[test]
fn results_are_decoded_into_words() {
    let function = function("f()(uint256,address,bool[],bytes2)").unwrap();
    let shown: Vec<_> = [
        DynSolValue::Uint(U256::from(7), 256),
        DynSolValue::Address(TO),
        DynSolValue::Array(vec![DynSolValue::Bool(true), DynSolValue::Bool(false)]),
    ]
    .iter()
    .map(words)
    .collect();
    assert_eq!(function.outputs.len(), 4);
    assert_eq!(shown, ["7".to_string(), both_forms(TO), "[true, false]".into()]);
}

#[test]
fn bytecode_is_found_in_hex_and_in_both_kinds_of_artifact() {
    for text in ["0x6001\n", "6001", r#"{"bytecode": "0x6001"}"#, r#"{"bytecode": {"object": "6001"}}"#] {
        assert_eq!(bytecode(text), Ok(vec![0x60, 1]), "{text}");
    }
    for text in ["", "0x", "{}", r#"{"bytecode": "0x60__lib__"}"#] {
        assert!(bytecode(text).is_err(), "{text}");
    }
}

#[test]
fn an_unknown_receiver_is_refused_with_the_reason() {
    let dir = tempfile::tempdir().unwrap();
    let store = StoreArgs { keystore: Some(dir.path().into()), password_file: None };
    let failure = resolve("nobody", &store).unwrap_err();
    assert!(failure.message.contains("nor is it the name of a key"), "{}", failure.message);
}
