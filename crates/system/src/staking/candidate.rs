//! A candidate: who may be elected. This file knows how one lies in storage and by what it is found.

use super::{
    refused,
    storage::{self as at},
};
use crate::{
    Host, SystemError,
    storage::{Pair, Quad, Record, Slot, Tagged},
};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use althing_abi::Staking::{NotCandidateOwner, UnknownCandidate, UnknownCandidateAddress};

/// Where a candidate stands in the exit queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Exit {
    /// It stays.
    #[default]
    No,
    /// It waits for its turn.
    Requested,
    /// It may leave from an epoch on.
    Scheduled(u64),
}

/// A candidate in memory, without its texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(super) number: u64,
    /// What it is known by for ever: its first owner's address, or one derived from it.
    pub(super) id: Address,
    pub(super) owner: Address,
    pub(super) pending_owner: Address,
    pub(super) reward: Address,
    /// The operator key's address, or what an IoTeX tool gave while there is no key.
    pub(super) operator: Address,
    /// Ed25519 key of its node; zero while there is none.
    pub(super) operator_key: B256,
    /// Left-aligned.
    pub(super) name: B256,
    /// Weighted votes of its buckets.
    pub(super) votes: u128,
    /// Coins of the self-stake.
    pub(super) self_stake: u128,
    pub(super) self_bucket: Option<u64>,
    pub(super) registered_at: u64,
    pub(super) jailed_until: u64,
    pub(super) exit: Exit,
    /// Place among the active candidates plus one; 0 when not there.
    active_place: u64,
}

/// Slots of a candidate without its texts.
const FIELDS: u64 = 9;

struct Fields(Record);

impl Fields {
    fn of(host: &mut impl Host, number: u64) -> Result<Self, SystemError> {
        at::CANDIDATE.at(host, number).map(Self)
    }
    /// Those of a candidate that a bucket or a list names.
    fn named(host: &mut impl Host, number: u64) -> Result<Self, SystemError> {
        if number == 0 { Err(missing(number)) } else { Self::of(host, number) }
    }
    /// Votes and self-stake.
    fn weights(&self) -> Slot<Pair> {
        self.0.slot(0)
    }
    /// Self-stake's bucket plus one, place among the active plus one, jailed until, exit (0: no, 1: requested, else epoch + 2).
    fn status(&self) -> Slot<Quad> {
        self.0.slot(1)
    }
    fn operator_key(&self) -> Slot<B256> {
        self.0.slot(2)
    }
    /// Owner and time of registration.
    fn owner(&self) -> Slot<Tagged> {
        self.0.slot(3)
    }
    fn id(&self) -> Slot<Address> {
        self.0.slot(4)
    }
    fn reward(&self) -> Slot<Address> {
        self.0.slot(5)
    }
    fn operator(&self) -> Slot<Address> {
        self.0.slot(6)
    }
    fn pending_owner(&self) -> Slot<Address> {
        self.0.slot(7)
    }
    fn name(&self) -> Slot<B256> {
        self.0.slot(8)
    }
}

/// Offsets of a candidate's texts in its record.
#[derive(Clone, Copy, Debug)]
pub(super) enum Text {
    Endpoint = 9,
    Website = 10,
    Contact = 11,
    BlsKey = 13,
}

/// Offset of the hash of a candidate's plan.
const PLAN_HASH: u64 = 12;

impl Candidate {
    /// A candidate that is about to be registered.
    pub(super) fn new(number: u64, id: Address, owner: Address, name: B256, registered_at: u64) -> Self {
        Self {
            number,
            id,
            owner,
            name,
            registered_at,
            pending_owner: Address::ZERO,
            reward: Address::ZERO,
            operator: Address::ZERO,
            operator_key: B256::ZERO,
            votes: 0,
            self_stake: 0,
            self_bucket: None,
            jailed_until: 0,
            exit: Exit::No,
            active_place: 0,
        }
    }

