//! What the trusted dealer gives, and what is refused as its result.

use super::*;
use althing_primitives::{Address as Account, Bytes};
use commonware_cryptography::{Signer as _, ed25519::PrivateKey};

fn validators(count: u64) -> Vec<Validator> {
    (0..count)
        .map(|n| Validator {
            name: format!("v{n}"),
            operator: OperatorKey::from_slice(PrivateKey::from_seed(n).public_key().as_ref()),
            reward: Account::with_last_byte(n as u8),
            p2p: format!("127.0.0.1:{}", 9000 + n),
        })
        .collect()
}

#[test]
fn the_dealer_gives_each_operator_one_share_and_the_spec_a_readable_result() {
    let dealt = deal_genesis(&validators(4), [7; 32]).unwrap();
    assert_eq!(dealt.shares.len(), 4);
    assert_eq!(dealt.committee.group_key.len(), 96);
    let info = epoch_info(&dealt.committee).unwrap();
    assert_eq!(info.players.len(), 4);
    assert_eq!(info.epoch, Epoch::zero());
    assert_eq!(deal_genesis(&validators(4), [7; 32]).unwrap().committee, dealt.committee);
    assert_ne!(deal_genesis(&validators(4), [8; 32]).unwrap().committee, dealt.committee);
}

#[test]
fn a_spec_without_or_with_a_foreign_ceremony_result_is_refused() {
    assert!(matches!(epoch_info(&GenesisCommittee::default()), Err(CeremonyError::Missing(_))));
    let mut committee = deal_genesis(&validators(4), [7; 32]).unwrap().committee;
    committee.group_key = deal_genesis(&validators(4), [8; 32]).unwrap().committee.group_key;
    assert!(matches!(epoch_info(&committee), Err(CeremonyError::Missing(_))));
    committee.epoch_info = Bytes::from(vec![0xff; 40]);
    assert!(matches!(epoch_info(&committee), Err(CeremonyError::Missing(_))));
}

#[test]
fn malformed_validators_are_named() {
    let mut bad = validators(1);
    bad[0].p2p = "nowhere".into();
    assert!(matches!(deal_genesis(&bad, [0; 32]), Err(CeremonyError::Address(_))));
}

#[test]
fn what_the_validators_made_becomes_the_committee_of_their_spec_alone() {
    let dealt = deal_genesis(&validators(4), [7; 32]).unwrap();
    let mut info = epoch_info(&dealt.committee).unwrap();
    info.next_players = Set::default();
    assert_eq!(committee_of(info.clone(), &validators(4)).unwrap(), dealt.committee);
    assert!(matches!(committee_of(info.clone(), &validators(3)), Err(CeremonyError::Players)));
    info.epoch = Epoch::new(1);
    assert!(matches!(committee_of(info, &validators(4)), Err(CeremonyError::Players)));
}

#[test]
fn a_share_belongs_to_one_operator_of_one_ceremony() {
    let dealt = deal_genesis(&validators(4), [7; 32]).unwrap();
    let info = epoch_info(&dealt.committee).unwrap();
    let other = epoch_info(&deal_genesis(&validators(4), [8; 32]).unwrap().committee).unwrap();
    for (operator, share) in &dealt.shares {
        check_share(&info, operator, share).unwrap();
        assert!(check_share(&other, operator, share).is_err());
        assert!(check_share(&info, operator, &share[1..]).is_err());
        for (stranger, _) in dealt.shares.iter().filter(|(key, _)| key != operator) {
            assert!(check_share(&info, stranger, share).is_err());
        }
    }
}
