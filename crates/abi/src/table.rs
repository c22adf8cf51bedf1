//! The table of system contracts: which exist, where they answer, how their interface reads.
//!
//! A new contract is one variant and one row; the compiler then points at every `match` that misses it.

use crate::{ChainInfo, Conduct, Election, Governance, Params, Poll, Rewards, RollDPoS, Staking, Upgrades};
use alloy_json_abi::JsonAbi;
use alloy_primitives::{Address, address};

/// Every system contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SystemContract {
    /// Facts about the network and its present committee.
    ChainInfo,
    /// Numbers that governance may change.
    Params,
    /// Buckets and candidates.
    Staking,
    /// Rankings, draws and committees.
    Election,
    /// Productivity, probation, double proposals.
    Conduct,
    /// Proposals, votes and the treasury.
    Governance,
    /// Hardforks, and who knows them.
    Upgrades,
    /// Elections, as IoTeX's tools ask for them.
    Poll,
    /// Epochs, as IoTeX's tools ask for them.
    RollDPoS,
    /// The reward fund, and what voters have earned.
    Rewards,
}

/// A row of [`SYSTEM_CONTRACTS`].
#[derive(Debug)]
pub struct SystemContractEntry {
    /// Which contract.
    pub contract: SystemContract,
    /// Where it answers, on every network.
    pub address: Address,
    /// Name of its interface.
    pub name: &'static str,
    /// Solidity source of its interface.
    pub source: &'static str,
    /// Its JSON ABI.
    pub abi: fn() -> JsonAbi,
}

/// All system contracts in order of execution of their block hooks. Addresses above `0x…A1740000` are used by no
/// public Ethereum test vector, so conformance runs need no exception; `Staking`, `Rewards`, `Poll` and `RollDPoS` answer
/// where IoTeX's tools look for them: at the last 20 bytes of keccak256 of "staking", "rewarding", "poll" and "rolldpos".
pub const SYSTEM_CONTRACTS: &[SystemContractEntry] = &[
    SystemContractEntry {
        contract: SystemContract::ChainInfo,
        address: address!("00000000000000000000000000000000A1740001"),
        name: "ChainInfo",
        source: include_str!("ChainInfo.sol"),
        abi: ChainInfo::abi::contract,
    },
    SystemContractEntry {
        contract: SystemContract::Params,
        address: address!("00000000000000000000000000000000A1740002"),
        name: "Params",
        source: include_str!("Params.sol"),
        abi: Params::abi::contract,
    },
    SystemContractEntry {
        contract: SystemContract::Staking,
        address: address!("04C22AfaE6a03438b8FED74cb1Cf441168DF3F12"),
        name: "Staking",
        source: include_str!("Staking.sol"),
        abi: Staking::abi::contract,
    },
    SystemContractEntry {
        contract: SystemContract::Election,
        address: address!("00000000000000000000000000000000A1740003"),
        name: "Election",
        source: include_str!("Election.sol"),
        abi: Election::abi::contract,
    },
    SystemContractEntry {
        contract: SystemContract::Conduct,
        address: address!("00000000000000000000000000000000A1740004"),
        name: "Conduct",
        source: include_str!("Conduct.sol"),
        abi: Conduct::abi::contract,
    },
    SystemContractEntry {
        contract: SystemContract::Governance,
        address: GOVERNANCE,
        name: "Governance",
        source: include_str!("Governance.sol"),
        abi: Governance::abi::contract,
    },
    SystemContractEntry {
        contract: SystemContract::Upgrades,
        address: address!("00000000000000000000000000000000A1740006"),
        name: "Upgrades",
        source: include_str!("Upgrades.sol"),
        abi: Upgrades::abi::contract,
    },
    SystemContractEntry {
        contract: SystemContract::Poll,
        address: address!("166b743c2c1a57c93c2e2bc3e169d28bbb9f6da3"),
        name: "Poll",
        source: include_str!("Poll.sol"),
        abi: Poll::abi::contract,
    },
    SystemContractEntry {
        contract: SystemContract::RollDPoS,
        address: address!("041370e00a711cd81da1918f0e494459aadae50e"),
        name: "RollDPoS",
        source: include_str!("RollDPoS.sol"),
        abi: RollDPoS::abi::contract,
    },
    SystemContractEntry {
        contract: SystemContract::Rewards,
        address: REWARD_FUND,
        name: "Rewards",
        source: include_str!("Rewards.sol"),
        abi: Rewards::abi::contract,
    },
];

/// Account of the reward fund, which is the contract `Rewards`.
pub const REWARD_FUND: Address = address!("a576c141e5659137ddda4223d209d4744b2106be");

/// Account of the treasury, which is the contract `Governance`: proposals act in its name.
pub const GOVERNANCE: Address = address!("00000000000000000000000000000000A1740005");

/// Account that holds the bonds of proposals, apart from the treasury, so that no call of a proposal can spend them. Only the
/// contract `Governance` moves its coins.
pub const GOVERNANCE_BONDS: Address = address!("00000000000000000000000000000000A1740007");

/// Most calls of a proposal that `Governance` takes.
pub const MAX_PROPOSAL_CALLS: usize = 32;

impl SystemContract {
    /// The contract that answers at an address.
    pub fn at(address: &Address) -> Option<Self> {
        SYSTEM_CONTRACTS.iter().find(|entry| entry.address == *address).map(|entry| entry.contract)
    }

    /// The contract's row.
    pub fn entry(self) -> &'static SystemContractEntry {
        let found = SYSTEM_CONTRACTS.iter().find(|entry| entry.contract == self);
        found.expect("every variant has a row (test: every_contract_has_one_row)")
    }

    /// The contract's address.
    pub fn address(self) -> Address {
        self.entry().address
    }
}
