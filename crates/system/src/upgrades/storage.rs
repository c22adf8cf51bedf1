//! Every storage slot of `Upgrades`. Append only.

use crate::storage::{ByteString, Map, Quad, Slot};
use alloy_primitives::{Address, B256, address};

/// Where the contract answers (test: storage_is_at_the_address_of_the_table).
pub(super) const ADDRESS: Address = address!("00000000000000000000000000000000A1740006");

/// Hardfork in force: the executor reads it before anything else.
pub const HARDFORK: Slot<u64> = Slot::new(ADDRESS, 0);
/// The pending upgrade: hardfork (0: none), epoch, whether it is decided.
pub(super) const PENDING: Slot<Quad> = Slot::new(ADDRESS, 1);
/// Its release.
pub(super) const RELEASE: ByteString = ByteString::new(ADDRESS, 2);
/// Hash of its artifact.
pub(super) const ARTIFACT: Slot<B256> = Slot::new(ADDRESS, 3);
/// Release that brought the hardfork in force.
pub(super) const IN_FORCE: ByteString = ByteString::new(ADDRESS, 5);
/// Newest hardfork that operators know.
pub(super) const KNOWN: Map<B256, u64> = Map::new(ADDRESS, 4);
