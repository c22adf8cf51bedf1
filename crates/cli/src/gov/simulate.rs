//! `althing gov simulate`: what a proposal would do now.

use super::{
    acts::{Act, Payload},
    events::{account_words, log_words},
    words::value,
};
use crate::report::{Report, table};
use crate::{Exit, amount, failure::Failure, hint};
use alloy_primitives::{Log, LogData, U64};
use althing_client::Client;
use althing_rpc::simulation::{ChangedParameter, MovedCoins, SimulatedCall, SimulatedLog, Simulation};
use serde_json::{Value, json};

/// Tries out a submitted proposal, or one that is not submitted.
pub(super) async fn simulate(
    client: &Client,
    number: Option<u64>,
    payload: &Payload,
) -> Result<Report, Failure> {
    let asked = match number {
        Some(number) => json!(U64::from(number)),
        None if payload.targets.is_empty() => {
            return Err(Failure::usage(
                "say what to simulate: the number of a proposal, or --set, --pay, --call or --call-data",
            ));
        }
        None => json!(payload),
    };
    let mut json: Value = client.rpc().call("althing_simulateProposal", json!([asked])).await?;
    let wrong = |error: serde_json::Error| {
        Failure::new(Exit::Network, format!("the node's answer does not parse: {error}"))
    };
    let simulation: Simulation = serde_json::from_value(json.clone()).map_err(wrong)?;
    for (call, shown) in simulation.calls.iter().zip(json["calls"].as_array_mut().into_iter().flatten()) {
        shown["words"] = act(call).words().into();
        shown["reason"] = reason(call).into();
    }
    let exit = if simulation.succeeds { Exit::Ok } else { Exit::Reverted };
    Ok(Report { exit, ..Report::new(json, text(&simulation)) })
}

fn act(call: &SimulatedCall) -> Act {
    Act { to: call.target, value: call.value, data: call.calldata.clone() }
}

/// Why a call failed, in words.
fn reason(call: &SimulatedCall) -> Option<String> {
    let error = call.error.as_ref()?;
    if call.return_data.is_empty() {
        return Some(error.clone());
    }
    let reason = althing_client::revert_reason(&call.return_data);
    Some(hint::what_to_do(&call.return_data).map_or(reason.clone(), |hint| format!("{reason}; {hint}")))
}

fn call_text((place, call): (usize, &SimulatedCall)) -> String {
    let result = match reason(call) {
        None => "done".to_string(),
        Some(reason) => format!("FAILS: {reason}"),
    };
    let gas: u64 = call.gas_used.to();
    let mut text = format!("{:>3}. {}\n     {result} ({gas} gas)", place + 1, act(call).words());
    for SimulatedLog { address, topics, data } in &call.logs {
        let data = LogData::new_unchecked(topics.clone(), data.clone());
        text.push_str(&format!("\n     log {}", log_words(&Log { address: *address, data })));
    }
    text
}

fn text(simulation: &Simulation) -> String {
    let Simulation { block, calls, parameters, balances, .. } = simulation;
    let mut parts = vec![format!("on the state after block {}:", block.to::<u64>())];
    match calls.is_empty() {
        true => parts.push("It has no calls: it is a text.".into()),
        false => parts.extend(calls.iter().enumerate().map(call_text)),
    }
    if !parameters.is_empty() {
        let rows = parameters.iter().map(parameter_row);
        parts.push(format!("\n{}", table(&["parameter", "now", "then", "from epoch", "replaces"], rows)));
    }
    if !balances.is_empty() {
        let rows = balances.iter().map(balance_row);
        parts.push(format!("\n{}", table(&["account", "coins"], rows)));
    }
    parts.push(format!("\n{}", verdict(simulation)));
    parts.join("\n")
}

