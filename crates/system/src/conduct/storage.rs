//! Every storage slot of `Conduct`. Append only.

use crate::storage::{List, Map, Quad, Records};
use alloy_primitives::{Address, B256, address};

/// Where the contract answers (test: storage_is_at_the_address_of_the_table).
pub(super) const ADDRESS: Address = address!("00000000000000000000000000000000A1740004");

/// By candidate: first epoch in which it is not on probation any more, blocks missed, double proposals, and whether it is
/// in the list of records.
pub(super) const RECORD: Map<u64, Quad> = Map::new(ADDRESS, 0);
/// Turns of an epoch's committee, in a ring by epoch: `tally.rs`.
pub(super) const TALLY: Records<u64> = Records::new(ADDRESS, 1);
/// Rau that a candidate lost.
pub(super) const SLASHED: Map<u64, u128> = Map::new(ADDRESS, 2);
/// Candidates that have a record.
pub(super) const LISTED: List = List::new(ADDRESS, 3);
/// The epoch after the last in which a candidate served or serves.
pub(super) const TERM_END: Map<u64, u64> = Map::new(ADDRESS, 4);
/// Whether a double proposal was punished, by the hash of epoch, view and operator.
pub(super) const PUNISHED: Map<B256, bool> = Map::new(ADDRESS, 5);
