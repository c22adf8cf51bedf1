//! The candidates and stakes of the first block, as the chain spec names them. Their coins are the contract's from the
//! beginning.

use super::{
    candidate::Candidate,
    create::{Terms, create},
    rau,
    register::enroll,
    self_stake,
};
use crate::{Host, SystemError};
use althing_primitives::{ChainSpec, GenesisCandidate};

/// Days of a first self-stake: the least that earns the bonus.
const SELF_STAKE_DAYS: u32 = 91;

/// Registers the chain spec's candidates and makes their stakes.
pub(crate) fn genesis(host: &mut impl Host, spec: &ChainSpec) -> Result<(), SystemError> {
    spec.candidates.iter().try_for_each(|candidate| register(host, candidate))
}

fn register(host: &mut impl Host, of: &GenesisCandidate) -> Result<(), SystemError> {
    let candidate = enroll(host, of)?;
    let number = candidate.number;
    let terms = Terms { amount: rau(of.self_stake)?, days: SELF_STAKE_DAYS, is_auto: true };
    let bucket = create(host, of.owner, &candidate, terms)?;
    self_stake::bind(host, candidate, bucket)?;
    for vote in &of.votes {
        let terms = Terms { amount: rau(vote.amount)?, days: vote.days, is_auto: vote.auto_stake };
        let candidate = Candidate::load(host, number)?;
        create(host, vote.voter, &candidate, terms)?;
    }
    Ok(())
}
