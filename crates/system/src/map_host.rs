//! A host in memory: for tests, and for the storage that contracts begin with at genesis.

use crate::{BlockInfo, CallInfo, Host, SystemError};
use alloy_primitives::{Address, Log, U256};
use althing_abi::SystemErrors::{InsufficientBalance, WriteInStaticCall};
use std::collections::BTreeMap;

/// Storage, balances and logs in ordinary maps. Charges only what [`Host::charge`] is told.
#[derive(Clone, Debug)]
pub struct MapHost {
    /// The block that [`Host::block`] answers.
    pub block: BlockInfo,
    /// The call that [`Host::call`] answers.
    pub call: CallInfo,
    /// Gas that is left.
    pub gas: u64,
    /// Slots whose value is not zero.
    pub slots: BTreeMap<(Address, U256), U256>,
    /// Balances in Rau.
    pub balances: BTreeMap<Address, U256>,
    /// Logs in order.
    pub logs: Vec<Log>,
}

impl Default for MapHost {
    fn default() -> Self {
        Self {
            block: BlockInfo::default(),
            call: CallInfo::default(),
            gas: u64::MAX,
            slots: BTreeMap::new(),
            balances: BTreeMap::new(),
            logs: Vec::new(),
        }
    }
}

impl MapHost {
    fn check_write(&self) -> Result<(), SystemError> {
        if self.call.is_static { Err(SystemError::revert(WriteInStaticCall {})) } else { Ok(()) }
    }

    pub(crate) fn coins(&self, account: Address) -> U256 {
        self.balances.get(&account).copied().unwrap_or_default()
    }
}

impl Host for MapHost {
    fn block(&self) -> BlockInfo {
        self.block
    }

    fn call(&self) -> CallInfo {
        self.call
    }

    fn load(&mut self, account: Address, slot: U256) -> Result<U256, SystemError> {
        Ok(self.slots.get(&(account, slot)).copied().unwrap_or_default())
    }

    fn store(&mut self, account: Address, slot: U256, value: U256) -> Result<(), SystemError> {
        self.check_write()?;
        if value.is_zero() {
            self.slots.remove(&(account, slot));
        } else {
            self.slots.insert((account, slot), value);
        }
        Ok(())
    }

    fn balance(&mut self, account: Address) -> Result<U256, SystemError> {
        Ok(self.coins(account))
    }

    fn transfer(&mut self, from: Address, to: Address, amount: U256) -> Result<(), SystemError> {
        self.check_write()?;
        let balance = self.coins(from);
        let Some(rest) = balance.checked_sub(amount) else {
            return Err(SystemError::revert(InsufficientBalance { account: from, balance, needed: amount }));
        };
        self.balances.insert(from, rest);
        let Some(sum) = self.coins(to).checked_add(amount) else {
            return Err(SystemError::Fatal(format!("balance of {to} exceeds 256 bits")));
        };
        self.balances.insert(to, sum);
        Ok(())
    }

    fn emit(&mut self, log: Log) -> Result<(), SystemError> {
        self.check_write()?;
        self.logs.push(log);
        Ok(())
    }

    fn charge(&mut self, gas: u64) -> Result<(), SystemError> {
        self.gas = self.gas.checked_sub(gas).ok_or(SystemError::OutOfGas)?;
        Ok(())
    }
}
