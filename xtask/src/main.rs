//! Chores of the repository: what is derived is written, what must hold is checked, all tests are run.

mod generate;
mod test;
mod tidy;

use clap::{Parser, Subcommand};
use eyre::{Result, WrapErr};
use std::path::PathBuf;

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", about = "Chores of the repository")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Debug, Subcommand)]
enum Chore {
    /// Writes interfaces and references that derive from the sources.
    Gen,
    /// Checks what no compiler checks: sizes, edges between crates, words, links, commands in documents.
    Tidy,
    /// Runs all tests; installs what they need first.
    Test(test::Args),
}

fn main() -> Result<()> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let root = root.canonicalize().wrap_err("the folder that this was built from is gone")?;
    match Arguments::parse().chore {
        Chore::Gen => generate::run(&root),
        Chore::Tidy => tidy::run(&root),
        Chore::Test(args) => test::run(&root, &args),
    }
}
