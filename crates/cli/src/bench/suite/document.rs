//! The page with the table, and the file with everything. Of the page only what stands between the markers changes.

use super::machine::Facts;
use super::results::{HEADER, Row};
use super::scenario::Mode;
use crate::{Exit, failure::Failure};
use serde_json::{Value, json};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

const BEGIN: &str = "<!-- althing bench run: begin -->";
const END: &str = "<!-- althing bench run: end -->";

/// Cores that the rest of an idle machine uses at most; with more, figures are no marks.
const IDLE_CORES: f64 = 0.2;

/// Everything that a run found.
pub(super) struct Document {
    pub(super) facts: Facts,
    /// What the peer says it is.
    pub(super) peer: Option<String>,
    pub(super) rounds: u32,
    pub(super) rows: Vec<(Row, Mode)>,
}

/// Where results go.
pub(super) struct Place {
    page: PathBuf,
    data: PathBuf,
    /// The page as it was.
    old: String,
}

impl Place {
    /// Looks at the folder before hours are spent for something that cannot be written.
    pub(super) fn open(dir: &Path) -> Result<Self, Failure> {
        fs::create_dir_all(dir).map_err(Failure::io("create", dir))?;
        let page = dir.join("RESULTS.md");
        let old = match fs::read_to_string(&page) {
            Ok(text) => text,
            Err(e) if e.kind() == ErrorKind::NotFound => "# Results\n".into(),
            Err(e) => return Err(Failure::io("read", &page)(e)),
        };
        let place = Self { page, data: dir.join("results.json"), old };
        place.merged("")?;
        Ok(place)
    }

    fn merged(&self, section: &str) -> Result<String, Failure> {
        merge(&self.old, section)
            .map_err(|reason| Failure::new(Exit::Failure, format!("{}: {reason}", self.page.display())))
    }

    pub(super) fn write(&self, document: &Document) -> Result<(), Failure> {
        let text = self.merged(&document.section())?;
        let json = serde_json::to_string_pretty(&document.json()).expect("results have only string keys");
        fs::write(&self.page, text).map_err(Failure::io("write", &self.page))?;
        fs::write(&self.data, json + "\n").map_err(Failure::io("write", &self.data))
    }
}

impl Document {
    pub(super) fn json(&self) -> Value {
        let rows: Vec<_> = self.rows.iter().map(|(row, _)| row).collect();
        json!({"facts": self.facts, "peer": self.peer, "rounds": self.rounds, "rows": rows})
    }

    pub(super) fn cells(&self) -> impl Iterator<Item = Vec<String>> {
        self.rows.iter().map(|(row, mode)| row.cells(*mode))
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
        let mut text = format!(
            "## Networks of processes: `{command}`\n\n\
             Commit {commit}, {build} build, {date}. {cores} cores ({processor}), {memory}, load generator on the same machine. \
             Load average before: {load_before}; the rest of the machine used {others}. \
             {rounds}. Peer: {peer}. All rounds are in [results.json](results.json).\n\n"
        );
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | ").replace('\n', " "));
        text += &line(&HEADER.map(String::from));
        text += &format!("{}|\n", "|---".repeat(HEADER.len()));
        for cells in self.cells() {
            text += &line(&cells);
        }
        text
    }
}

/// Puts a section between the markers of a page; a page without markers gets them at its end.
fn merge(page: &str, section: &str) -> Result<String, String> {
    let places = |marker| page.match_indices(marker).map(|(place, _)| place).collect::<Vec<_>>();
    match (&places(BEGIN)[..], &places(END)[..]) {
        ([], []) => Ok(format!("{}\n\n{BEGIN}\n{section}{END}\n", page.trim_end())),
        ([begin], [end]) if begin < end => {
            let (before, after) = (&page[..begin + BEGIN.len()], &page[*end..]);
            Ok(format!("{before}\n{section}{after}"))
        }
        _ => Err(format!("it must have one line `{BEGIN}` and after it one `{END}`, or neither")),
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
        Document { facts, peer: Some("anvil 1".into()), rounds: 1, rows }
    }

    #[test]
    fn only_what_is_between_the_markers_changes() {
        let page = "# Results\n\nolder\n";
        let first = merge(page, "one\n").unwrap();
        assert_eq!(first, format!("# Results\n\nolder\n\n{BEGIN}\none\n{END}\n"));
        let more = format!("{first}\n## Later\n");
        assert_eq!(merge(&more, "two\n").unwrap(), more.replace("one", "two"));
    }

    #[test]
    fn markers_that_do_not_fit_are_refused() {
        for page in [BEGIN.into(), END.into(), format!("{END}{BEGIN}"), format!("{BEGIN}{END}{BEGIN}")] {
            assert!(merge(&page, "").unwrap_err().contains(END), "{page}");
        }
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
        fs::write(dir.path().join("RESULTS.md"), BEGIN).unwrap();
        assert!(Place::open(dir.path()).is_err());
    }
}