    /// Reads a candidate; `None` for number 0.
    pub(super) fn find(host: &mut impl Host, number: u64) -> Result<Option<Self>, SystemError> {
        if number == 0 {
            return Ok(None);
        }
        let fields = Fields::of(host, number)?;
        fields.0.prefetch(host, 0..FIELDS)?;
        let (owner, registered_at) = fields.owner().get(host)?;
        let [votes, self_stake] = fields.weights().get(host)?;
        let [self_bucket, active_place, jailed_until, exit] = fields.status().get(host)?;
        Ok(Some(Self {
            number,
            id: fields.id().get(host)?,
            owner,
            pending_owner: fields.pending_owner().get(host)?,
            reward: fields.reward().get(host)?,
            operator: fields.operator().get(host)?,
            operator_key: fields.operator_key().get(host)?,
            name: fields.name().get(host)?,
            votes,
            self_stake,
            self_bucket: self_bucket.checked_sub(1),
            registered_at,
            jailed_until,
            exit: match exit {
                0 => Exit::No,
                1 => Exit::Requested,
                epoch => Exit::Scheduled(epoch.saturating_sub(2)),
            },
            active_place,
        }))
    }

    /// Reads a candidate that a bucket or a list names.
    pub(super) fn load(host: &mut impl Host, number: u64) -> Result<Self, SystemError> {
        Self::find(host, number)?.ok_or_else(|| missing(number))
    }

    /// The candidate with a name; reverts when there is none.
    pub(super) fn named(host: &mut impl Host, name: &str) -> Result<Self, SystemError> {
        Self::find_named(host, name)?.ok_or_else(|| refused(UnknownCandidate { name: name.into() }))
    }

    /// The candidate with a name.
    pub(super) fn find_named(host: &mut impl Host, name: &str) -> Result<Option<Self>, SystemError> {
        let Some(name) = encode_name(name) else { return Ok(None) };
        let number = at::CANDIDATE_BY_NAME.at(host, name)?.get(host)?;
        Self::find(host, number)
    }

    /// The candidate with an id.
    pub(super) fn find_by_id(host: &mut impl Host, id: Address) -> Result<Option<Self>, SystemError> {
        let number = at::CANDIDATE_BY_ID.at(host, id)?.get(host)?;
        Self::find(host, number)
    }

    /// The candidate with an id; reverts when there is none.
    pub(super) fn by_id(host: &mut impl Host, id: Address) -> Result<Self, SystemError> {
        Self::find_by_id(host, id)?.ok_or_else(|| refused(UnknownCandidateAddress { account: id }))
    }

    /// The candidate of an owner.
    pub(super) fn find_by_owner(host: &mut impl Host, owner: Address) -> Result<Option<Self>, SystemError> {
        let number = at::CANDIDATE_BY_OWNER.at(host, owner)?.get(host)?;
        Self::find(host, number)
    }

    /// The caller's candidate; reverts when it has none.
    pub(super) fn of_caller(host: &mut impl Host) -> Result<Self, SystemError> {
        let caller = host.call().caller;
        Self::find_by_owner(host, caller)?.ok_or_else(|| refused(NotCandidateOwner { caller }))
    }

    /// Writes everything but weights, texts and indexes.
    pub(super) fn store(&self, host: &mut impl Host) -> Result<(), SystemError> {
        let fields = Fields::of(host, self.number)?;
        let exit = match self.exit {
            Exit::No => 0,
            Exit::Requested => 1,
            Exit::Scheduled(epoch) => epoch.saturating_add(2),
        };
        let self_bucket = self.self_bucket.map_or(0, |index| index.saturating_add(1));
        fields.status().set(host, [self_bucket, self.active_place, self.jailed_until, exit])?;
        fields.operator_key().set(host, self.operator_key)?;
        fields.owner().set(host, (self.owner, self.registered_at))?;
        fields.id().set(host, self.id)?;
        fields.reward().set(host, self.reward)?;
        fields.operator().set(host, self.operator)?;
        fields.pending_owner().set(host, self.pending_owner)?;
        fields.name().set(host, self.name)
    }

    /// Where its votes and its self-stake are: what every operation on a bucket changes.
    pub(super) fn weights(host: &mut impl Host, number: u64) -> Result<Slot<Pair>, SystemError> {
        Ok(Fields::named(host, number)?.weights())
    }

    /// Its id, without the rest.
    pub(super) fn id_of(host: &mut impl Host, number: u64) -> Result<Address, SystemError> {
        Fields::named(host, number)?.id().get(host)
    }

    /// Its id and name, without the rest.
    pub(super) fn name_of(host: &mut impl Host, number: u64) -> Result<(Address, String), SystemError> {
        let fields = Fields::named(host, number)?;
        Ok((fields.id().get(host)?, decode_name(fields.name().get(host)?)))
    }

