//! The words of Althing: blocks, seals, receipts, state keys, addresses and the chain spec.
//!
//! Everything else is built from these types. Nothing here does I/O, is async, or knows the time.
//!
//! Invariant: a block's hash commits to every byte of the block. `Block::decode` refuses a block whose
//! header does not match its seal or its transactions, so a decoded block is whole.

mod address;
mod block;
pub mod calendar;
pub mod chainspec;
mod finalized;
pub mod params;
mod seal;
mod state;

pub use address::{AddressError, AddressExt, parse_address};
pub use block::{
    Block, BlockError, MAX_BLOCK_BYTES, MAX_BLOCK_TRANSACTIONS, MAX_TRANSACTION_GAS, decode_transactions,
    encode_transactions,
};
pub use calendar::Calendar;
pub use chainspec::{
    ChainSpec, ChainSpecError, GenesisAccount, GenesisCandidate, GenesisVote, Hardfork, SeatPhase, Validator,
};
pub use finalized::FinalizedBlock;
pub use params::{Param, Params, WHOLE_BPS};
pub use seal::{DbCommitment, Seal, SealBrief, StateCommitment, VERSION as SEAL_VERSION};
pub use state::{
    ACCOUNT_BYTES, ACTIVITY_CHUNK_BYTES, AccountRecord, Change, OperationsRequest, StateDatabase, StateKey,
    StateValue,
};

pub use alloy_consensus::{
    Header, ReceiptEnvelope as Receipt, TxEnvelope as Transaction, transaction::Recovered,
};
pub use alloy_primitives::{Address, B256, Bytes, U256};

/// Height of a block; genesis is 0.
pub type Height = u64;
/// Number of an epoch; the first is 0.
pub type Epoch = u64;
/// One attempt to produce a block within an epoch.
pub type View = u64;
/// An Ed25519 public key: a node's operator identity.
pub type OperatorKey = B256;

/// Rau in one coin: 10^18. All amounts are integers in Rau.
pub const RAU_PER_COIN: u128 = 1_000_000_000_000_000_000;
