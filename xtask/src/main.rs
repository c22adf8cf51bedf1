//! Chores of the repository: `gen` writes every file that is derived from another.

use clap::{Parser, Subcommand};
use eyre::{Result, WrapErr};
use std::path::Path;

#[derive(Parser)]
#[command(about = "Chores of the repository")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Writes interfaces and references that derive from the sources.
    Gen,
}

fn main() -> Result<()> {
    match Arguments::parse().chore {
        Chore::Gen => generate(),
    }
}

fn generate() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for file in althing_abi::generated_files() {
        let path = root.join(&file.path);
        let folder = path.parent().expect("a generated file is in a folder of the repository");
        std::fs::create_dir_all(folder).wrap_err_with(|| format!("cannot create {}", folder.display()))?;
        std::fs::write(&path, &file.text).wrap_err_with(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}
