//! `docs/reference/cli.md` is derived from the program.

#[test]
fn the_reference_page_is_current() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/cli.md");
    let expected = althing_cli::reference();
    if std::env::var_os("UPDATE_REFERENCE").is_some() {
        std::fs::write(page, &expected).unwrap();
    }
    let actual = std::fs::read_to_string(page).unwrap_or_default();
    assert!(
        actual == expected,
        "docs/reference/cli.md is stale: run this test with UPDATE_REFERENCE=1 and commit the page"
    );
}
