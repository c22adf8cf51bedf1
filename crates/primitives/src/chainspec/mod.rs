//! The chain spec: everything that makes one network different from another, as data.
//!
//! A node, a follower and a light client are all started from the same JSON file. Its hash is on chain
//! (`ChainInfo.specHash()`), so everybody can check that they mean the same network.

mod presets;
pub use presets::{DEVNET_ACCOUNTS, DEVNET_COINS, DEVNET_MNEMONIC, DEVNET_REWARD_ACCOUNTS};

use crate::{Calendar, OperatorKey, Param, Params};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use thiserror::Error;

/// Rules that changed at a point in the chain's life, oldest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Hardfork {
    /// The rules of the first block: Ethereum's Osaka rules and the first system contracts.
    #[default]
    Genesis = 0,
    /// Larger contracts: of up to 48 KiB. The first upgrade, with which networks rehearse how upgrades go.
    LargeContracts = 1,
}

impl Hardfork {
    /// The newest one that this release knows.
    pub const NEWEST: Self = Self::LargeContracts;

    /// The hardfork with a number, if this release knows it.
    pub fn numbered(number: u64) -> Option<Self> {
        [Self::Genesis, Self::LargeContracts].into_iter().find(|hardfork| *hardfork as u64 == number)
    }
}

/// An account that exists from the first block on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GenesisAccount {
    /// Balance in Rau.
    #[serde(default)]
    pub balance: U256,
    /// Nonce.
    #[serde(default)]
    pub nonce: u64,
    /// Contract code.
    #[serde(default, skip_serializing_if = "no_code")]
    pub code: Bytes,
    /// Storage slots.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub storage: BTreeMap<U256, U256>,
}

/// A committee member that the spec itself names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Validator {
    /// Name for people.
    pub name: String,
    /// Ed25519 public key of the node.
    pub operator: OperatorKey,
    /// Account that receives tips and rewards.
    pub reward: Address,
    /// `ip:port` at which other validators dial it.
    pub p2p: String,
}

/// From an epoch on, so many seats of the delegates are open to elected candidates; bootstrap delegates fill the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SeatPhase {
    /// First epoch of the phase.
    pub from_epoch: u64,
    /// Seats that are open.
    pub seats: u64,
}

/// A stake of the first block that votes for a candidate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GenesisVote {
    /// Owner of the bucket.
    pub voter: Address,
    /// Rau.
    pub amount: U256,
    /// Duration in days of the network.
    pub days: u32,
    /// Whether the duration renews itself.
    pub auto_stake: bool,
}

/// A candidate of the first block, with its self-stake and its votes. Their coins come on top of `alloc`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GenesisCandidate {
    /// 1 to 12 lower-case letters and digits.
    pub name: String,
    /// Account that acts for the candidate and owns its self-stake.
    pub owner: Address,
    /// Ed25519 public key of its node.
    pub operator: OperatorKey,
    /// Account that receives tips and rewards.
    pub reward: Address,
    /// `ip:port` at which other validators dial it.
    pub p2p: String,
    /// Rau, staked for 91 days that renew themselves.
    pub self_stake: U256,
    /// Votes of others.
    pub votes: Vec<GenesisVote>,
}

/// The trusted starting point of consensus, as the key ceremony made it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GenesisCommittee {
    /// Group public key (BLS12-381 G2, 96 bytes) that verifies every certificate of key id 0.
    pub group_key: Bytes,
    /// Encoded epoch artifact of epoch 0: public polynomial, members, addresses.
    pub epoch_info: Bytes,
}

