//! Acts as people write them.

use super::*;
use crate::Exit;
use clap::{Args as _, FromArgMatches as _};

const TO: &str = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";

fn payload(words: &[&str]) -> Result<Payload, Failure> {
    let command = Acts::augment_args(Command::new("new"));
    let matches = command.try_get_matches_from(std::iter::once("new").chain(words.iter().copied())).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let store = StoreArgs { keystore: Some(dir.path().into()), password_file: None };
    Acts::from_arg_matches(&matches).unwrap().read(&store).map(Payload::of)
}

#[test]
fn acts_keep_their_order_and_say_what_they_do() {
    let pay = format!("{TO}=1.5");
    let call = format!("{TO}:transfer(address,uint256):{TO}:5");
    let data = format!("{TO}=0x1234@3gwei");
    let words = [
        "--call",
        &call,
        "--set",
        "quorumBps=25%",
        "--pay",
        &pay,
        "--set",
        "voteDays=9",
        "--call-data",
        &data,
    ];
    let payload = payload(&words).unwrap();
    let told: Vec<String> = payload.acts().map(|act| act.words()).collect();
    assert!(told[0].starts_with("call 0xa9059cbb"), "{told:?}");
    assert_eq!(told[1], "set quorumBps to 2500 bps (25 %)");
    assert_eq!(told[2], format!("pay 1.5 coins to {TO}"));
    assert_eq!(told[3], "set voteDays to 9 days");
    assert_eq!(told[4], format!("call 0x1234 of {TO} with 0.000000003 coins"));
    assert_eq!(payload.spends(), U256::from(1_500_000_003_000_000_000_u64));
}

#[test]
fn the_kind_is_that_of_the_contract() {
    let pay = format!("--pay={TO}=1");
    let params = SystemContract::Params.address();
    let paid_set = format!("--call-data={params}={}@1", set("voteDays=9").unwrap().data);
    let other = format!("--call={params}:all()");
    let empty = format!("--pay={params}=0");
    for (words, kind) in [
        (vec![], 0),
        (vec![pay.as_str()], 1),
        (vec!["--set=voteDays=9"], 1),
        (vec!["--set=voteDays=9", &pay], 1),
        (vec!["--set=voteDays=9", &other], 2),
        (vec![other.as_str()], 2),
        (vec![paid_set.as_str()], 2),
        (vec![empty.as_str()], 2),
    ] {
        assert_eq!(payload(&words).unwrap().kind(), kind, "{words:?}");
    }
}

#[test]
fn values_are_in_the_parameters_units() {
    for (text, value) in [
        ("voteDays=9", 9_u64),
        ("quorumBps=2500", 2_500),
        ("quorumBps=12.5%", 1_250),
        ("quorumBps=12.5 %", 1_250),
        ("committeeSeats=24", 24),
        ("proposalBond=5", 5_000_000_000_000_000_000),
        ("proposalBond=5rau", 5),
    ] {
        let call = set(text).unwrap().sets().unwrap();
        assert_eq!(call.value, U256::from(value), "{text}");
    }
}

#[test]
fn what_is_no_act_is_a_usage_error() {
    let calls = [":pause()", "", ":transfer(address,uint256)", ":f(uint256):x", ":f():1", ":f(monkey):1"];
    let calls = calls.map(|rest| format!("--call={TO}{rest}"));
    let calls = calls.iter().map(String::as_str).skip(1);
    let wrong = [
        "--set=voteDays",
        "--set=noSuch=1",
        "--set=voteDays=1.5",
        "--set=voteDays=-1",
        "--set=voteDays=9%",
        "--set=proposalBond=1btc",
        "--pay=nobody=1",
        "--pay=0x12",
        "--call-data=0x70997970C51812dc3A010C7d01b50e0d17dc79C8=xyz",
    ];
    for word in wrong.into_iter().chain(calls) {
        assert_eq!(payload(&[word]).unwrap_err().exit, Exit::Usage, "{word}");
    }
    assert!(payload(&[&format!("--call={TO}:pause()")]).is_ok());
    let colons = format!("--call={TO}:say(uint256,string):1:a:b:c");
    assert!(payload(&[&colons]).is_ok(), "the last argument may have colons");
}
