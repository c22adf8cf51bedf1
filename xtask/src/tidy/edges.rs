//! Which crate uses which: the table in ARCHITECTURE.md and the manifests say the same.

use super::{File, Findings, file};
use eyre::{Result, WrapErr, ensure};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::Command,
};

/// The page with the table, and the heading above it.
const PAGE: &str = "ARCHITECTURE.md";
const HEADING: &str = "## Crates";

/// What a crate's package is called before its folder's name.
const PREFIX: &str = "althing-";

/// Crates by name with the crates of this repository that they use.
type Edges = BTreeMap<String, BTreeSet<String>>;

pub(super) fn check(root: &Path, files: &[File], findings: &mut Findings) -> Result<()> {
    let said = parse(&file(files, PAGE)?.text);
    let done = of_manifests(root)?;
    compare(&said, &done, findings);
    Ok(())
}

pub(super) fn compare(said: &Edges, done: &Edges, findings: &mut Findings) {
    let none = BTreeSet::new();
    for name in said.keys().chain(done.keys()).collect::<BTreeSet<_>>() {
        if !said.contains_key(name) {
            findings.error(format!("{PAGE}: the table of crates has no row for `{name}`"));
        }
        if !done.contains_key(name) {
            findings.error(format!("{PAGE}: the table of crates names `{name}`, which does not exist"));
        }
        let (said, done) = (said.get(name).unwrap_or(&none), done.get(name).unwrap_or(&none));
        for used in done.difference(said) {
            findings.error(format!(
                "{name} uses {used}, which {PAGE} does not allow; a new edge is a decision: change the table with it"
            ));
        }
        for unused in said.difference(done) {
            findings.error(format!("{PAGE} says that {name} uses {unused}, which it does not"));
        }
    }
}

/// Rows of the table: name, role, crates that it uses.
pub(super) fn parse(page: &str) -> Edges {
    let section = page.lines().skip_while(|line| *line != HEADING).skip(1);
    let rows = section.take_while(|line| !line.starts_with("## ")).filter(|line| line.starts_with("| `"));
    rows.filter_map(|row| {
        let mut cells = row.split('|').skip(1);
        let name = cells.next()?.trim().trim_matches('`').to_owned();
        let used = cells.nth(1)?.split_whitespace().filter(|word| *word != "-");
        Some((name, used.map(str::to_owned).collect()))
    })
    .collect()
}

fn of_manifests(root: &Path) -> Result<Edges> {
    let arguments = ["metadata", "--no-deps", "--format-version", "1", "--locked"];
    let output =
        Command::new("cargo").args(arguments).current_dir(root).output().wrap_err("cannot run cargo")?;
    ensure!(output.status.success(), "cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).wrap_err("cargo metadata is not JSON")?;
    let packages = metadata["packages"].as_array().into_iter().flatten();
    Ok(packages.map(|package| (name_of(package), own_dependencies(package))).collect())
}

fn own_dependencies(package: &Value) -> BTreeSet<String> {
    let all = package["dependencies"].as_array().into_iter().flatten();
    all.filter(|dependency| !dependency["path"].is_null()).map(name_of).collect()
}

fn name_of(value: &Value) -> String {
    let name = value["name"].as_str().unwrap_or_default();
    name.strip_prefix(PREFIX).unwrap_or(name).to_owned()
}
