//! One program of a test run: its output goes to a file, its title, time and end to the screen.

use super::{fail, tail};
use eyre::{Result, WrapErr};
use std::{
    fs::File,
    path::PathBuf,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Between two looks at the program.
const POLL: Duration = Duration::from_millis(100);

/// Between two signs of life.
const SIGN_OF_LIFE: Duration = Duration::from_secs(60);

/// Lines of the output that are shown when all went well: most programs sum up there.
const CLOSING_LINES: usize = 3;

/// A step of the run.
pub(super) struct Step {
    title: String,
    log: PathBuf,
}

impl Step {
    pub(super) fn new(title: &str, log: PathBuf) -> Self {
        Self { title: title.into(), log }
    }

    /// Runs the program to its end.
    pub(super) fn run(&self, command: &mut Command) -> Result<()> {
        println!("\n== {}", self.title);
        let started = Instant::now();
        let log = File::create(&self.log).wrap_err_with(|| format!("cannot write {}", self.log.display()))?;
        let errors = log.try_clone().wrap_err("cannot share the log")?;
        command.stdin(Stdio::null()).stdout(log).stderr(errors);
        let mut child = command.spawn().wrap_err_with(|| format!("cannot start {command:?}"))?;
        let mut shown = started;
        let status = loop {
            if let Some(status) = child.try_wait().wrap_err("cannot wait for the program")? {
                break status;
            }
            if shown.elapsed() >= SIGN_OF_LIFE {
                shown = Instant::now();
                print!("    ... {} s\n{}", started.elapsed().as_secs(), tail(&self.log, 1)?);
            }
            thread::sleep(POLL);
        };
        let seconds = started.elapsed().as_secs();
        if !status.success() {
            return fail(&format!("{} failed after {seconds} s with {status}", self.title), &self.log);
        }
        print!("{}", tail(&self.log, CLOSING_LINES)?);
        println!("== {}: ok, {seconds} s, exit code 0", self.title);
        Ok(())
    }
}
