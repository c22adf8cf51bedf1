//! Transfers of coins as logs, in order with the logs of contracts: what `traceTransfers` asks for.

use crate::{evm::EvmContext, precompiles::is_native};
use alloy_primitives::{Address, B256, Log, LogData, U256, address, b256};
use revm::{
    Inspector,
    context_interface::{ContextTr, JournalTr, journaled_state::entry::JournalEntry},
    inspector::JournalExt,
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
    /// What there was before each open call.
    open: Vec<Before>,
}

/// Numbers of logs and of entries of the journal.
#[derive(Clone, Copy, Debug)]
struct Before {
    logs: usize,
    entries: usize,
}

impl TransferLogs {
    fn open(&mut self, context: &EvmContext) {
        self.open.push(Before { logs: self.logs.len(), entries: context.journal().journal().len() });
    }

    fn moved(&mut self, from: Address, to: Address, value: U256) {
        self.logs.extend(transfer(from, to, value));
    }

    /// Ends a call; gives what there was before it, unless it failed.
    fn close(&mut self, success: bool) -> Option<Before> {
        let before = self.open.pop()?;
        if !success {
            self.logs.truncate(before.logs);
        }
        success.then_some(before)
    }
}

/// The log of a transfer, unless it moves nothing.
fn transfer(from: Address, to: Address, value: U256) -> Option<Log> {
    let topics = vec![TRANSFER, from.into_word(), to.into_word()];
    let data = LogData::new_unchecked(topics, value.to_be_bytes::<32>().into());
    (!value.is_zero()).then_some(Log { address: EMITTER, data })
}

impl Inspector<EvmContext> for TransferLogs {
    fn log(&mut self, _: &mut EvmContext, log: Log) {
        self.logs.push(log);
    }

    fn call(&mut self, context: &mut EvmContext, inputs: &mut CallInputs) -> Option<CallOutcome> {
        self.open(context);
        if let Some(value) = inputs.transfer_value().filter(|_| !is_native(context, inputs)) {
            self.moved(inputs.transfer_from(), inputs.transfer_to(), value);
        }
        None
    }

    fn call_end(&mut self, context: &mut EvmContext, inputs: &CallInputs, outcome: &mut CallOutcome) {
        let Some(before) = self.close(outcome.result.result.is_ok()) else { return };
        if is_native(context, inputs) {
            // The journal has all that it moved, the coins that came with the call first; they stand before its logs.
            let moved =
                context.journal().journal()[before.entries..].iter().filter_map(|entry| match entry {
                    JournalEntry::BalanceTransfer { from, to, balance } => transfer(*from, *to, *balance),
                    _ => None,
                });
            self.logs.splice(before.logs..before.logs, moved);
        }
    }

    fn create(&mut self, context: &mut EvmContext, inputs: &mut CreateInputs) -> Option<CreateOutcome> {
        self.open(context);
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
