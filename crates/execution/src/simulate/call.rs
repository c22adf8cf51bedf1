//! `eth_call`: what a call would return.

use crate::{Simulation, SimulationError, evm::Machine};
use alloy_primitives::{Bytes, Log};
use alloy_rpc_types_eth::TransactionRequest;
use althing_state::StateView;
use revm::context_interface::result::ExecutionResult;

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallStatus {
    /// It returned.
    Success,
    /// The contract reverted; the output says why.
    Revert,
    /// The EVM stopped it, e.g. out of gas.
    Halt(String),
}

/// Result of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallResult {
    /// How it ended.
    pub status: CallStatus,
    /// Return data, revert data, or nothing after a halt.
    pub output: Bytes,
    /// Gas used after refunds.
    pub gas_used: u64,
    /// Logs; none when it did not succeed.
    pub logs: Vec<Log>,
}

impl From<ExecutionResult> for CallResult {
    fn from(result: ExecutionResult) -> Self {
        let gas_used = result.tx_gas_used();
        match result {
            ExecutionResult::Success { logs, output, .. } => {
                Self { status: CallStatus::Success, output: output.into_data(), gas_used, logs }
            }
            ExecutionResult::Revert { output, .. } => {
                Self { status: CallStatus::Revert, output, gas_used, logs: Vec::new() }
            }
            ExecutionResult::Halt { reason, .. } => {
                let status = CallStatus::Halt(halt_reason(&reason));
                Self { status, output: Bytes::new(), gas_used, logs: Vec::new() }
            }
        }
    }
}

/// A halt in the words that tools look for.
pub(crate) fn halt_reason(reason: &revm::context_interface::result::HaltReason) -> String {
    use revm::context_interface::result::HaltReason::{
        CallNotAllowedInsideStatic, CreateCollision, InvalidFEOpcode, InvalidJump, OpcodeNotFound, OutOfGas,
        StackOverflow, StackUnderflow, StateChangeDuringStaticCall,
    };
    match reason {
        OutOfGas(_) => "out of gas".into(),
        OpcodeNotFound | InvalidFEOpcode => "invalid opcode".into(),
        InvalidJump => "invalid jump destination".into(),
        StackOverflow => "stack limit reached 1024 (1023)".into(),
        StackUnderflow => "stack underflow".into(),
        StateChangeDuringStaticCall | CallNotAllowedInsideStatic => "write protection".into(),
        CreateCollision => "contract address collision".into(),
        other => format!("{other:?}"),
    }
}

/// Simulates a call on a state.
pub async fn call(
    at: Simulation,
    request: TransactionRequest,
    view: &impl StateView,
) -> Result<CallResult, SimulationError> {
    at.run(request, view, |prepared| {
        let mut machine = Machine::new(prepared.world, prepared.cfg, prepared.block);
        Ok(machine.transact(prepared.tx)?.result.into())
    })
    .await
}
