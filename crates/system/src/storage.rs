//! Typed storage in Solidity's layout, without macros: one value a slot, maps by `keccak(key ‖ slot)`.
//!
//! Stored lengths are hostile: state overrides of `eth_call` can put anything in a slot. Every read is bounded.

use crate::{Host, SystemError, host::keccak};
use alloy_primitives::{Address, B256, Bytes, U256};
use std::{marker::PhantomData, ops::Range};

/// A value that fills one storage slot.
pub trait Word: Copy {
    /// From a stored word. Total: bits that the type has no room for are dropped.
    fn from_word(word: U256) -> Self;
    /// To a stored word.
    fn to_word(self) -> U256;
}

impl Word for U256 {
    fn from_word(word: U256) -> Self {
        word
    }
    fn to_word(self) -> U256 {
        self
    }
}

impl Word for u64 {
    fn from_word(word: U256) -> Self {
        word.as_limbs()[0]
    }
    fn to_word(self) -> U256 {
        U256::from(self)
    }
}

impl Word for u128 {
    fn from_word(word: U256) -> Self {
        let limbs = word.as_limbs();
        Self::from(limbs[0]) | Self::from(limbs[1]) << 64
    }
    fn to_word(self) -> U256 {
        U256::from(self)
    }
}

impl Word for bool {
    fn from_word(word: U256) -> Self {
        !word.is_zero()
    }
    fn to_word(self) -> U256 {
        U256::from(self)
    }
}

impl Word for B256 {
    fn from_word(word: U256) -> Self {
        word.into()
    }
    fn to_word(self) -> U256 {
        self.into()
    }
}

impl Word for Address {
    fn from_word(word: U256) -> Self {
        Self::from_word(B256::from(word))
    }
    fn to_word(self) -> U256 {
        self.into_word().into()
    }
}

/// One slot of one contract.
#[derive(Clone, Copy, Debug)]
pub struct Slot<T> {
    account: Address,
    slot: U256,
    value: PhantomData<T>,
}

impl<T: Word> Slot<T> {
    /// The slot with a number.
    pub const fn new(account: Address, slot: u64) -> Self {
        Self::at(account, U256::from_limbs([slot, 0, 0, 0]))
    }

    const fn at(account: Address, slot: U256) -> Self {
        Self { account, slot, value: PhantomData }
    }

    /// The contract that has it.
    pub const fn account(&self) -> Address {
        self.account
    }

    /// Its number.
    pub const fn number(&self) -> U256 {
        self.slot
    }

    /// Reads the value; zero when never written.
    pub fn get(&self, host: &mut impl Host) -> Result<T, SystemError> {
        host.load(self.account, self.slot).map(T::from_word)
    }

    /// Writes the value.
    pub fn set(&self, host: &mut impl Host, value: T) -> Result<(), SystemError> {
        host.store(self.account, self.slot, value.to_word())
    }
}

/// A Solidity mapping to one-slot values.
#[derive(Clone, Copy, Debug)]
pub struct Map<K, V> {
    account: Address,
    slot: U256,
    types: PhantomData<(K, V)>,
}

/// The slot of a mapping's key, as Solidity computes it. Hashing is charged.
fn hashed(host: &mut impl Host, slot: U256, key: impl Word) -> Result<U256, SystemError> {
    let mut bytes = [0u8; 64];
    bytes[..32].copy_from_slice(&key.to_word().to_be_bytes::<32>());
    bytes[32..].copy_from_slice(&slot.to_be_bytes::<32>());
    Ok(keccak(host, &bytes)?.into())
}

impl<K: Word, V: Word> Map<K, V> {
    /// The mapping whose declaration has this slot number.
    pub const fn new(account: Address, slot: u64) -> Self {
        Self { account, slot: U256::from_limbs([slot, 0, 0, 0]), types: PhantomData }
    }

    /// The slot of a key. Hashing is charged.
    pub fn at(&self, host: &mut impl Host, key: K) -> Result<Slot<V>, SystemError> {
        Ok(Slot::at(self.account, hashed(host, self.slot, key)?))
    }
}

/// A Solidity mapping to structs: each fills slots from its own base on.
#[derive(Clone, Copy, Debug)]
pub struct Records<K> {
    account: Address,
    slot: U256,
    types: PhantomData<K>,
}

impl<K: Word> Records<K> {
    /// The mapping whose declaration has this slot number.
    pub const fn new(account: Address, slot: u64) -> Self {
        Self { account, slot: U256::from_limbs([slot, 0, 0, 0]), types: PhantomData }
    }

