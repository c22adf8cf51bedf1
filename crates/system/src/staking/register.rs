//! Registering a candidate and changing what it says of itself.

use super::{
    candidate::{Candidate, Text, encode_name, operator_address},
    create::{Terms, create},
    emit, refused, self_stake,
    storage::{self as at, ADDRESS},
};
use crate::{Host, SystemError, chain_info, params};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use althing_abi::{
    REWARD_FUND,
    Staking::{
        AmountTooSmall, BadName, BadOperatorProof, BadText, CandidateRegistered, CandidateUpdated, NameTaken,
        NotOffered, OperatorHasKey, OperatorKeyChanged, OperatorTaken, OwnerTaken, OwnershipOffered,
        OwnershipTransferred, ProfileChanged, RegistrationFeePaid,
    },
};
use althing_primitives::{GenesisCandidate, Param};
use std::net::SocketAddr;

/// Gas of checking an operator's signature: about what recovering a sender costs the EVM, and a third more.
const PROOF_GAS: u64 = 4_000;

/// Longest text of a profile in bytes.
const MAX_TEXT: usize = 128;

/// Bytes of a BLS public key.
const BLS_KEY: usize = 48;

/// Identifiers that are tried for an owner whose own address is one already.
const MAX_ID_TRIES: u64 = 64;

/// What a new candidate says of itself.
#[derive(Clone, Debug)]
pub(super) struct Registration {
    pub(super) name: String,
    pub(super) operator: Operator,
    pub(super) reward: Address,
    pub(super) owner: Address,
    pub(super) endpoint: String,
    pub(super) bls_key: Bytes,
    /// The self-stake; none to activate later.
    pub(super) terms: Option<Terms>,
}

/// The node of a candidate.
#[derive(Clone, Debug)]
pub(super) enum Operator {
    /// A key with its signature over the owner's address.
    Key(B256, Bytes),
    /// An address, as IoTeX's tools give it; the key follows by `setOperatorKey`.
    Address(Address),
}

/// Registers a candidate; the contract holds fee and self-stake already.
pub(super) fn register(host: &mut impl Host, registration: Registration) -> Result<(), SystemError> {
    let Registration { name, operator, reward, owner, endpoint, bls_key, terms } = registration;
    let fee = U256::from(params::get(host, Param::RegistrationFee)?);
    host.transfer(ADDRESS, REWARD_FUND, fee)?;
    let mut candidate = enter(host, &name, owner)?;
    candidate.reward = reward;
    match operator {
        Operator::Key(key, proof) => install_key(host, &mut candidate, key, &proof)?,
        Operator::Address(address) => install_operator(host, &mut candidate, address)?,
    }
    candidate.store(host)?;
    set_endpoint(host, &candidate, &endpoint)?;
    set_bls_key(host, &candidate, &bls_key)?;
    emit(host, &RegistrationFeePaid { candidate: candidate.id, amount: fee })?;
    let event = CandidateRegistered {
        candidate: candidate.id,
        ownerAddress: owner,
        operatorAddress: candidate.operator,
        name,
        rewardAddress: reward,
        blsPubKey: bls_key,
    };
    emit(host, &event)?;
    if let Some(terms) = terms {
        let least = params::get(host, Param::MinSelfStake)?;
        if terms.amount < least {
            let (amount, least) = (U256::from(terms.amount), U256::from(least));
            return Err(refused(AmountTooSmall { amount, least }));
        }
        let bucket = create(host, owner, &candidate, terms)?;
        self_stake::bind(host, candidate, bucket)?;
    }
    Ok(())
}

/// Enters a new candidate under its name, owner and id.
fn enter(host: &mut impl Host, name: &str, owner: Address) -> Result<Candidate, SystemError> {
    let encoded = check_name(host, name, 0)?;
    if at::CANDIDATE_BY_OWNER.at(host, owner)?.get(host)? != 0 || owner.is_zero() {
        return Err(refused(OwnerTaken { owner }));
    }
    let number = at::LAST_CANDIDATE.get(host)?.saturating_add(1);
    at::LAST_CANDIDATE.set(host, number)?;
    let id = free_id(host, owner)?;
    at::CANDIDATE_BY_ID.at(host, id)?.set(host, number)?;
    at::CANDIDATE_BY_OWNER.at(host, owner)?.set(host, number)?;
    at::CANDIDATE_BY_NAME.at(host, encoded)?.set(host, number)?;
    Ok(Candidate::new(number, id, owner, encoded, host.block().timestamp))
}

