//! Relative links between documents lead somewhere.

use super::{File, Findings};
use std::path::Path;

pub(super) fn check(root: &Path, files: &[File], findings: &mut Findings) {
    for file in files.iter().filter(|file| file.is("md")) {
        let folder = root.join(&file.path).parent().map(Path::to_path_buf).unwrap_or_default();
        for (number, line) in file.prose() {
            for target in targets(line) {
                if !folder.join(target).exists() {
                    findings.error(format!("{}:{number}: the link to `{target}` is dead", file.path));
                }
            }
        }
    }
}

/// The files that a line of Markdown links to; not addresses, not places within the page.
pub(super) fn targets(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| {
        let target = rest.split(')').next()?;
        let path = target.split('#').next()?;
        (!path.is_empty() && !path.contains("://") && !path.starts_with("mailto:")).then_some(path)
    })
}