/// For fields that are left out when they are zero: chain specs of before a field was there keep their hash.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "what serde asks for")]
pub fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// A network's definition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChainSpec {
    /// Name of the network.
    pub name: String,
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// Unix time of genesis in milliseconds.
    pub genesis_time_ms: u64,
    /// Least time between two blocks in milliseconds.
    pub block_interval_ms: u64,
    /// Longest time without a block in milliseconds while nobody sends anything. Zero: a block comes every interval, empty
    /// or not.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub heartbeat_ms: u64,
    /// Blocks in an epoch.
    pub epoch_blocks: u64,
    /// Base fee of the first block in Rau per gas.
    pub base_fee: u64,
    /// First values of the numbers that governance may change.
    pub params: Params,
    /// Accounts of the first block.
    pub alloc: BTreeMap<Address, GenesisAccount>,
    /// First coins of the reward fund in Rau, on top of `alloc`.
    pub reward_fund: U256,
    /// Bootstrap delegates: they are the first committee, and fill seats that no elected candidate has.
    pub validators: Vec<Validator>,
    /// How many seats are open to elected candidates, and from when on; none before the first phase.
    pub seat_phases: Vec<SeatPhase>,
    /// Candidates of the first block.
    pub candidates: Vec<GenesisCandidate>,
    /// Result of the initial key ceremony; empty until it was held.
    pub committee: GenesisCommittee,
}

/// Why a chain spec is unusable.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ChainSpecError {
    /// Not JSON of the right shape.
    #[error("chain spec does not parse: {0}")]
    Json(String),
    /// A value that no network can run with.
    #[error("chain spec field `{field}` is unusable: {reason}")]
    Field {
        /// Which field.
        field: &'static str,
        /// What is wrong, and what would be right.
        reason: String,
    },
}

fn no_code(code: &Bytes) -> bool {
    code.is_empty()
}

fn bad(field: &'static str, reason: impl Into<String>) -> ChainSpecError {
    ChainSpecError::Field { field, reason: reason.into() }
}

/// Largest committee that the protocol's messages are sized for.
pub const MAX_VALIDATORS: usize = 64;

/// Most phases of opening seats.
pub const MAX_SEAT_PHASES: usize = 128;

/// Most candidates of the first block.
pub const MAX_GENESIS_CANDIDATES: usize = 1_024;

/// Resharing needs this many blocks in an epoch for each member.
pub const MIN_EPOCH_BLOCKS_PER_MEMBER: u64 = 4;

/// Shortest epoch in blocks.
pub const MIN_EPOCH_BLOCKS: u64 = 16;

impl ChainSpec {
    /// Reads and checks a spec.
    pub fn from_json(text: &str) -> Result<Self, ChainSpecError> {
        let spec: Self = serde_json::from_str(text).map_err(|e| ChainSpecError::Json(e.to_string()))?;
        spec.validate()?;
        Ok(spec)
    }

