//! A host that answers questions about a state that somebody else holds: it reads, charges nothing, and refuses to write.

use crate::{BlockInfo, CallInfo, Host, SystemError};
use alloy_primitives::{Address, Log, U256};
use althing_abi::SystemErrors::WriteInStaticCall;
use althing_primitives::{StateKey, StateValue};
use std::{collections::BTreeMap, fmt};

/// Looks values up, each in the place of its key; `None` for what is not in the state.
type Lookup<'a> = dyn FnMut(Vec<StateKey>) -> Result<Vec<Option<StateValue>>, SystemError> + 'a;

/// Reads a state through a function, each slot once.
pub struct ReadHost<'a> {
    lookup: &'a mut Lookup<'a>,
    slots: BTreeMap<(Address, U256), U256>,
}

impl fmt::Debug for ReadHost<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadHost").field("slots", &self.slots).finish_non_exhaustive()
    }
}

impl<'a> ReadHost<'a> {
    /// Over a function that looks values up.
    pub fn new(lookup: &'a mut Lookup<'a>) -> Self {
        Self { lookup, slots: BTreeMap::new() }
    }
}

fn refused<T>() -> Result<T, SystemError> {
    Err(SystemError::revert(WriteInStaticCall {}))
}

impl Host for ReadHost<'_> {
    fn block(&self) -> BlockInfo {
        BlockInfo::default()
    }

    fn call(&self) -> CallInfo {
        CallInfo { is_static: true, ..CallInfo::default() }
    }

    fn load(&mut self, account: Address, slot: U256) -> Result<U256, SystemError> {
        self.prefetch(account, &[slot])?;
        Ok(self.slots.get(&(account, slot)).copied().unwrap_or_default())
    }

    fn prefetch(&mut self, account: Address, slots: &[U256]) -> Result<(), SystemError> {
        let is_new = |slot: &&U256| !self.slots.contains_key(&(account, **slot));
        let new: Vec<U256> = slots.iter().filter(is_new).copied().collect();
        if new.is_empty() {
            return Ok(());
        }
        let values = (self.lookup)(new.iter().map(|slot| StateKey::Slot(account, *slot)).collect())?;
        for (slot, value) in new.into_iter().zip(values) {
            let value = if let Some(StateValue::Slot(value)) = value { value } else { U256::ZERO };
            self.slots.insert((account, slot), value);
        }
        Ok(())
    }

    fn store(&mut self, _: Address, _: U256, _: U256) -> Result<(), SystemError> {
        refused()
    }

    fn balance(&mut self, account: Address) -> Result<U256, SystemError> {
        let values = (self.lookup)(vec![StateKey::Account(account)])?;
        match values.into_iter().next().flatten() {
            Some(StateValue::Account(record)) => Ok(record.balance),
            _ => Ok(U256::ZERO),
        }
    }

    fn transfer(&mut self, _: Address, _: Address, _: U256) -> Result<(), SystemError> {
        refused()
    }

    fn emit(&mut self, _: Log) -> Result<(), SystemError> {
        refused()
    }

    fn charge(&mut self, _: u64) -> Result<(), SystemError> {
        Ok(())
    }
}
