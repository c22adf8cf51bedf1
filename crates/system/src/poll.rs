//! `Poll`: elections as IoTeX's tools ask for them. A face of `Election` without storage of its own.

use crate::{
    Host, SystemError, chain_info,
    election::{self, Who},
    host::CallResult,
    params, staking,
};
use alloy_primitives::{B256, U256};
use alloy_sol_types::SolCall;
use althing_abi::Poll::{self as abi, PollCalls as Calls, UnknownEpoch};
use althing_primitives::{Epoch, Param};

/// Encodes a list with the height.
macro_rules! give {
    ($host:ident, $call:ident, $returns:ident { $field:ident: $value:expr }) => {{
        let $field = $value;
        let height = U256::from($host.block().number);
        Ok(abi::$call::abi_encode_returns(&abi::$returns { $field, height }).into())
    }};
}

pub(crate) fn dispatch(host: &mut impl Host, call: Calls) -> CallResult {
    let now = U256::from(chain_info::epoch(host)?);
    match call {
        Calls::CandidatesByEpoch_0(_) => candidates(host, now),
        Calls::CandidatesByEpoch_1(call) => candidates(host, call.epoch),
        Calls::BlockProducersByEpoch_0(_) => producers(host, now),
        Calls::BlockProducersByEpoch_1(call) => producers(host, call.epoch),
        Calls::ActiveBlockProducersByEpoch_0(_) => active(host, now),
        Calls::ActiveBlockProducersByEpoch_1(call) => active(host, call.epoch),
        Calls::ProbationListByEpoch_0(_) => probation(host, now),
        Calls::ProbationListByEpoch_1(call) => probation(host, call.epoch),
    }
}

fn unknown(epoch: U256) -> SystemError {
    SystemError::revert(UnknownEpoch { epoch })
}

/// An epoch whose election is kept.
fn known(host: &mut impl Host, epoch: U256) -> Result<Epoch, SystemError> {
    let number = Epoch::try_from(epoch).map_err(|_| unknown(epoch))?;
    if election::is_known(host, number)? { Ok(number) } else { Err(unknown(epoch)) }
}

fn candidates(host: &mut impl Host, epoch: U256) -> CallResult {
    let number = known(host, epoch)?;
    let mut rows = Vec::new();
    for ranked in election::ranking(host, number)? {
        rows.push(row(host, Who::Candidate(ranked.candidate), None, ranked.votes)?);
    }
    give!(host, CandidatesByEpoch_1Call, CandidatesByEpoch_1Return { candidates: rows })
}

fn producers(host: &mut impl Host, epoch: U256) -> CallResult {
    let number = known(host, epoch)?;
    let mut rows = Vec::new();
    for delegate in election::delegates(host, number)? {
        rows.push(row(host, delegate.who, Some(delegate.operator), delegate.votes)?);
    }
    give!(host, BlockProducersByEpoch_1Call, BlockProducersByEpoch_1Return { candidates: rows })
}

fn active(host: &mut impl Host, epoch: U256) -> CallResult {
    let number = known(host, epoch)?;
    let votes: Vec<_> = election::ranking(host, number)?;
    let mut rows = Vec::new();
    for member in election::serving(host, number)?.ok_or_else(|| unknown(epoch))? {
        let place = votes.iter().find(|ranked| Some(ranked.candidate) == member.who.candidate());
        rows.push(row(host, member.who, Some(member.operator), place.map_or(0, |ranked| ranked.votes))?);
    }
    give!(host, ActiveBlockProducersByEpoch_1Call, ActiveBlockProducersByEpoch_1Return { candidates: rows })
}

fn probation(host: &mut impl Host, epoch: U256) -> CallResult {
    let number = known(host, epoch)?;
    let mut rows = Vec::new();
    for ranked in election::ranking(host, number)?.into_iter().filter(|ranked| ranked.on_probation) {
        let candidate = staking::card_of(host, ranked.candidate)?;
        let (id, operator) = (candidate.id, candidate.operator);
        rows.push(abi::ProbationInfo { candidate: id, operatorAddress: operator, count: 1 });
    }
    let counted = params::get_u64(host, Param::ProbationVotes)? / 100;
    let rate = u32::try_from(100u64.saturating_sub(counted)).unwrap_or_default();
    let found = abi::ProbationList { probationInfo: rows, intensityRate: rate };
    give!(host, ProbationListByEpoch_1Call, ProbationListByEpoch_1Return { list: found })
}

/// Somebody as this interface shows it; `operator` is the key that it was elected with.
fn row(
    host: &mut impl Host,
    who: Who,
    operator: Option<B256>,
    votes: u128,
) -> Result<abi::Candidate, SystemError> {
    let (id, name) = election::named(host, who)?;
    let reward = election::reward_of(host, who)?;
    let card = match who.candidate() {
        Some(number) => staking::card_of(host, number)?,
        None => staking::Card::default(),
    };
    Ok(abi::Candidate {
        id,
        name,
        operatorAddress: operator.map_or(card.operator, staking::operator_address),
        rewardAddress: reward,
        blsPubKey: card.bls_key,
        votes: U256::from(votes),
    })
}
