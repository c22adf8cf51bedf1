//! Old state against a replay of the chain.

use super::*;
use crate::HistoryAnswer;
use althing_primitives::{StateKey, StateValue};
use std::collections::BTreeMap;

type State = BTreeMap<StateKey, StateValue>;

/// The state after each block, by height.
fn replay(seed: u64, first: u64, blocks: u64) -> BTreeMap<u64, State> {
    let mut chain = Chain::new(seed, first);
    (first..first + blocks)
        .map(|height| {
            chain.next();
            (height, chain.state.clone())
        })
        .collect()
}

fn check(index: &Index, states: &BTreeMap<u64, State>, oldest: u64) {
    let (latest, current) = states.last_key_value().unwrap();
    let keys: Vec<StateKey> = states.values().flat_map(|state| state.keys().copied()).collect();
    assert_eq!(index.oldest_state().unwrap(), Some(oldest));
    for (height, state) in states {
        let batch = index.values_at(&keys, *height).unwrap();
        assert_eq!((batch.through, batch.answers.len()), (*latest, keys.len()));
        for (key, answer) in keys.iter().zip(batch.answers) {
            match answer {
                HistoryAnswer::Before(value) => {
                    assert_eq!(value.as_ref(), state.get(key), "{height} {key:?}")
                }
                HistoryAnswer::Unchanged => assert_eq!(current.get(key), state.get(key), "{height} {key:?}"),
                HistoryAnswer::Pruned { oldest: told } => assert_eq!(told, oldest),
            }
            let pruned = matches!(index.value_at(*key, *height).unwrap(), HistoryAnswer::Pruned { .. });
            assert_eq!(pruned, *height < oldest);
        }
    }
}

#[test]
fn an_archive_tells_the_state_at_every_height() {
    for (seed, first) in [(1, 0), (2, 0), (3, 100)] {
        let folder = tempfile::tempdir().unwrap();
        let index = filled(&folder, ARCHIVE, &mut Chain::new(seed, first), 40);
        check(&index, &replay(seed, first, 40), first);
    }
}

#[test]
fn a_pruned_node_tells_its_window_and_says_where_it_begins() {
    let folder = tempfile::tempdir().unwrap();
    let config = IndexConfig { archive: false, history_blocks: 6 };
    let index = filled(&folder, config, &mut Chain::new(4, 10), 30);
    check(&index, &replay(4, 10, 30), 39 - 6);
    assert!(index.block(20).unwrap().unwrap().changes.is_empty());
    assert_eq!(index.block(39).unwrap().unwrap().block.height(), 39);
}

#[test]
fn an_archive_that_becomes_a_pruned_node_shrinks_step_by_step() {
    let folder = tempfile::tempdir().unwrap();
    let mut chain = Chain::new(5, 0);
    drop(filled(&folder, ARCHIVE, &mut chain, 20));
    let config = IndexConfig { archive: false, history_blocks: 3 };
    let index = filled(&folder, config, &mut chain, 1);
    check(&index, &replay(5, 0, 21), 4);
    drop(index);
    let index = filled(&folder, config, &mut chain, 9);
    check(&index, &replay(5, 0, 30), 29 - 3);
    drop(index);
    let index = filled(&folder, ARCHIVE, &mut chain, 5);
    check(&index, &replay(5, 0, 35), 29 - 3);
}
