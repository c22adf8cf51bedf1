//! What elections and rewards read of candidates.

use super::{
    candidate::{Candidate, Text},
    self_stake::MAX_ACTIVE_CANDIDATES,
    storage as at,
};
use crate::{Host, SystemError, election::Endpoint, params};
use alloy_primitives::{Address, B256, Bytes};
use althing_primitives::Param;

/// A candidate that may be elected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Contender {
    pub(crate) number: u64,
    pub(crate) id: Address,
    pub(crate) votes: u128,
    pub(crate) operator: B256,
    pub(crate) endpoint: Endpoint,
}

/// All candidates that may be elected now: active, with enough votes and self-stake, a node's key and address, and not
/// in jail. At most [`MAX_ACTIVE_CANDIDATES`].
pub(crate) fn contenders(host: &mut impl Host) -> Result<Vec<Contender>, SystemError> {
    let least_votes = params::get(host, Param::MinVotes)?;
    let least_self_stake = params::get(host, Param::MinActiveSelfStake)?;
    let now = host.block().timestamp;
    let active = at::ACTIVE_CANDIDATES.page(host, 0, MAX_ACTIVE_CANDIDATES)?;
    Candidate::prefetch_standing(host, &active)?;
    let mut found = Vec::new();
    for number in active {
        let [votes, self_stake] = Candidate::weights(host, number)?.get(host)?;
        if votes < least_votes || self_stake < least_self_stake {
            continue;
        }
        let operator = Candidate::operator_key_of(host, number)?;
        if Candidate::jailed_until(host, number)? > now || operator.is_zero() {
            continue;
        }
        let endpoint = Endpoint::parse(&Candidate::text_of(host, number, Text::Endpoint)?);
        if endpoint.0.is_none() {
            continue;
        }
        let id = Candidate::id_of(host, number)?;
        found.push(Contender { number, id, votes, operator, endpoint });
    }
    Ok(found)
}

/// The account that a candidate's rewards go to.
pub(crate) fn reward_of(host: &mut impl Host, number: u64) -> Result<Address, SystemError> {
    Candidate::reward_of(host, number)
}

/// A candidate's id.
pub(crate) fn id_of(host: &mut impl Host, number: u64) -> Result<Address, SystemError> {
    Candidate::id_of(host, number)
}

/// A candidate's id and name.
pub(crate) fn name_of(host: &mut impl Host, number: u64) -> Result<(Address, String), SystemError> {
    Candidate::name_of(host, number)
}

/// What `Poll` shows of a candidate besides its name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Card {
    pub(crate) id: Address,
    pub(crate) operator: Address,
    pub(crate) bls_key: Bytes,
}

/// A candidate's card.
pub(crate) fn card_of(host: &mut impl Host, number: u64) -> Result<Card, SystemError> {
    let candidate = Candidate::load(host, number)?;
    let bls_key = candidate.text(host, Text::BlsKey)?;
    Ok(Card { id: candidate.id, operator: candidate.operator, bls_key })
}
