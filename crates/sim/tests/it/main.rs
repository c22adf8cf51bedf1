//! Whole networks from seeds. Every run is made twice and compared, event by event.

#![allow(clippy::unwrap_used, reason = "tests")]

mod conducts;
mod disk;
mod faults;
mod flaws;
mod regressions;
mod swarm;

use althing_chain::channels;
use althing_sim::{Report, Scenario, attempt};

/// Runs a scenario twice; it must end well.
#[track_caller]
fn ends_well(scenario: &Scenario) -> Report {
    match attempt(scenario, true) {
        Ok(report) => report,
        Err(failure) => panic!("{failure}\n{}", scenario.to_json()),
    }
}

#[test]
fn seven_of_ten_rotate_and_repeat_event_by_event() {
    let report = ends_well(&Scenario { epochs: 5, ..Scenario::quiet(1, 10, 7) });
    assert!(report.epochs >= 5 && report.transactions > 50, "{report:?}");
    assert_eq!((report.crashes, report.slashed, report.double_votes, report.kept_committees), (0, 0, 0, 0));
    // A proposer that waits for its turn must not keep what became final waiting: that was one interval, 500 ms.
    assert!(report.finality_ms[2] < 250, "{report:?}");
}

#[test]
fn a_network_with_a_heartbeat_makes_blocks_when_there_is_work() {
    let interval = |load_per_s| {
        let quiet = Scenario { block_ms: 200, epochs: 1, ..Scenario::quiet(9, 4, 4) };
        let report = ends_well(&Scenario { heartbeat_ms: 2_000, load_per_s, ..quiet });
        assert_eq!(report.transactions == 0, load_per_s == 0);
        report.virtual_ms / report.height
    };
    let (idle, busy) = (interval(0), interval(4));
    assert!((1_900..2_200).contains(&idle), "{idle} ms between idle blocks");
    assert!((200..600).contains(&busy), "{busy} ms between blocks with work");
}

#[test]
fn blocks_cost_fewer_bytes_than_the_gossip_of_their_transactions() {
    let report = ends_well(&Scenario { load_per_s: 24, ..Scenario::quiet(6, 7, 4) });
    let [blocks, transactions] =
        [channels::BLOCKS, channels::TRANSACTIONS].map(|channel| report.bytes_by_channel[&channel.id]);
    assert!(blocks * 2 < transactions, "{blocks} bytes of blocks, {transactions} of transactions");
}

#[test]
fn another_seed_is_another_history() {
    let [one, two] = [1, 2].map(|seed| ends_well(&Scenario { epochs: 1, ..Scenario::quiet(seed, 4, 4) }));
    assert_ne!(one.trace, two.trace);
    assert_ne!(one.head, two.head);
}

#[test]
fn a_scenario_survives_its_json_and_a_bad_one_is_refused() {
    let scenario = althing_sim::random(5);
    assert_eq!(Scenario::from_json(&scenario.to_json()).unwrap(), scenario);
    let quiet = Scenario::quiet(0, 7, 4);
    for (bad, reason) in [
        (Scenario { nodes: 3, ..quiet.clone() }, "nodes is 3, must be 4 to 64"),
        (Scenario { seats: 8, ..quiet.clone() }, "seats is 8, must be 4 to the 7 nodes"),
        (Scenario { epoch_blocks: 8, ..quiet.clone() }, "epochBlocks is 8, must be at least 16"),
        (Scenario { heartbeat_ms: 1, ..quiet.clone() }, "heartbeatMs is 1, must be 0 or at least blockMs"),
        (Scenario { block_ms: 0, ..quiet }, "blockMs and epochs must be at least 1"),
    ] {
        assert_eq!(Scenario::from_json(&bad.to_json()).unwrap_err().to_string(), reason);
    }
}
