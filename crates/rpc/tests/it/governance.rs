//! The part of the node in memory that is governance: one proposal, one parameter, a treasury of a coin.

use alloy_primitives::{Address, Bytes, Log, LogData, U256, address, b256};
use alloy_rpc_types_eth::{Log as PlacedLog, TransactionRequest};
use alloy_sol_types::{SolCall, SolError, SolEvent};
use althing_abi::{
    GOVERNANCE,
    Governance::{Proposal, ProposalCreated, UnknownProposal, proposalCall, treasuryCall},
    Params::{Change, Param, allCall, changesCall, setCall},
    SystemContract,
};
use althing_rpc::api::{LogQuery, NodeError};

/// Number of the one proposal, its id, and the block that has its log.
const NUMBER: u64 = 1;
const ID: u64 = 7;
const HEIGHT: u64 = 2;
const COIN: u64 = 1_000_000_000_000_000_000;

/// What a system contract answers, if it is asked; changes are those that were decided before.
pub(crate) fn answer(input: &[u8], decided: &[Change]) -> Option<Result<Bytes, NodeError>> {
    if input == (treasuryCall {}).abi_encode() {
        return Some(Ok(treasuryCall::abi_encode_returns(&U256::from(COIN)).into()));
    }
    if input == (allCall {}).abi_encode() {
        let (name, unit, value) = ("voteDays".into(), "days".into(), U256::from(7));
        let param = Param { name, unit, value, least: U256::from(1), most: U256::from(365) };
        return Some(Ok(allCall::abi_encode_returns(&vec![param]).into()));
    }
    if input == (changesCall {}).abi_encode() {
        return Some(Ok(changesCall::abi_encode_returns(&decided.to_vec()).into()));
    }
    let proposalCall { number } = proposalCall::abi_decode(input).ok()?;
    if number != NUMBER {
        return Some(Err(NodeError::Revert(UnknownProposal { number }.abi_encode().into())));
    }
    let found = Proposal { number, id: U256::from(ID), submittedHeight: HEIGHT, ..Default::default() };
    Some(Ok(proposalCall::abi_encode_returns(&found).into()))
}

/// The change that a call decides.
pub(crate) fn decide(input: &[u8]) -> Option<Change> {
    let setCall { name, value } = setCall::abi_decode(input).ok()?;
    Some(Change { name, value, fromEpoch: 3 })
}

/// The log of the transfer that a call makes.
pub(crate) fn transfer(request: &TransactionRequest) -> Vec<PlacedLog> {
    let value = request.value.unwrap_or_default();
    if value.is_zero() {
        return Vec::new();
    }
    let to = request.to.and_then(|to| to.to().copied()).unwrap_or_default();
    let topics = vec![
        b256!("ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"),
        request.from.unwrap_or_default().into_word(),
        to.into_word(),
    ];
    let data = LogData::new_unchecked(topics, value.to_be_bytes::<32>().into());
    vec![placed(address!("eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"), data)]
}

/// The proposal's log, if it is asked for.
pub(crate) fn logs(query: &LogQuery) -> Option<Vec<PlacedLog>> {
    let is_asked = query.addresses == [GOVERNANCE] && (query.from..=query.to).contains(&HEIGHT);
    let set = setCall { name: "voteDays".into(), value: U256::from(9) };
    let created = ProposalCreated {
        proposalId: U256::from(ID),
        proposer: Address::ZERO,
        targets: vec![SystemContract::Params.address()],
        values: vec![U256::ZERO],
        signatures: vec![String::new()],
        calldatas: vec![set.abi_encode().into()],
        voteStart: U256::ZERO,
        voteEnd: U256::ZERO,
        description: "Vote longer".into(),
    };
    is_asked.then(|| vec![placed(GOVERNANCE, created.encode_log_data())])
}

fn placed(address: Address, data: LogData) -> PlacedLog {
    PlacedLog { inner: Log { address, data }, ..Default::default() }
}
