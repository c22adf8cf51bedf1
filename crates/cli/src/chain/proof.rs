//! `althing chain proof`: an account and storage slots with their proofs, checked here if asked to.

use super::certificate::{Certificate, Trust, certificate, decode};
use super::invalid;
use crate::report::{Report, both_forms};
use crate::{amount, failure::Failure};
use alloy_primitives::{Address, B256, Bytes, U64, U256};
use althing_client::Client;
use althing_light::{StateProofError, state_of, verify_account, verify_slot};
use althing_primitives::{AccountRecord, Header, Seal};
use serde::Deserialize;
use serde_json::{Value, json};
use std::path::Path;

/// The answer of `althing_getProof`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProofAnswer {
    number: U64,
    hash: B256,
    header: Bytes,
    seal: Bytes,
    account: Option<AccountAnswer>,
    slots: Vec<SlotAnswer>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AccountAnswer {
    nonce: U64,
    balance: U256,
    code_hash: B256,
    proof: Bytes,
}

#[derive(Debug, Deserialize)]
struct SlotAnswer {
    slot: U256,
    value: U256,
    proof: Option<Bytes>,
}

/// Asks for the proofs, and with a chain spec's path checks them and that their block is final.
pub(super) async fn proof(
    client: &Client,
    address: Address,
    slots: &[U256],
    genesis: Option<&Path>,
) -> Result<Report, Failure> {
    let answer = ask(client, address, slots).await?;
    if let Some(genesis) = genesis {
        check_final(client, &Trust::load(client, genesis).await?, address, &answer).await?;
    }
    Ok(report(address, &answer, genesis.is_some()))
}

/// Values of storage slots in the latest state, proven from the chain spec's key. What is absent counts as zero, on the
/// node's word.
pub(super) async fn proven_slots(
    client: &Client,
    trust: &Trust,
    address: Address,
    slots: &[U256],
) -> Result<Vec<U256>, Failure> {
    let answer = ask(client, address, slots).await?;
    check_final(client, trust, address, &answer).await?;
    Ok(answer.slots.iter().map(|slot| slot.value).collect())
}

async fn ask(client: &Client, address: Address, slots: &[U256]) -> Result<ProofAnswer, Failure> {
    let answer: ProofAnswer =
        client.rpc().call("althing_getProof", json!([address, slots, "latest"])).await?;
    match answer.slots.iter().map(|slot| &slot.slot).eq(slots) {
        true => Ok(answer),
        false => Err(invalid("the node answered for other slots".into())),
    }
}

/// Checks the proofs, and that their block is final.
async fn check_final(
    client: &Client,
    trust: &Trust,
    address: Address,
    answer: &ProofAnswer,
) -> Result<(), Failure> {
    let Certificate { headers, .. } = certificate(client, trust, answer.number.to()).await?;
    if headers[0].hash_slow() != answer.hash {
        return Err(invalid("NOT PROVEN: the proofs are for another block".into()));
    }
    check(address, answer)
}

/// Checks every proof against the header whose hash the answer names.
fn check(address: Address, answer: &ProofAnswer) -> Result<(), Failure> {
    let wrong = |what: String| move |e: StateProofError| invalid(format!("NOT PROVEN: {what}: {e}"));
    let head: Header = decode("header", &answer.header)?;
    if head.hash_slow() != answer.hash {
        return Err(invalid("NOT PROVEN: the header is that of another block".into()));
    }
    let seal: Seal = decode("seal", &answer.seal)?;
    let state = state_of(&head, &seal).map_err(wrong("the block's state".into()))?;
    if let Some(account) = &answer.account {
        let (nonce, balance) = (account.nonce.to(), account.balance);
        let record = AccountRecord { nonce, balance, code_hash: account.code_hash };
        verify_account(state, address, &record, &account.proof).map_err(wrong("the account".into()))?;
    }
    for SlotAnswer { slot, value, proof } in &answer.slots {
        match proof {
            Some(proof) => {
                verify_slot(state, address, *slot, *value, proof).map_err(wrong(format!("slot {slot}")))?;
            }
            None if value.is_zero() => {}
            None => return Err(invalid(format!("NOT PROVEN: slot {slot} has a value and no proof"))),
        }
    }
    Ok(())
}

fn report(address: Address, answer: &ProofAnswer, verified: bool) -> Report {
    let word = |proof: bool| match (verified, proof) {
        (true, true) => "proven",
        (false, true) => "with a proof, not checked (--verify)",
        // An unset slot or account has no operation that a proof could show.
        (_, false) => "the node's word only: absence cannot be proven",
    };
    let mut rows = vec![("account", both_forms(address))];
    rows.push(("block", format!("{} ({})", answer.number, answer.hash)));
    if verified {
        rows.push(("final", "yes: proven by its certificate".into()));
    }
    rows.push(match &answer.account {
        Some(account) => (
            "state",
            format!(
                "nonce {}, balance {} coins, code {}: {}",
                account.nonce,
                amount::format(account.balance),
                account.code_hash,
                word(true)
            ),
        ),
        None => ("state", format!("no such account: {}", word(false))),
    });
    for SlotAnswer { slot, value, proof } in &answer.slots {
        rows.push(("slot", format!("{slot:#x} is {value:#x}: {}", word(proof.is_some()))));
    }
    let account: Value = answer.account.as_ref().map_or(Value::Null, |account| {
        json!({
            "nonce": account.nonce.to_string(), "balance_rau": account.balance.to_string(),
            "code_hash": account.code_hash, "proof": account.proof, "verified": verified,
        })
    });
    let slots: Vec<Value> = answer
        .slots
        .iter()
        .map(|slot| {
            let verified = verified && slot.proof.is_some();
            json!({ "slot": slot.slot, "value": slot.value, "proof": slot.proof, "verified": verified })
        })
        .collect();
    let json = json!({
        "verified": verified, "address": address, "height": answer.number.to_string(), "hash": answer.hash,
        "account": account, "slots": slots,
    });
    Report::facts(json, &rows)
}
