//! Nodes that do not keep the rules, one at a time: the others go on, and nobody else is harmed.

use crate::ends_well;
use althing_sim::{Byzantine, Conduct, Report, Scenario};

fn with(seed: u64, conduct: Conduct) -> Report {
    let byzantine = vec![Byzantine { node: 1, conduct }];
    ends_well(&Scenario { epochs: 5, byzantine, ..Scenario::quiet(seed, 6, 5) })
}

#[test]
fn twins_are_slashed_and_their_double_votes_are_blocked() {
    let report = with(1, Conduct::Twins);
    assert_eq!(report.slashed, 1, "{report:?}");
    assert!(report.double_votes > 0, "{report:?}");
}

#[test]
fn a_hostile_committee_censors_and_a_later_one_includes() {
    // Four of eight leave one client's votes and transactions out: whole committees of four may be theirs.
    let byzantine = (0..4).map(|node| Byzantine { node, conduct: Conduct::Censor }).collect();
    ends_well(&Scenario { epochs: 6, load_per_s: 8, byzantine, ..Scenario::quiet(4, 8, 4) });
}

#[test]
fn members_that_say_nothing_or_nonsense_stop_nobody() {
    for conduct in [
        Conduct::Withhold,
        Conduct::Silent,
        Conduct::GarbleVotes,
        Conduct::SilentDealer,
        Conduct::BadShares,
        Conduct::Censor,
    ] {
        let report = with(2, conduct);
        assert_eq!(report.slashed, 0, "{conduct:?}");
    }
}

#[test]
fn invalid_blocks_are_refused() {
    for conduct in [Conduct::WrongStateRoot, Conduct::WrongReward, Conduct::WrongDraw] {
        with(3, conduct);
    }
}
