//! Keys and values of the tree. Numbers are big-endian, so that keys are in their order; the first byte of a key is its
//! kind.

use super::Mark;
use crate::activity::TransactionLocation;
use crate::encoding::Damage;
use alloy_primitives::{Address, B256};
use althing_primitives::{Height, StateKey};
use std::ops::RangeInclusive;

/// Bytes of a hash that are stored: nobody can make so many collide.
const HASH_BYTES: usize = 16;

/// What an entry is about. A number stays what it is: it is on disk.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Kind {
    Mark = 0,
    Transaction = 1,
    Nonce = 2,
    Activity = 3,
    Creation = 4,
    History = 5,
    Log = 6,
}

fn key<const N: usize>(kind: Kind, parts: [&[u8]; N]) -> Vec<u8> {
    let mut key = Vec::with_capacity(1 + parts.iter().map(|part| part.len()).sum::<usize>());
    key.push(kind as u8);
    parts.iter().for_each(|part| key.extend_from_slice(part));
    key
}

/// The last bytes of a key or value.
fn last<const N: usize>(bytes: &[u8]) -> Result<[u8; N], Damage> {
    let last = bytes.last_chunk::<N>().copied();
    last.ok_or_else(|| format!("an entry of {} bytes is cut off", bytes.len()))
}

pub(super) fn mark() -> Vec<u8> {
    key(Kind::Mark, [])
}

pub(super) fn encode_mark(mark: &Mark) -> Vec<u8> {
    [mark.height.to_be_bytes().as_slice(), mark.hash.as_slice()].concat()
}

pub(super) fn decode_mark(value: &[u8]) -> Result<Mark, Damage> {
    let bytes: [u8; 40] = last(value)?;
    let (height, hash) = bytes.split_first_chunk::<8>().expect("40 bytes have 8");
    Ok(Mark { height: Height::from_be_bytes(*height), hash: B256::from_slice(hash) })
}

const PLACE_BYTES: usize = 12;

/// A place, in the order of the chain.
pub(super) fn encode_place(height: Height, position: u32) -> [u8; PLACE_BYTES] {
    let mut place = [0; PLACE_BYTES];
    place[..8].copy_from_slice(&height.to_be_bytes());
    place[8..].copy_from_slice(&position.to_be_bytes());
    place
}

pub(super) fn decode_place(bytes: &[u8]) -> Result<TransactionLocation, Damage> {
    let bytes: [u8; PLACE_BYTES] = last(bytes)?;
    let (height, position) = bytes.split_first_chunk::<8>().expect("12 bytes have 8");
    let position = u32::from_be_bytes(last(position)?);
    Ok(TransactionLocation { height: Height::from_be_bytes(*height), position: position as usize })
}

pub(super) fn transaction(hash: &B256) -> Vec<u8> {
    key(Kind::Transaction, [&hash[..HASH_BYTES]])
}

pub(super) fn nonce(sender: &Address, nonce: u64) -> Vec<u8> {
    key(Kind::Nonce, [sender.as_slice(), &nonce.to_be_bytes()])
}

pub(super) fn activity(address: &Address, place: &[u8; PLACE_BYTES]) -> Vec<u8> {
    key(Kind::Activity, [address.as_slice(), place])
}

/// The keys that an account can have in blocks of these heights; each ends with its place.
pub(super) fn activity_in(address: &Address, heights: RangeInclusive<Height>) -> RangeInclusive<Vec<u8>> {
    let key = |height, position| activity(address, &encode_place(height, position));
    key(*heights.start(), 0)..=key(*heights.end(), u32::MAX)
}

pub(super) fn creation(contract: &Address) -> Vec<u8> {
    key(Kind::Creation, [contract.as_slice()])
}

pub(super) fn encode_creation(creator: &Address, place: &[u8; PLACE_BYTES]) -> Vec<u8> {
    [creator.as_slice(), place].concat()
}

pub(super) fn decode_creation(value: &[u8]) -> Result<(TransactionLocation, Address), Damage> {
    let bytes: [u8; 20 + PLACE_BYTES] = last(value)?;
    Ok((decode_place(value)?, Address::from_slice(&bytes[..20])))
}

/// A state key as old values are stored under it: its kind and the first bytes of its hash.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HistoryKey([u8; 1 + HASH_BYTES]);

impl HistoryKey {
    /// The kind of the key is part of it: code whose bytes are an address hashes as the account does.
    pub(crate) fn new(key: &StateKey) -> Self {
        let mut short = [0; 1 + HASH_BYTES];
        short[0] = match key {
            StateKey::Account(_) => 1,
            StateKey::Slot(..) => 2,
            StateKey::Code(_) => 3,
        };
        short[1..].copy_from_slice(&key.hashed()[..HASH_BYTES]);
        Self(short)
    }
}

pub(super) fn history(of: &HistoryKey, height: Height) -> Vec<u8> {
    key(Kind::History, [&of.0, &height.to_be_bytes()])
}

/// The height of an old value; none when the key is of something else.
pub(super) fn history_height(key: &[u8]) -> Option<Height> {
    let is_history = key.first() == Some(&(Kind::History as u8));
    is_history.then(|| key.last_chunk().map(|height| Height::from_be_bytes(*height))).flatten()
}

/// What logs are found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogColumn {
    Address,
    /// The topic at a position, of four.
    Topic(u8),
}

pub(super) fn log(column: LogColumn, value: &[u8], id: i64) -> Vec<u8> {
    let column = match column {
        LogColumn::Address => 0,
        LogColumn::Topic(position) => 1 + position,
    };
    key(Kind::Log, [&[column], value, &id.to_be_bytes()])
}

pub(super) fn id_of_log(key: &[u8]) -> Result<i64, Damage> {
    last(key).map(i64::from_be_bytes)
}
