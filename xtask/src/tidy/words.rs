//! Words that must not be in the repository: unfinished code, one machine's folders, one machine's registries.
//!
//! Each word is written in two halves here, so that this file does not find itself.

use super::{File, Findings};

/// Folders of one machine.
const FOLDERS: [&str; 3] = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/")];

/// What unfinished code says, in production code.
const UNFINISHED: [&str; 5] = [
    concat!("mo", "ck"),
    concat!("st", "ub"),
    concat!("to", "do!"),
    concat!("unimple", "mented!"),
    concat!("FIX", "ME"),
];

/// Settings by which a package manager would use another registry than everybody else's.
const REGISTRY_SETTINGS: [&str; 5] = [
    concat!("index", "-url"),
    concat!("regis", "try="),
    concat!("replace", "-with"),
    "registry =",
    "index =",
];

/// Where lock files may say that a package comes from.
const CARGO_REGISTRY: &str = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
const NPM_REGISTRY: &str = "\"resolved\": \"https://registry.npmjs.org/";

pub(super) fn check(files: &[File], findings: &mut Findings) {
    for file in files {
        let name = file.path.rsplit('/').next().unwrap_or_default();
        for (index, line) in file.text.lines().enumerate() {
            let place = format!("{}:{}", file.path, index + 1);
            if let Some(folder) = FOLDERS.iter().find(|folder| line.contains(*folder)) {
                findings.error(format!("{place}: `{folder}` is a folder of one machine"));
            }
            if is_registry(name, line) {
                findings.error(format!("{place}: names a registry; a clone must work with the public ones"));
            }
        }
        if file.is("rs") {
            for (index, line) in file.production_lines().enumerate() {
                if let Some(word) = UNFINISHED.iter().find(|word| has_word(line, word)) {
                    findings.error(format!("{}:{}: `{word}` in production code", file.path, index + 1));
                }
            }
        }
    }
}

fn is_registry(file_name: &str, line: &str) -> bool {
    let line = line.trim();
    match file_name {
        "Cargo.lock" => line.starts_with("source =") && line != CARGO_REGISTRY,
        "package-lock.json" => line.starts_with("\"resolved\"") && !line.starts_with(NPM_REGISTRY),
        ".npmrc" | "pip.conf" | "requirements.txt" | "config.toml" | "Cargo.toml" => {
            REGISTRY_SETTINGS.iter().any(|setting| line.trim_start_matches('-').starts_with(setting))
        }
        _ => false,
    }
}

/// Whether a line has the word, in either case, or its plural, and not as a part of another one.
pub(super) fn has_word(line: &str, word: &str) -> bool {
    let (line, word) = (line.to_lowercase(), word.to_lowercase());
    line.match_indices(&word).any(|(start, _)| {
        let before = line[..start].chars().next_back();
        let after = line[start + word.len()..].trim_start_matches('s').chars().next();
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    })
}
