//! The state as execution sees it: values read from the view, and what was changed on top of them.
//!
//! Nothing is written anywhere: [`World::changes`] lists the effect. Every value is read from the view at most once.
//!
//! Invariant: an account without code and nonce has no storage. Genesis refuses such accounts and the EVM cannot
//! make one, so the storage of a created account starts empty without a look at the view.

use crate::{ExecutionError, bridge::Port};
use alloy_eips::eip2935::{HISTORY_SERVE_WINDOW, HISTORY_STORAGE_ADDRESS};
use alloy_primitives::{Address, B256, KECCAK256_EMPTY, U256, map::AddressMap};
use althing_primitives::{AccountRecord, Change, Height, StateKey, StateValue};
use althing_state::StateError;
use revm::{
    Database, DatabaseCommit,
    database_interface::{DBErrorMarker, DatabaseRef},
    state::{Account, AccountInfo, Bytecode},
};
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet, btree_map},
};
use thiserror::Error;

/// A failed read, as the EVM passes it through.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error(transparent)]
pub(crate) struct ReadError(#[from] pub(crate) StateError);

impl DBErrorMarker for ReadError {}

#[derive(Clone, Copy, Debug)]
struct Entry<T> {
    before: T,
    now: T,
}

impl<T: Copy> Entry<T> {
    const fn read(value: T) -> Self {
        Self { before: value, now: value }
    }
}

#[derive(Debug, Default)]
struct Known {
    accounts: BTreeMap<Address, Entry<Option<AccountRecord>>>,
    slots: BTreeMap<(Address, U256), Entry<U256>>,
    codes: BTreeMap<B256, Bytecode>,
    /// Hashes of code that was deployed here and may or may not be stored already.
    deployed: BTreeSet<B256>,
    /// Accounts whose storage below is hidden: they were created or destroyed here.
    cleared: BTreeSet<Address>,
    /// Block hashes that a simulation sets.
    block_hashes: BTreeMap<Height, B256>,
    failure: Option<StateError>,
}

/// State with changes on top.
#[derive(Debug)]
pub(crate) struct World {
    port: Port,
    parent: Option<(Height, B256)>,
    known: RefCell<Known>,
}

impl World {
    /// The state below a port, whose newest block has a height and hash; none at genesis.
    pub(crate) fn new(port: Port, parent: Option<(Height, B256)>) -> Self {
        Self { port, parent, known: RefCell::default() }
    }

    /// Reads keys ahead, with one question for all and a second for the code of the accounts among them.
    pub(crate) fn prefetch(&self, keys: BTreeSet<StateKey>) -> Result<(), ReadError> {
        let missing = |key: &StateKey| !self.known.borrow().has(key);
        let keys: Vec<_> = keys.into_iter().filter(missing).collect();
        self.fetch(&keys)?;
        let known = self.known.borrow();
        let code_of = |key: &StateKey| match key {
            StateKey::Account(address) => Some(known.accounts.get(address)?.now?.code_hash),
            _ => None,
        };
        let wanted = |hash: &B256| *hash != KECCAK256_EMPTY && !known.codes.contains_key(hash);
        let hashes: BTreeSet<_> = keys.iter().filter_map(code_of).filter(wanted).collect();
        drop(known);
        self.fetch(&hashes.into_iter().map(StateKey::Code).collect::<Vec<_>>())
    }

    /// What differs from the state below, sorted by key.
    pub(crate) fn changes(&self) -> Result<Vec<Change>, ReadError> {
        let deployed: Vec<_> = self.known.borrow().deployed.iter().copied().collect();
        let stored = self.read(deployed.iter().copied().map(StateKey::Code).collect())?;
        let known = self.known.borrow();
        let mut changes = Vec::new();
        for (address, entry) in &known.accounts {
            if entry.before != entry.now {
                let value = |v: Option<AccountRecord>| v.map(StateValue::Account);
                let key = StateKey::Account(*address);
                changes.push(Change { key, before: value(entry.before), after: value(entry.now) });
            }
        }
        for ((address, slot), entry) in &known.slots {
            if entry.before != entry.now {
                let value = |v: U256| (!v.is_zero()).then_some(StateValue::Slot(v));
                let key = StateKey::Slot(*address, *slot);
                changes.push(Change { key, before: value(entry.before), after: value(entry.now) });
            }
        }
        let used: BTreeSet<_> = known.accounts.values().filter_map(|e| Some(e.now?.code_hash)).collect();
        for (hash, stored) in deployed.into_iter().zip(stored) {
            if stored.is_none() && used.contains(&hash) {
                let code = known.codes.get(&hash).map(Bytecode::original_bytes).unwrap_or_default();
                let after = Some(StateValue::Code(code));
                changes.push(Change { key: StateKey::Code(hash), before: None, after });
            }
        }
        Ok(changes)
    }

    /// Sets a block hash that BLOCKHASH shall answer.
    pub(crate) fn set_block_hash(&mut self, number: Height, hash: B256) {
        self.known.get_mut().block_hashes.insert(number, hash);
    }

    /// The error to report when the EVM stopped: a failed read that it may have wrapped, or its own words.
    pub(crate) fn failure(&mut self, otherwise: String) -> ExecutionError {
        match self.known.get_mut().failure.take() {
            Some(error) => error.into(),
            None => ExecutionError::Internal(otherwise),
        }
    }

    fn read(&self, keys: Vec<StateKey>) -> Result<Vec<Option<StateValue>>, ReadError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        self.port.read(keys).map_err(|error| {
            self.known.borrow_mut().failure = Some(error.clone());
            error.into()
        })
    }

    fn fetch(&self, keys: &[StateKey]) -> Result<(), ReadError> {
        let values = self.read(keys.to_vec())?;
        let mut known = self.known.borrow_mut();
        for (key, value) in keys.iter().zip(values) {
            known.learn(*key, value)?;
        }
        Ok(())
    }

    fn account(&self, address: Address) -> Result<Option<AccountRecord>, ReadError> {
        let found = self.known.borrow().accounts.get(&address).map(|entry| entry.now);
        if let Some(found) = found {
            return Ok(found);
        }
        self.fetch(&[StateKey::Account(address)])?;
        Ok(self.known.borrow().accounts.get(&address).and_then(|entry| entry.now))
    }
}

