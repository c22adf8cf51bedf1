//! Typed storage in Solidity's layout, without macros: one value a slot, maps by `keccak(key ‖ slot)`.
//!
//! Stored lengths are hostile: state overrides of `eth_call` can put anything in a slot. Every read is bounded.

use crate::{Host, SystemError, host::keccak};
use alloy_primitives::{Address, B256, Bytes, U256};
use std::marker::PhantomData;

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

impl<K: Word, V: Word> Map<K, V> {
    /// The mapping whose declaration has this slot number.
    pub const fn new(account: Address, slot: u64) -> Self {
        Self { account, slot: U256::from_limbs([slot, 0, 0, 0]), types: PhantomData }
    }

    /// The slot of a key. Hashing is charged.
    pub fn at(&self, host: &mut impl Host, key: K) -> Result<Slot<V>, SystemError> {
        let mut bytes = [0u8; 64];
        bytes[..32].copy_from_slice(&key.to_word().to_be_bytes::<32>());
        bytes[32..].copy_from_slice(&self.slot.to_be_bytes::<32>());
        Ok(Slot::at(self.account, keccak(host, &bytes)?.into()))
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
