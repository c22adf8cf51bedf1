//! The pool's bounds. Every one is a policy of this node; none is a rule of the protocol.

/// Largest encoded transaction in bytes: four 32 KiB slots, as Ethereum nodes accept.
pub const MAX_TRANSACTION_BYTES: usize = 128 * 1024;

/// By how many percent a replacement must raise both the fee cap and the tip.
pub const PRICE_BUMP_PERCENT: u128 = 10;

/// Most transactions in flight of an account that has delegated its code (EIP-7702), or is about to: one
/// transaction of anybody can move its balance and so invalidate all of them at once.
pub const MAX_DELEGATED_IN_FLIGHT: usize = 4;

/// Most authorizations in a transaction: recovering each signer costs as much as recovering a sender.
pub(crate) const MAX_AUTHORIZATIONS: usize = 64;

/// Of so many transactions that the pool may hold, one may wait for a lower nonce or for funds: when many are refused, those
/// after them must not take the room of what a block can have now.
pub(crate) const ONE_QUEUED_OF: usize = 4;

/// What the pool accepts and how much it holds.
#[derive(Clone, Debug)]
pub struct PoolConfig {
    /// Chain id that every transaction must carry.
    pub chain_id: u64,
    /// Lowest fee cap accepted, in Rau per gas.
    pub min_fee: u128,
    /// Most transactions held.
    pub max_transactions: usize,
    /// Most encoded bytes held.
    pub max_bytes: usize,
    /// Most transactions of one sender.
    pub max_per_sender: usize,
    /// How far beyond the sender's next pending nonce a transaction may be.
    pub max_nonce_gap: u64,
    /// Age in milliseconds at which a queued (not pending) transaction is dropped.
    pub queued_lifetime_ms: u64,
}

impl PoolConfig {
    /// The default bounds for a chain.
    pub fn new(chain_id: u64) -> Self {
        Self {
            chain_id,
            min_fee: 1,
            max_transactions: 20_000,
            max_bytes: 64 * 1024 * 1024,
            max_per_sender: 1_024,
            max_nonce_gap: 1_024,
            queued_lifetime_ms: 3 * 60 * 60 * 1_000,
        }
    }
}