impl Known {
    fn has(&self, key: &StateKey) -> bool {
        match key {
            StateKey::Account(address) => self.accounts.contains_key(address),
            StateKey::Slot(address, slot) => {
                self.slots.contains_key(&(*address, *slot)) || self.cleared.contains(address)
            }
            StateKey::Code(hash) => self.codes.contains_key(hash),
        }
    }

    fn learn(&mut self, key: StateKey, value: Option<StateValue>) -> Result<(), ReadError> {
        let mismatch = |what| ReadError(StateError::Database(format!("the value of {key:?} is {what}")));
        match (key, value) {
            (StateKey::Account(address), None) => {
                self.accounts.insert(address, Entry::read(None));
            }
            (StateKey::Account(address), Some(StateValue::Account(record))) => {
                self.accounts.insert(address, Entry::read(Some(record)));
            }
            (StateKey::Slot(address, slot), None) => {
                self.slots.insert((address, slot), Entry::read(U256::ZERO));
            }
            (StateKey::Slot(address, slot), Some(StateValue::Slot(value))) => {
                self.slots.insert((address, slot), Entry::read(value));
            }
            (StateKey::Code(hash), Some(StateValue::Code(code))) => {
                let code = Bytecode::new_raw_checked(code).map_err(|_| mismatch("not code"))?;
                self.codes.insert(hash, code);
            }
            (_, None) => return Err(mismatch("missing, but an account has this code")),
            (_, Some(_)) => return Err(mismatch("of another kind than its key")),
        }
        Ok(())
    }

