//! How much stakes count for, by the contract.

use super::{Stake, broken};
use crate::failure::Failure;
use alloy_primitives::{Bytes, U256};
use alloy_sol_types::SolCall;
use althing_abi::{Staking, SystemContract};
use althing_client::{Call, Client, TransactionRequest};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// Questions in one request: what nodes allow.
const BATCH: usize = 100;

/// Asks the contract how many votes each stake has.
pub(crate) async fn votes_of(
    client: &Client,
    stakes: BTreeSet<Stake>,
) -> Result<BTreeMap<Stake, U256>, Failure> {
    let stakes: Vec<Stake> = stakes.into_iter().collect();
    let question = |stake: &Stake| {
        let call = Staking::votesForCall {
            amount: stake.amount,
            duration: stake.days,
            autoStake: stake.is_auto,
            selfStake: stake.is_self_stake,
        };
        let request = TransactionRequest::default().to(SystemContract::Staking.address());
        let request = request.input(Bytes::from(call.abi_encode()).into());
        Call { method: "eth_call", params: json!([request, "latest"]) }
    };
    let mut votes = BTreeMap::new();
    for part in stakes.chunks(BATCH) {
        let calls: Vec<Call> = part.iter().map(question).collect();
        for (stake, answer) in part.iter().zip(client.rpc().batch(&calls).await?) {
            let output: Bytes =
                serde_json::from_value(answer?).map_err(|error| broken(&error.to_string()))?;
            let of = Staking::votesForCall::abi_decode_returns(&output);
            votes.insert(*stake, of.map_err(|error| broken(&error.to_string()))?);
        }
    }
    Ok(votes)
}
