//! Reading system contracts without an EVM: what a node itself must know of the state.

use crate::{
    ExecutionError,
    bridge::{self, Port},
};
use alloy_primitives::{Address, Log, U256};
use althing_abi::SystemErrors::WriteInStaticCall;
use althing_primitives::{StateKey, StateValue};
use althing_state::StateView;
use althing_system::{BlockInfo, CallInfo, Host, SystemError};

/// A host that reads a state and refuses every write.
#[derive(Debug)]
pub struct Reader(Port);

/// Runs `question` on a state.
pub async fn read<T: Send + 'static>(
    view: &impl StateView,
    question: impl FnOnce(&mut Reader) -> Result<T, SystemError> + Send + 'static,
) -> Result<T, ExecutionError> {
    bridge::run(view, move |port| {
        question(&mut Reader(port)).map_err(|error| ExecutionError::Internal(error.to_string()))
    })
    .await
}

impl Reader {
    fn value(&mut self, key: StateKey) -> Result<Option<StateValue>, SystemError> {
        let values = self.0.read(vec![key]).map_err(|error| SystemError::Fatal(error.to_string()))?;
        Ok(values.into_iter().next().flatten())
    }
}

fn refused<T>() -> Result<T, SystemError> {
    Err(SystemError::revert(WriteInStaticCall {}))
}

impl Host for Reader {
    fn block(&self) -> BlockInfo {
        BlockInfo::default()
    }

    fn call(&self) -> CallInfo {
        CallInfo { is_static: true, ..CallInfo::default() }
    }

    fn load(&mut self, account: Address, slot: U256) -> Result<U256, SystemError> {
        let value = self.value(StateKey::Slot(account, slot))?;
        Ok(if let Some(StateValue::Slot(value)) = value { value } else { U256::ZERO })
    }

    fn store(&mut self, _: Address, _: U256, _: U256) -> Result<(), SystemError> {
        refused()
    }

    fn balance(&mut self, account: Address) -> Result<U256, SystemError> {
        let value = self.value(StateKey::Account(account))?;
        Ok(if let Some(StateValue::Account(record)) = value { record.balance } else { U256::ZERO })
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
