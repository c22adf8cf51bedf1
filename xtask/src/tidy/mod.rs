//! `cargo xtask tidy`: rules of the repository that no compiler checks. A finding says where, what, and what to do.

mod commands;
mod edges;
mod links;
mod rust;
mod words;

use eyre::{Result, WrapErr, bail, ensure};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// A text file of the repository.
pub(crate) struct File {
    /// Path from the root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl File {
    fn is(&self, extension: &str) -> bool {
        Path::new(&self.path).extension().is_some_and(|found| found == extension)
    }

    /// Whether all of it is test or benchmark.
    fn is_test(&self) -> bool {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        name == "tests.rs" || self.path.split('/').any(|part| part == "tests" || part == "benches")
    }

    /// Lines that are compiled into the program: all before the file's test module.
    fn production_lines(&self) -> impl Iterator<Item = &str> {
        let limit = if self.is_test() { 0 } else { usize::MAX };
        self.text.lines().take(limit).take_while(|line| !line.starts_with("#[cfg(test)]"))
    }

    /// Lines outside of fenced code, numbered from 1.
    fn prose(&self) -> impl Iterator<Item = (usize, &str)> {
        let mut fenced = false;
        self.text.lines().enumerate().filter_map(move |(index, line)| {
            let fence = line.trim_start().starts_with("```");
            fenced ^= fence;
            (!fenced && !fence).then_some((index + 1, line))
        })
    }
}

/// What the checks found.
#[derive(Default)]
pub(crate) struct Findings {
    errors: Vec<String>,
    notes: Vec<String>,
}

impl Findings {
    fn error(&mut self, text: impl Into<String>) {
        self.errors.push(text.into());
    }

    fn note(&mut self, text: impl Into<String>) {
        self.notes.push(text.into());
    }
}

/// Runs all checks; an error when one found something.
pub(crate) fn run(root: &Path) -> Result<()> {
    let files = files(root)?;
    let mut findings = Findings::default();
    rust::check(&files, &mut findings);
    words::check(&files, &mut findings);
    links::check(root, &files, &mut findings);
    edges::check(root, &files, &mut findings)?;
    commands::check(&files, &mut findings)?;
    findings.notes.iter().for_each(|note| println!("note: {note}"));
    findings.errors.iter().for_each(|error| eprintln!("error: {error}"));
    if !findings.errors.is_empty() {
        bail!("{} findings in {} files", findings.errors.len(), files.len());
    }
    println!("tidy: {} files, nothing found", files.len());
    Ok(())
}

/// All text files that are, or would be, committed.
fn files(root: &Path) -> Result<Vec<File>> {
    let list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let output = Command::new("git").args(list).current_dir(root).output().wrap_err("cannot run git")?;
    ensure!(output.status.success(), "git ls-files failed: {}", String::from_utf8_lossy(&output.stderr));
    let paths = String::from_utf8(output.stdout).wrap_err("a file has a name that is not UTF-8")?;
    let mut files = Vec::new();
    for path in paths.split_terminator('\0') {
        let place: PathBuf = root.join(path);
        // A file that was removed and not committed yet is still listed; links to folders are no text.
        if !place.is_file() {
            continue;
        }
        let bytes = std::fs::read(&place).wrap_err_with(|| format!("cannot read {path}"))?;
        if let Ok(text) = String::from_utf8(bytes) {
            files.push(File { path: path.into(), text });
        }
    }
    Ok(files)
}

/// The file at a path, which must exist.
fn file<'a>(files: &'a [File], path: &str) -> Result<&'a File> {
    files.iter().find(|file| file.path == path).ok_or_else(|| eyre::eyre!("{path} is missing"))
}

#[cfg(test)]
mod tests;
