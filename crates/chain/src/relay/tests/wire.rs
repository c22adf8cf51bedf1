//! Messages and their bytes.

use super::{super::wire::short_id, *};
use althing_primitives::MAX_BLOCK_TRANSACTIONS;
use proptest::prelude::*;

/// The short identifier of a transaction.
pub(super) fn short(transaction: &Transaction) -> ShortId {
    short_id(transaction.tx_hash())
}

fn messages(number: u64, count: u64, mut indices: Vec<u16>) -> [Message; 5] {
    let block = block(number, transactions(count));
    indices.sort_unstable();
    indices.dedup();
    [
        compact(&block),
        Message::Whole(block.clone()),
        Message::AskParts { block: hash(&block), indices },
        Message::AskWhole { block: hash(&block) },
        Message::Parts { block: hash(&block), transactions: transactions(count) },
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_message_has_one_encoding(number: u64, count in 0..20u64, indices: Vec<u16>, cut: prop::sample::Index) {
        for message in messages(number, count, indices) {
            let bytes = message.encode();
            prop_assert_eq!(&Message::decode(&bytes).unwrap(), &message);
            prop_assert!(Message::decode(&bytes[..cut.index(bytes.len())]).is_err());
            prop_assert!(Message::decode(&[bytes.as_slice(), &[0]].concat()).is_err());
        }
    }

    #[test]
    fn any_bytes_are_a_message_or_an_error(kind in 0..6u8, bytes: Vec<u8>) {
        if let Ok(message) = Message::decode(&[&[kind], bytes.as_slice()].concat()) {
            prop_assert_eq!(message.encode()[1..].to_vec(), bytes);
        }
    }

    #[test]
    fn messages_with_wrong_bytes_are_a_message_or_an_error(
        count in 0..4u64, indices: Vec<u16>, wrong: Vec<(prop::sample::Index, u8)>,
    ) {
        for message in messages(1, count, indices) {
            let mut bytes = message.encode();
            for (place, byte) in &wrong {
                let place = place.index(bytes.len());
                bytes[place] = *byte;
            }
            if let Ok(message) = Message::decode(&bytes) {
                prop_assert_eq!(message.encode(), bytes);
            }
        }
    }
}

#[test]
fn more_than_a_block_has_is_refused() {
    let full = block(1, transactions(3));
    let ids = vec![ShortId::ZERO; MAX_BLOCK_TRANSACTIONS + 1];
    let many = Message::Compact(Box::new(Compact { ids, ..Compact::of(full.block()) }));
    assert!(matches!(Message::decode(&many.encode()), Err(MessageError::TooMany(_))));
    let indices = (0..=MAX_BLOCK_TRANSACTIONS as u16).collect();
    let many = Message::AskParts { block: hash(&full), indices };
    assert!(matches!(Message::decode(&many.encode()), Err(MessageError::TooMany(_))));
    for indices in [vec![1, 1], vec![2, 1]] {
        let message = Message::AskParts { block: hash(&full), indices };
        assert!(matches!(Message::decode(&message.encode()), Err(MessageError::Order)));
    }
    // Each byte of a list of empty strings would be a transaction.
    let mut empty = Message::Parts { block: hash(&full), transactions: Vec::new() }.encode();
    empty.pop();
    empty.extend([0xf9, 0xff, 0xff]);
    empty.extend(vec![0x80; 0xffff]);
    assert!(matches!(Message::decode(&empty), Err(MessageError::Transactions(_))));
}

#[test]
fn the_largest_message_has_room_on_the_wire() {
    assert!(max_message_size() <= crate::max_message_size() as usize);
    let indices: Vec<u16> = (0..MAX_BLOCK_TRANSACTIONS as u16).collect();
    let question = Message::AskParts { block: B256::ZERO, indices };
    assert!(question.encode().len() < max_message_size());
}
