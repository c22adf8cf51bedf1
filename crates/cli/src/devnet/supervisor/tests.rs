//! The supervisor over fake children: shell scripts that die, obey or refuse.

use super::*;

const POLICY: Policy = Policy {
    quick: Duration::from_secs(600),
    quick_deaths_max: 3,
    backoff: Duration::from_millis(1),
    stop_patience: Duration::from_millis(200),
};

fn program(dir: &Path, script: &str) -> Program {
    let (script, dir) = (script.to_string(), dir.to_path_buf());
    let log = dir.join("log");
    let command = move || {
        let mut command = Command::new("sh");
        command.arg("-c").arg(&script).current_dir(&dir);
        command
    };
    Program { name: "fake".into(), command: Box::new(command), log }
}

/// Waits for a line in the log, so that no test guesses how long a start takes.
async fn until_logged(dir: &Path, line: &str) {
    let log = dir.join("log");
    let wait = async {
        while !std::fs::read_to_string(&log).unwrap_or_default().contains(line) {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(30), wait).await.unwrap();
}

#[tokio::test]
async fn a_process_that_always_dies_is_given_up_with_the_end_of_its_log() {
    let dir = tempfile::tempdir().unwrap();
    let (events, mut seen) = mpsc::channel(16);
    let (_stop, stopping) = watch::channel(false);
    let programs = vec![program(dir.path(), "echo disk is on fire; exit 3")];
    let crash = run(programs, POLICY, events, stopping).await.unwrap_err().to_string();
    assert!(crash.contains("fake died 3 times") && crash.contains("disk is on fire"), "{crash}");
    let mut deaths = 0;
    while let Some(event) = seen.recv().await {
        deaths += u32::from(matches!(event, Event::Died { .. }));
    }
    assert_eq!(deaths, 2, "the third is the end");
}

#[tokio::test]
async fn a_process_that_died_is_started_again_and_stops_when_asked() {
    let dir = tempfile::tempdir().unwrap();
    let script = "if [ -e once ]; then trap 'echo bye; exit 0' TERM; echo second; while :; do sleep 0.01; done; fi; touch once; exit 1";
    let (events, _seen) = mpsc::channel(16);
    let (stop, stopping) = watch::channel(false);
    let task = tokio::spawn(run(vec![program(dir.path(), script)], POLICY, events, stopping));
    until_logged(dir.path(), "second").await;
    stop.send_replace(true);
    task.await.unwrap().unwrap();
    until_logged(dir.path(), "bye").await;
}

#[tokio::test]
async fn a_process_that_refuses_to_stop_is_killed() {
    let dir = tempfile::tempdir().unwrap();
    let (events, mut seen) = mpsc::channel(16);
    let (stop, stopping) = watch::channel(false);
    let script = "trap '' TERM; echo deaf; while :; do sleep 0.01; done";
    let task = tokio::spawn(run(vec![program(dir.path(), script)], POLICY, events, stopping));
    until_logged(dir.path(), "deaf").await;
    stop.send_replace(true);
    task.await.unwrap().unwrap();
    assert!(matches!(seen.recv().await, Some(Event::Started { .. })));
    assert!(matches!(seen.recv().await, Some(Event::Killed { .. })));
}

#[tokio::test]
async fn when_one_is_given_up_the_others_are_stopped() {
    let (bad, good) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (events, _seen) = mpsc::channel(16);
    let (_stop, stopping) = watch::channel(false);
    let programs = vec![program(bad.path(), "exit 1"), program(good.path(), "exec sleep 600")];
    let crash = run(programs, POLICY, events, stopping).await;
    assert!(matches!(crash, Err(Crash::GivenUp { .. })), "{crash:?}");
}

/// Prints `orphaned` when its standard input closes, and `waited` after a while.
const WATCHFUL: &str =
    "exec 3<&0; (cat <&3 >/dev/null; echo orphaned) & (sleep 0.2; echo waited) & echo up; wait";

#[tokio::test]
async fn the_standard_input_of_a_child_stays_open_while_it_is_supervised() {
    let dir = tempfile::tempdir().unwrap();
    let (events, _seen) = mpsc::channel::<Event>(16);
    let (stop, stopping) = watch::channel(false);
    let task = tokio::spawn(run(vec![program(dir.path(), WATCHFUL)], POLICY, events, stopping));
    until_logged(dir.path(), "waited").await;
    assert!(!std::fs::read_to_string(dir.path().join("log")).unwrap().contains("orphaned"));
    stop.send_replace(true);
    task.await.unwrap().unwrap();
}

#[tokio::test]
async fn the_standard_input_of_a_child_closes_when_its_supervisor_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let (_child, stdin) = start(&program(dir.path(), WATCHFUL)).unwrap();
    until_logged(dir.path(), "up").await;
    drop(stdin);
    until_logged(dir.path(), "orphaned").await;
}
