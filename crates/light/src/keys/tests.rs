//! Chains of keys that tests make: followed over two new keys, and every step of them broken once.

use super::*;
use crate::certificate::tests::{Committee, NAMESPACE};
use alloy_primitives::FixedBytes;
use althing_primitives::Seal;
use commonware_codec::Encode as _;
use commonware_consensus::simplex::scheme::bls12381_threshold::vrf::Seedable as _;

const CALENDAR: Calendar = Calendar { epoch_blocks: 32 };

/// The keys 0, 1, 2: the second signs from epoch 5 on, the third from epoch 9 on.
const FIRST_EPOCHS: [u64; 3] = [0, 5, 9];

fn committees() -> [Committee; 3] {
    [1, 2, 3].map(Committee::dealt)
}

/// A block of an epoch that names a key and may announce another, certified by a committee in that epoch.
fn block(
    committee: &Committee,
    (height, epoch, key_id): (u64, u64, u64),
    next: Option<&Committee>,
) -> (Block, Bytes) {
    let next_key = next.map(|next| FixedBytes::from_slice(&next.key));
    let seal = Seal { version: 1, epoch, key_id, next_key, resharing: vec![7; 99].into(), ..Seal::default() };
    let block = Block::new(Header { number: height, ..Header::default() }, seal, Vec::new());
    let certificate = committee.certify(epoch, block.hash()).encode().to_vec();
    (block, certificate.into())
}

/// The announcement of key `id + 1` by the last block before it.
fn announcement(committees: &[Committee; 3], id: usize) -> Announcement {
    let epoch = FIRST_EPOCHS[id + 1] - 1;
    let place = (CALENDAR.last_block(epoch), epoch, id as u64);
    let (block, certificate) = block(&committees[id], place, Some(&committees[id + 1]));
    Announcement::of(&block, certificate)
}

fn first(committees: &[Committee; 3]) -> KeyChain {
    KeyChain::from_key(NAMESPACE, CALENDAR, &committees[0].key).unwrap()
}

/// With all three keys.
fn followed(committees: &[Committee; 3]) -> KeyChain {
    let mut keys = first(committees);
    for id in [0, 1] {
        let sent = announcement(committees, id).encode();
        keys.announce(Announcement::decode(&sent).unwrap()).unwrap();
    }
    keys
}

/// What a chain of keys says of an ordinary block in the middle of an epoch.
fn said(keys: &KeyChain, committee: &Committee, epoch: u64, key_id: u64) -> Result<Certified, LightError> {
    let (block, certificate) = block(committee, (CALENDAR.first_block(epoch) + 3, epoch, key_id), None);
    keys.verify_block(&block, &certificate)
}

#[test]
fn two_new_keys_are_followed_and_each_proves_the_blocks_of_its_epochs() {
    let committees = committees();
    let keys = followed(&committees);
    assert_eq!(keys.newest(), 2);
    for (id, key) in keys.keys().enumerate() {
        assert_eq!((key.first_epoch, &key.key[..]), (FIRST_EPOCHS[id], &committees[id].key[..]));
        assert_eq!(key.announcement.is_some(), id > 0);
    }
    for epoch in [0, 1, 4, 5, 6, 8, 9, 10, 1_000_000] {
        let id = FIRST_EPOCHS.iter().rposition(|first| *first <= epoch).unwrap();
        assert_eq!(keys.id_of(epoch), id as u64, "{epoch}");
        assert_eq!(keys.of_epoch(epoch).key, committees[id].key, "{epoch}");
        let certified = said(&keys, &committees[id], epoch, id as u64).unwrap();
        assert_eq!((certified.epoch, certified.view), (epoch, 9));
    }
}

#[test]
fn an_old_key_proves_nothing_of_later_epochs_nor_a_new_one_of_earlier() {
    let committees = committees();
    let keys = followed(&committees);
    for (signer, epoch, right) in [(0, 5, 1), (0, 9, 2), (1, 9, 2), (1, 4, 0), (2, 8, 1), (2, 0, 0)] {
        let id = signer as u64;
        let expected = LightError::OtherKey { id, epoch, right };
        assert_eq!(said(&keys, &committees[signer], epoch, id), Err(expected), "{signer} in {epoch}");
        // It does not help to name the right key.
        let found = said(&keys, &committees[signer], epoch, right);
        assert_eq!(found, Err(LightError::Signature), "{signer} in {epoch}");
    }
    // Nor to stay in an epoch of the old key for ever: an epoch has its heights.
    let (block, certificate) = block(&committees[0], (CALENDAR.first_block(5), 4, 0), None);
    let expected = LightError::Height { height: CALENDAR.first_block(5), epoch: 4 };
    assert_eq!(keys.verify_block(&block, &certificate), Err(expected));
}

