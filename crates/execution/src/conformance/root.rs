//! Ethereum's state root of an exported state.

use alloy_primitives::{Address, B256, U256};
use alloy_trie::{
    TrieAccount,
    root::{state_root_unhashed, storage_root_unhashed},
};
use althing_primitives::{AccountRecord, StateKey, StateValue};
use std::collections::BTreeMap;

/// The Merkle-Patricia root of everything in a state.
pub(crate) fn ethereum_state_root<'a>(
    state: impl IntoIterator<Item = (&'a StateKey, &'a StateValue)>,
) -> B256 {
    let mut accounts: BTreeMap<Address, (AccountRecord, BTreeMap<U256, U256>)> = BTreeMap::new();
    for (key, value) in state {
        match (key, value) {
            (StateKey::Account(address), StateValue::Account(record)) => {
                accounts.insert(*address, (*record, BTreeMap::new()));
            }
            // Accounts sort before slots, so the account is there unless the slot is an orphan.
            (StateKey::Slot(address, slot), StateValue::Slot(value)) => {
                if let Some((_, storage)) = accounts.get_mut(address) {
                    storage.insert(*slot, *value);
                }
            }
            _ => {}
        }
    }
    state_root_unhashed(accounts.into_iter().map(|(address, (record, storage))| {
        let storage = storage.into_iter().map(|(slot, value)| (B256::from(slot), value));
        let account = TrieAccount {
            nonce: record.nonce,
            balance: record.balance,
            storage_root: storage_root_unhashed(storage),
            code_hash: record.code_hash,
        };
        (address, account)
    }))
}
