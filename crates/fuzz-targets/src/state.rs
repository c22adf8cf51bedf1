//! Keys, values and receipts as they are stored, where a damaged disk may have changed them.

use alloy_rlp::Decodable;
use althing_indexer::encoding::{
    decode_changes, decode_logs, decode_receipts, decode_senders, encode_changes, encode_logs,
    encode_receipts, encode_senders,
};
use althing_primitives::{AccountRecord, Seal};

/// A byte that chooses what the rest is.
pub(crate) fn state_codec(data: &[u8]) -> bool {
    let Some((kind, bytes)) = data.split_first() else { return false };
    match kind % 6 {
        0 => decode_changes(bytes).is_ok_and(|value| {
            assert_eq!(decode_changes(&encode_changes(&value)), Ok(value));
            true
        }),
        1 => decode_receipts(bytes).is_ok_and(|value| {
            assert_eq!(decode_receipts(&encode_receipts(&value)), Ok(value));
            true
        }),
        2 => decode_senders(bytes).is_ok_and(|value| {
            assert_eq!(encode_senders(&value), bytes);
            true
        }),
        3 => canonical::<AccountRecord>(bytes),
        4 => canonical::<Seal>(bytes),
        _ => decode_logs(bytes).is_ok_and(|value| {
            assert_eq!(decode_logs(&encode_logs(&value)), Ok(value));
            true
        }),
    }
}

fn canonical<T: Decodable + alloy_rlp::Encodable>(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    let Ok(value) = T::decode(&mut rest) else { return false };
    let used = bytes.len() - rest.len();
    assert_eq!(alloy_rlp::encode(&value), &bytes[..used], "a value has one encoding");
    true
}
