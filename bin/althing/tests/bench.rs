//! `althing bench run` as people start it: a network of real processes, a small load, a table, nothing left behind.

use serde_json::Value;
use std::fs;
use std::process::Command;

#[test]
fn a_quick_run_fills_in_the_table_and_leaves_nothing_running() {
    let dir = tempfile::tempdir().unwrap();
    let (out, networks) = (dir.path().join("bench"), dir.path().join("networks"));
    fs::create_dir(&out).unwrap();
    fs::write(out.join("RESULTS.md"), "# Results\n\nWritten by hand.\n").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_althing"));
    command.args(["bench", "run", "--quick", "--only", "1v-500ms-mix-saturation", "--json"]);
    // The peer is another program, which a machine need not have.
    command.arg("--out").arg(&out).arg("--dir").arg(&networks).env_remove("ALTHING_ANVIL");
    let done = command.output().unwrap();
    let complaint = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{complaint}");
    let page = fs::read_to_string(out.join("RESULTS.md")).unwrap();
    assert!(
        page.contains("Written by hand.") && page.contains("| 1v-500ms-mix-saturation | 400, 400 |"),
        "{page}"
    );
    let data: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(
        data,
        serde_json::from_str::<Value>(&fs::read_to_string(out.join("results.json")).unwrap()).unwrap()
    );
    let trial = &data["rows"][0]["ours"][0];
    for (fact, expected) in [("final", 400), ("failed", 0), ("dropped", 0)] {
        assert_eq!(trial[fact], expected, "{trial}");
    }
    assert_eq!(fs::read_dir(&networks).unwrap().count(), 0, "the network's folder is removed");
}
