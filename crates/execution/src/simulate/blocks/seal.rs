//! The header of a simulated block, and the block in the form of an answer.

use super::call::{Done, DoneCalls};
use crate::simulate::call::CallStatus;
use alloy_consensus::{
    BlockBody, TxReceipt,
    proofs::{calculate_receipt_root, calculate_transaction_root},
    transaction::TransactionInfo,
};
use alloy_primitives::{B256, Bloom, Bytes, Sealable, Sealed, U256};
use alloy_rlp::Encodable;
use alloy_rpc_types_eth::{
    Block, BlockTransactions, Header as RpcHeader, Log, Transaction as RpcTransaction, Withdrawals,
    simulate::{SimCallResult, SimulateError, SimulatedBlock},
};
use althing_primitives::{Header, Transaction};
use revm::context::BlockEnv;

/// Puts the block together. Fields that Ethereum fixes are those of `base`.
pub(super) fn seal(
    base: &Header,
    parent_hash: B256,
    block: &BlockEnv,
    done: DoneCalls,
    full: bool,
) -> SimulatedBlock {
    let DoneCalls { calls, receipts, gas_used } = done;
    let transactions: Vec<Transaction> = calls.iter().map(|call| call.transaction.inner().clone()).collect();
    let header = Header {
        parent_hash,
        beneficiary: block.beneficiary,
        state_root: B256::ZERO,
        transactions_root: calculate_transaction_root(&transactions),
        receipts_root: calculate_receipt_root(&receipts),
        logs_bloom: receipts.iter().fold(Bloom::ZERO, |bloom, receipt| bloom | receipt.bloom()),
        difficulty: block.difficulty,
        number: block.number.saturating_to(),
        gas_limit: block.gas_limit,
        gas_used,
        timestamp: block.timestamp.saturating_to(),
        extra_data: Bytes::new(),
        mix_hash: block.prevrandao.unwrap_or_default(),
        base_fee_per_gas: Some(block.basefee),
        ..base.clone()
    };
    let sealed = header.seal_slow();
    let hashes = transactions.iter().map(|transaction| *transaction.tx_hash()).collect();
    let listed = match full {
        true => BlockTransactions::Full(full_transactions(&sealed, &calls)),
        false => BlockTransactions::Hashes(hashes),
    };
    let results = results(&sealed, calls);
    let body = BlockBody { transactions, ommers: Vec::new(), withdrawals: Some(Withdrawals::default()) };
    let size = alloy_consensus::Block { header: sealed.inner().clone(), body }.length();
    SimulatedBlock {
        inner: Block {
            header: RpcHeader::from_consensus(sealed, None, Some(U256::from(size))),
            uncles: Vec::new(),
            transactions: listed,
            withdrawals: Some(Withdrawals::default()),
        },
        calls: results,
    }
}

fn full_transactions(header: &Sealed<Header>, calls: &[Done]) -> Vec<RpcTransaction> {
    let place = |(index, call): (usize, &Done)| {
        let info = TransactionInfo {
            hash: Some(*call.transaction.tx_hash()),
            index: Some(index as u64),
            block_hash: Some(header.hash()),
            block_number: Some(header.number),
            base_fee: header.base_fee_per_gas,
            block_timestamp: Some(header.timestamp),
        };
        RpcTransaction::from_transaction(call.transaction.clone(), info)
    };
    calls.iter().enumerate().map(place).collect()
}

fn results(header: &Sealed<Header>, calls: Vec<Done>) -> Vec<SimCallResult> {
    let mut log_index = 0;
    let mut answers = Vec::with_capacity(calls.len());
    for (index, Done { transaction, result, max_used_gas }) in calls.into_iter().enumerate() {
        let place = |inner| {
            let log = Log {
                inner,
                block_hash: Some(header.hash()),
                block_number: Some(header.number),
                block_timestamp: Some(header.timestamp),
                transaction_hash: Some(*transaction.tx_hash()),
                transaction_index: Some(index as u64),
                log_index: Some(log_index),
                removed: false,
            };
            log_index += 1;
            log
        };
        let error = |code, message: String, data| Some(SimulateError { code, message, data });
        let (return_data, error) = match result.status {
            CallStatus::Success => (result.output, None),
            CallStatus::Revert => (
                Bytes::new(),
                error(
                    SimulateError::EXECUTION_REVERTED_CODE,
                    "execution reverted".into(),
                    Some(result.output),
                ),
            ),
            CallStatus::Halt(reason) => {
                (Bytes::new(), error(SimulateError::VM_EXECUTION_ERROR_CODE, reason, None))
            }
        };
        answers.push(SimCallResult {
            return_data,
            logs: result.logs.into_iter().map(place).collect(),
            gas_used: result.gas_used,
            max_used_gas: Some(max_used_gas),
            status: error.is_none(),
            error,
        });
    }
    answers
}