/// Registers a candidate of the chain spec: its makers vouch for the key, and no fee is due.
pub(super) fn enroll(host: &mut impl Host, of: &GenesisCandidate) -> Result<Candidate, SystemError> {
    let mut candidate = enter(host, &of.name, of.owner)?;
    candidate.reward = of.reward;
    adopt_key(host, &mut candidate, of.operator)?;
    candidate.store(host)?;
    set_endpoint(host, &candidate, &of.p2p)?;
    Ok(candidate)
}

/// An identifier that no candidate ever had. The owner's address usually; an owner that handed its first candidate on
/// gets a derived one.
fn free_id(host: &mut impl Host, owner: Address) -> Result<Address, SystemError> {
    let mut id = owner;
    for attempt in 0..MAX_ID_TRIES {
        if at::CANDIDATE_BY_ID.at(host, id)?.get(host)? == 0 {
            return Ok(id);
        }
        id = Address::from_word(keccak256([owner.as_slice(), &attempt.to_be_bytes()].concat()));
    }
    Err(refused(OwnerTaken { owner }))
}

/// A new name in its stored form; its own is no other's.
fn check_name(host: &mut impl Host, name: &str, own: u64) -> Result<B256, SystemError> {
    let encoded = encode_name(name).ok_or_else(|| refused(BadName { name: name.into() }))?;
    let holder = at::CANDIDATE_BY_NAME.at(host, encoded)?.get(host)?;
    if holder == 0 || holder == own { Ok(encoded) } else { Err(refused(NameTaken { name: name.into() })) }
}

/// Changes name, operator address and reward account of the caller's candidate.
pub(super) fn update(
    host: &mut impl Host,
    name: String,
    operator: Address,
    reward: Address,
    bls_key: Option<Bytes>,
) -> Result<(), SystemError> {
    let mut candidate = Candidate::of_caller(host)?;
    let encoded = check_name(host, &name, candidate.number)?;
    if encoded != candidate.name {
        at::CANDIDATE_BY_NAME.at(host, candidate.name)?.set(host, 0)?;
        at::CANDIDATE_BY_NAME.at(host, encoded)?.set(host, candidate.number)?;
        candidate.name = encoded;
    }
    if operator != candidate.operator {
        if !candidate.operator_key.is_zero() {
            return Err(refused(OperatorHasKey { operator: candidate.operator }));
        }
        install_operator(host, &mut candidate, operator)?;
    }
    candidate.reward = reward;
    candidate.store(host)?;
    if let Some(key) = &bls_key {
        set_bls_key(host, &candidate, key)?;
    }
    let event = CandidateUpdated {
        candidate: candidate.id,
        ownerAddress: candidate.owner,
        operatorAddress: candidate.operator,
        name,
        rewardAddress: reward,
        blsPubKey: candidate.text(host, Text::BlsKey)?,
    };
    emit(host, &event)
}

/// Changes the key of the caller's candidate's node.
pub(super) fn set_operator_key(host: &mut impl Host, key: B256, proof: &Bytes) -> Result<(), SystemError> {
    let mut candidate = Candidate::of_caller(host)?;
    install_key(host, &mut candidate, key, proof)?;
    candidate.store(host)
}

fn install_key(
    host: &mut impl Host,
    candidate: &mut Candidate,
    key: B256,
    proof: &Bytes,
) -> Result<(), SystemError> {
    host.charge(PROOF_GAS)?;
    let network = chain_info::spec_hash(host)?;
    if !althing_light::verify_operator(network, candidate.owner, key, proof) {
        return Err(refused(BadOperatorProof {}));
    }
    adopt_key(host, candidate, key)
}

fn adopt_key(host: &mut impl Host, candidate: &mut Candidate, key: B256) -> Result<(), SystemError> {
    install_operator(host, candidate, operator_address(key))?;
    candidate.operator_key = key;
    emit(host, &OperatorKeyChanged { candidate: candidate.id, operatorKey: key })
}

