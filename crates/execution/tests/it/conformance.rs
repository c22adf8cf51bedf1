//! Ethereum's state tests (from a folder that ALTHING_STATE_TESTS names) and this project's own vectors.

use althing_execution::conformance::{CaseResult, Verdict, run_fixture};
use futures::executor::block_on;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

fn json_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "json") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

fn run(folder: &Path) -> Vec<CaseResult> {
    let run_file = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        block_on(run_fixture(&text)).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    json_files(folder).into_iter().flat_map(run_file).collect()
}

#[test]
fn ethereum_state_tests_pass() {
    let Some(folder) = std::env::var_os("ALTHING_STATE_TESTS") else {
        eprintln!("SKIPPED: no Ethereum state tests were run. Set ALTHING_STATE_TESTS to their folder.");
        return;
    };
    let results = run(Path::new(&folder));
    let passed = results.iter().filter(|result| result.verdict == Verdict::Pass).count();
    let mut skipped = BTreeMap::<_, usize>::new();
    let mut failed = Vec::new();
    for result in &results {
        match &result.verdict {
            Verdict::Pass => {}
            Verdict::Skip(reason) => *skipped.entry(reason).or_default() += 1,
            Verdict::Fail(reason) => failed.push(format!("{}: {reason}", result.name)),
        }
    }
    println!("state tests: {passed} passed, {} failed, skipped: {skipped:?}", failed.len());
    assert!(failed.is_empty(), "{} failed:\n{}", failed.len(), failed.join("\n"));
    assert!(passed > 0, "no state test ran from {}", folder.display());
}

#[test]
fn own_vectors_pass() {
    let results = run(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors"));
    assert!(results.len() >= 4, "{} vectors", results.len());
    let failed: Vec<_> = results.iter().filter(|result| result.verdict != Verdict::Pass).collect();
    assert!(failed.is_empty(), "{failed:#?}");
}
