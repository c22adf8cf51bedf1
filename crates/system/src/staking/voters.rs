//! What rewards ask of buckets and candidates, and the way of rewards into a bucket.

use super::{
    bucket::{Bucket, of_owner},
    candidate::Candidate,
    create,
};
use crate::{Host, SystemError, rewards::Vote};
use alloy_primitives::Address;

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
    Ok(Candidate::by_id(host, id)?.number)
}

/// Number and id of the caller's candidate; reverts when it has none.
pub(crate) fn candidate_of_caller(host: &mut impl Host) -> Result<(u64, Address), SystemError> {
    let candidate = Candidate::of_caller(host)?;
    Ok((candidate.number, candidate.id))
}

/// A candidate's id and reward account.
pub(crate) fn payee_of(host: &mut impl Host, number: u64) -> Result<(Address, Address), SystemError> {
    Candidate::payee(host, number)
}

/// Adds coins that the contract holds already to a bucket, as a deposit of `payer`.
pub(crate) fn add(host: &mut impl Host, index: u64, amount: u128, payer: Address) -> Result<(), SystemError> {
    create::deposit(host, index, amount, payer)
}
