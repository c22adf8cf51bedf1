//! What a figure is worth nothing without: commit, build, machine, date, and what else ran.

use crate::gov::moment;
use serde::Serialize;
use std::fs;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

const UNKNOWN: &str = "unknown";

/// The circumstances of a run.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Facts {
    /// Of the folder that the command was started in.
    pub(crate) commit: String,
    /// `dev` or `release`.
    pub(crate) build: &'static str,
    pub(crate) cores: usize,
    pub(crate) memory: String,
    pub(crate) processor: String,
    /// Processes that wanted to run in the minute before.
    pub(crate) load_before: String,
    /// By the system's clock.
    pub(crate) date: String,
    /// How to run it again.
    pub(crate) command: String,
}

impl Facts {
    /// Looks at the machine. `command` is how to run it again.
    pub(crate) fn gather(command: String) -> Self {
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let load = read("/proc/loadavg");
        Self {
            commit: commit().unwrap_or_else(|| UNKNOWN.into()),
            build: if cfg!(debug_assertions) { "dev" } else { "release" },
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            memory: memory(&read("/proc/meminfo")).unwrap_or_else(|| UNKNOWN.into()),
            processor: processor(&read("/proc/cpuinfo")).unwrap_or_else(|| UNKNOWN.into()),
            load_before: load.split(' ').next().filter(|load| !load.is_empty()).unwrap_or(UNKNOWN).into(),
            date: moment(now.as_secs()),
            command,
        }
    }
}

/// Short hash, and whether files differ from it.
fn commit() -> Option<String> {
    let hash = git(&["rev-parse", "--short=8", "HEAD"])?;
    let changed = git(&["status", "--porcelain", "--untracked-files=no"])?;
    Some(if changed.is_empty() { hash } else { format!("{hash} with changes") })
}

fn git(args: &[&str]) -> Option<String> {
    let said = Command::new("git").args(args).output().ok().filter(|said| said.status.success())?;
    Some(String::from_utf8_lossy(&said.stdout).trim().to_string())
}

/// In GiB, rounded: `MemTotal` is a little less than what is built in.
fn memory(meminfo: &str) -> Option<String> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(format!("{:.0} GiB", kib / 1024.0 / 1024.0))
}

fn processor(cpuinfo: &str) -> Option<String> {
    let line = cpuinfo.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_and_processor_are_found() {
        assert_eq!(memory("MemTotal:       24677304 kB\nMemFree: 1 kB\n").unwrap(), "24 GiB");
        assert_eq!(processor("processor\t: 0\nmodel name\t: Some CPU 9\n").unwrap(), "Some CPU 9");
        assert_eq!((memory(""), processor("")), (None, None));
    }
}
