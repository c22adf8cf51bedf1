//! Simulated calls: eth_call, eth_estimateGas, eth_createAccessList.

use crate::api::CallRequest;
use crate::context::Call;
use crate::error::Fault;
use crate::registry::{Cost::Heavy, Param, Registry, may, need};
use alloy_primitives::{Bytes, U64};
use alloy_rpc_types_eth::{AccessListResult, BlockOverrides, TransactionRequest, state::StateOverride};

const CALL: &[Param] = &[
    need("transaction", "Transaction"),
    may("block", "Block"),
    may("stateOverrides", "Object"),
    may("blockOverrides", "Object"),
];

pub(super) fn register(r: &mut Registry) {
    r.add(
        Heavy,
        "eth_call",
        CALL,
        "Bytes",
        "Runs a call on the state of a block and gives what it returns.",
        run,
    );
    r.add(
        Heavy,
        "eth_estimateGas",
        CALL,
        "Quantity",
        "Least gas limit with which a transaction succeeds.",
        estimate,
    );
    r.add(
        Heavy,
        "eth_createAccessList",
        CALL,
        "Object",
        "Accounts and slots that a transaction touches, and its gas with that list (EIP-2930).",
        access_list,
    );
}

impl Call {
    /// The call that the parameters describe: transaction at 0, block at 1.
    pub(crate) async fn simulation(
        &mut self,
        state_overrides: Option<StateOverride>,
        block_overrides: Option<BlockOverrides>,
    ) -> Result<CallRequest, Fault> {
        let transaction: TransactionRequest = self.args.required(0)?;
        let block = self.args.block(1)?;
        let height = self.state_height(block).await?;
        self.request(transaction, height, state_overrides, block_overrides)
    }

    /// A checked request to simulate a transaction.
    pub(super) fn request(
        &self,
        transaction: TransactionRequest,
        height: u64,
        state_overrides: Option<StateOverride>,
        block_overrides: Option<BlockOverrides>,
    ) -> Result<CallRequest, Fault> {
        if transaction.input.unique_input().is_err() {
            return Err(Fault::params(
                "both \"data\" and \"input\" are set and not equal; use \"input\" to pass transaction call data",
            ));
        }
        if transaction.gas_price.is_some()
            && (transaction.max_fee_per_gas.is_some() || transaction.max_priority_fee_per_gas.is_some())
        {
            return Err(Fault::params("both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified"));
        }
        let want = self.api.chain_spec().chain_id;
        if let Some(have) = transaction.chain_id.filter(|id| *id != want) {
            return Err(Fault::Server(format!("chainId does not match node's (have={have}, want={want})")));
        }
        let gas_cap = self.config.call_gas_cap;
        Ok(CallRequest { transaction, height, state_overrides, block_overrides, gas_cap })
    }
}

async fn from_params(call: &mut Call) -> Result<CallRequest, Fault> {
    let state_overrides = call.args.optional(2)?;
    let block_overrides = call.args.optional(3)?;
    call.simulation(state_overrides, block_overrides).await
}

async fn run(mut call: Call) -> Result<Bytes, Fault> {
    let request = from_params(&mut call).await?;
    Ok(call.api.call(request).await?)
}

async fn estimate(mut call: Call) -> Result<U64, Fault> {
    let request = from_params(&mut call).await?;
    Ok(U64::from(call.api.estimate_gas(request).await?))
}

async fn access_list(mut call: Call) -> Result<AccessListResult, Fault> {
    let request = from_params(&mut call).await?;
    Ok(call.api.create_access_list(request).await?)
}
