//! The state that a network begins with: the chain spec's accounts, system contracts, and contracts of the EIPs.

use alloy_eips::{eip2935, eip4788, eip7002, eip7251};
use alloy_primitives::{Address, Bytes, U256, address, bytes, keccak256};
use althing_abi::{GOVERNANCE_BONDS, REWARD_FUND, SYSTEM_CONTRACTS, SystemContract};
use althing_primitives::{AccountRecord, ChainSpec, Change, GenesisAccount, StateKey, StateValue};
use althing_system::{MapHost, SystemError};
use std::collections::BTreeMap;
use thiserror::Error;

/// Why a chain spec has no genesis state.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum GenesisError {
    /// The spec allocates an account that the protocol itself sets.
    #[error("chain spec allocates {0}, which the protocol sets itself: leave it out of `alloc`")]
    Reserved(Address),
    /// Storage without code or nonce: the EVM would treat the account as new and its storage as empty.
    #[error("chain spec gives {0} storage but neither code nor nonce: give it code")]
    StorageWithoutCode(Address),
    /// A system contract refuses the spec.
    #[error("chain spec is refused by a system contract: {0}")]
    System(#[from] SystemError),
}

/// Where tools expect the contract that deploys with CREATE2 from anybody's call data.
const DEPLOYMENT_PROXY: Address = address!("4e59b44847b379578588920ca78fbf26c0b4956c");

/// Its code (test: the_deployment_proxy_has_the_code_that_tools_check).
const DEPLOYMENT_PROXY_CODE: Bytes = bytes!(
    "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3"
);

/// What a foreign EVM says when it runs a system contract's code.
const NOTICE: &str = "This contract is native to Althing nodes: call it on a node, not in a local EVM";

/// Every account, slot and code of the first block, sorted by key.
pub fn genesis_changes(spec: &ChainSpec) -> Result<Vec<Change>, GenesisError> {
    let mut accounts = protocol_accounts(spec)?;
    for (address, account) in &spec.alloc {
        if accounts.contains_key(address) {
            return Err(GenesisError::Reserved(*address));
        }
        if !account.storage.is_empty() && account.code.is_empty() && account.nonce == 0 {
            return Err(GenesisError::StorageWithoutCode(*address));
        }
        accounts.insert(*address, account.clone());
    }
    let mut values = BTreeMap::new();
    for (address, account) in accounts {
        let code_hash = keccak256(&account.code);
        let record = AccountRecord { nonce: account.nonce, balance: account.balance, code_hash };
        if !record.is_empty() {
            values.insert(StateKey::Account(address), StateValue::Account(record));
        }
        if !account.code.is_empty() {
            values.insert(StateKey::Code(code_hash), StateValue::Code(account.code));
        }
        for (slot, value) in account.storage.into_iter().filter(|(_, value)| !value.is_zero()) {
            values.insert(StateKey::Slot(address, slot), StateValue::Slot(value));
        }
    }
    let change = |(key, value)| Change { key, before: None, after: Some(value) };
    Ok(values.into_iter().map(change).collect())
}

fn protocol_accounts(spec: &ChainSpec) -> Result<BTreeMap<Address, GenesisAccount>, GenesisError> {
    let contract = |code: Bytes| GenesisAccount { nonce: 1, code, ..GenesisAccount::default() };
    // EIP-7002 and EIP-7251 are requests to a beacon chain: their contracts exist, as tools expect, and refuse
    // every request, since nothing ever takes them out of the state they are deployed in.
    let mut accounts = BTreeMap::from([
        (eip2935::HISTORY_STORAGE_ADDRESS, contract(eip2935::HISTORY_STORAGE_CODE.clone())),
        (eip4788::BEACON_ROOTS_ADDRESS, contract(eip4788::BEACON_ROOTS_CODE.clone())),
        (
            eip7002::WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS,
            contract(eip7002::WITHDRAWAL_REQUEST_PREDEPLOY_CODE.clone()),
        ),
        (
            eip7251::CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS,
            contract(eip7251::CONSOLIDATION_REQUEST_PREDEPLOY_CODE.clone()),
        ),
    ]);
    accounts.insert(DEPLOYMENT_PROXY, contract(DEPLOYMENT_PROXY_CODE));
    let inhibitor = BTreeMap::from([(U256::ZERO, U256::MAX)]);
    for address in
        [eip7002::WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS, eip7251::CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS]
    {
        accounts.entry(address).and_modify(|account| account.storage.clone_from(&inhibitor));
    }
    for row in SYSTEM_CONTRACTS {
        let code = match row.contract {
            SystemContract::Governance => executor_code(),
            _ => notice_code(),
        };
        accounts.insert(row.address, contract(code));
    }
    // Nobody may begin with coins where bonds lie.
    accounts.insert(GOVERNANCE_BONDS, GenesisAccount::default());
    let mut host = MapHost::default();
    host.block.timestamp = spec.genesis_time_ms / 1_000;
    althing_system::genesis(&mut host, spec)?;
    accounts.entry(REWARD_FUND).or_default().balance = spec.reward_fund;
    accounts.entry(SystemContract::Staking.address()).or_default().balance = spec.genesis_stakes();
    for ((address, slot), value) in host.slots {
        accounts.entry(address).or_default().storage.insert(slot, value);
    }
    Ok(accounts)
}

/// What `tests/compat/assets.mjs --write` made of `Executor.sol`.
const EXECUTOR: &str = include_str!("../assets/executor.hex");

/// Code that executes proposals, at the address of `Governance`.
fn executor_code() -> Bytes {
    EXECUTOR.trim_end().parse().expect("the file holds bytes in hex (test: the_executor_is_code)")
}

/// Code that reverts with `Error(string)` saying [`NOTICE`]: CODECOPY of the data behind it, then REVERT.
fn notice_code() -> Bytes {
    const PROGRAM_BYTES: u8 = 12;
    let mut data = keccak256("Error(string)")[..4].to_vec();
    data.extend_from_slice(&U256::from(32).to_be_bytes::<32>());
    data.extend_from_slice(&U256::from(NOTICE.len()).to_be_bytes::<32>());
    data.extend_from_slice(NOTICE.as_bytes());
    data.resize(4 + 64 + NOTICE.len().div_ceil(32) * 32, 0);
    let length = u8::try_from(data.len()).expect("the notice is shorter than 188 bytes");
    // PUSH1 length, PUSH1 offset, PUSH0, CODECOPY, PUSH1 length, PUSH0, REVERT, INVALID
    let mut code = vec![0x60, length, 0x60, PROGRAM_BYTES, 0x5f, 0x39, 0x60, length, 0x5f, 0xfd, 0xfe, 0xfe];
    code.extend_from_slice(&data);
    code.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::b256;

    #[test]
    fn the_executor_is_code() {
        assert!(executor_code().len() > 500);
    }

    #[test]
    fn the_deployment_proxy_has_the_code_that_tools_check() {
        let known = b256!("2fa86add0aed31f33a762c9d88e807c475bd51d0f52bd0955754b2608f7e4989");
        assert_eq!(keccak256(DEPLOYMENT_PROXY_CODE), known);
    }
}