#[test]
fn a_block_of_an_unknown_key_or_with_foreign_parts_is_refused() {
    let committees = committees();
    let keys = followed(&committees);
    let unknown = LightError::UnknownKey { id: 3, newest: 2 };
    assert_eq!(said(&keys, &committees[2], 9, 3), Err(unknown));
    let unknown = LightError::UnknownKey { id: 1, newest: 0 };
    assert_eq!(said(&first(&committees), &committees[1], 5, 1), Err(unknown));
    let (one, certificate) = block(&committees[0], (35, 1, 0), None);
    let (other, _) = block(&committees[0], (36, 1, 0), None);
    let foreign = Seal { view: 7, ..one.seal().clone() };
    assert_eq!(keys.verify(one.header(), &foreign.brief(), &certificate), Err(LightError::Seal));
    assert!(matches!(keys.verify_block(&other, &certificate), Err(LightError::OtherBlock { .. })));
    let late = committees[0].certify(2, one.hash()).encode();
    let expected = LightError::OtherEpoch { certified: 2, expected: 1 };
    assert_eq!(keys.verify_block(&one, &late), Err(expected));
}

#[test]
fn announcements_that_are_out_of_order_or_prove_nothing_are_refused() {
    let committees = committees();
    let [zero, one, two] = &committees;
    let make = |by: &Committee, place, next| {
        let (block, certificate) = block(by, place, next);
        Announcement::of(&block, certificate)
    };
    let last = |epoch| CALENDAR.last_block(epoch);
    let good = announcement(&committees, 0);
    let mut unsigned = good.clone();
    unsigned.certificate = Bytes::new();
    let mut foreign = good.clone();
    foreign.seal = announcement(&committees, 1).seal;
    let mut bad_point = Committee::dealt(2);
    bad_point.key = vec![0; 96];
    let after_none: Vec<(&str, Announcement, AnnouncementError)> = vec![
        ("nothing", make(zero, (last(4), 4, 0), None), AnnouncementError::Nothing(last(4))),
        ("a gap", announcement(&committees, 1), AnnouncementError::Gap { under: 1, newest: 0 }),
        ("a wrong signer", make(one, (last(4), 4, 0), Some(one)), LightError::Signature.into()),
        (
            "the middle of an epoch",
            make(zero, (last(4) - 1, 4, 0), Some(one)),
            AnnouncementError::NotLast { height: last(4) - 1, epoch: 4 },
        ),
        (
            "another epoch's height",
            make(zero, (last(5), 4, 0), Some(one)),
            AnnouncementError::NotLast { height: last(5), epoch: 4 },
        ),
        ("no point", make(zero, (last(4), 4, 0), Some(&bad_point)), LightError::GroupKey.into()),
    ];
    for (name, announcement, expected) in after_none {
        let mut keys = first(&committees);
        assert_eq!(keys.announce(announcement), Err(expected), "{name}");
        assert_eq!(keys.newest(), 0, "{name}");
    }
    assert!(matches!(first(&committees).announce(unsigned), Err(AnnouncementError::Unproven(_))));
    assert!(first(&committees).announce(foreign).is_err());
    assert!(matches!(Announcement::decode(&[0xc0]), Err(AnnouncementError::Malformed(_))));
    // After the first: again, once more by the old key, and of an epoch before it signs.
    let known = |under, newest| AnnouncementError::Gap { under, newest };
    let after_one = [
        ("again", announcement(&committees, 0), known(0, 1)),
        ("two heirs", make(zero, (last(6), 6, 0), Some(two)), known(0, 1)),
        (
            "too early",
            make(one, (last(4), 4, 1), Some(two)),
            LightError::OtherKey { id: 1, epoch: 4, right: 0 }.into(),
        ),
    ];
    for (name, announcement, expected) in after_one {
        let mut keys = first(&committees);
        keys.announce(good.clone()).unwrap();
        assert_eq!(keys.announce(announcement), Err(expected), "{name}");
        assert_eq!(keys.newest(), 1, "{name}");
    }
}

#[test]
fn a_beacon_is_the_one_of_its_epochs_key() {
    let committees = committees();
    let keys = followed(&committees);
    for (signer, epoch, valid) in [(0, 4, true), (1, 4, false), (0, 5, false), (1, 5, true), (2, 9, true)] {
        let beacon =
            committees[signer].certify(epoch, alloy_primitives::B256::ZERO).seed().signature.encode();
        assert_eq!(keys.verify_beacon((epoch, 9), &beacon), valid, "{signer} in {epoch}");
        assert!(!keys.verify_beacon((epoch, 8), &beacon));
    }
}
