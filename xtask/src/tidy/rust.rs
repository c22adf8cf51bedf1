//! Sources: how long a file may be, and that it says what it is for.

use super::{File, Findings};

/// Production lines above which a file is listed: time to think of its parts.
const LINES_NOTED: usize = 500;

/// Production lines above which a file is refused.
const LINES_MAX: usize = 800;

pub(super) fn check(files: &[File], findings: &mut Findings) {
    for file in files.iter().filter(|file| file.is("rs")) {
        if !file.text.starts_with("//!") {
            findings.error(format!("{}:1: open with `//!`: what it is and must never do", file.path));
        }
        let lines = file.production_lines().count();
        if lines > LINES_MAX {
            let text = format!("{}: {lines} production lines, at most {LINES_MAX}: split it", file.path);
            findings.error(text);
        } else if lines > LINES_NOTED {
            findings.note(format!("{}: {lines} production lines", file.path));
        }
    }
}