    /// The record of a key. Hashing is charged.
    pub fn at(&self, host: &mut impl Host, key: K) -> Result<Record, SystemError> {
        Ok(Record { account: self.account, base: hashed(host, self.slot, key)? })
    }
}

/// A struct in storage.
#[derive(Clone, Copy, Debug)]
pub struct Record {
    account: Address,
    base: U256,
}

impl Record {
    /// Its one-slot field at an offset.
    pub fn slot<T: Word>(&self, offset: u64) -> Slot<T> {
        Slot::at(self.account, self.base.wrapping_add(U256::from(offset)))
    }

    /// Reads its slots at these offsets ahead.
    pub fn prefetch(&self, host: &mut impl Host, offsets: Range<u64>) -> Result<(), SystemError> {
        let slots: Vec<_> = offsets.map(|offset| self.slot::<U256>(offset).slot).collect();
        host.prefetch(self.account, &slots)
    }

    /// Its byte string at an offset.
    pub fn bytes(&self, offset: u64) -> ByteString {
        ByteString { account: self.account, slot: self.base.wrapping_add(U256::from(offset)) }
    }

    /// Clears its first `slots` slots. Byte strings are set to empty before, or their tails stay.
    pub fn clear(&self, host: &mut impl Host, slots: u64) -> Result<(), SystemError> {
        (0..slots).try_for_each(|offset| self.slot(offset).set(host, U256::ZERO))
    }
}

/// A Solidity array of numbers, one a slot, whose order is nobody's business.
#[derive(Clone, Copy, Debug)]
pub struct List {
    account: Address,
    slot: U256,
}

impl List {
    /// The array whose declaration has this slot number.
    pub const fn new(account: Address, slot: u64) -> Self {
        Self { account, slot: U256::from_limbs([slot, 0, 0, 0]) }
    }

    /// The array of a key in a mapping to arrays, whose declaration has this slot number.
    pub fn of(
        host: &mut impl Host,
        account: Address,
        slot: u64,
        key: impl Word,
    ) -> Result<Self, SystemError> {
        Ok(Self { account, slot: hashed(host, U256::from(slot), key)? })
    }

    fn length(&self) -> Slot<u64> {
        Slot::at(self.account, self.slot)
    }

    fn item(&self, host: &mut impl Host, index: u64) -> Result<Slot<u64>, SystemError> {
        let first: U256 = keccak(host, &self.slot.to_be_bytes::<32>())?.into();
        Ok(Slot::at(self.account, first.wrapping_add(U256::from(index))))
    }

    /// Number of items.
    pub fn len(&self, host: &mut impl Host) -> Result<u64, SystemError> {
        self.length().get(host)
    }

    /// The item at an index below the length.
    pub fn get(&self, host: &mut impl Host, index: u64) -> Result<u64, SystemError> {
        self.item(host, index)?.get(host)
    }

    /// Items `offset..offset + limit`, as far as they exist.
    pub fn page(&self, host: &mut impl Host, offset: u64, limit: u64) -> Result<Vec<u64>, SystemError> {
        let end = self.len(host)?.min(offset.saturating_add(limit));
        let items: Vec<_> = (offset..end).map(|index| self.item(host, index)).collect::<Result<_, _>>()?;
        host.prefetch(self.account, &items.iter().map(Slot::number).collect::<Vec<_>>())?;
        items.into_iter().map(|item| item.get(host)).collect()
    }

    /// Appends an item; gives its index.
    pub fn push(&self, host: &mut impl Host, value: u64) -> Result<u64, SystemError> {
        let index = self.len(host)?;
        self.item(host, index)?.set(host, value)?;
        self.length().set(host, index.saturating_add(1))?;
        Ok(index)
    }

    /// Removes the item at an index; the last one takes its place and is given back, unless it was the last itself.
    pub fn swap_remove(&self, host: &mut impl Host, index: u64) -> Result<Option<u64>, SystemError> {
        let last = self.len(host)?.checked_sub(1).ok_or_else(|| broken("an empty list"))?;
        let moved = self.get(host, last)?;
        self.item(host, last)?.set(host, 0)?;
        self.length().set(host, last)?;
        if index == last {
            return Ok(None);
        }
        self.item(host, index)?.set(host, moved)?;
        Ok(Some(moved))
    }
}

fn broken(what: &str) -> SystemError {
    SystemError::Fatal(format!("stored data contradicts itself: {what}"))
}

/// Four numbers of 64 bits in one slot, the first in the lowest bits.
pub(crate) type Quad = [u64; 4];

impl Word for Quad {
    fn from_word(word: U256) -> Self {
        *word.as_limbs()
    }
    fn to_word(self) -> U256 {
        U256::from_limbs(self)
    }
}

