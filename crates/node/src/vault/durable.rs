//! Files that are whole or absent after a crash, readable by their owner alone, and erased when removed.

use super::VaultError;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

/// Prefix of files that are being written; one that a crash left is erased.
pub(super) const TEMPORARY: &str = ".new-";
/// Prefix of files that are being erased; one that a crash left is erased.
pub(super) const DOOMED: &str = ".old-";

const FILE_MODE: u32 = 0o600;
const DIR_MODE: u32 = 0o700;
const ZEROS: [u8; 4096] = [0; 4096];

pub(super) fn io_error(action: &'static str, path: &Path) -> impl Fn(io::Error) -> VaultError {
    move |source| VaultError::Io { action, path: path.into(), source }
}

/// Creates a folder (and those above) that only its owner may enter.
pub(super) fn create_private_dir(dir: &Path) -> Result<(), VaultError> {
    DirBuilder::new().recursive(true).mode(DIR_MODE).create(dir).map_err(io_error("create the folder", dir))
}

/// Reads a file of at most `most` bytes, if there is one.
pub(super) fn read(path: &Path, most: u64) -> Result<Option<Vec<u8>>, VaultError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(io_error("open", path)(e)),
    };
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes).map_err(io_error("read", path))?;
    if bytes.len() as u64 > most {
        let reason = format!("it is longer than {most} bytes");
        return Err(VaultError::Damaged { path: path.into(), reason });
    }
    Ok(Some(bytes))
}

/// Writes a file so that a crash leaves the old or the new one; what it replaces is erased.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), VaultError> {
    let failed = io_error("write", path);
    let temporary = beside(path, TEMPORARY);
    let doomed = beside(path, DOOMED);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(FILE_MODE);
    let mut file = options.open(&temporary).map_err(&failed)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(&failed)?;
    erase(&doomed)?;
    let replaces = match fs::hard_link(path, &doomed) {
        Ok(()) => true,
        Err(e) if e.kind() == io::ErrorKind::NotFound => false,
        Err(e) => return Err(failed(e)),
    };
    fs::rename(&temporary, path).map_err(&failed)?;
    sync_parent(path)?;
    match replaces {
        true => erase(&doomed),
        false => Ok(()),
    }
}

/// Overwrites a file with zeros and removes it. On storage that writes elsewhere (flash, snapshots) the old
/// bytes may survive; they are encrypted.
pub(super) fn erase(path: &Path) -> Result<(), VaultError> {
    let failed = io_error("erase", path);
    let mut file = match OpenOptions::new().write(true).open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(failed(e)),
    };
    let mut left = file.metadata().map_err(&failed)?.len();
    while left > 0 {
        let part = ZEROS.len().min(usize::try_from(left).unwrap_or(ZEROS.len()));
        file.write_all(&ZEROS[..part]).map_err(&failed)?;
        left -= part as u64;
    }
    file.sync_all().map_err(&failed)?;
    fs::remove_file(path).map_err(&failed)?;
    sync_parent(path)
}

fn beside(path: &Path, prefix: &str) -> std::path::PathBuf {
    let name = path.file_name().expect("a file has a name").to_string_lossy();
    path.with_file_name(format!("{prefix}{name}"))
}

fn sync_parent(path: &Path) -> Result<(), VaultError> {
    let dir = path.parent().expect("a file is in a folder");
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(io_error("sync", dir))
}
