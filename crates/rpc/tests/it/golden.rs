//! Requests and their whole answers, byte for byte, in `golden.txt`. They are a contract with every client: a change of
//! one is a decision. `ALTHING_BLESS=1 cargo test -p althing-rpc golden` writes the answers anew.

use crate::client::Server;
use std::path::Path;

#[tokio::test]
async fn answers_are_those_of_the_golden_file() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/golden.txt");
    let text = std::fs::read_to_string(&path).unwrap();
    let server = Server::start().await;
    let mut written = String::new();
    for line in text.lines().filter(|line| !line.starts_with("<< ")) {
        written.push_str(line);
        written.push('\n');
        if let Some(request) = line.strip_prefix(">> ") {
            let (_, answer) = server.post(request.to_owned()).await;
            written.push_str(&format!("<< {answer}\n"));
        }
    }
    if std::env::var_os("ALTHING_BLESS").is_some() {
        std::fs::write(&path, &written).unwrap();
    }
    for (expected, got) in text.lines().zip(written.lines()) {
        assert_eq!(expected, got);
    }
    assert_eq!(text, written, "golden.txt lacks answers: write them with ALTHING_BLESS=1");
}
