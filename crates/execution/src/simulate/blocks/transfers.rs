//! Transfers of coins as logs, in order with the logs of contracts: what `traceTransfers` asks for.

use crate::evm::EvmContext;
use alloy_primitives::{Address, B256, Log, LogData, U256, address, b256};
use revm::{
    Inspector,
    context_interface::{ContextTr, JournalTr},
    interpreter::{CallInputs, CallOutcome, CreateInputs, CreateOutcome},
};

/// The specification's emitter of such logs.
const EMITTER: Address = address!("eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee");
/// Topic of `Transfer(address,address,uint256)`.
const TRANSFER: B256 = b256!("ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef");

/// Collects the logs of a call; those of parts that fail are dropped, as the EVM drops them.
#[derive(Debug, Default)]
pub(super) struct TransferLogs {
    pub(super) logs: Vec<Log>,
    /// Number of logs before each open call.
    open: Vec<usize>,
}

impl TransferLogs {
    fn moved(&mut self, from: Address, to: Address, value: U256) {
        if value.is_zero() {
            return;
        }
        let topics = vec![TRANSFER, from.into_word(), to.into_word()];
        let data = LogData::new_unchecked(topics, value.to_be_bytes::<32>().into());
        self.logs.push(Log { address: EMITTER, data });
    }

    fn close(&mut self, success: bool) {
        let before = self.open.pop().unwrap_or_default();
        if !success {
            self.logs.truncate(before);
        }
    }
}

impl Inspector<EvmContext> for TransferLogs {
    fn log(&mut self, _: &mut EvmContext, log: Log) {
        self.logs.push(log);
    }

    fn call(&mut self, _: &mut EvmContext, inputs: &mut CallInputs) -> Option<CallOutcome> {
        self.open.push(self.logs.len());
        if let Some(value) = inputs.transfer_value() {
            self.moved(inputs.transfer_from(), inputs.transfer_to(), value);
        }
        None
    }

    fn call_end(&mut self, _: &mut EvmContext, _: &CallInputs, outcome: &mut CallOutcome) {
        self.close(outcome.result.result.is_ok());
    }

    fn create(&mut self, context: &mut EvmContext, inputs: &mut CreateInputs) -> Option<CreateOutcome> {
        self.open.push(self.logs.len());
        // A failed read is the EVM's to report: it reads the same account next.
        if let Ok(caller) = context.journal_mut().load_account(inputs.caller()) {
            let created = inputs.created_address(caller.data.info.nonce);
            self.moved(inputs.caller(), created, inputs.value());
        }
        None
    }

    fn create_end(&mut self, _: &mut EvmContext, _: &CreateInputs, outcome: &mut CreateOutcome) {
        self.close(outcome.result.result.is_ok());
    }

    fn selfdestruct(&mut self, contract: Address, target: Address, value: U256) {
        self.moved(contract, target, value);
    }
}
