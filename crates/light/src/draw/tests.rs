//! The shuffles: known answers, completeness, uniformity, independence.

use super::*;
use std::collections::BTreeSet;

fn seed(epoch: u64) -> DrawSeed {
    DrawSeed { chain_id: 930_930, epoch, seed: seed_of_beacon(&epoch.to_be_bytes()) }
}

#[test]
fn a_draw_has_different_members_all_of_them_delegates() {
    for epoch in 0..200 {
        let committee = seed(epoch).committee(36, 24);
        assert_eq!(committee.len(), 24);
        assert_eq!(committee.iter().collect::<BTreeSet<_>>().len(), 24);
        assert!(committee.iter().all(|place| *place < 36));
    }
    assert_eq!(seed(1).committee(3, 24).len(), 3);
    assert_eq!(seed(1).committee(0, 24), Vec::<usize>::new());
    assert_eq!(seed(1).committee(1, 1), vec![0]);
}

#[test]
fn every_delegate_is_drawn_and_leads_equally_often() {
    const EPOCHS: u64 = 9_000;
    let (mut drawn, mut first) = ([0u32; 36], [0u32; 24]);
    for epoch in 0..EPOCHS {
        for place in seed(epoch).committee(36, 24) {
            drawn[place] += 1;
        }
        first[seed(epoch).leaders(24)[0]] += 1;
    }
    // Each is drawn 6,000 times with a deviation of 45, and leads first 375 times with one of 19: five deviations.
    assert!(drawn.iter().all(|count| count.abs_diff(6_000) < 225), "{drawn:?}");
    assert!(first.iter().all(|count| count.abs_diff(375) < 95), "{first:?}");
}

#[test]
fn chain_epoch_seed_and_purpose_change_the_order() {
    let base = seed(7);
    let others = [
        DrawSeed { chain_id: 1, ..base },
        DrawSeed { epoch: 8, ..base },
        DrawSeed { seed: B256::ZERO, ..base },
    ];
    for other in others {
        assert_ne!(base.committee(36, 36), other.committee(36, 36));
    }
    assert_ne!(base.committee(36, 36), base.leaders(36));
}

#[test]
fn known_answers_for_other_implementations() {
    let base = DrawSeed { chain_id: 930_931, epoch: 3, seed: B256::repeat_byte(0x11) };
    assert_eq!(base.committee(8, 4), KNOWN_COMMITTEE);
    assert_eq!(base.leaders(4), KNOWN_LEADERS);
}

/// Computed by the script of `docs/spec/roll-dpos.md` too.
const KNOWN_COMMITTEE: [usize; 4] = [4, 6, 3, 0];
const KNOWN_LEADERS: [usize; 4] = [3, 2, 1, 0];

#[test]
fn turns_go_round_from_view_one() {
    let turns: Vec<_> = (1..=5).map(|view| turn(view, 4)).collect();
    assert_eq!(turns, [0, 1, 2, 3, 0]);
}
