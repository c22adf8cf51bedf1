//! What executing a block gives.

use alloy_primitives::{Address, B256, Bloom, Log, U256};
use althing_primitives::{Change, Receipt};

/// Most system logs of a block. Hooks are bounded well below: more is a defect of this node.
pub(crate) const MAX_SYSTEM_LOGS: usize = 4_096;

/// Where a block's base fees went, in Rau.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fees {
    /// Destroyed.
    pub burned: U256,
    /// Credited to the reward fund.
    pub to_fund: U256,
}

/// Everything that a block does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// One receipt a transaction.
    pub receipts: Vec<Receipt>,
    /// Gas used by all transactions.
    pub gas_used: u64,
    /// Bloom filter of all logs.
    pub logs_bloom: Bloom,
    /// Root of the receipts.
    pub receipts_root: B256,
    /// Logs of the protocol's own acts, in order. They are no part of bloom and receipts.
    pub system_logs: Vec<Log>,
    /// Every changed state key, sorted by key; `before` differs from `after`.
    pub changes: Vec<Change>,
    /// Where the base fees went.
    pub fees: Fees,
    /// The account that got the tips.
    pub beneficiary: Address,
}
