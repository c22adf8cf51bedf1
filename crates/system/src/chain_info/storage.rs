//! Every storage slot of `ChainInfo`. Append only.

use crate::storage::{ByteString, Slot};
use alloy_primitives::{Address, B256, address};

/// Where the contract answers (test: storage_is_at_the_address_of_the_table).
pub(crate) const ADDRESS: Address = address!("00000000000000000000000000000000A1740001");

pub(crate) const NAME: ByteString = ByteString::new(ADDRESS, 0);
pub(crate) const SPEC_HASH: Slot<B256> = Slot::new(ADDRESS, 1);
pub(crate) const EPOCH: Slot<u64> = Slot::new(ADDRESS, 2);
pub(crate) const EPOCH_START: Slot<u64> = Slot::new(ADDRESS, 3);
pub(crate) const KEY_ID: Slot<u64> = Slot::new(ADDRESS, 4);
pub(crate) const GROUP_KEY: ByteString = ByteString::new(ADDRESS, 5);
pub(crate) const SEATS: Slot<u64> = Slot::new(ADDRESS, 6);
pub(crate) const CHAIN_ID: Slot<u64> = Slot::new(ADDRESS, 7);
pub(crate) const EPOCH_BLOCKS: Slot<u64> = Slot::new(ADDRESS, 8);
pub(crate) const BLOCK_INTERVAL_MS: Slot<u64> = Slot::new(ADDRESS, 9);
