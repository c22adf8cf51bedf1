//! The entries of a block.

use super::{HistoryKey, LogColumn, Lookups, keys};
use crate::encoding::encode_value;
use crate::schema::{LOG_BITS, sql};
use alloy_consensus::Transaction as _;
use althing_primitives::FinalizedBlock;

impl Lookups {
    /// Puts in everything that a block can be found by.
    pub(crate) fn put_block(&self, block: &FinalizedBlock) {
        put_transactions(self, block);
        put_logs(self, block);
        put_history(self, block);
    }
}

fn put_transactions(lookups: &Lookups, block: &FinalizedBlock) {
    let height = block.block.height();
    let parts = block.block.transactions().iter().zip(&block.senders).zip(&block.receipts);
    for (position, ((transaction, sender), receipt)) in (0u32..).zip(parts) {
        let place = keys::encode_place(height, position);
        let put_activity = |address| lookups.put(keys::activity(address, &place), []);
        lookups.put(keys::transaction(transaction.tx_hash()), place);
        lookups.put(keys::nonce(sender, transaction.nonce()), place);
        put_activity(sender);
        match transaction.to() {
            Some(recipient) => put_activity(&recipient),
            None if receipt.status() => {
                let created = sender.create(transaction.nonce());
                lookups.put(keys::creation(&created), keys::encode_creation(sender, &place));
                put_activity(&created);
            }
            None => {}
        }
    }
    // The system transaction comes after the last.
    if let Some(hash) = block.system_transaction() {
        let position = block.block.transactions().len() as u32;
        lookups.put(keys::transaction(&hash), keys::encode_place(height, position));
    }
}

fn put_logs(lookups: &Lookups, block: &FinalizedBlock) {
    let height = block.block.height();
    let logs = block.logs().flat_map(|(_, logs)| logs);
    for (id, log) in (sql(height) << LOG_BITS..).zip(logs) {
        lookups.put(keys::log(LogColumn::Address, log.address.as_slice(), id), []);
        for (position, topic) in (0u8..).zip(log.topics()) {
            lookups.put(keys::log(LogColumn::Topic(position), topic.as_slice(), id), []);
        }
    }
}

/// A value that was not there is an empty one: what is stored has at least its tag.
fn put_history(lookups: &Lookups, block: &FinalizedBlock) {
    let height = block.block.height();
    for change in &block.changes {
        let before = change.before.as_ref().map(encode_value).unwrap_or_default();
        lookups.put(keys::history(&HistoryKey::new(&change.key), height), before);
    }
}
