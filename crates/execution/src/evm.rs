//! The EVM as this node runs it. The only file that puts the library's parts together.

use crate::{
    ExecutionError, InvalidTransaction,
    precompiles::NodeContracts,
    world::{ReadError, World},
};
use alloy_primitives::Log;
use revm::{
    Context, DatabaseCommit, ExecuteEvm, InspectEvm, Inspector, MainBuilder, MainContext,
    context::{BlockEnv, CfgEnv, Evm, Journal, TxEnv},
    context_interface::{
        JournalTr,
        result::{EVMError, ExecutionResult, ResultAndState},
    },
    handler::{EthFrame, instructions::EthInstructions},
    interpreter::interpreter::EthInterpreter,
};

/// Everything that the EVM knows while it runs.
pub(crate) type EvmContext = Context<BlockEnv, TxEnv, CfgEnv, World, Journal<World>, ()>;

/// Result of a transaction with the accounts it touched.
pub(crate) type Executed = ResultAndState;

/// An EVM over a world, watched by an inspector (none: `()`).
pub(crate) struct Machine<I = ()> {
    evm: Evm<EvmContext, I, EthInstructions<EthInterpreter, EvmContext>, NodeContracts, EthFrame>,
    system_logs: Vec<Log>,
}

/// Why a transaction has no result.
pub(crate) enum Refused {
    /// The transaction's fault.
    Invalid(InvalidTransaction),
    /// The node's.
    Failed(ExecutionError),
}

impl From<ExecutionError> for Refused {
    fn from(error: ExecutionError) -> Self {
        Self::Failed(error)
    }
}

impl Machine {
    pub(crate) fn new(world: World, cfg: CfgEnv, block: BlockEnv) -> Self {
        Self::inspected(world, cfg, block, ())
    }
}

impl<I> Machine<I> {
    pub(crate) fn inspected(world: World, cfg: CfgEnv, block: BlockEnv, inspector: I) -> Self {
        let contracts = NodeContracts::new(cfg.spec);
        let context = Context::mainnet().with_db(world).with_cfg(cfg).with_block(block);
        let evm = context.build_mainnet_with_inspector(inspector).with_precompiles(contracts);
        Self { evm, system_logs: Vec::new() }
    }

    pub(crate) fn world(&mut self) -> &mut World {
        self.evm.ctx.journaled_state.db_mut()
    }

    pub(crate) fn context(&mut self) -> &mut EvmContext {
        &mut self.evm.ctx
    }

    pub(crate) fn into_world(self) -> World {
        self.evm.ctx.journaled_state.database
    }

    pub(crate) fn into_parts(self) -> (World, I) {
        (self.evm.ctx.journaled_state.database, self.evm.inspector)
    }

    /// Keeps what a transaction or a hook did.
    pub(crate) fn commit(&mut self, executed: Executed) -> ExecutionResult {
        self.world().commit(executed.state);
        executed.result
    }

    /// Keeps what hooks did in the journal, and their logs.
    pub(crate) fn commit_journal(&mut self) {
        self.system_logs.append(&mut self.evm.ctx.journaled_state.take_logs());
        let state = self.evm.finalize();
        self.world().commit(state);
    }

    /// Takes the logs of the hooks so far.
    pub(crate) fn take_system_logs(&mut self) -> Vec<Log> {
        std::mem::take(&mut self.system_logs)
    }

    /// Runs a transaction without keeping its effect and without waking the inspector.
    pub(crate) fn transact(&mut self, tx: TxEnv) -> Result<Executed, Refused> {
        let result = self.evm.transact(tx);
        self.explain(result)
    }

    /// Calls a contract in the name of the protocol: no nonce, no fee.
    pub(crate) fn system_call(
        &mut self,
        to: alloy_primitives::Address,
        input: alloy_primitives::Bytes,
    ) -> Result<Executed, Refused> {
        let result = revm::SystemCallEvm::system_call(&mut self.evm, to, input);
        self.explain(result)
    }

    fn explain<T>(&mut self, result: Result<T, EVMError<ReadError>>) -> Result<T, Refused> {
        result.map_err(|error| match error {
            EVMError::Transaction(reason) => Refused::Invalid(InvalidTransaction::Rule(reason)),
            EVMError::Database(ReadError(error)) => Refused::Failed(error.into()),
            other => Refused::Failed(self.world().failure(other.to_string())),
        })
    }
}

impl<I: Inspector<EvmContext>> Machine<I> {
    /// Runs a transaction under the inspector's eyes without keeping its effect.
    pub(crate) fn inspect(&mut self, tx: TxEnv) -> Result<Executed, Refused> {
        let result = self.evm.inspect_tx(tx);
        self.explain(result)
    }

    /// The inspector.
    pub(crate) fn inspector(&mut self) -> &mut I {
        &mut self.evm.inspector
    }
}
