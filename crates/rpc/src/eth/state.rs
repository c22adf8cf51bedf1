//! Accounts and storage as they were after a block.

use crate::context::Call;
use crate::error::Fault;
use crate::registry::{Cost::Light, Param, Registry, may, need};
use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{Address, B256, Bytes, U64, U256};
use alloy_rpc_types_eth::AccountInfo;
use alloy_serde::JsonStorageKey;
use althing_primitives::{AccountRecord, Height};

const ACCOUNT: &[Param] = &[need("address", "Address"), may("block", "Block")];
const SLOT: &[Param] = &[need("address", "Address"), need("slot", "StorageKey"), may("block", "Block")];
const PROOF: &[Param] = &[need("address", "Address"), need("slots", "Array"), may("block", "Block")];

pub(super) fn register(r: &mut Registry) {
    r.add(Light, "eth_getBalance", ACCOUNT, "Quantity", "Balance of an account in Rau.", balance);
    r.add(Light, "eth_getCode", ACCOUNT, "Bytes", "Code of an account.", code);
    r.add(Light, "eth_getStorageAt", SLOT, "Hash", "A storage slot of an account.", storage);
    r.add(
        Light,
        "eth_getTransactionCount",
        ACCOUNT,
        "Quantity",
        "Nonce of an account; at `pending` it counts the executable transactions of the pool.",
        nonce,
    );
    r.add(
        Light,
        "eth_getAccountInfo",
        ACCOUNT,
        "Object",
        "Balance, nonce and code of an account in one answer.",
        info,
    );
    r.add(
        Light,
        "eth_getProof",
        PROOF,
        "Object",
        "Not supported: the state is not a Merkle-Patricia trie. Always an error that says so.",
        proof,
    );
}

async fn account_at(call: &mut Call) -> Result<(Address, Height, AccountRecord), Fault> {
    let address = call.args.required(0)?;
    let block = call.args.block(1)?;
    let height = call.ctx.state_height(block).await?;
    let account = call.api.account(address, height).await?.unwrap_or_default();
    Ok((address, height, account))
}

async fn balance(mut call: Call) -> Result<U256, Fault> {
    Ok(account_at(&mut call).await?.2.balance)
}

async fn code(mut call: Call) -> Result<Bytes, Fault> {
    let address = call.args.required(0)?;
    let block = call.args.block(1)?;
    let height = call.state_height(block).await?;
    Ok(call.api.code(address, height).await?)
}

async fn storage(mut call: Call) -> Result<B256, Fault> {
    let address = call.args.required(0)?;
    let slot: JsonStorageKey = call.args.required(1)?;
    let block = call.args.block(2)?;
    let height = call.state_height(block).await?;
    let slot = U256::from_be_bytes(slot.as_b256().0);
    Ok(call.api.storage(address, slot, height).await?.into())
}

async fn nonce(mut call: Call) -> Result<U64, Fault> {
    let address = call.args.required(0)?;
    let block = call.args.block(1)?;
    if block == BlockId::Number(BlockNumberOrTag::Pending)
        && let Some(nonce) = call.api.pending_nonce(address).await
    {
        return Ok(U64::from(nonce));
    }
    let height = call.state_height(block).await?;
    Ok(U64::from(call.api.account(address, height).await?.unwrap_or_default().nonce))
}

async fn info(mut call: Call) -> Result<AccountInfo, Fault> {
    let (address, height, account) = account_at(&mut call).await?;
    let code = call.api.code(address, height).await?;
    Ok(AccountInfo { balance: account.balance, nonce: account.nonce, code })
}

async fn proof(_: Call) -> Result<(), Fault> {
    Err(Fault::Unsupported(
        "eth_getProof is not supported: the state root of this chain is not the root of a Merkle-Patricia trie. \
         althing_getProof proves accounts and slots, althing_getCertificate that their block is final"
            .into(),
    ))
}
