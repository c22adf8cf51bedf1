//! What rewards ask of buckets and candidates, and the way of rewards into a bucket.

use super::{
    bucket::{Bucket, of_owner},
    candidate::Candidate,
    create, refused,
    slash::find_number,
};
use crate::{Host, SystemError, rewards::Vote};
use alloy_primitives::Address;
use althing_abi::Staking::UnknownCandidateAddress;

impl Bucket {
    /// The bucket as rewards see it.
    pub(super) fn vote(&self) -> Vote {
        Vote { bucket: self.index, owner: self.owner, candidate: self.candidate, votes: self.votes() }
    }
}

/// A bucket's vote; reverts when there is no such bucket.
pub(crate) fn vote_of(host: &mut impl Host, index: u64) -> Result<Vote, SystemError> {
    Ok(Bucket::load(host, index)?.vote())
}

/// An owner's first buckets.
pub(crate) fn buckets_of(host: &mut impl Host, owner: Address, most: u64) -> Result<Vec<u64>, SystemError> {
    of_owner(host, owner)?.page(host, 0, most)
}

/// Number of the candidate with an id; reverts when there is none.
pub(crate) fn number_of(host: &mut impl Host, id: Address) -> Result<u64, SystemError> {
    find_number(host, id)?.ok_or_else(|| refused(UnknownCandidateAddress { account: id }))
}

/// Number and id of the caller's candidate; reverts when it has none.
pub(crate) fn candidate_of_caller(host: &mut impl Host) -> Result<(u64, Address), SystemError> {
    let candidate = Candidate::of_caller(host)?;
    Ok((candidate.number, candidate.id))
}

/// Adds coins that the contract holds already to a bucket, as a deposit of `payer`.
pub(crate) fn add(host: &mut impl Host, index: u64, amount: u128, payer: Address) -> Result<(), SystemError> {
    create::deposit(host, index, amount, payer)
}
