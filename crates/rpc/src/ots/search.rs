//! Searches of the `ots_` namespace: transactions of an address, of a sender's nonce, and a contract's creator.

use super::slim_receipt;
use crate::api::{AddressPage, BlockKey, ContractCreation, Direction};
use crate::config::MAX_OTS_PAGE;
use crate::context::{Call, Context};
use crate::error::Fault;
use crate::format;
use crate::registry::{
    Cost::{Heavy, Light},
    Param, Registry, need,
};
use alloy_primitives::{Address, B256};
use alloy_rpc_types_trace::otterscan::{ContractCreator, TransactionsWithReceipts};
use althing_primitives::FinalizedBlock;
use std::sync::Arc;

const SEARCH: &[Param] =
    &[need("address", "Address"), need("block", "Quantity"), need("pageSize", "Quantity")];
const SENDER: &[Param] = &[need("sender", "Address"), need("nonce", "Quantity")];
const ADDRESS: &[Param] = &[need("address", "Address")];

pub(super) fn register(r: &mut Registry) {
    let about = "Transactions of an address before a block (0: from the latest on), newest first.";
    r.add(Heavy, "ots_searchTransactionsBefore", SEARCH, "Object", about, search_before);
    let about = "Transactions of an address after a block (0: from the first on), newest first.";
    r.add(Heavy, "ots_searchTransactionsAfter", SEARCH, "Object", about, search_after);
    let about = "Hash of the transaction with which a sender used a nonce; null if none did.";
    r.add(Light, "ots_getTransactionBySenderAndNonce", SENDER, "Hash", about, by_sender_and_nonce);
    let about = "Who created a contract, and in which transaction; null if it is none.";
    r.add(Light, "ots_getContractCreator", ADDRESS, "Object", about, contract_creator);
}

async fn search_before(mut call: Call) -> Result<TransactionsWithReceipts, Fault> {
    let (page, from) = search(&mut call, Direction::Older).await?;
    let (first, last) = (from == 0, page.complete);
    present(&call, page, first, last).await
}

async fn search_after(mut call: Call) -> Result<TransactionsWithReceipts, Fault> {
    let (mut page, from) = search(&mut call, Direction::Newer).await?;
    page.locations.reverse();
    let (first, last) = (page.complete, from == 0);
    present(&call, page, first, last).await
}

async fn search(call: &mut Call, direction: Direction) -> Result<(AddressPage, u64), Fault> {
    let address: Address = call.args.required(0)?;
    let from = call.args.number(1)?;
    let size = usize::try_from(call.args.number(2)?).unwrap_or(usize::MAX).clamp(1, MAX_OTS_PAGE);
    // Block 0 means the end of the chain where the search begins. Genesis has no transactions.
    let start = match direction {
        Direction::Older if from == 0 => call.latest_height() + 1,
        Direction::Older | Direction::Newer => from,
    };
    Ok((call.api.address_transactions(address, start, direction, size).await?, from))
}

async fn present(
    ctx: &Context,
    page: AddressPage,
    first_page: bool,
    last_page: bool,
) -> Result<TransactionsWithReceipts, Fault> {
    let mut answer = TransactionsWithReceipts { txs: vec![], receipts: vec![], first_page, last_page };
    let mut block: Option<Arc<FinalizedBlock>> = None;
    for location in page.locations {
        if block.as_ref().is_none_or(|b| b.block.height() != location.height) {
            block = ctx.api.block(BlockKey::Height(location.height)).await?;
        }
        let Some(block) = &block else { continue };
        let timestamp = block.block.header().timestamp;
        answer.txs.extend(format::transaction(block, location.index));
        let receipt = format::receipt(block, location.index);
        answer.receipts.extend(receipt.map(|receipt| slim_receipt(receipt, Some(timestamp))));
    }
    Ok(answer)
}

async fn by_sender_and_nonce(mut call: Call) -> Result<Option<B256>, Fault> {
    let sender = call.args.required(0)?;
    let nonce = call.args.number(1)?;
    Ok(call.api.transaction_by_sender_nonce(sender, nonce).await?)
}

async fn contract_creator(mut call: Call) -> Result<Option<ContractCreator>, Fault> {
    let address = call.args.required(0)?;
    let creation = call.api.contract_creation(address).await?;
    Ok(creation
        .map(|ContractCreation { transaction, creator }| ContractCreator { hash: transaction, creator }))
}
