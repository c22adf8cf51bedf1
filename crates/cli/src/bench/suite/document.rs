//! The page with the table, and the file with everything.

use super::join::{JOIN_HEADER, Join, JoinRow};
use super::results::{HEADER, Row};
use super::scenario::Mode;
use crate::failure::Failure;
use crate::machine::Facts;
use crate::page::{Page, markdown};
use crate::report::table;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

/// Cores that the rest of an idle machine uses at most; with more, figures are no marks.
const IDLE_CORES: f64 = 0.2;

/// Everything that a run found.
pub(super) struct Document {
    pub(super) facts: Facts,
    /// What the peer says it is.
    pub(super) peer: Option<String>,
    pub(super) rounds: u32,
    pub(super) rows: Vec<(Row, Mode)>,
    /// Nodes that came later.
    pub(super) joins: Vec<(JoinRow, Join)>,
}

/// Where results go.
pub(super) struct Place {
    page: Page,
    data: PathBuf,
}

impl Place {
    /// Looks at the folder before hours are spent for something that cannot be written.
    pub(super) fn open(dir: &Path) -> Result<Self, Failure> {
        let page = Page::open(dir.join("RESULTS.md"), "althing bench run")?;
        Ok(Self { page, data: dir.join("results.json") })
    }

    pub(super) fn write(&self, document: &Document) -> Result<(), Failure> {
        let json = serde_json::to_string_pretty(&document.json()).expect("results have only string keys");
        self.page.write(&document.section())?;
        fs::write(&self.data, json + "\n").map_err(Failure::io("write", &self.data))
    }
}

impl Document {
    pub(super) fn json(&self) -> Value {
        let rows: Vec<_> = self.rows.iter().map(|(row, _)| row).collect();
        let joins: Vec<_> = self.joins.iter().map(|(row, _)| row).collect();
        json!({"facts": self.facts, "peer": self.peer, "rounds": self.rounds, "rows": rows, "joins": joins})
    }

    /// For a terminal.
    pub(super) fn text(&self) -> String {
        let joins = self.joins.iter().map(|(row, join)| row.cells(*join));
        let joins = if self.joins.is_empty() { String::new() } else { table(&JOIN_HEADER, joins) };
        let loads = if self.rows.is_empty() { String::new() } else { table(&HEADER, self.cells()) };
        [loads, joins].join("\n").trim_matches('\n').to_string()
    }

    fn cells(&self) -> impl Iterator<Item = Vec<String>> {
        self.rows.iter().map(|(row, mode)| row.cells(*mode))
    }

    pub(super) fn is_broken(&self) -> bool {
        self.rows.iter().any(|(row, _)| row.error.is_some())
            || self.joins.iter().any(|(row, _)| row.error.is_some())
    }

    /// The tables and sentences, without what they are worth nothing without.
    fn tables(&self) -> String {
        let mut text = markdown(&HEADER, self.cells());
        for course in self.rows.iter().filter_map(|(row, _)| row.course()) {
            text += &format!("\n{course}\n");
        }
        if !self.joins.is_empty() {
            text += "\nNodes that come later, on the same machine as the validator that makes blocks meanwhile:\n\n";
            text += &markdown(&JOIN_HEADER, self.joins.iter().map(|(row, join)| row.cells(*join)));
        }
        text
    }

    /// What stands between the markers.
    fn section(&self) -> String {
        let Facts { commit, build, cores, memory, processor, load_before, date, command } = &self.facts;
        let others = self.rows.iter().filter_map(|(row, _)| row.others()).reduce(f64::max);
        let others = match others {
            None => "an unknown part".into(),
            Some(cores) if cores > IDLE_CORES => {
                format!("{cores:.1} cores at most: it was shared, and these are no marks")
            }
            Some(cores) => format!("{cores:.1} cores at most"),
        };
        let rounds = match self.rounds {
            1 => "One round each".into(),
            many => format!("Of {many} rounds the one in the middle"),
        };
        let peer = self.peer.as_deref().unwrap_or("not found");
        let text = format!(
            "## Networks of processes: `{command}`\n\n\
             Commit {commit}, {build} build, {date}. {cores} cores ({processor}), {memory}, load generator on the same machine. \
             Load average before: {load_before}; the rest of the machine used {others}. \
             {rounds}. Peer: {peer}. All rounds are in [results.json](results.json).\n\n"
        );
        text + &self.tables()
    }
}

#[cfg(test)]
mod tests {
    use super::super::results::tests::row;
    use super::*;

    fn document() -> Document {
        let facts = Facts {
            commit: "12345678".into(),
            build: "dev",
            cores: 2,
            memory: "24 GiB".into(),
            processor: "Some CPU".into(),
            load_before: "0.50".into(),
            date: "2026-01-02 03:04:05 UTC".into(),
            command: "althing bench run".into(),
        };
        let rows = vec![(row(&[1_000.0], &[4_000.0]), Mode::Saturation)];
        Document { facts, peer: Some("anvil 1".into()), rounds: 1, rows, joins: Vec::new() }
    }

    #[test]
    fn the_page_says_where_figures_come_from_and_keeps_them_in_a_table() {
        let dir = tempfile::tempdir().unwrap();
        Place::open(dir.path()).unwrap().write(&document()).unwrap();
        let page = fs::read_to_string(dir.path().join("RESULTS.md")).unwrap();
        for words in [
            "12345678",
            "dev build",
            "2 cores (Some CPU), 24 GiB",
            "used 1.5 cores at most: it was shared",
            "althing bench run",
        ] {
            assert!(page.contains(words), "{words} is missing in {page}");
        }
        let rows: Vec<_> = page.lines().filter(|line| line.starts_with('|')).collect();
        assert_eq!(rows.len(), 3);
        assert!(rows.iter().all(|row| row.matches('|').count() == HEADER.len() + 1), "{rows:?}");
        let data = fs::read_to_string(dir.path().join("results.json")).unwrap();
        let data: Value = serde_json::from_str(&data).unwrap();
        assert_eq!(data["rows"][0]["ours"][0]["final"], 1_980);
    }
}
