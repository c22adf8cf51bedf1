//! Scenarios that failed once: they must not fail again. Whoever mends what a swarm found puts its file here.

use crate::ends_well;
use althing_sim::Scenario;
use std::{fs, path::Path};

#[test]
fn what_failed_once_does_not_fail_again() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("regressions");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for path in files.iter().filter(|path| path.extension().is_some_and(|ending| ending == "json")) {
        let scenario = Scenario::from_json(&fs::read_to_string(path).unwrap());
        let scenario = scenario.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        println!("{}", path.display());
        ends_well(&scenario);
    }
}
