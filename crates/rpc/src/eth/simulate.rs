//! `eth_simulateV1`: blocks of calls that nobody signed, one after another.

use crate::context::Call;
use crate::error::{Fault, revert_reason};
use crate::registry::{Cost::Heavy, Param, Registry, may, need};
use alloy_rpc_types_eth::simulate::{SimulatePayload, SimulatedBlock};

const SIMULATE: &[Param] = &[need("payload", "Object"), may("block", "Block")];

pub(super) fn register(r: &mut Registry) {
    r.add(
        Heavy,
        "eth_simulateV1",
        SIMULATE,
        "Array",
        "Simulates blocks of calls on the state after a block; each sees what those before it did. \
         Their state roots are zero.",
        run,
    );
}

async fn run(mut call: Call) -> Result<Vec<SimulatedBlock>, Fault> {
    let payload: SimulatePayload = call.args.required(0)?;
    let block = call.args.block(1)?;
    let height = call.state_height(block).await?;
    let gas_cap = call.config.call_gas_cap;
    let mut blocks = call.api.simulate_blocks(payload, height, gas_cap).await?;
    // Why a call reverted, in the words of `eth_call`.
    for error in blocks.iter_mut().flat_map(|block| &mut block.calls).filter_map(|call| call.error.as_mut()) {
        if let Some(reason) = error.data.as_ref().and_then(|data| revert_reason(data)) {
            error.message = format!("{}: {reason}", error.message);
        }
    }
    Ok(blocks)
}