fn install_operator(
    host: &mut impl Host,
    candidate: &mut Candidate,
    operator: Address,
) -> Result<(), SystemError> {
    let slot = at::CANDIDATE_BY_OPERATOR.at(host, operator)?;
    let holder = slot.get(host)?;
    if operator.is_zero() || (holder != 0 && holder != candidate.number) {
        return Err(refused(OperatorTaken { operator }));
    }
    if !candidate.operator.is_zero() {
        at::CANDIDATE_BY_OPERATOR.at(host, candidate.operator)?.set(host, 0)?;
    }
    slot.set(host, candidate.number)?;
    candidate.operator = operator;
    Ok(())
}

/// A candidate's own words.
#[derive(Clone, Debug)]
pub(super) struct Profile {
    pub(super) endpoint: String,
    pub(super) website: String,
    pub(super) contact: String,
    pub(super) plan_hash: B256,
}

/// Changes the profile of the caller's candidate.
pub(super) fn set_profile(host: &mut impl Host, profile: Profile) -> Result<(), SystemError> {
    let candidate = Candidate::of_caller(host)?;
    let Profile { endpoint, website, contact, plan_hash } = profile;
    set_endpoint(host, &candidate, &endpoint)?;
    for (text, field, value) in [(Text::Website, "website", &website), (Text::Contact, "contact", &contact)] {
        check_length(field, value)?;
        candidate.set_text(host, text, value.as_bytes())?;
    }
    candidate.set_plan_hash(host, plan_hash)?;
    emit(host, &ProfileChanged { candidate: candidate.id, endpoint, website, contact, planHash: plan_hash })
}

fn set_endpoint(host: &mut impl Host, candidate: &Candidate, endpoint: &str) -> Result<(), SystemError> {
    check_length("endpoint", endpoint)?;
    if !endpoint.is_empty() && endpoint.parse::<SocketAddr>().is_err() {
        return Err(refused(BadText { field: "endpoint".into() }));
    }
    candidate.set_text(host, Text::Endpoint, endpoint.as_bytes())
}

fn set_bls_key(host: &mut impl Host, candidate: &Candidate, key: &Bytes) -> Result<(), SystemError> {
    if !key.is_empty() && key.len() != BLS_KEY {
        return Err(refused(BadText { field: "blsPubKey".into() }));
    }
    candidate.set_text(host, Text::BlsKey, key)
}

fn check_length(field: &str, value: &str) -> Result<(), SystemError> {
    if value.len() > MAX_TEXT { Err(refused(BadText { field: field.into() })) } else { Ok(()) }
}

/// Offers the caller's candidate to a new owner; offering it to nobody takes the offer back.
pub(super) fn offer(host: &mut impl Host, to: Address) -> Result<(), SystemError> {
    let mut candidate = Candidate::of_caller(host)?;
    candidate.pending_owner = to;
    candidate.store(host)?;
    emit(host, &OwnershipOffered { candidate: candidate.id, newOwner: to })
}

/// Takes over a candidate that was offered to the caller. A self-stake of the former owner counts as endorsed by it.
pub(super) fn accept(host: &mut impl Host, id: Address) -> Result<(), SystemError> {
    let mut candidate = Candidate::by_id(host, id)?;
    let (from, to) = (candidate.owner, host.call().caller);
    if to.is_zero() || candidate.pending_owner != to {
        return Err(refused(NotOffered { id }));
    }
    if at::CANDIDATE_BY_OWNER.at(host, to)?.get(host)? != 0 {
        return Err(refused(OwnerTaken { owner: to }));
    }
    at::CANDIDATE_BY_OWNER.at(host, from)?.set(host, 0)?;
    at::CANDIDATE_BY_OWNER.at(host, to)?.set(host, candidate.number)?;
    candidate.owner = to;
    candidate.pending_owner = Address::ZERO;
    candidate.store(host)?;
    self_stake::endorse_by_former_owner(host, &candidate)?;
    emit(host, &OwnershipTransferred { candidate: id, from, to })
}
