//! `cargo xtask gen`: writes every file that derives from the system contracts' interfaces.

use eyre::{Result, WrapErr};
use std::path::Path;

/// Writes the derived files.
pub(crate) fn run(root: &Path) -> Result<()> {
    for file in althing_abi::generated_files() {
        let path = root.join(&file.path);
        let folder = path.parent().expect("a generated file is in a folder of the repository");
        std::fs::create_dir_all(folder).wrap_err_with(|| format!("cannot create {}", folder.display()))?;
        std::fs::write(&path, &file.text).wrap_err_with(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}
