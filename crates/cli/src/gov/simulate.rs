//! `althing gov simulate`: what a proposal would do now.

use super::{
    acts::{Act, Payload},
    events::{account_words, log_words},
    words::value,
};
use crate::report::{Report, table};
use crate::{Exit, amount, failure::Failure, hint};
use alloy_primitives::{B256, Bytes, Log, LogData, U64, U256};
use althing_client::Client;
use althing_primitives::Address;
use serde::Deserialize;
use serde_json::{Value, json};

/// The node's answer, as far as it is shown.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Simulation {
    block: U64,
    succeeds: bool,
    calls: Vec<SimulatedCall>,
    parameters: Vec<Parameter>,
    balances: Vec<Balance>,
    spends: U256,
    treasury: U256,
    is_covered: bool,
    gas: U64,
    gas_limit: U64,
    fits: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SimulatedCall {
    target: Address,
    value: U256,
    calldata: Bytes,
    success: bool,
    gas_used: U64,
    return_data: Bytes,
    error: Option<String>,
    logs: Vec<SimulatedLog>,
}

#[derive(Debug, Deserialize)]
struct SimulatedLog {
    address: Address,
    topics: Vec<B256>,
    data: Bytes,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parameter {
    name: String,
    unit: String,
    value: U256,
    new_value: U256,
    from_epoch: U64,
    replaces: Option<U256>,
}

#[derive(Debug, Deserialize)]
struct Balance {
    account: Address,
    received: U256,
    sent: U256,
}

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
        shown["words"] = call.act().words().into();
        shown["reason"] = call.reason().into();
    }
    let exit = if simulation.succeeds { Exit::Ok } else { Exit::Reverted };
    Ok(Report { exit, ..Report::new(json, simulation.text()) })
}

impl SimulatedCall {
    fn act(&self) -> Act {
        Act { to: self.target, value: self.value, data: self.calldata.clone() }
    }

    /// Why it failed, in words.
    fn reason(&self) -> Option<String> {
        let error = self.error.as_ref()?;
        if self.return_data.is_empty() {
            return Some(error.clone());
        }
        let reason = althing_client::revert_reason(&self.return_data);
        Some(hint::what_to_do(&self.return_data).map_or(reason.clone(), |hint| format!("{reason}; {hint}")))
    }

    fn text(&self, place: usize) -> String {
        let result = match self.reason() {
            None => "done".to_string(),
            Some(reason) => format!("FAILS: {reason}"),
        };
        let gas: u64 = self.gas_used.to();
        let mut text = format!("{place:>3}. {}\n     {result} ({gas} gas)", self.act().words());
        for SimulatedLog { address, topics, data } in &self.logs {
            let data = LogData::new_unchecked(topics.clone(), data.clone());
            text.push_str(&format!("\n     log {}", log_words(&Log { address: *address, data })));
        }
        text
    }
}

impl Simulation {
    fn text(&self) -> String {
        let mut parts = vec![format!("on the state after block {}:", self.block.to::<u64>())];
        match self.calls.is_empty() {
            true => parts.push("It has no calls: it is a text.".into()),
            false => parts.extend(self.calls.iter().enumerate().map(|(place, call)| call.text(place + 1))),
        }
        if !self.parameters.is_empty() {
            let rows = self.parameters.iter().map(Parameter::row);
            parts.push(format!("\n{}", table(&["parameter", "now", "then", "from epoch", "replaces"], rows)));
        }
        if !self.balances.is_empty() {
            let rows = self.balances.iter().map(Balance::row);
            parts.push(format!("\n{}", table(&["account", "coins"], rows)));
        }
        parts.push(format!("\n{}", self.verdict()));
        parts.join("\n")
    }

    fn verdict(&self) -> String {
        let (spends, treasury) = (amount::format(self.spends), amount::format(self.treasury));
        let (gas, limit) = (self.gas.to::<u64>(), self.gas_limit.to::<u64>());
        let coins = match self.is_covered {
            true => format!("the treasury covers it: {spends} of {treasury} coins"),
            false => {
                format!("the treasury does NOT cover it: {spends} coins are needed and {treasury} are there")
            }
        };
        let gas = match self.fits {
            true => format!("it fits one transaction: at most about {gas} of {limit} gas"),
            false => format!("it does NOT fit one transaction: about {gas} gas, and {limit} is the limit"),
        };
        let failed = self.calls.iter().filter(|call| !call.success).count();
        let end = match (self.succeeds, failed) {
            (true, _) => "it could be executed".to_string(),
            (false, 0) => "it could NOT be executed".to_string(),
            (false, failed) => format!("{failed} of its calls fail: nothing of it would happen"),
        };
        format!("{coins}\n{gas}\n{end}")
    }
}

impl Parameter {
    fn row(&self) -> Vec<String> {
        let shown = |number| value(&self.unit, number);
        vec![
            self.name.clone(),
            shown(self.value),
            shown(self.new_value),
            self.from_epoch.to::<u64>().to_string(),
            self.replaces.map_or_else(String::new, shown),
        ]
    }
}

impl Balance {
    fn row(&self) -> Vec<String> {
        let change = match self.received.checked_sub(self.sent) {
            Some(more) => format!("+{}", amount::format(more)),
            None => format!("-{}", amount::format(self.sent.saturating_sub(self.received))),
        };
        vec![account_words(self.account), change]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn simulation(change: impl FnOnce(&mut Value)) -> Simulation {
        let mut json = json!({
            "block": "0x9", "succeeds": true, "spends": "0xde0b6b3a7640000", "treasury": "0xde0b6b3a7640000",
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
        let text = simulation(|_| ()).text();
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
            let text = simulation(change).text();
            assert!(text.contains(words) && text.contains("could NOT be executed"), "{text}");
        }
        let text = simulation(|json| {
            json["succeeds"] = false.into();
            let call = &mut json["calls"][0];
            (call["success"], call["error"], call["returnData"]) =
                (false.into(), "execution reverted".into(), json!(data));
        })
        .text();
        assert!(text.contains("FAILS: not today") && text.contains("nothing of it would happen"), "{text}");
    }
}
