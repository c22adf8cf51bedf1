//! What a node says when its disk is full: that nothing final is lost, and what to do.
//!
//! A write that fails ends the node at once (what it cannot keep it must not act on), as a panic somewhere below, whose
//! text rarely names the cause. So the cause is looked for where it shows: in the space that is left.

use std::{
    any::Any,
    panic::{self, PanicHookInfo},
    path::{Path, PathBuf},
};

/// A failure with less space than this left is put down to it, in bytes: more than any single write of a node takes.
const FULL_BELOW_BYTES: u64 = 16 * 1024 * 1024;

/// What the system and SQLite say of a full disk or an exhausted quota.
const WORDS: [&str; 4] = ["os error 28", "os error 122", "No space left", "no space left"];

/// Says of a full disk one line instead of a panic's text; other panics are told as ever. Call once, from the binary.
pub fn explain_panics(data_dir: PathBuf) {
    let other = panic::take_hook();
    panic::set_hook(Box::new(move |info: &PanicHookInfo<'_>| {
        let reason = text_of(info.payload());
        match is_full(&reason, free_bytes(&data_dir)) {
            true => tracing::error!(reason, "the disk is full: the node stops"),
            false => other(info),
        }
    }));
}

/// What to tell the operator when a failure comes from a full disk.
pub(crate) fn advice(reason: &str, data_dir: &Path) -> Option<String> {
    is_full(reason, free_bytes(data_dir)).then(|| {
        format!(
            "the disk of {} is full. Free some space (or move the folder to a larger disk) and start the node again: \
             it goes on from its last final block, and nothing final is lost. What failed: {reason}",
            data_dir.components().as_path().display()
        )
    })
}

/// The text of a panic.
pub(crate) fn text_of(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "unknown".into())
}

fn is_full(reason: &str, free: Option<u64>) -> bool {
    free.is_some_and(|free| free < FULL_BELOW_BYTES) || WORDS.iter().any(|words| reason.contains(words))
}

/// Space that this process may still use on the disk of a folder.
fn free_bytes(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_known_by_its_words_or_by_the_space_that_is_left() {
        let plenty = Some(1 << 40);
        for (reason, free, full) in [
            ("cannot write: No space left on device (os error 28)", plenty, true),
            ("Disk quota exceeded (os error 122)", plenty, true),
            ("no space left for index /x; free some space", plenty, true),
            ("write failed", Some(4096), true),
            ("write failed", plenty, false),
            ("write failed", None, false),
        ] {
            assert_eq!(is_full(reason, free), full, "{reason} {free:?}");
        }
    }

    #[test]
    fn the_advice_says_what_to_do_and_that_nothing_is_lost() {
        let dir = tempfile::tempdir().unwrap();
        let advice = advice("write failed: os error 28", dir.path()).unwrap();
        for words in ["Free some space", "start the node again", "nothing final is lost", "os error 28"] {
            assert!(advice.contains(words), "{advice}");
        }
    }

    #[test]
    fn panics_have_their_text() {
        for (payload, text) in [
            (Box::new("plain") as Box<dyn Any + Send>, "plain"),
            (Box::new("made".to_owned()), "made"),
            (Box::new(7), "unknown"),
        ] {
            assert_eq!(text_of(&*payload), text);
        }
    }
}
