//! Many scenarios: what fails is found, made small and fails again in the same way.

use althing_sim::{Failure, Flaw, Place, Scenario, SwarmOptions, attempt, crashes, swarm};
use std::{num::NonZeroU64, time::Duration};

/// Only every so many syncs of a disk: all of them are tried by `althing sim crashes`.
const STEP: NonZeroU64 = NonZeroU64::new(101).unwrap();

const OPTIONS: SwarmOptions = SwarmOptions { seed: 4, threads: 1, twice: false, flaw: None };

#[test]
fn a_failure_is_made_as_small_as_it_can_be_and_repeats() {
    let options = SwarmOptions { flaw: Some(Flaw::Mint), ..OPTIONS };
    let report = swarm(&options, Duration::ZERO, |_, outcome| assert!(outcome.is_err()));
    let [finding] = report.findings.as_slice() else { panic!("{report:?}") };
    let Scenario { faults, byzantine, load_per_s, epochs, place, .. } = &finding.scenario;
    assert!(faults.is_empty() && byzantine.is_empty(), "{:?}", finding.scenario);
    assert_eq!((*load_per_s, *epochs, *place), (0, 1, Place::Lan));
    assert!(matches!(&finding.failure, Failure::Property { property, .. } if property == "supply"));
    let again = Scenario::from_json(&finding.scenario.to_json()).unwrap();
    assert_eq!(attempt(&again, true), Err(finding.failure.clone()));
}

#[test]
fn a_node_that_loses_power_in_a_sync_loses_nothing_else() {
    let options = SwarmOptions { twice: true, ..OPTIONS };
    let report = crashes(&options, STEP, |sync, outcome| {
        assert!(outcome.as_ref().is_ok_and(|report| report.crashes == 1), "sync {sync}: {outcome:?}");
    });
    assert!(report.unwrap().scenarios >= 8);
}
