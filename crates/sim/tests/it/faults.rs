//! Each kind of fault by itself, and all of them in a row.

use crate::ends_well;
use althing_sim::{Event, Fault, Place, Scenario};

/// A network of seven that one kind of fault meets several times.
fn meets(seed: u64, faults: &[Fault]) -> Scenario {
    let event = |(number, fault): (usize, &Fault)| Event {
        at_ms: 3_000 + 7_000 * number as u64,
        for_ms: 4_000,
        fault: fault.clone(),
    };
    Scenario {
        epochs: 4,
        place: Place::Continent,
        faults: faults.iter().enumerate().map(event).collect(),
        ..Scenario::quiet(seed, 7, 4)
    }
}

#[test]
fn nodes_lose_power_and_what_they_had_not_synced() {
    let report = ends_well(&meets(1, &[0, 3, 5, 0].map(|node| Fault::Crash { node })));
    assert_eq!(report.crashes, 4);
}

#[test]
fn nodes_lose_power_in_a_sync() {
    let syncs = [(1, 1), (2, 2), (3, 7), (4, 23)].map(|(node, sync)| Fault::CrashInSync { node, sync });
    assert_eq!(ends_well(&meets(2, &syncs)).crashes, 4);
}

#[test]
fn all_nodes_lose_power_at_once() {
    let crash = |node| Event { at_ms: 9_000, for_ms: 2_000, fault: Fault::Crash { node } };
    let scenario = Scenario { faults: (0..7).map(crash).collect(), ..Scenario::quiet(3, 7, 4) };
    assert_eq!(ends_well(&scenario).crashes, 7);
}

#[test]
fn groups_do_not_hear_each_other() {
    let halves = Fault::Partition { group: [0, 1, 2].into(), one_way: false };
    let deaf = Fault::Partition { group: [3, 4].into(), one_way: true };
    let flapping = Fault::Flapping { group: [1, 5].into(), every_ms: 300 };
    ends_well(&meets(4, &[halves, deaf, flapping]));
}

#[test]
fn messages_are_lost_doubled_and_late() {
    let report = ends_well(&meets(
        5,
        &[
            Fault::Loss { per_mille: 300 },
            Fault::Doubled { per_mille: 500 },
            Fault::Slow { node: 2, by_ms: 700 },
            Fault::SlowDisk { node: 3, sync_ms: 100 },
            Fault::Loss { per_mille: 300 },
        ],
    ));
    assert!(report.lost_messages > 100, "{report:?}");
}

#[test]
fn clocks_are_wrong() {
    ends_well(&meets(6, &[1, 2, 3].map(|node| Fault::Clock { node, error_ms: 4_000 * (node as i64 - 2) })));
}