    /// Its reward account, without the rest.
    pub(super) fn reward_of(host: &mut impl Host, number: u64) -> Result<Address, SystemError> {
        Fields::named(host, number)?.reward().get(host)
    }

    /// Time until which it is in jail, without the rest.
    pub(super) fn jailed_until(host: &mut impl Host, number: u64) -> Result<u64, SystemError> {
        let [_, _, jailed_until, _] = Fields::named(host, number)?.status().get(host)?;
        Ok(jailed_until)
    }

    /// Its node's key, without the rest.
    pub(super) fn operator_key_of(host: &mut impl Host, number: u64) -> Result<B256, SystemError> {
        Fields::named(host, number)?.operator_key().get(host)
    }

    /// Reads ahead, of candidates, what decides whether they may be elected.
    pub(super) fn prefetch_standing(host: &mut impl Host, numbers: &[u64]) -> Result<(), SystemError> {
        let mut slots = Vec::with_capacity(numbers.len().saturating_mul(5));
        for number in numbers {
            let fields = Fields::named(host, *number)?;
            let endpoint = fields.0.slot::<U256>(Text::Endpoint as u64);
            slots.extend([
                fields.weights().number(),
                fields.status().number(),
                fields.operator_key().number(),
                fields.id().number(),
                endpoint.number(),
            ]);
        }
        host.prefetch(at::ADDRESS, &slots)
    }

    /// Whether it is among the active candidates.
    pub(super) fn is_active(&self) -> bool {
        self.active_place != 0
    }

    /// Enters it among the active candidates; stored with it.
    pub(super) fn enter_active(&mut self, host: &mut impl Host) -> Result<(), SystemError> {
        self.active_place = at::ACTIVE_CANDIDATES.push(host, self.number)?.saturating_add(1);
        Ok(())
    }

    /// Takes it out of the active candidates; stored with it.
    pub(super) fn leave_active(&mut self, host: &mut impl Host) -> Result<(), SystemError> {
        let Some(place) = self.active_place.checked_sub(1) else { return Ok(()) };
        if let Some(moved) = at::ACTIVE_CANDIDATES.swap_remove(host, place)? {
            let status = Fields::of(host, moved)?.status();
            let mut fields = status.get(host)?;
            fields[1] = self.active_place;
            status.set(host, fields)?;
        }
        self.active_place = 0;
        Ok(())
    }

    /// A text.
    pub(super) fn text(&self, host: &mut impl Host, text: Text) -> Result<Bytes, SystemError> {
        Self::text_of(host, self.number, text)
    }

    /// A text, without the rest.
    pub(super) fn text_of(host: &mut impl Host, number: u64, text: Text) -> Result<Bytes, SystemError> {
        at::CANDIDATE.at(host, number)?.bytes(text as u64).get(host)
    }

    /// Writes a text.
    pub(super) fn set_text(&self, host: &mut impl Host, text: Text, value: &[u8]) -> Result<(), SystemError> {
        at::CANDIDATE.at(host, self.number)?.bytes(text as u64).set(host, value)
    }

    /// Hash of the plan that it published.
    pub(super) fn plan_hash(&self, host: &mut impl Host) -> Result<B256, SystemError> {
        at::CANDIDATE.at(host, self.number)?.slot(PLAN_HASH).get(host)
    }

    /// Writes the hash of its plan.
    pub(super) fn set_plan_hash(&self, host: &mut impl Host, hash: B256) -> Result<(), SystemError> {
        at::CANDIDATE.at(host, self.number)?.slot(PLAN_HASH).set(host, hash)
    }
}

fn missing(number: u64) -> SystemError {
    SystemError::Fatal(format!("candidate {number} is named but does not exist"))
}

/// Longest name.
const MAX_NAME: usize = 12;

/// A name as it is stored: 1 to 12 lower-case letters and digits, left-aligned.
pub(super) fn encode_name(name: &str) -> Option<B256> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let fits = !name.is_empty() && name.len() <= MAX_NAME && name.bytes().all(allowed);
    fits.then(|| {
        let mut word = B256::ZERO;
        word[..name.len()].copy_from_slice(name.as_bytes());
        word
    })
}

/// The name that a stored one says.
pub(super) fn decode_name(name: B256) -> String {
    name.iter().take_while(|byte| **byte != 0).map(|byte| char::from(*byte)).collect()
}

/// The address that stands for an operator key where an interface wants an address.
pub(crate) fn operator_address(key: B256) -> Address {
    Address::from_word(keccak256(key))
}
