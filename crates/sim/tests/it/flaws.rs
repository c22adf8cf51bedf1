//! No check is empty: for each property there is a broken build, or a network with too many bad nodes, that it catches.

use althing_sim::{Byzantine, Conduct, Event, Failure, Fault, Flaw, Place, Scenario, run};

fn quiet(epochs: u64) -> Scenario {
    Scenario { epochs, ..Scenario::quiet(1, 4, 4) }
}

fn broken(flaw: Flaw, epochs: u64) -> Scenario {
    Scenario { flaw: Some(flaw), ..quiet(epochs) }
}

fn bad(node: usize, conduct: Conduct) -> Byzantine {
    Byzantine { node, conduct }
}

fn crash(node: usize, at_ms: u64) -> Event {
    Event { at_ms, for_ms: 1_500, fault: Fault::Crash { node } }
}

#[track_caller]
fn catches(property: &str, scenario: &Scenario) {
    match run(scenario) {
        Err(Failure::Property { property: found, .. }) if found == property => {}
        other => panic!("`{property}` must be broken, but: {other:?}\n{}", scenario.to_json()),
    }
}

#[test]
fn agreement_catches_two_twins_of_four() {
    let byzantine = vec![bad(1, Conduct::Twins), bad(2, Conduct::Twins)];
    let apart = Fault::Partition { group: [0].into(), one_way: false };
    let faults = vec![Event { at_ms: 0, for_ms: 60_000, fault: apart }];
    catches("agreement", &Scenario { byzantine, faults, ..quiet(4) });
}

#[test]
fn supply_catches_a_minted_coin() {
    catches("supply", &broken(Flaw::Mint, 1));
}

#[test]
fn validity_catches_a_root_that_all_accept_and_no_state_has() {
    let byzantine = vec![bad(1, Conduct::WrongStateRoot)];
    catches("validity", &Scenario { byzantine, ..broken(Flaw::AcceptAll, 1) });
}

#[test]
fn slash_catches_double_proposals_that_nobody_reports() {
    let byzantine = vec![bad(1, Conduct::Twins)];
    catches(
        "slash",
        &Scenario { byzantine, flaw: Some(Flaw::IgnoreEvidence), epochs: 5, ..Scenario::quiet(1, 6, 5) },
    );
}

#[test]
fn double_votes_catches_nodes_that_block_nobody() {
    let byzantine = vec![bad(1, Conduct::Twins)];
    catches(
        "double votes",
        &Scenario { byzantine, flaw: Some(Flaw::BlockNobody), epochs: 5, ..Scenario::quiet(1, 6, 5) },
    );
}

#[test]
fn bounded_memory_catches_outcomes_that_stay() {
    catches("bounded memory", &broken(Flaw::KeepOutcomes, 5));
}

#[test]
fn certificates_catches_a_changed_bit() {
    catches("certificates", &broken(Flaw::BadCertificates, 1));
}

#[test]
fn order_catches_a_block_that_is_not_stored() {
    catches("order", &broken(Flaw::SkipBlocks, 1));
}

#[test]
fn one_outcome_catches_what_a_restart_loses() {
    catches("one outcome", &Scenario { faults: vec![crash(2, 2_000)], ..broken(Flaw::LoseLogs, 3) });
}

#[test]
fn draw_catches_shares_for_others_than_were_drawn() {
    catches("draw", &Scenario { flaw: Some(Flaw::OtherCommittee), epochs: 5, ..Scenario::quiet(1, 7, 4) });
}

#[test]
fn inclusion_catches_a_network_of_censors() {
    catches("inclusion", &Scenario { load_per_s: 12, ..broken(Flaw::CensorAll, 3) });
}

#[test]
fn liveness_catches_too_many_silent_members() {
    let byzantine = vec![bad(1, Conduct::Silent), bad(2, Conduct::Silent)];
    catches("liveness", &Scenario { byzantine, ..quiet(2) });
}

#[test]
fn catching_up_catches_disks_that_forget_votes() {
    // A node that votes once more where it has voted is blocked by all others. Over long links a vote takes long.
    let crash =
        |number: u64| Event { at_ms: 2_000 + 1_350 * number, for_ms: 150, fault: Fault::Crash { node: 2 } };
    let faults = (0..40).map(crash).collect();
    catches("catching up", &Scenario { faults, place: Place::World, ..broken(Flaw::ForgetVotes, 10) });
}

#[test]
fn no_honest_slash_catches_a_key_on_two_machines() {
    catches(
        "no honest slash",
        &Scenario { flaw: Some(Flaw::SecretTwins), epochs: 5, ..Scenario::quiet(1, 6, 5) },
    );
}
