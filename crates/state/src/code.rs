//! Contract code in records of fixed size: what the code database stores, proves and synchronizes.
//!
//! The first record of a code begins with its length. A record's key is the code's hash for the first, and a
//! hash of (code hash, number) for the others.

use alloy_primitives::keccak256;
use althing_primitives::{B256, Bytes};
use commonware_cryptography::sha256::Digest;
use commonware_utils::sequence::FixedBytes;

/// Bytes of a record.
pub const RECORD_BYTES: usize = 512;

/// Bytes of the length in the first record.
const LENGTH_BYTES: usize = 4;

/// One record.
pub type Record = FixedBytes<RECORD_BYTES>;

/// Key of the n-th record of a code.
pub(crate) fn record_key(code_hash: B256, number: usize) -> Digest {
    if number == 0 {
        return Digest(code_hash.0);
    }
    let mut bytes = [0u8; 40];
    bytes[..32].copy_from_slice(code_hash.as_slice());
    bytes[32..].copy_from_slice(&(number as u64).to_be_bytes());
    Digest(keccak256(bytes).0)
}

/// Splits code into records, first to last.
pub(crate) fn split(code: &[u8]) -> Vec<Record> {
    let length = u32::try_from(code.len()).expect("the EVM bounds code far below 4 GiB");
    let mut bytes = length.to_be_bytes().to_vec();
    bytes.extend_from_slice(code);
    bytes
        .chunks(RECORD_BYTES)
        .map(|chunk| {
            let mut record = [0u8; RECORD_BYTES];
            record[..chunk.len()].copy_from_slice(chunk);
            Record::new(record)
        })
        .collect()
}

/// How many records the code has whose first record this is.
pub(crate) fn record_count(first: &Record) -> usize {
    (LENGTH_BYTES + length(first)).div_ceil(RECORD_BYTES)
}

fn length(first: &Record) -> usize {
    u32::from_be_bytes([first[0], first[1], first[2], first[3]]) as usize
}

/// Puts a code together; `None` when records are missing.
pub(crate) fn join(records: &[Record]) -> Option<Bytes> {
    let first = records.first()?;
    if records.len() != record_count(first) {
        return None;
    }
    let mut bytes: Vec<u8> = records.iter().flat_map(|record| record.iter().copied()).collect();
    bytes.truncate(LENGTH_BYTES + length(first));
    bytes.drain(..LENGTH_BYTES);
    Some(bytes.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_of_any_length_survives_its_records() {
        for length in [0, 1, 507, 508, 509, 1020, 1021, 24_576] {
            let code: Vec<u8> = (0..length).map(|n| n as u8).collect();
            let records = split(&code);
            assert_eq!(records.len(), record_count(&records[0]), "{length}");
            assert_eq!(join(&records), Some(code.into()), "{length}");
            assert_eq!(join(&records[..records.len() - 1]), None, "{length}");
        }
    }
}
