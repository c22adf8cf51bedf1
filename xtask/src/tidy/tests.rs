//! Each check finds what it is for, and nothing else.

use super::{File, Findings, commands, edges, links, rust, words};

fn rust_file(text: &str) -> File {
    File { path: "crates/x/src/lib.rs".into(), text: text.into() }
}

fn errors(check: impl FnOnce(&[File], &mut Findings), file: File) -> Vec<String> {
    let mut findings = Findings::default();
    check(&[file], &mut findings);
    findings.errors
}

#[test]
fn a_source_without_a_doc_or_with_too_many_lines_is_found() {
    assert_eq!(errors(rust::check, rust_file("//! Doc.\n")), Vec::<String>::new());
    assert_eq!(errors(rust::check, rust_file("fn f() {}\n")).len(), 1);
    let long = format!("//! Doc.\n{}", "x\n".repeat(800));
    assert_eq!(errors(rust::check, rust_file(&long)).len(), 1);
    let tested = format!("//! Doc.\n#[cfg(test)]\nmod tests {{\n{}}}\n", "x\n".repeat(800));
    assert_eq!(errors(rust::check, rust_file(&tested)), Vec::<String>::new());
}

#[test]
fn unfinished_code_is_found_in_production_lines_only() {
    for bad in ["    todo!()", "let x = Mock::new();", "// stubs for now", "unimplemented!(\"x\")"] {
        assert_eq!(errors(words::check, rust_file(bad)).len(), 1, "{bad}");
    }
    for good in ["// a stubborn case", "// a smock", "#[cfg(test)]\nlet x = Mock::new();"] {
        assert_eq!(errors(words::check, rust_file(good)), Vec::<String>::new(), "{good}");
    }
}

#[test]
fn places_of_one_machine_are_found() {
    let folder = File { path: "a.md".into(), text: concat!("see /wo", "rk/x").into() };
    assert_eq!(errors(words::check, folder).len(), 1);
    let lock = File { path: "Cargo.lock".into(), text: "source = \"registry+https://example.org/\"".into() };
    assert_eq!(errors(words::check, lock).len(), 1);
    let pip = File { path: "t/requirements.txt".into(), text: concat!("--index", "-url x").into() };
    assert_eq!(errors(words::check, pip).len(), 1);
}

#[test]
fn links_are_read_without_anchors_and_addresses() {
    let line = "[a](x.md) [b](y/z.md#part) [c](#here) [d](https://example.org/) [e](mailto:a@example.org)";
    assert_eq!(links::targets(line).collect::<Vec<_>>(), ["x.md", "y/z.md"]);
}

#[test]
fn an_edge_that_only_one_side_knows_is_found() {
    let page =
        "## Crates\n\n| crate | role | uses |\n|---|---|---|\n| `a` | x | - |\n| `b` | y | a |\n\n## Other\n";
    let said = edges::parse(page);
    let mut findings = Findings::default();
    edges::compare(&said, &said, &mut findings);
    assert_eq!(findings.errors, Vec::<String>::new());
    let done = edges::parse(&page.replace("| x | - |", "| x | b |"));
    edges::compare(&said, &done, &mut findings);
    assert_eq!(findings.errors.len(), 1);
    edges::compare(&done, &said, &mut findings);
    assert_eq!(findings.errors.len(), 2);
}

#[test]
fn commands_that_do_not_exist_are_found() {
    let page =
        "## `althing`\n| `--json` | x | |\n## `althing chain`\n## `althing chain info`\n| `--all` | x | |\n";
    let known = commands::parse(page);
    for good in
        ["`althing chain info --json`", "cargo run --release -- chain info --all", "no command", "`althing`"]
    {
        assert_eq!(commands::problems(good, &known), Vec::<String>::new(), "{good}");
    }
    for bad in ["`althing chains`", "althing chain info --other", "`cargo xtask nothing`"] {
        assert_eq!(commands::problems(bad, &known).len(), 1, "{bad}");
    }
}
