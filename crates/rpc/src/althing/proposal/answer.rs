//! The answer of `althing_simulateProposal`, as nodes write it and clients read it.

use alloy_primitives::{Address, B256, Bytes, U64, U256};
use serde::{Deserialize, Serialize};

/// What a proposal would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Simulation {
    /// Null for one that is not submitted.
    pub number: Option<U64>,
    /// Height of the block on whose state it was tried.
    pub block: U64,
    /// Whether it could be executed: all calls succeed, and gas and treasury suffice.
    pub succeeds: bool,
    /// Its calls in order.
    pub calls: Vec<SimulatedCall>,
    /// Parameters that it changes.
    pub parameters: Vec<ChangedParameter>,
    /// Accounts whose coins move, with all that contracts of the protocol move.
    pub balances: Vec<MovedCoins>,
    /// Coins that the calls send.
    pub spends: U256,
    /// Coins that proposals may spend.
    pub treasury: U256,
    /// Whether there are enough of them.
    pub is_covered: bool,
    /// What the transaction needs, estimated from above.
    pub gas: U64,
    /// What a transaction may need.
    pub gas_limit: U64,
    /// Whether it is no more than that.
    pub fits: bool,
}

/// A call of a proposal with its result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SimulatedCall {
    /// Whom it calls.
    pub target: Address,
    /// Coins that it sends in Rau.
    pub value: U256,
    /// Its data.
    pub calldata: Bytes,
    /// Whether it succeeds.
    pub success: bool,
    /// Gas of a transaction of its own.
    pub gas_used: U64,
    /// What it returned, or reverted with.
    pub return_data: Bytes,
    /// Why it failed.
    pub error: Option<String>,
    /// What it logs.
    pub logs: Vec<SimulatedLog>,
}

/// A log of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SimulatedLog {
    /// Who logs.
    pub address: Address,
    /// Topics.
    pub topics: Vec<B256>,
    /// Data.
    pub data: Bytes,
}

/// A parameter that changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangedParameter {
    /// Its name.
    pub name: String,
    /// Unit of its values.
    pub unit: String,
    /// In force.
    pub value: U256,
    /// What it becomes.
    pub new_value: U256,
    /// First epoch with the new value.
    pub from_epoch: U64,
    /// Value of the earlier decision that this one replaces.
    pub replaces: Option<U256>,
}

/// What an account receives and sends, in Rau.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovedCoins {
    /// The account.
    pub account: Address,
    /// What it receives.
    pub received: U256,
    /// What it sends.
    pub sent: U256,
}
