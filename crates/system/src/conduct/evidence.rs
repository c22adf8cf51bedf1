//! Double proposals: who proves one, and what it costs.

use super::{DOUBLE_PROPOSAL, emit, record::Record, refused, storage as at};
use crate::{
    BlockInputs, Host, SystemError, chain_info,
    election::{self, Who},
    host::{keccak, words},
    params, staking,
    storage::Slot,
};
use alloy_primitives::{Address, B256, U256};
use althing_abi::{
    Conduct::{
        AlreadyPunished, BadSignature, DifferentTurns, DoubleProposal as Punished, Jailed, MalformedEvidence,
        NotMember, SameProposal, TooOld,
    },
    REWARD_FUND,
};
use althing_light::{DoubleProposal, EvidenceError, Fault};
use althing_primitives::{ChainSpec, Epoch, Param, calendar::EVIDENCE_EPOCHS};

/// Gas of checking the two signatures: as registering an operator pays for one.
const SIGNATURES_GAS: u64 = 8_000;

/// Gas of hashing a word of evidence: header and seal are hashed, with and without the signature.
const EVIDENCE_WORD_GAS: u64 = 12;

/// Punishes the double proposal that a block carries; its proposer is the reporter. Anything else changes nothing.
pub(super) fn take(host: &mut impl Host, inputs: &BlockInputs) -> Result<(), SystemError> {
    let Some(proposer) = inputs.proposer.filter(|_| !inputs.evidence.is_empty()) else { return Ok(()) };
    let seat = election::seat(host, inputs.epoch, proposer)?;
    let reporter = seat.map_or(REWARD_FUND, |seat| seat.reward);
    match report(host, &inputs.evidence, reporter) {
        // Whatever is refused is refused before anything is written.
        Err(SystemError::Revert(_)) => Ok(()),
        done => done,
    }
}

/// Punishes a double proposal, or refuses with the reason why it is none.
pub(super) fn report(host: &mut impl Host, evidence: &[u8], reporter: Address) -> Result<(), SystemError> {
    let hashing = EVIDENCE_WORD_GAS.saturating_mul(words(evidence.len()));
    host.charge(SIGNATURES_GAS.saturating_add(hashing))?;
    let namespace = ChainSpec::namespace_of(chain_info::chain_id(host)?);
    let fault =
        DoubleProposal::decode(evidence).and_then(|proof| proof.verify(&namespace)).map_err(reason)?;
    let Fault { operator, epoch, view } = fault;
    let oldest = chain_info::epoch(host)?.saturating_sub(EVIDENCE_EPOCHS);
    if epoch < oldest {
        return Err(refused(TooOld { epoch, oldest }));
    }
    let marker = marker(host, fault)?;
    if marker.get(host)? {
        return Err(refused(AlreadyPunished { epoch, viewNumber: view, operatorKey: operator }));
    }
    let not_member = || refused(NotMember { epoch, operatorKey: operator });
    let member = election::member_of(host, epoch, operator)?.ok_or_else(not_member)?;
    if is_in_jail(host, member.who)? {
        return Err(refused(AlreadyPunished { epoch, viewNumber: view, operatorKey: operator }));
    }
    marker.set(host, true)?;
    let (candidate, _) = election::named(host, member.who)?;
    let slashed = match member.who.candidate() {
        Some(number) => punish(host, number, candidate, reporter)?,
        None => 0,
    };
    let slashed = U256::from(slashed);
    emit(host, &Punished { epoch, operatorKey: operator, candidate, viewNumber: view, reporter, slashed })
}

fn reason(error: EvidenceError) -> SystemError {
    match error {
        EvidenceError::TooLong(_) | EvidenceError::Malformed(_) => refused(MalformedEvidence {}),
        EvidenceError::SameProposal => refused(SameProposal {}),
        EvidenceError::OtherTurn => refused(DifferentTurns {}),
        EvidenceError::Unsigned(_) => refused(BadSignature {}),
    }
}

/// Whether a block of an epoch that proves a fault would get it punished.
pub fn is_punishable(host: &mut impl Host, epoch: Epoch, fault: Fault) -> Result<bool, SystemError> {
    let is_due = fault.epoch >= epoch.saturating_sub(EVIDENCE_EPOCHS);
    let Some(member) = election::member_of(host, fault.epoch, fault.operator)? else { return Ok(false) };
    let punished = marker(host, fault)?.get(host)? || is_in_jail(host, member.who)?;
    Ok(is_due && !punished)
}

/// Whether a member's candidate serves its time already: a node that was started twice by accident proposes twice in every
/// turn of its term, and pays for that once.
fn is_in_jail(host: &mut impl Host, who: Who) -> Result<bool, SystemError> {
    let Some(number) = who.candidate() else { return Ok(false) };
    Ok(staking::jailed_until(host, number)? > host.block().timestamp)
}

/// Where it is noted that a fault was punished.
pub(super) fn marker(host: &mut impl Host, fault: Fault) -> Result<Slot<bool>, SystemError> {
    let Fault { operator, epoch, view } = fault;
    let turn = [epoch.to_be_bytes(), view.to_be_bytes()].concat();
    let key: B256 = keccak(host, &[turn.as_slice(), operator.as_slice()].concat())?;
    at::PUNISHED.at(host, key)
}

/// Takes the price of a double proposal, and puts the candidate into jail. Gives the price in Rau.
fn punish(
    host: &mut impl Host,
    number: u64,
    candidate: Address,
    reporter: Address,
) -> Result<u128, SystemError> {
    let self_stake = staking::self_stake_of(host, number)?;
    let price = params::part(host, self_stake, Param::EvidenceSlashBps)?;
    let reward = params::part(host, price, Param::ReporterBps)?;
    let rest = price.saturating_sub(reward);
    let taken = staking::slash(host, number, reward, reporter, DOUBLE_PROPOSAL)?
        .saturating_add(staking::slash(host, number, rest, REWARD_FUND, DOUBLE_PROPOSAL)?);
    let until = host.block().timestamp.saturating_add(params::seconds(host, Param::JailDays)?);
    staking::jail(host, number, until)?;
    emit(host, &Jailed { candidate, until })?;
    let mut record = Record::of(host, number)?;
    record.double_proposals = record.double_proposals.saturating_add(1);
    record.store(host, number, taken)?;
    Ok(taken)
}
