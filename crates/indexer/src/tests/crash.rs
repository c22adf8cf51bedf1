//! Kill -9 in the middle of appending: what was acknowledged is there, and what is there is whole.

use super::*;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

/// Names the file for the child process; without it the child's test does nothing.
const FILE: &str = "ALTHING_TEST_INDEX";
const SEED: u64 = 77;
const ROUNDS: usize = 8;

/// Appends for ever, telling each height that was acknowledged. Runs only as a child of the test below.
#[test]
fn child_appends_until_it_is_killed() {
    let Some(path) = std::env::var_os(FILE) else { return };
    let config = IndexConfig { archive: false, history_blocks: 5 };
    let index = Index::open_with(path.as_ref(), config, SMALL).unwrap();
    let next = index.latest().unwrap().map_or(0, |latest| latest as usize + 1);
    for block in Chain::new(SEED, 0).skip(next) {
        index.append(&block).unwrap();
        println!("\nappended {}", block.block.height());
    }
}

fn run_and_kill(path: &std::path::Path, after: usize) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "tests::crash::child_appends_until_it_is_killed", "--nocapture"])
        .env(FILE, path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut acknowledged = None;
    let heights = lines.filter_map(|line| line.ok()?.strip_prefix("appended ")?.parse::<u64>().ok());
    for (count, height) in heights.enumerate() {
        acknowledged = Some(height);
        if count == after {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    acknowledged.expect("the child appended before it was killed")
}

#[test]
fn nothing_acknowledged_is_lost_and_nothing_is_torn_after_kills() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder);
    for round in 0..ROUNDS {
        let acknowledged = run_and_kill(&path, 3 + round * 5);
        let index = Index::open(&path, IndexConfig { archive: false, history_blocks: 5 }).unwrap();
        let latest = index.latest().unwrap().unwrap();
        assert!(latest >= acknowledged, "{latest} {acknowledged}");
        assert_eq!(index.oldest_state().unwrap(), Some(latest.saturating_sub(5)));
        for block in Chain::new(SEED, 0).take(latest as usize + 1) {
            let stored = index.block(block.block.height()).unwrap().unwrap();
            assert_eq!((&stored.block, &stored.receipts), (&block.block, &block.receipts));
            assert_eq!(stored.system_logs, block.system_logs);
            for tx in block.block.transactions() {
                assert_eq!(index.transaction(tx.tx_hash()).unwrap().unwrap().height, block.block.height());
            }
        }
    }
}