    fn clear_storage(&mut self, address: Address) {
        self.cleared.insert(address);
        for (_, entry) in self.slots.range_mut((address, U256::ZERO)..=(address, U256::MAX)) {
            entry.now = U256::ZERO;
        }
    }

    fn commit_account(&mut self, address: Address, account: Account) {
        if !account.is_touched() {
            return;
        }
        if account.is_selfdestructed() || account.is_created() {
            self.clear_storage(address);
        }
        let gone = account.is_selfdestructed() || account.is_empty();
        let record = (!gone).then_some(AccountRecord {
            nonce: account.info.nonce,
            balance: account.info.balance,
            code_hash: account.info.code_hash,
        });
        self.accounts.entry(address).or_insert(Entry::read(None)).now = record;
        if gone {
            return;
        }
        if let Some(code) = account.info.code.filter(|code| !code.is_empty()) {
            let hash = account.info.code_hash;
            if let btree_map::Entry::Vacant(vacant) = self.codes.entry(hash) {
                vacant.insert(code);
                self.deployed.insert(hash);
            }
        }
        for (slot, value) in account.storage {
            if value.is_changed() {
                let entry = self.slots.entry((address, slot)).or_insert(Entry::read(U256::ZERO));
                entry.now = value.present_value;
            }
        }
    }
}

impl DatabaseRef for World {
    type Error = ReadError;

    fn basic_ref(&self, address: Address) -> Result<Option<AccountInfo>, ReadError> {
        Ok(self.account(address)?.map(|record| AccountInfo {
            balance: record.balance,
            nonce: record.nonce,
            code_hash: record.code_hash,
            code: None,
            account_id: None,
        }))
    }

    fn code_by_hash_ref(&self, hash: B256) -> Result<Bytecode, ReadError> {
        if hash == KECCAK256_EMPTY || hash.is_zero() {
            return Ok(Bytecode::default());
        }
        if !self.known.borrow().codes.contains_key(&hash) {
            self.fetch(&[StateKey::Code(hash)])?;
        }
        Ok(self.known.borrow().codes.get(&hash).cloned().unwrap_or_default())
    }

    fn storage_ref(&self, address: Address, slot: U256) -> Result<U256, ReadError> {
        let known = self.known.borrow();
        if let Some(entry) = known.slots.get(&(address, slot)) {
            return Ok(entry.now);
        }
        if known.cleared.contains(&address) {
            return Ok(U256::ZERO);
        }
        drop(known);
        self.fetch(&[StateKey::Slot(address, slot)])?;
        Ok(self.known.borrow().slots.get(&(address, slot)).map(|entry| entry.now).unwrap_or_default())
    }

    /// The parent's hash is known; older ones are in the ring that the EIP-2935 contract keeps.
    fn block_hash_ref(&self, number: u64) -> Result<B256, ReadError> {
        if let Some(hash) = self.known.borrow().block_hashes.get(&number) {
            return Ok(*hash);
        }
        match self.parent {
            Some((parent, hash)) if parent == number => Ok(hash),
            _ => {
                let slot = U256::from(number % HISTORY_SERVE_WINDOW as u64);
                Ok(self.storage_ref(HISTORY_STORAGE_ADDRESS, slot)?.into())
            }
        }
    }
}

impl Database for World {
    type Error = ReadError;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, ReadError> {
        self.basic_ref(address)
    }

    fn code_by_hash(&mut self, hash: B256) -> Result<Bytecode, ReadError> {
        self.code_by_hash_ref(hash)
    }

    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, ReadError> {
        self.storage_ref(address, slot)
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, ReadError> {
        self.block_hash_ref(number)
    }
}

impl DatabaseCommit for World {
    fn commit(&mut self, changes: AddressMap<Account>) {
        let known = self.known.get_mut();
        // The order of the map does not matter: each account's entries are its own.
        for (address, account) in changes {
            known.commit_account(address, account);
        }
    }
}
