//! Pages that commands write figures into: of a page only what stands between a command's markers changes.

use crate::{Exit, failure::Failure};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// A page, and whose markers are looked for.
pub(crate) struct Page {
    path: PathBuf,
    command: &'static str,
}

impl Page {
    /// Looks at the page before hours are spent for something that cannot be written. One that is not there begins with
    /// a title.
    pub(crate) fn open(path: PathBuf, command: &'static str) -> Result<Self, Failure> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(Failure::io("create", folder))?;
        }
        let page = Self { path, command };
        page.merged("")?;
        Ok(page)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn merged(&self, section: &str) -> Result<String, Failure> {
        // What stands there now: somebody may have written into it for hours.
        let old = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(e) if e.kind() == ErrorKind::NotFound => "# Results\n".into(),
            Err(e) => return Err(Failure::io("read", &self.path)(e)),
        };
        merge(&old, self.command, section)
            .map_err(|reason| Failure::new(Exit::Failure, format!("{}: {reason}", self.path.display())))
    }

    /// Writes what stands between the markers.
    pub(crate) fn write(&self, section: &str) -> Result<(), Failure> {
        fs::write(&self.path, self.merged(section)?).map_err(Failure::io("write", &self.path))
    }
}

/// A table as pages have it.
pub(crate) fn markdown(header: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | ").replace('\n', " "));
    let head = line(header.iter().map(ToString::to_string).collect());
    let rule = format!("{}|\n", "|---".repeat(header.len()));
    head + &rule + &rows.map(line).collect::<String>()
}

/// Puts a section between the markers of a page; a page without markers gets them at its end.
fn merge(page: &str, command: &str, section: &str) -> Result<String, String> {
    let [begin, end] = ["begin", "end"].map(|side| format!("<!-- {command}: {side} -->"));
    let places = |marker: &str| page.match_indices(marker).map(|(place, _)| place).collect::<Vec<_>>();
    match (&places(&begin)[..], &places(&end)[..]) {
        ([], []) => Ok(format!("{}\n\n{begin}\n{section}{end}\n", page.trim_end())),
        ([from], [to]) if from < to => {
            let (before, after) = (&page[..from + begin.len()], &page[*to..]);
            Ok(format!("{before}\n{section}{after}"))
        }
        _ => Err(format!("it must have one line `{begin}` and after it one `{end}`, or neither")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEGIN: &str = "<!-- tea: begin -->";
    const END: &str = "<!-- tea: end -->";

    #[test]
    fn only_what_is_between_the_markers_changes() {
        let page = "# Results\n\nolder\n";
        let first = merge(page, "tea", "one\n").unwrap();
        assert_eq!(first, format!("# Results\n\nolder\n\n{BEGIN}\none\n{END}\n"));
        let more = format!("{first}\n## Later\n");
        assert_eq!(merge(&more, "tea", "two\n").unwrap(), more.replace("one", "two"));
    }

    #[test]
    fn markers_that_do_not_fit_are_refused() {
        for page in [BEGIN.into(), END.into(), format!("{END}{BEGIN}"), format!("{BEGIN}{END}{BEGIN}")] {
            assert!(merge(&page, "tea", "").unwrap_err().contains(END), "{page}");
        }
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("page.md");
        fs::write(&path, BEGIN).unwrap();
        assert!(Page::open(path, "tea").is_err());
    }

    #[test]
    fn what_somebody_wrote_meanwhile_stays() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("page.md");
        let page = Page::open(path.clone(), "tea").unwrap();
        fs::write(&path, "# Results\n\nwritten meanwhile\n").unwrap();
        page.write("one\n").unwrap();
        assert!(fs::read_to_string(&path).unwrap().contains("written meanwhile\n\n<!-- tea: begin -->\none"));
    }

    #[test]
    fn tables_keep_their_lines() {
        let rows = [vec!["a\nb".to_string(), "c".into()]];
        assert_eq!(markdown(&["x", "y"], rows.into_iter()), "| x | y |\n|---|---|\n| a b | c |\n");
    }
}
