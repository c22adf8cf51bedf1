//! The block executor: the one path on which blocks are built, verified and replayed.

use crate::{
    BlockContext, ExecutionError, InvalidTransaction, Outcome, bridge,
    bridge::Port,
    context::{cfg_env, hardfork_key},
    evm::{Machine, Refused},
    hooks,
    outcome::MAX_SYSTEM_LOGS,
    world::World,
};
use alloy_consensus::{Receipt as PlainReceipt, Transaction as _, TxReceipt, proofs::calculate_receipt_root};
use alloy_evm::FromRecoveredTx;
use alloy_primitives::Bloom;
use althing_abi::REWARD_FUND;
use althing_primitives::{ChainSpec, Receipt, Recovered, StateKey, Transaction};
use althing_state::StateView;
use revm::{context::TxEnv, context_interface::result::ExecutionResult};
use std::{collections::BTreeSet, sync::Arc};

/// Executes a block's transactions on its parent's state. An invalid transaction makes the block invalid.
pub async fn execute_block(
    spec: Arc<ChainSpec>,
    block: BlockContext,
    transactions: Vec<Recovered<Transaction>>,
    view: &impl StateView,
) -> Result<Outcome, ExecutionError> {
    let transactions: Arc<[_]> = transactions.into();
    bridge::run(view, move |port| {
        let mut executor = Executor::begin(&spec, &block, port, &transactions)?;
        for (index, transaction) in transactions.iter().enumerate() {
            executor.apply(transaction).map_err(|refused| refused.at(index, transaction))?;
        }
        executor.finish()
    })
    .await
}

impl Refused {
    /// The error of a block in which this happened to a transaction.
    pub(crate) fn at(self, index: usize, transaction: &Transaction) -> ExecutionError {
        match self {
            Self::Invalid(reason) => ExecutionError::Invalid { index, hash: *transaction.hash(), reason },
            Self::Failed(error) => error,
        }
    }
}

/// A block in execution.
pub(crate) struct Executor<'a> {
    spec: &'a ChainSpec,
    block: &'a BlockContext,
    machine: Machine,
    receipts: Vec<Receipt>,
    gas_used: u64,
}

impl<'a> Executor<'a> {
    /// Reads ahead what the transactions name, then runs the hooks that come before them.
    pub(crate) fn begin(
        spec: &'a ChainSpec,
        block: &'a BlockContext,
        port: Port,
        transactions: &[Recovered<Transaction>],
    ) -> Result<Self, ExecutionError> {
        let world = World::new(port, block.number.checked_sub(1).map(|parent| (parent, block.parent_hash)));
        let mut keys: BTreeSet<_> = [StateKey::Account(REWARD_FUND), hardfork_key()].into();
        transactions.iter().for_each(|transaction| named_keys(transaction, &mut keys));
        world.prefetch(keys).map_err(|error| ExecutionError::State(error.0))?;
        let cfg = cfg_env(spec, &world)?;
        let mut machine = Machine::new(world, cfg, block.block_env());
        hooks::begin_block(&mut machine, block)?;
        let beneficiary = hooks::beneficiary(&mut machine, block)?;
        machine.context().block.beneficiary = beneficiary;
        Ok(Self { spec, block, machine, receipts: Vec::new(), gas_used: 0 })
    }

    /// Gas that the block has left.
    pub(crate) fn gas_left(&self) -> u64 {
        self.block.gas_limit.saturating_sub(self.gas_used)
    }

    /// The state so far.
    pub(crate) fn world(&mut self) -> &mut World {
        self.machine.world()
    }

    /// The state so far, without its executor.
    pub(crate) fn into_world(self) -> World {
        self.machine.into_world()
    }

    /// Executes the next transaction and keeps its effect; a refused one leaves no trace.
    pub(crate) fn apply(&mut self, transaction: &Recovered<Transaction>) -> Result<(), Refused> {
        let environment = environment(self.spec, transaction).map_err(Refused::Invalid)?;
        let (limit, left) = (transaction.gas_limit(), self.gas_left());
        if limit > left {
            return Err(Refused::Invalid(InvalidTransaction::BlockGas { limit, left }));
        }
        let executed = self.machine.transact(environment)?;
        let result = self.machine.commit(executed);
        self.gas_used = self.gas_used.saturating_add(result.tx_gas_used());
        self.receipts.push(receipt(transaction, result, self.gas_used));
        Ok(())
    }

    /// Runs the hooks that come after the transactions and closes the block.
    pub(crate) fn finish(mut self) -> Result<Outcome, ExecutionError> {
        let beneficiary = self.machine.context().block.beneficiary;
        let fees = hooks::end_block(&mut self.machine, self.spec, self.block, self.gas_used)?;
        let system_logs = self.machine.take_system_logs();
        if system_logs.len() > MAX_SYSTEM_LOGS {
            let (number, count) = (self.block.number, system_logs.len());
            return Err(ExecutionError::Internal(format!(
                "hooks of block {number} left {count} logs, more than {MAX_SYSTEM_LOGS}"
            )));
        }
        let changes = self.machine.into_world().changes().map_err(|error| ExecutionError::State(error.0))?;
        let logs_bloom = self.receipts.iter().fold(Bloom::ZERO, |bloom, receipt| bloom | receipt.bloom());
        let receipts_root = calculate_receipt_root(&self.receipts);
        let Self { receipts, gas_used, .. } = self;
        Ok(Outcome { receipts, gas_used, logs_bloom, receipts_root, system_logs, changes, fees, beneficiary })
    }
}

/// Checks what the EVM does not know of, and gives the transaction its EVM form.
pub(crate) fn environment(
    spec: &ChainSpec,
    transaction: &Recovered<Transaction>,
) -> Result<TxEnv, InvalidTransaction> {
    if transaction.is_eip4844() {
        return Err(InvalidTransaction::Blob);
    }
    if transaction.chain_id() != Some(spec.chain_id) {
        let found = transaction.chain_id();
        return Err(InvalidTransaction::ChainId { found, expected: spec.chain_id });
    }
    Ok(TxEnv::from_recovered_tx(transaction.inner(), transaction.signer()))
}

/// The state keys that a transaction names itself.
pub(crate) fn named_keys(transaction: &Recovered<Transaction>, keys: &mut BTreeSet<StateKey>) {
    keys.insert(StateKey::Account(transaction.signer()));
    keys.extend(transaction.to().map(StateKey::Account));
    for item in transaction.access_list().into_iter().flat_map(|list| list.iter()) {
        keys.insert(StateKey::Account(item.address));
        keys.extend(item.storage_keys.iter().map(|slot| StateKey::Slot(item.address, (*slot).into())));
    }
}

/// The receipt of a transaction; it counts the gas of those before it too.
pub(crate) fn receipt(
    transaction: &Transaction,
    result: ExecutionResult,
    cumulative_gas_used: u64,
) -> Receipt {
    let status = result.is_success().into();
    let plain = PlainReceipt { status, cumulative_gas_used, logs: result.into_logs() };
    Receipt::from_typed(transaction.tx_type(), plain.with_bloom())
}
