//! eth_fillTransaction: completes what a wallet left open (nonce, gas, fees, chain id), without signing.

use crate::context::Call;
use crate::error::Fault;
use crate::registry::{Cost::Heavy, Param, Registry, need};
use alloy_consensus::TypedTransaction;
use alloy_consensus::transaction::SignableTransaction;
use alloy_primitives::TxKind;
use alloy_rpc_types_eth::{FillTransaction, TransactionRequest};

const FILL: &[Param] = &[need("transaction", "Transaction")];

pub(super) fn register(r: &mut Registry) {
    r.add(
        Heavy,
        "eth_fillTransaction",
        FILL,
        "Object",
        "Fills in nonce, gas, fees and chain id of a transaction, and gives it with its unsigned bytes.",
        fill,
    );
}

async fn fill(mut call: Call) -> Result<FillTransaction<TypedTransaction>, Fault> {
    let mut request: TransactionRequest = call.args.required(0)?;
    let latest = call.latest_height();
    call.request(request.clone(), latest, None, None)?;
    let from = request.from.unwrap_or_default();
    request.chain_id = Some(call.api.chain_spec().chain_id);
    request.to = Some(request.to.unwrap_or(TxKind::Create));
    if request.nonce.is_none() {
        let nonce = match call.api.pending_nonce(from).await {
            Some(nonce) => nonce,
            None => call.api.account(from, latest).await?.unwrap_or_default().nonce,
        };
        request.nonce = Some(nonce);
    }
    if request.gas_price.is_none() {
        let tip = match request.max_priority_fee_per_gas {
            Some(tip) => tip,
            None => call.suggested_tip().await?,
        };
        // Twice the base fee: six full blocks in a row still leave the transaction payable.
        let fee = u128::from(call.api.next_base_fee().await?).saturating_mul(2).saturating_add(tip);
        request.max_priority_fee_per_gas = Some(tip);
        request.max_fee_per_gas = Some(request.max_fee_per_gas.unwrap_or(fee).max(tip));
    }
    if request.gas.is_none() {
        let simulated = call.request(request.clone(), latest, None, None)?;
        request.gas = Some(call.api.estimate_gas(simulated).await?);
    }
    let transaction = request
        .build_consensus_tx()
        .map_err(|e| Fault::params(format!("the transaction cannot be completed: {}", e.error)))?;
    if matches!(transaction, TypedTransaction::Eip4844(_)) {
        return Err(Fault::Server("transaction type not supported: blob transactions".into()));
    }
    Ok(FillTransaction { raw: transaction.encoded_for_signing().into(), tx: transaction })
}
