//! Keeps processes running: starts them, starts them again with back-off when they die, stops them cleanly.
//!
//! A child's standard input is a pipe that only closes when the supervisor is gone, even by kill -9: a child that
//! was started with `--supervised` stops when it sees that. No child may outlive its supervisor.

use super::STOP_PATIENCE;
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use thiserror::Error;
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

/// Lines of a log that are shown when a process is given up.
const TAIL_LINES: usize = 20;
const TAIL_BYTES: u64 = 16 * 1024;
/// A log that is longer at a start is put aside.
const MAX_LOG_BYTES: u64 = 64 * 1024 * 1024;

/// Something to keep running.
pub(crate) struct Program {
    pub(crate) name: String,
    /// Makes the command anew for every start.
    pub(crate) command: Box<dyn Fn() -> Command + Send + Sync>,
    /// Receives what it prints.
    pub(crate) log: PathBuf,
}

/// How patient the supervisor is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Policy {
    /// A process that lives shorter died quickly.
    pub(super) quick: Duration,
    /// So many quick deaths in a row are the end.
    pub(super) quick_deaths_max: u32,
    /// First wait before a restart; it doubles with every quick death.
    pub(super) backoff: Duration,
    /// Time for a process to stop before it is killed.
    pub(super) stop_patience: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            quick: Duration::from_secs(10),
            quick_deaths_max: 3,
            backoff: Duration::from_millis(250),
            stop_patience: STOP_PATIENCE,
        }
    }
}

/// What happened to a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// It runs.
    Started { name: String },
    /// It ended though nobody asked; it is started again.
    Died { name: String, status: ExitStatus, again_in: Duration },
    /// It did not stop when asked.
    Killed { name: String, after: Duration },
}

/// Why supervision ended.
#[derive(Debug, Error)]
pub(super) enum Crash {
    /// It cannot be started at all.
    #[error("cannot start {name}: {source}")]
    Start { name: String, source: std::io::Error },
    /// It dies again and again.
    #[error("{name} died {deaths} times in a row, last with {status}; the end of {log}:\n\n{tail}", log = log.display())]
    GivenUp { name: String, deaths: u32, status: ExitStatus, log: PathBuf, tail: String },
}

/// Runs all programs until `stop` turns true, or one of them cannot be kept alive. All are stopped on return.
pub(super) async fn run(
    programs: Vec<Program>,
    policy: Policy,
    events: mpsc::Sender<Event>,
    mut stop: watch::Receiver<bool>,
) -> Result<(), Crash> {
    let (stop_all, stopping) = watch::channel(false);
    let mut tasks = JoinSet::new();
    for program in programs {
        tasks.spawn(keep_alive(program, policy, events.clone(), stopping.clone()));
    }
    let mut outcome = Ok(());
    loop {
        tokio::select! {
            ended = tasks.join_next() => match ended {
                None => return outcome,
                Some(result) => {
                    if let Err(crash) = result.expect("supervision does not panic") {
                        outcome = outcome.and(Err(crash));
                        stop_all.send_replace(true);
                    }
                }
            },
            () = asked(&mut stop), if !*stop_all.borrow() => {
                stop_all.send_replace(true);
            }
        }
    }
}

/// Completes when `stop` turns true, or nobody is left who could turn it.
pub(crate) async fn asked(stop: &mut watch::Receiver<bool>) {
    // The guard must be gone before anything else is awaited.
    drop(stop.wait_for(|stop| *stop).await);
}

async fn keep_alive(
    program: Program,
    policy: Policy,
    events: mpsc::Sender<Event>,
    mut stop: watch::Receiver<bool>,
) -> Result<(), Crash> {
    let name = program.name.clone();
    let mut quick_deaths = 0;
    while !*stop.borrow() {
        let (mut child, _stdin) =
            start(&program).map_err(|source| Crash::Start { name: name.clone(), source })?;
        let since = Instant::now();
        tell(&events, Event::Started { name: name.clone() });
        let ended = tokio::select! {
            ended = child.wait() => ended,
            () = asked(&mut stop) => {
                if !terminate(&mut child, policy.stop_patience).await {
                    tell(&events, Event::Killed { name, after: policy.stop_patience });
                }
                return Ok(());
            }
        };
        let status = ended.map_err(|source| Crash::Start { name: name.clone(), source })?;
        quick_deaths = if since.elapsed() < policy.quick { quick_deaths + 1 } else { 0 };
        if quick_deaths >= policy.quick_deaths_max {
            let tail = tail(&program.log);
            return Err(Crash::GivenUp { name, deaths: quick_deaths, status, log: program.log, tail });
        }
        let again_in = policy.backoff * 2u32.pow(quick_deaths);
        tell(&events, Event::Died { name: name.clone(), status, again_in });
        tokio::select! {
            () = sleep(again_in) => {}
            () = asked(&mut stop) => {}
        }
    }
    Ok(())
}

/// Events are for people: when nobody reads them, they are dropped.
fn tell(events: &mpsc::Sender<Event>, event: Event) {
    let _ = events.try_send(event);
}

/// Starts a process. Its standard input must be kept apart: waiting for a child closes what is still in it.
pub(crate) fn start(program: &Program) -> std::io::Result<(Child, Option<ChildStdin>)> {
    if std::fs::metadata(&program.log).is_ok_and(|log| log.len() > MAX_LOG_BYTES) {
        std::fs::rename(&program.log, program.log.with_extension("log.old"))?;
    }
    let log = OpenOptions::new().create(true).append(true).open(&program.log)?;
    let mut command = (program.command)();
    command.stdin(Stdio::piped()).stdout(log.try_clone()?).stderr(log).kill_on_drop(true);
    // Ctrl-C reaches the whole foreground group: a group of its own leaves stopping to the supervisor.
    let mut child = command.process_group(0).spawn()?;
    let stdin = child.stdin.take();
    Ok((child, stdin))
}

/// Asks a process to stop; whether it did in time.
pub(crate) async fn terminate(child: &mut Child, patience: Duration) -> bool {
    let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    if let Some(pid) = pid {
        // It may have ended by itself just now.
        let _ = kill_process(pid, Signal::TERM);
    }
    if timeout(patience, child.wait()).await.is_ok() {
        return true;
    }
    // Killing fails only for a process that has ended.
    let _ = child.kill().await;
    false
}

/// The last lines of a log.
pub(crate) fn tail(log: &Path) -> String {
    let read = || {
        let mut file = File::open(log)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
        let mut bytes = Vec::new();
        file.take(TAIL_BYTES).read_to_end(&mut bytes)?;
        std::io::Result::Ok(bytes)
    };
    match read() {
        Ok(bytes) => {
            let text = String::from_utf8_lossy(&bytes);
            let lines: Vec<_> = text.lines().collect();
            lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
        }
        Err(e) => format!("(cannot be read: {e})"),
    }
}

#[cfg(test)]
mod tests;
