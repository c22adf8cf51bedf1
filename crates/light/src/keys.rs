//! The chain of group keys: which key signs which epochs, from the chain spec's key (id 0) on.
//!
//! A new key is announced by the last block of an epoch, which the key before it signs, and signs from the next epoch on.
//! So whoever trusts the chain spec comes to every later key by one certified header each.
//!
//! Invariant: every key here is the chain spec's or was announced under the one before it; ids have no gap, and each key
//! begins later than the one before.

use crate::{Certified, LightError, Scheme, Verifier, beacon::verify_beacon};
use alloy_primitives::Bytes;
use alloy_rlp::{RlpDecodable, RlpEncodable};
use althing_primitives::{Block, Calendar, ChainSpec, Epoch, Header, SealBrief, View};
use commonware_consensus::types;
use commonware_cryptography::certificate::{Provider, Scoped};
use thiserror::Error;

/// Most keys in a chain: a new one every day for eleven years.
pub const MAX_KEYS: usize = 4_096;

/// Proof that a group key was announced: the last block of an epoch, under the key before.
#[derive(Clone, Debug, PartialEq, Eq, RlpEncodable, RlpDecodable)]
pub struct Announcement {
    /// Its header.
    pub header: Header,
    /// What the header's hash commits to of its seal; the new key is among it.
    pub seal: SealBrief,
    /// The block's own certificate.
    pub certificate: Bytes,
}

impl Announcement {
    /// What a final block announces, with its own certificate.
    pub fn of(block: &Block, certificate: Bytes) -> Self {
        Self { header: block.header().clone(), seal: block.seal().brief(), certificate }
    }

    /// Encodes as RLP.
    pub fn encode(&self) -> Vec<u8> {
        alloy_rlp::encode(self)
    }

    /// Decodes. Any sender may be hostile.
    pub fn decode(bytes: &[u8]) -> Result<Self, AnnouncementError> {
        Ok(alloy_rlp::decode_exact(bytes)?)
    }
}

/// Why an announcement is not taken.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum AnnouncementError {
    /// Not the RLP of a header, its seal in brief and a certificate.
    #[error("the announcement does not decode: {0}")]
    Malformed(#[from] alloy_rlp::Error),
    /// The block announces nothing.
    #[error("block {0} announces no group key")]
    Nothing(u64),
    /// It is not signed by the newest key: announcements before it are missing, or it is known already.
    #[error(
        "the announcement is under group key {under}, but the next one must be under {newest}: take announcements in order"
    )]
    Gap {
        /// Id of the key that the block names as its own.
        under: u64,
        /// Id of the newest key.
        newest: u64,
    },
    /// Only an epoch's last block may announce.
    #[error("block {height} announces a group key, but is not the last of epoch {epoch}")]
    NotLast {
        /// Height of the block.
        height: u64,
        /// Its epoch.
        epoch: Epoch,
    },
    /// The block is not proven final, or the new key is none.
    #[error("the announcement proves nothing: {0}")]
    Unproven(#[from] LightError),
    /// [`MAX_KEYS`] are known.
    #[error("the chain has {MAX_KEYS} group keys, and can have no more")]
    Full,
}

/// A key of the chain.
#[derive(Clone, Debug)]
pub struct GroupKey {
    /// The first epoch whose blocks it signs.
    pub first_epoch: Epoch,
    /// The key: a compressed BLS12-381 G2 point of 96 bytes.
    pub key: Bytes,
    /// How it was announced; nothing for the chain spec's.
    pub announcement: Option<Announcement>,
    verifier: Verifier,
}

/// All group keys of a chain that are known, and what they prove.
#[derive(Clone, Debug)]
pub struct KeyChain {
    namespace: Vec<u8>,
    calendar: Calendar,
    first: GroupKey,
    later: Vec<GroupKey>,
}

impl KeyChain {
    /// The chain spec's key, and no later one.
    pub fn new(spec: &ChainSpec) -> Result<Self, LightError> {
        Self::from_key(&spec.namespace(), spec.calendar(), &spec.committee.group_key)
    }

    /// From a chain's signing domain, calendar and first key.
    pub fn from_key(namespace: &[u8], calendar: Calendar, key: &[u8]) -> Result<Self, LightError> {
        let first = GroupKey::new(namespace, key, 0, None)?;
        Ok(Self { namespace: namespace.to_vec(), calendar, first, later: Vec::new() })
    }

    /// All keys, by id.
    pub fn keys(&self) -> impl Iterator<Item = &GroupKey> {
        std::iter::once(&self.first).chain(&self.later)
    }

