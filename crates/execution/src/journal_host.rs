//! The EVM's journal as the host of system contracts.
//!
//! Storage, transfers and logs cost what the opcodes cost, so a native contract is never a cheaper way to do what
//! a contract can do. Writes are journaled: when a call fails the EVM undoes them.

use crate::evm::EvmContext;
use alloy_primitives::{Address, Log, U256};
use althing_abi::SystemErrors::{InsufficientBalance, WriteInStaticCall};
use althing_primitives::StateKey;
use althing_system::{BlockInfo, CallInfo, Host, SystemError};
use revm::{
    context_interface::{Block, Cfg, ContextTr, JournalTr, cfg::GasParams, journaled_state::TransferError},
    interpreter::Gas,
};
use std::fmt::Display;

/// Base cost of a LOG opcode in gas.
const LOG_BASE_GAS: u64 = 375;

/// A host over an EVM context, for one call.
#[derive(Debug)]
pub(crate) struct JournalHost<'a> {
    context: &'a mut EvmContext,
    prices: GasParams,
    call: CallInfo,
    gas: Gas,
}

impl<'a> JournalHost<'a> {
    /// The host of a call with a gas limit.
    pub(crate) fn new(context: &'a mut EvmContext, call: CallInfo, gas_limit: u64) -> Self {
        let prices = context.cfg().gas_params().clone();
        Self { context, prices, call, gas: Gas::new(gas_limit) }
    }

    /// The host of the protocol's own acts: no caller, gas without end.
    pub(crate) fn of_protocol(context: &'a mut EvmContext) -> Self {
        Self::new(context, CallInfo::default(), u64::MAX)
    }

    /// What the call spent.
    pub(crate) fn into_gas(self) -> Gas {
        self.gas
    }

    fn check_write(&self) -> Result<(), SystemError> {
        if self.call.is_static { Err(SystemError::revert(WriteInStaticCall {})) } else { Ok(()) }
    }
}

fn fatal(error: impl Display) -> SystemError {
    SystemError::Fatal(error.to_string())
}

impl Host for JournalHost<'_> {
    fn block(&self) -> BlockInfo {
        let block = self.context.block();
        BlockInfo { number: block.number().saturating_to(), timestamp: block.timestamp().saturating_to() }
    }

    fn call(&self) -> CallInfo {
        self.call
    }

    fn load(&mut self, account: Address, slot: U256) -> Result<U256, SystemError> {
        self.charge(self.prices.warm_storage_read_cost())?;
        let journal = self.context.journal_mut();
        journal.load_account(account).map_err(fatal)?;
        let loaded = journal.sload(account, slot).map_err(fatal)?;
        if loaded.is_cold {
            self.charge(self.prices.cold_storage_additional_cost())?;
        }
        Ok(loaded.data)
    }

    fn prefetch(&mut self, account: Address, slots: &[U256]) -> Result<(), SystemError> {
        let keys = slots.iter().map(|slot| StateKey::Slot(account, *slot)).collect();
        self.context.db().prefetch(keys).map_err(fatal)
    }

    fn store(&mut self, account: Address, slot: U256, value: U256) -> Result<(), SystemError> {
        self.check_write()?;
        if self.gas.remaining() <= self.prices.call_stipend() {
            return Err(SystemError::OutOfGas);
        }
        self.charge(self.prices.sstore_static_gas())?;
        let journal = self.context.journal_mut();
        journal.load_account(account).map_err(fatal)?;
        journal.touch_account(account);
        let stored = journal.sstore(account, slot, value).map_err(fatal)?;
        self.charge(self.prices.sstore_dynamic_gas(true, &stored.data, stored.is_cold))?;
        self.gas.record_refund(self.prices.sstore_refund(true, &stored.data));
        Ok(())
    }

    fn balance(&mut self, account: Address) -> Result<U256, SystemError> {
        self.charge(self.prices.warm_storage_read_cost())?;
        let loaded = self.context.journal_mut().load_account(account).map_err(fatal)?;
        let (is_cold, balance) = (loaded.is_cold, loaded.data.info.balance);
        if is_cold {
            self.charge(self.prices.cold_account_additional_cost())?;
        }
        Ok(balance)
    }

    fn transfer(&mut self, from: Address, to: Address, amount: U256) -> Result<(), SystemError> {
        self.check_write()?;
        self.charge(self.prices.transfer_value_cost())?;
        let target = self.context.journal_mut().load_account(to).map_err(fatal)?;
        let (is_cold, is_new) = (target.is_cold, target.data.info.is_empty());
        if is_cold {
            self.charge(self.prices.cold_account_additional_cost())?;
        }
        if is_new {
            self.charge(self.prices.new_account_cost(true, !amount.is_zero()))?;
        }
        match self.context.journal_mut().transfer(from, to, amount).map_err(fatal)? {
            None => Ok(()),
            Some(TransferError::OutOfFunds) => {
                let balance = self.context.journal_mut().load_account(from).map_err(fatal)?.data.info.balance;
                Err(SystemError::revert(InsufficientBalance { account: from, balance, needed: amount }))
            }
            Some(other) => Err(SystemError::Fatal(format!("transfer of {amount} to {to} failed: {other:?}"))),
        }
    }

    fn emit(&mut self, log: Log) -> Result<(), SystemError> {
        self.check_write()?;
        let topics = log.topics().len() as u8;
        let cost = self.prices.log_cost(topics, log.data.data.len() as u64);
        self.charge(cost.saturating_add(LOG_BASE_GAS))?;
        self.context.journal_mut().log(log);
        Ok(())
    }

    fn charge(&mut self, gas: u64) -> Result<(), SystemError> {
        if self.gas.record_regular_cost(gas) { Ok(()) } else { Err(SystemError::OutOfGas) }
    }
}
