//! Turns are counted as a walk over all views would count them.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

#[test]
fn an_ordinary_block_writes_one_slot() {
    let mut world = World::new(spec(7, 0));
    world.block(0);
    let before = world.host.slots.clone();
    world.block(0);
    let changed = world.host.slots.iter().filter(|(slot, value)| before.get(slot) != Some(value)).count();
    assert_eq!(changed, 1);
}

#[test]
fn a_simulated_block_counts_for_nobody() {
    let mut world = World::new(spec(4, 0));
    let inputs = BlockInputs { view: 9, parent_view: 2, ..BlockInputs::default() };
    end_block(&mut world.host, &inputs).unwrap();
    assert_eq!(tally(&mut world.host, 0).unwrap(), [Turns::default(); 4]);
}

#[test]
fn an_outage_of_any_length_is_counted_without_overflow() {
    let mut world = World::new(spec(4, 0));
    let proposer = Some(world.members(0)[0].operator);
    let inputs = BlockInputs { proposer, view: u64::MAX, ..BlockInputs::default() };
    for _ in 0..2 {
        end_block(&mut world.host, &inputs).unwrap();
    }
    let missed = u64::from(u32::MAX);
    let expected = [2, 0, 0, 0].map(|produced| Turns { produced, missed });
    assert_eq!(tally(&mut world.host, 0).unwrap(), expected);
}

#[test]
fn tallies_are_kept_as_long_as_elections() {
    let mut world = World::new(spec(4, 0));
    for epoch in 0..=256 {
        world.finish_epoch(epoch);
    }
    let produced = |turns: &[Turns]| turns.iter().map(|turns| turns.produced).sum::<u64>();
    for (epoch, blocks) in [(4, 32), (256, 32), (257, 0)] {
        assert_eq!(produced(&tally(&mut world.host, epoch).unwrap()), blocks, "epoch {epoch}");
    }
    // Elections are made three epochs ahead, so that of epoch 259 took the place of epoch 3.
    assert_eq!(tally(&mut world.host, 3).unwrap(), []);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_tally_is_the_one_that_a_walk_over_all_views_gives(
        robots in 1u8..12,
        gaps in prop::collection::vec(prop_oneof![4 => Just(0u64), 2 => 1u64..4, 1 => 4u64..3_000], 32..80),
    ) {
        let mut world = World::new(spec(robots, 0));
        let mut expected: BTreeMap<(u64, B256), Turns> = BTreeMap::new();
        for gap in gaps {
            let calendar = world.spec.calendar();
            let next = world.height + 1;
            let epoch = calendar.epoch_of(next);
            let parent = if next == calendar.first_block(epoch) { 0 } else { world.view };
            for view in parent + 1..=parent + gap {
                expected.entry((epoch, world.leader(epoch, view))).or_default().missed += 1;
            }
            expected.entry((epoch, world.leader(epoch, parent + gap + 1))).or_default().produced += 1;
            world.block(gap);
        }
        for epoch in 0..=world.epoch() {
            let members = world.members(epoch);
            let found = tally(&mut world.host, epoch).unwrap();
            prop_assert_eq!(found.len(), members.len());
            for (member, turns) in members.iter().zip(found) {
                prop_assert_eq!(turns, expected.remove(&(epoch, member.operator)).unwrap_or_default());
            }
        }
        prop_assert!(expected.is_empty());
    }
}
