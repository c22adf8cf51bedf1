//! Every storage slot of `Conduct`. Append only.

use crate::storage::{Map, Quad};
use alloy_primitives::{Address, address};

/// Where the contract answers (test: storage_is_at_the_address_of_the_table).
pub(super) const ADDRESS: Address = address!("00000000000000000000000000000000A1740004");

/// First epoch in which a candidate is not on probation any more.
pub(super) const PROBATION_UNTIL: Map<u64, u64> = Map::new(ADDRESS, 0);

/// The contract has no account yet, and storage without an account is dropped: the count lies with `Election`.
const ELECTION: Address = address!("00000000000000000000000000000000A1740003");

/// Blocks of a member by its place: epoch plus one, count.
pub(super) const PRODUCED: Map<u64, Quad> = Map::new(ELECTION, 1_000);