    /// Writes the spec as people read it.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a chain spec has only string keys")
    }

    /// keccak256 of the compact JSON; field order is fixed and maps are sorted, so it is unique.
    pub fn hash(&self) -> B256 {
        keccak256(serde_json::to_vec(self).expect("a chain spec has only string keys"))
    }

    /// Epoch of a height.
    pub fn epoch_of(&self, height: u64) -> u64 {
        self.calendar().epoch_of(height)
    }

    /// When committees are elected.
    pub fn calendar(&self) -> Calendar {
        Calendar { epoch_blocks: self.epoch_blocks }
    }

    /// Coins in the stakes of the first block, in Rau.
    pub fn genesis_stakes(&self) -> U256 {
        let votes = self.candidates.iter().flat_map(|candidate| &candidate.votes).map(|vote| vote.amount);
        let own = self.candidates.iter().map(|candidate| candidate.self_stake);
        own.chain(votes).fold(U256::ZERO, U256::saturating_add)
    }

    /// The validator with an operator key.
    pub fn validator(&self, operator: &OperatorKey) -> Option<&Validator> {
        self.validators.iter().find(|v| v.operator == *operator)
    }

    /// Domain of all signatures of this network: its name and chain id, so nothing can be replayed elsewhere.
    pub fn namespace(&self) -> Vec<u8> {
        Self::namespace_of(self.chain_id)
    }

    /// [`ChainSpec::namespace`] of a chain id.
    pub fn namespace_of(chain_id: u64) -> Vec<u8> {
        format!("ALTHING/{chain_id}").into_bytes()
    }

    /// Time between two blocks of a network in which nobody sends anything, in milliseconds.
    pub fn idle_interval_ms(&self) -> u64 {
        self.block_interval_ms.max(self.heartbeat_ms)
    }

    /// Checks everything that does not need cryptography.
    pub fn validate(&self) -> Result<(), ChainSpecError> {
        if self.name.is_empty() || self.name.len() > 31 || !self.name.is_ascii() {
            return Err(bad("name", "use 1 to 31 ASCII characters"));
        }
        if self.chain_id == 0 || self.chain_id > u64::from(u32::MAX) {
            return Err(bad("chainId", "use a number from 1 to 4294967295"));
        }
        if !(50..=600_000).contains(&self.block_interval_ms) {
            return Err(bad("blockIntervalMs", "use 50 to 600000 milliseconds"));
        }
        if self.heartbeat_ms != 0 && !(self.block_interval_ms..=600_000).contains(&self.heartbeat_ms) {
            return Err(bad("heartbeatMs", "use 0, or the block interval to 600000 milliseconds"));
        }
        let least = self.params.get(Param::MinBaseFee);
        if u128::from(self.base_fee) < least {
            return Err(bad("baseFee", format!("is below the parameter minBaseFee: use {least} or more")));
        }
        self.validate_validators()?;
        self.validate_elections()
    }

    fn validate_elections(&self) -> Result<(), ChainSpecError> {
        let seats = self.params.get(Param::CommitteeSeats).min(self.params.get(Param::DelegateSeats));
        let needed = MIN_EPOCH_BLOCKS_PER_MEMBER.saturating_mul(u64::try_from(seats).unwrap_or(u64::MAX));
        if self.candidates.is_empty() && self.seat_phases.is_empty() {
            // Only the bootstrap delegates serve.
        } else if self.epoch_blocks < needed {
            let reason = format!("committees of {seats} need at least {needed} blocks an epoch");
            return Err(bad("epochBlocks", reason));
        }
        if self.seat_phases.len() > MAX_SEAT_PHASES
            || !self.seat_phases.is_sorted_by(|a, b| a.from_epoch < b.from_epoch)
        {
            let reason = format!("list at most {MAX_SEAT_PHASES} phases, each from a later epoch on");
            return Err(bad("seatPhases", reason));
        }
        if self.candidates.len() > MAX_GENESIS_CANDIDATES {
            return Err(bad("candidates", format!("name at most {MAX_GENESIS_CANDIDATES}")));
        }
        for candidate in &self.candidates {
            if candidate.p2p.parse::<std::net::SocketAddr>().is_err() {
                let reason = format!("`{}` of {} is not ip:port", candidate.p2p, candidate.name);
                return Err(bad("candidates", reason));
            }
        }
        Ok(())
    }

    fn validate_validators(&self) -> Result<(), ChainSpecError> {
        let count = self.validators.len();
        if count == 0 || count > MAX_VALIDATORS {
            return Err(bad("validators", format!("name 1 to {MAX_VALIDATORS} validators, not {count}")));
        }
        let least = MIN_EPOCH_BLOCKS.max(MIN_EPOCH_BLOCKS_PER_MEMBER * count as u64);
        if self.epoch_blocks < least {
            return Err(bad(
                "epochBlocks",
                format!("{count} validators need at least {least} blocks an epoch"),
            ));
        }
        for (index, validator) in self.validators.iter().enumerate() {
            if self.validators[..index].iter().any(|v| v.operator == validator.operator) {
                return Err(bad("validators", format!("operator {} is named twice", validator.operator)));
            }
            if validator.p2p.parse::<std::net::SocketAddr>().is_err() {
                let reason = format!("`{}` of {} is not ip:port", validator.p2p, validator.name);
                return Err(bad("validators", reason));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