fn verdict(simulation: &Simulation) -> String {
    let (spends, treasury) = (amount::format(simulation.spends), amount::format(simulation.treasury));
    let (gas, limit) = (simulation.gas.to::<u64>(), simulation.gas_limit.to::<u64>());
    let coins = match simulation.is_covered {
        true => format!("the treasury covers it: {spends} of {treasury} coins"),
        false => {
            format!("the treasury does NOT cover it: {spends} coins are needed and {treasury} are there")
        }
    };
    let gas = match simulation.fits {
        true => format!("it fits one transaction: at most about {gas} of {limit} gas"),
        false => format!("it does NOT fit one transaction: about {gas} gas, and {limit} is the limit"),
    };
    let failed = simulation.calls.iter().filter(|call| !call.success).count();
    let end = match (simulation.succeeds, failed) {
        (true, _) => "it could be executed".to_string(),
        (false, 0) => "it could NOT be executed".to_string(),
        (false, failed) => format!("{failed} of its calls fail: nothing of it would happen"),
    };
    format!("{coins}\n{gas}\n{end}")
}

fn parameter_row(parameter: &ChangedParameter) -> Vec<String> {
    let shown = |number| value(&parameter.unit, number);
    vec![
        parameter.name.clone(),
        shown(parameter.value),
        shown(parameter.new_value),
        parameter.from_epoch.to::<u64>().to_string(),
        parameter.replaces.map_or_else(String::new, shown),
    ]
}

fn balance_row(moved: &MovedCoins) -> Vec<String> {
    let change = match moved.received.checked_sub(moved.sent) {
        Some(more) => format!("+{}", amount::format(more)),
        None => format!("-{}", amount::format(moved.sent.saturating_sub(moved.received))),
    };
    vec![account_words(moved.account), change]
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{Address, Bytes};

    fn simulation(change: impl FnOnce(&mut Value)) -> Simulation {
        let mut json = json!({
            "number": null, "block": "0x9", "succeeds": true, "spends": "0xde0b6b3a7640000", "treasury": "0xde0b6b3a7640000",
            "isCovered": true, "gas": "0x5208", "gasLimit": "0x1000000", "fits": true, "calls": [{
                "target": Address::repeat_byte(5), "value": "0xde0b6b3a7640000", "calldata": "0x", "success": true,
                "gasUsed": "0x5208", "returnData": "0x", "error": null, "logs": [],
            }],
            "parameters": [{
                "name": "voteDays", "unit": "days", "value": "0x7", "newValue": "0x9", "fromEpoch": "0x3",
                "replaces": null,
            }],
            "balances": [{ "account": althing_abi::GOVERNANCE, "received": "0x0", "sent": "0xde0b6b3a7640000" }],
        });
        change(&mut json);
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn what_would_happen_is_told() {
        let text = text(&simulation(|_| ()));
        for words in [
            "after block 9",
            "1. pay 1 coins to 0x05",
            "7 days",
            "9 days",
            "Governance",
            "-1",
            "could be executed",
        ] {
            assert!(text.contains(words), "{words}: {text}");
        }
    }

    #[test]
    fn what_would_fail_is_told_with_the_reason() {
        use alloy_sol_types::{Revert, SolError};
        let data = Bytes::from(Revert::from("not today").abi_encode());
        type Case = (fn(&mut Value), &'static str);
        let cases: [Case; 3] = [
            (
                |json| (json["succeeds"], json["isCovered"]) = (false.into(), false.into()),
                "NOT cover it: 1 coins",
            ),
            (
                |json| (json["succeeds"], json["fits"]) = (false.into(), false.into()),
                "NOT fit one transaction",
            ),
            (
                |json| (json["succeeds"], json["calls"][0]["error"]) = (false.into(), "out of gas".into()),
                "FAILS: out of gas",
            ),
        ];
        for (change, words) in cases {
            let text = text(&simulation(change));
            assert!(text.contains(words) && text.contains("could NOT be executed"), "{text}");
        }
        let text = text(&simulation(|json| {
            json["succeeds"] = false.into();
            let call = &mut json["calls"][0];
            (call["success"], call["error"], call["returnData"]) =
                (false.into(), "execution reverted".into(), json!(data));
        }));
        assert!(text.contains("FAILS: not today") && text.contains("nothing of it would happen"), "{text}");
    }
}
