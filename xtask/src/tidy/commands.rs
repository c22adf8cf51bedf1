//! Commands that documents name exist, with their flags, as the generated command-line reference has them.

use super::{File, Findings, file};
use clap::CommandFactory as _;
use eyre::Result;
use std::collections::{BTreeMap, BTreeSet};

/// The generated page.
const REFERENCE: &str = "docs/reference/cli.md";

/// Documents that name commands.
const DOCUMENTS: [&str; 4] = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "deploy/README.md"];

/// How documents call the program, and what that stands for.
const CALLS: [(&str, &str); 3] =
    [("cargo run --release -- ", "althing "), ("cargo xtask ", "cargo xtask "), ("althing ", "althing ")];

/// Commands by their whole name with their flags.
type Commands = BTreeMap<String, BTreeSet<String>>;

pub(super) fn check(files: &[File], findings: &mut Findings) -> Result<()> {
    let mut known = parse(&file(files, REFERENCE)?.text);
    add_chores(&mut known);
    for document in DOCUMENTS {
        for (index, line) in file(files, document)?.text.lines().enumerate() {
            for problem in problems(line, &known) {
                findings.error(format!("{document}:{}: {problem}", index + 1));
            }
        }
    }
    Ok(())
}

/// Commands and flags of the reference page.
pub(super) fn parse(page: &str) -> Commands {
    let mut commands = Commands::new();
    let mut current = String::new();
    for line in page.lines() {
        if let Some(title) = line.strip_prefix("## `") {
            current = title.trim_end_matches('`').to_owned();
            commands.insert(current.clone(), BTreeSet::new());
        } else if let Some(flag) = line.strip_prefix("| `--") {
            let name = flag.split(['`', ' ']).next().unwrap_or_default();
            commands.entry(current.clone()).or_default().insert(format!("--{name}"));
        }
    }
    commands
}

fn add_chores(commands: &mut Commands) {
    for chore in crate::Arguments::command().get_subcommands() {
        let flags = chore.get_arguments().filter_map(|argument| argument.get_long());
        let flags = flags.map(|flag| format!("--{flag}")).collect();
        commands.insert(format!("cargo xtask {}", chore.get_name()), flags);
    }
}

/// What is wrong with the commands of a line: those in backticks, or the whole line when it is one.
pub(super) fn problems(line: &str, known: &Commands) -> Vec<String> {
    let quoted = line.split('`').skip(1).step_by(2);
    let whole = std::iter::once(line.trim()).filter(|line| !line.contains('`'));
    quoted.chain(whole).filter_map(|text| problem(text, known)).collect()
}

fn problem(text: &str, known: &Commands) -> Option<String> {
    let text = text.split(" #").next()?;
    let (rest, program) =
        CALLS.iter().find_map(|(call, program)| Some((text.strip_prefix(call)?, *program)))?;
    let mut name = program.trim_end().to_owned();
    let mut words = rest.split_whitespace().peekable();
    while let Some(longer) = words.peek().map(|word| format!("{name} {word}")) {
        if !known.contains_key(&longer) {
            break;
        }
        name = longer;
        words.next();
    }
    let Some(flags) = known.get(&name).filter(|_| name != program.trim_end()) else {
        return Some(format!("`{text}` names no command of {REFERENCE}"));
    };
    let global = known.get("althing").filter(|_| program == "althing ");
    let flag = words.find(|word| {
        word.starts_with("--") && !flags.contains(*word) && !global.is_some_and(|all| all.contains(*word))
    })?;
    Some(format!("`{name}` has no flag `{flag}`"))
}
