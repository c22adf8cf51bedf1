//! Keys, values and changes of the world state, as execution and storage exchange them.

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_rlp::{RlpDecodable, RlpEncodable};
use serde::{Deserialize, Serialize};
use std::{fmt, num::NonZeroU64};

/// Bytes of an account record: nonce, balance, code hash.
pub const ACCOUNT_BYTES: usize = 8 + 32 + 32;

/// Bytes of one chunk of the bitmap that tells which operations of a state database are current. The databases' roots
/// depend on it.
pub const ACTIVITY_CHUNK_BYTES: usize = 32;

/// An account as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, RlpEncodable, RlpDecodable)]
pub struct AccountRecord {
    /// Transactions sent (or contracts created) by the account.
    pub nonce: u64,
    /// Balance in Rau.
    pub balance: U256,
    /// Hash of the account's code; the hash of nothing for an account without code.
    pub code_hash: B256,
}

impl Default for AccountRecord {
    fn default() -> Self {
        Self { nonce: 0, balance: U256::ZERO, code_hash: alloy_primitives::KECCAK256_EMPTY }
    }
}

impl AccountRecord {
    /// Whether the account is empty in the sense of EIP-161; such an account is not stored.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The record as the authenticated database holds it, and as proofs are about: nonce, balance, code hash.
    pub fn to_bytes(&self) -> [u8; ACCOUNT_BYTES] {
        let mut bytes = [0u8; ACCOUNT_BYTES];
        bytes[..8].copy_from_slice(&self.nonce.to_be_bytes());
        bytes[8..40].copy_from_slice(&self.balance.to_be_bytes::<32>());
        bytes[40..].copy_from_slice(self.code_hash.as_slice());
        bytes
    }
}

/// What a piece of state is found by. The order is the order of application in a block's change set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StateKey {
    /// An account.
    Account(Address),
    /// A storage slot of an account.
    Slot(Address, U256),
    /// Contract code by its hash.
    Code(B256),
}

impl StateKey {
    /// The 32-byte key under which the authenticated databases hold it: hashed, so that nobody can choose
    /// keys that collide in an index.
    pub fn hashed(&self) -> B256 {
        match self {
            Self::Account(address) => keccak256(address),
            Self::Slot(address, slot) => {
                let mut bytes = [0u8; 52];
                bytes[..20].copy_from_slice(address.as_slice());
                bytes[20..].copy_from_slice(&slot.to_be_bytes::<32>());
                keccak256(bytes)
            }
            Self::Code(hash) => *hash,
        }
    }
}

/// A stored value; its variant is that of its key. A slot of value zero is not stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StateValue {
    /// An account.
    Account(AccountRecord),
    /// A storage slot.
    Slot(U256),
    /// Contract code.
    Code(Bytes),
}

/// One changed key of a block, with the value before it (so that old states can be read) and after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What changed.
    pub key: StateKey,
    /// Value before the block.
    pub before: Option<StateValue>,
    /// Value after the block.
    pub after: Option<StateValue>,
}

/// One of the databases that hold the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StateDatabase {
    /// Accounts by address.
    Accounts,
    /// Storage slots by (address, slot).
    Slots,
    /// Contract code by hash.
    Codes,
}

impl fmt::Display for StateDatabase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Accounts => "accounts",
            Self::Slots => "slots",
            Self::Codes => "codes",
        })
    }
}

/// What a synchronizing node asks of the log of a state database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OperationsRequest {
    /// Which log.
    pub database: StateDatabase,
    /// Operations in the log at the block that the answer is to be proven by.
    pub size: u64,
    /// First operation of the answer.
    pub start: u64,
    /// Most operations of the answer. None: only the first, with the nodes that a log which begins there needs.
    pub count: Option<NonZeroU64>,
}