    /// Id of the newest key.
    pub fn newest(&self) -> u64 {
        self.later.len() as u64
    }

    /// Id of the key that signs an epoch's blocks.
    pub fn id_of(&self, epoch: Epoch) -> u64 {
        self.later.partition_point(|key| key.first_epoch <= epoch) as u64
    }

    /// The key that signs an epoch's blocks.
    pub fn of_epoch(&self, epoch: Epoch) -> &GroupKey {
        self.later.iter().rfind(|key| key.first_epoch <= epoch).unwrap_or(&self.first)
    }

    fn by_id(&self, id: u64) -> Option<&GroupKey> {
        match usize::try_from(id).ok()?.checked_sub(1) {
            None => Some(&self.first),
            Some(index) => self.later.get(index),
        }
    }

    /// Takes the announcement of the next key.
    pub fn announce(&mut self, announcement: Announcement) -> Result<(), AnnouncementError> {
        let (header, seal) = (&announcement.header, announcement.seal.fields());
        let key = seal.next_key.ok_or(AnnouncementError::Nothing(header.number))?;
        if seal.key_id != self.newest() {
            return Err(AnnouncementError::Gap { under: seal.key_id, newest: self.newest() });
        }
        if header.number != self.calendar.last_block(seal.epoch) {
            return Err(AnnouncementError::NotLast { height: header.number, epoch: seal.epoch });
        }
        if self.later.len() + 1 >= MAX_KEYS {
            return Err(AnnouncementError::Full);
        }
        self.verify(header, &announcement.seal, &announcement.certificate)?;
        let first_epoch = seal.epoch.saturating_add(1);
        self.later.push(GroupKey::new(&self.namespace, key.as_slice(), first_epoch, Some(announcement))?);
        Ok(())
    }

    /// Checks that a certificate proves this very header final, under the key that its seal names. Costs about 1 ms.
    ///
    /// A key proves nothing outside of its epochs, so who has got hold of an old key's shares cannot go on with it. That
    /// holds as far as announcements are known: ask several nodes for them.
    pub fn verify(
        &self,
        header: &Header,
        seal: &SealBrief,
        certificate: &[u8],
    ) -> Result<Certified, LightError> {
        if header.extra_data.as_ref() != seal.hash().as_slice() {
            return Err(LightError::Seal);
        }
        let seal = seal.fields();
        if self.calendar.epoch_of(header.number) != seal.epoch {
            return Err(LightError::Height { height: header.number, epoch: seal.epoch });
        }
        let id = seal.key_id;
        let key = self.by_id(id).ok_or(LightError::UnknownKey { id, newest: self.newest() })?;
        let right = self.id_of(seal.epoch);
        if id != right {
            return Err(LightError::OtherKey { id, epoch: seal.epoch, right });
        }
        let certified = key.verifier.verify_header(header, certificate)?;
        if certified.epoch != seal.epoch {
            return Err(LightError::OtherEpoch { certified: certified.epoch, expected: seal.epoch });
        }
        Ok(certified)
    }

    /// [`KeyChain::verify`] for a whole block.
    pub fn verify_block(&self, block: &Block, certificate: &[u8]) -> Result<Certified, LightError> {
        self.verify(block.header(), &block.seal().brief(), certificate)
    }

    /// Whether `beacon` is the group's VRF output of (epoch, view). Costs about 1 ms.
    pub fn verify_beacon(&self, (epoch, view): (Epoch, View), beacon: &[u8]) -> bool {
        let round = types::Round::new(types::Epoch::new(epoch), types::View::new(view));
        verify_beacon(self.of_epoch(epoch).verifier.scheme(), round, beacon)
    }
}

impl GroupKey {
    fn new(
        namespace: &[u8],
        key: &[u8],
        first_epoch: Epoch,
        announcement: Option<Announcement>,
    ) -> Result<Self, LightError> {
        let verifier = Verifier::from_key(namespace, key)?;
        Ok(Self { first_epoch, key: Bytes::copy_from_slice(key), announcement, verifier })
    }
}

/// The schemes that consensus verifies certificates of each epoch with.
impl Provider for KeyChain {
    type Scope = types::Epoch;
    type Scheme = Scheme;

    fn scoped(&self, epoch: types::Epoch) -> Option<Scoped<Scheme>> {
        Some(Scoped::scheme(self.of_epoch(epoch.get()).verifier.scheme().clone()))
    }
}

#[cfg(test)]
mod tests;
