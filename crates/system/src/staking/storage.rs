//! Every storage slot of `Staking`. Append only.

use crate::storage::{List, Map, Records, Slot};
use alloy_primitives::{Address, B256, address};

/// Where the contract answers, and whose balance holds all staked coins (test: storage_is_at_the_address_of_the_table).
pub(crate) const ADDRESS: Address = address!("04C22AfaE6a03438b8FED74cb1Cf441168DF3F12");

/// Number of the next bucket.
pub(super) const NEXT_BUCKET: Slot<u64> = Slot::new(ADDRESS, 0);
/// Number of the last registered candidate; the first is 1.
pub(super) const LAST_CANDIDATE: Slot<u64> = Slot::new(ADDRESS, 1);
/// Coins in all buckets.
pub(super) const TOTAL_STAKED: Slot<u128> = Slot::new(ADDRESS, 2);
/// Weighted votes of all candidates.
pub(super) const TOTAL_VOTES: Slot<u128> = Slot::new(ADDRESS, 3);
/// All buckets.
pub(super) const BUCKETS: List = List::new(ADDRESS, 4);
/// Candidates with a self-stake: what elections look at.
pub(super) const ACTIVE_CANDIDATES: List = List::new(ADDRESS, 5);
/// Buckets by number: `bucket.rs`.
pub(super) const BUCKET: Records<u64> = Records::new(ADDRESS, 6);
/// Candidates by number: `candidate.rs`.
pub(super) const CANDIDATE: Records<u64> = Records::new(ADDRESS, 7);
/// Slot number of the buckets of each owner.
pub(super) const BUCKETS_OF_OWNER: u64 = 8;
/// Slot number of the buckets of each candidate.
pub(super) const BUCKETS_OF_CANDIDATE: u64 = 9;
/// Candidate by its id.
pub(super) const CANDIDATE_BY_ID: Map<Address, u64> = Map::new(ADDRESS, 10);
/// Candidate by its owner.
pub(super) const CANDIDATE_BY_OWNER: Map<Address, u64> = Map::new(ADDRESS, 11);
/// Candidate by its operator's address.
pub(super) const CANDIDATE_BY_OPERATOR: Map<Address, u64> = Map::new(ADDRESS, 12);
/// Candidate by its name, left-aligned.
pub(super) const CANDIDATE_BY_NAME: Map<B256, u64> = Map::new(ADDRESS, 13);
/// Candidates that asked to leave, in order.
pub(super) const EXIT_QUEUE: List = List::new(ADDRESS, 14);
/// Length of the queue that was served.
pub(super) const EXITS_SERVED: Slot<u64> = Slot::new(ADDRESS, 15);
/// Epoch from which on the next candidate may be scheduled.
pub(super) const NEXT_EXIT_EPOCH: Slot<u64> = Slot::new(ADDRESS, 16);
