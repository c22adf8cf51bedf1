//! Talking with a person: questions, passwords, progress. All of it on standard error; data has standard output.

use crate::{Exit, failure::Failure};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::path::Path;
use std::time::Duration;
use zeroize::Zeroizing;

const TICK: Duration = Duration::from_millis(120);

/// Whether somebody can be asked.
pub(crate) fn is_interactive() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// A password: of a file, else asked for.
pub(crate) fn password(
    file: Option<&Path>,
    prompt: &str,
    confirm: bool,
) -> Result<Zeroizing<String>, Failure> {
    if let Some(path) = file {
        let text = std::fs::read_to_string(path).map_err(|e| {
            Failure::new(Exit::Key, format!("cannot read the password file {}: {e}", path.display()))
        })?;
        return Ok(Zeroizing::new(text.trim_end_matches(['\n', '\r']).to_string()));
    }
    if !is_interactive() {
        return Err(Failure::new(
            Exit::Key,
            "a password is needed and nobody can be asked: give --password-file",
        ));
    }
    let mut question = dialoguer::Password::new().with_prompt(prompt);
    if confirm {
        question = question.with_confirmation("Again", "The two differ; once more");
    }
    let answer = question.interact().map_err(|e| Failure::new(Exit::Key, format!("no password: {e}")))?;
    Ok(Zeroizing::new(answer))
}

/// Asks before something that cannot be undone. Without a person the answer must be given as a flag.
pub(crate) fn confirm(question: &str, yes: bool) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    if !is_interactive() {
        return Err(Failure::usage("nobody can be asked to confirm: add --yes"));
    }
    match dialoguer::Confirm::new().with_prompt(question).default(false).interact() {
        Ok(true) => Ok(()),
        Ok(false) => Err(Failure::new(Exit::Failure, "not confirmed: nothing was done")),
        Err(e) => Err(Failure::new(Exit::Failure, format!("no answer: {e}"))),
    }
}

/// Progress of steps: a moving line on a terminal, plain lines elsewhere.
#[derive(Debug)]
pub(crate) struct Progress(Shown);

#[derive(Debug)]
enum Shown {
    Line(ProgressBar),
    Plain,
    Nothing,
}

impl Progress {
    /// Says nothing: the caller shows steps of its own.
    pub(crate) const fn silent() -> Self {
        Self(Shown::Nothing)
    }

    pub(crate) fn start() -> Self {
        if !std::io::stderr().is_terminal() {
            return Self(Shown::Plain);
        }
        let bar = ProgressBar::new_spinner();
        bar.set_style(ProgressStyle::with_template("{spinner} {msg}").expect("a valid template"));
        bar.enable_steady_tick(TICK);
        Self(Shown::Line(bar))
    }

    /// The present step.
    pub(crate) fn step(&self, text: impl Into<String>) {
        let text = text.into();
        match &self.0 {
            Shown::Line(bar) => bar.set_message(text),
            Shown::Plain => eprintln!("{text}"),
            Shown::Nothing => {}
        }
    }

    /// Whether a line can be rewritten.
    pub(crate) const fn is_live(&self) -> bool {
        matches!(self.0, Shown::Line(_))
    }

    /// A line that stays.
    pub(crate) fn say(&self, text: &str) {
        match &self.0 {
            Shown::Line(bar) => bar.println(text),
            Shown::Plain => eprintln!("{text}"),
            Shown::Nothing => {}
        }
    }

    pub(crate) fn finish(&self) {
        if let Shown::Line(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