/// Two numbers of 128 bits in one slot, the first in the lower bits.
pub(crate) type Pair = [u128; 2];

impl Word for Pair {
    fn from_word(word: U256) -> Self {
        [u128::from_word(word), u128::from_word(word >> 128)]
    }
    fn to_word(self) -> U256 {
        U256::from(self[0]) | U256::from(self[1]) << 128
    }
}

/// A number of 128 bits and two of 64 in one slot, the first in the lowest bits.
pub(crate) type Triple = (u128, u64, u64);

impl Word for Triple {
    fn from_word(word: U256) -> Self {
        let [_, _, second, third] = *word.as_limbs();
        (u128::from_word(word), second, third)
    }
    fn to_word(self) -> U256 {
        let (first, second, third) = self;
        U256::from_limbs([first as u64, (first >> 64) as u64, second, third])
    }
}

/// An address and a number of 64 bits in one slot, the address in the lowest bits.
pub(crate) type Tagged = (Address, u64);

impl Word for Tagged {
    fn from_word(word: U256) -> Self {
        (<Address as Word>::from_word(word), u64::from_word(word >> 160))
    }
    fn to_word(self) -> U256 {
        self.0.to_word() | U256::from(self.1) << 160
    }
}

/// Longest byte string that is stored or read back, in bytes; a longer stored length reads as this.
pub const MAX_STORED_BYTES: usize = 1024;

/// A Solidity `bytes` or `string`: up to 31 bytes in the slot itself, longer ones from `keccak(slot)` on.
#[derive(Clone, Copy, Debug)]
pub struct ByteString {
    account: Address,
    slot: U256,
}

impl ByteString {
    /// The byte string whose declaration has this slot number.
    pub const fn new(account: Address, slot: u64) -> Self {
        Self { account, slot: U256::from_limbs([slot, 0, 0, 0]) }
    }

    /// Reads the bytes.
    pub fn get(&self, host: &mut impl Host) -> Result<Bytes, SystemError> {
        let head = host.load(self.account, self.slot)?;
        if !head.bit(0) {
            let length = usize::from(head.byte(0) >> 1).min(31);
            return Ok(Bytes::copy_from_slice(&head.to_be_bytes::<32>()[..length]));
        }
        let length = stored_length(head);
        let first = self.first(host)?;
        let mut bytes = Vec::with_capacity(MAX_STORED_BYTES);
        for index in 0..length.div_ceil(32) {
            let word = host.load(self.account, first.wrapping_add(U256::from(index)))?;
            bytes.extend_from_slice(&word.to_be_bytes::<32>());
        }
        bytes.truncate(length);
        Ok(bytes.into())
    }

    /// Writes the bytes and clears what a longer value before left behind.
    pub fn set(&self, host: &mut impl Host, bytes: &[u8]) -> Result<(), SystemError> {
        if bytes.len() > MAX_STORED_BYTES {
            let reason = format!("a value of {} bytes is longer than {MAX_STORED_BYTES}", bytes.len());
            return Err(SystemError::Fatal(reason));
        }
        let head = host.load(self.account, self.slot)?;
        let words_before = if head.bit(0) { stored_length(head).div_ceil(32) } else { 0 };
        let long = bytes.len() > 31;
        let mut words_after = 0;
        if long {
            host.store(self.account, self.slot, U256::from(bytes.len() * 2 + 1))?;
            words_after = bytes.len().div_ceil(32);
        } else {
            let mut word = [0u8; 32];
            word[..bytes.len()].copy_from_slice(bytes);
            word[31] = (bytes.len() * 2) as u8;
            host.store(self.account, self.slot, U256::from_be_bytes(word))?;
        }
        if words_before == 0 && words_after == 0 {
            return Ok(());
        }
        let first = self.first(host)?;
        for index in 0..words_after.max(words_before) {
            let mut word = [0u8; 32];
            if index < words_after {
                let part = &bytes[index * 32..bytes.len().min(index * 32 + 32)];
                word[..part.len()].copy_from_slice(part);
            }
            host.store(self.account, first.wrapping_add(U256::from(index)), U256::from_be_bytes(word))?;
        }
        Ok(())
    }

    fn first(&self, host: &mut impl Host) -> Result<U256, SystemError> {
        Ok(keccak(host, &self.slot.to_be_bytes::<32>())?.into())
    }
}

fn stored_length(head: U256) -> usize {
    let length: U256 = head >> 1;
    usize::try_from(length).unwrap_or(usize::MAX).min(MAX_STORED_BYTES)
}
