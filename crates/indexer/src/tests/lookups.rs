//! Look-ups are made again from the blocks, whatever happened to them.

use super::model::check_lookups;
use super::*;
use crate::IndexError;
use crate::schema::FORMATS;
use althing_primitives::FinalizedBlock;
use rusqlite::Connection;
use std::path::Path;
use std::sync::Arc;

const SEED: u64 = 9;
const BLOCKS: usize = 60;
const PAGE: usize = 5;

fn folder_of_lookups(folder: &TempDir) -> PathBuf {
    file(folder).with_extension("lookups")
}

fn blocks(seed: u64) -> Vec<Arc<FinalizedBlock>> {
    Chain::new(seed, 0).take(BLOCKS).collect()
}

/// Opens an index that has the blocks, and looks everything up.
fn check(folder: &TempDir, blocks: &Vec<Arc<FinalizedBlock>>) {
    let index = Index::open_with(&file(folder), ARCHIVE, SMALL).unwrap();
    assert_eq!(index.latest().unwrap(), Some(blocks.len() as u64 - 1));
    check_lookups(&index, blocks, PAGE, SEED);
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn they_are_made_again_when_they_are_gone() {
    let folder = tempfile::tempdir().unwrap();
    drop(filled(&folder, ARCHIVE, &mut Chain::new(SEED, 0), BLOCKS));
    std::fs::remove_dir_all(folder_of_lookups(&folder)).unwrap();
    check(&folder, &blocks(SEED));
    check(&folder, &blocks(SEED));
}

#[test]
fn they_are_made_again_when_a_file_of_them_is_gone_or_damaged() {
    let folder = tempfile::tempdir().unwrap();
    drop(filled(&folder, ARCHIVE, &mut Chain::new(SEED, 0), BLOCKS));
    let written = files(&folder_of_lookups(&folder));
    assert!(written.len() > 3, "{written:?}");
    for damaged in written.iter().filter(|path| path.exists()) {
        std::fs::write(damaged, b"damaged").unwrap();
        check(&folder, &blocks(SEED));
    }
    for gone in files(&folder_of_lookups(&folder)) {
        if std::fs::remove_file(gone).is_ok() {
            check(&folder, &blocks(SEED));
        }
    }
}

#[test]
fn they_are_made_again_when_they_are_of_other_blocks() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    drop(filled(&folder, ARCHIVE, &mut Chain::new(SEED, 0), BLOCKS));
    drop(filled(&other, ARCHIVE, &mut Chain::new(SEED + 1, 0), BLOCKS));
    std::fs::remove_dir_all(folder_of_lookups(&folder)).unwrap();
    std::fs::rename(folder_of_lookups(&other), folder_of_lookups(&folder)).unwrap();
    check(&folder, &blocks(SEED));
}

#[test]
fn blocks_that_were_restored_from_a_backup_may_be_older() {
    let folder = tempfile::tempdir().unwrap();
    let mut chain = Chain::new(SEED, 0);
    drop(filled(&folder, ARCHIVE, &mut chain, BLOCKS / 2));
    let backup = std::fs::read(file(&folder)).unwrap();
    drop(filled(&folder, ARCHIVE, &mut chain, BLOCKS / 2));
    std::fs::write(file(&folder), backup).unwrap();
    check(&folder, &blocks(SEED)[..BLOCKS / 2].to_vec());
    drop(filled(&folder, ARCHIVE, &mut Chain::new(SEED, 0), BLOCKS));
    check(&folder, &blocks(SEED));
}

#[test]
fn an_index_of_the_first_format_gets_them() {
    let (folder, new) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    drop(filled(&new, ARCHIVE, &mut Chain::new(SEED, 0), BLOCKS));
    let old = Connection::open(file(&folder)).unwrap();
    old.execute_batch(FORMATS[0]).unwrap();
    old.execute("ATTACH ?1 AS new", [file(&new).to_str().unwrap()]).unwrap();
    for table in ["meta", "blocks", "bodies", "certificates", "logs", "changes"] {
        old.execute(&format!("INSERT INTO {table} SELECT * FROM new.{table}"), []).unwrap();
    }
    old.execute_batch("UPDATE meta SET value = 1 WHERE name = 'schema_version'").unwrap();
    let id: i64 = old.pragma_query_value(Some("new"), "application_id", |row| row.get(0)).unwrap();
    old.pragma_update(None, "application_id", id).unwrap();
    drop(old);
    // That format had no system logs; a block that is appended now has them.
    let without =
        |block: Arc<FinalizedBlock>| Arc::new(FinalizedBlock { system_logs: Vec::new(), ..(*block).clone() });
    let old: Vec<_> = blocks(SEED).into_iter().map(without).collect();
    let index = Index::open(&file(&folder), ARCHIVE).unwrap();
    for block in &old {
        let stored = index.block(block.block.height()).unwrap().unwrap();
        assert_eq!((&stored.block, stored.system_logs.len()), (&block.block, 0));
        for transaction in block.block.transactions() {
            assert!(index.transaction(transaction.tx_hash()).unwrap().is_some());
        }
    }
    let mut later = Chain::new(SEED, 0).skip(BLOCKS);
    let new = later.find(|block| index.append(block).is_ok() && !block.system_logs.is_empty()).unwrap();
    drop(index);
    let index = Index::open(&file(&folder), ARCHIVE).unwrap();
    let stored = index.block(new.block.height()).unwrap().unwrap();
    assert_eq!(stored.system_logs, new.system_logs);
    assert!(index.transaction(&new.system_transaction().unwrap()).unwrap().is_some());
}

#[test]
fn an_index_whose_lookups_cannot_be_written_says_so_and_loses_no_block() {
    let folder = tempfile::tempdir().unwrap();
    let mut chain = Chain::new(SEED, 0);
    let index = filled(&folder, ARCHIVE, &mut chain, BLOCKS);
    std::fs::rename(folder_of_lookups(&folder), folder.path().join("away")).unwrap();
    let mut more = chain.take(1_000);
    let error = more.find_map(|block| index.append(&block).err()).expect("nothing can be written");
    assert!(matches!(&error, IndexError::Lookups { .. }) && error.is_fatal(), "{error}");
    assert!(error.to_string().contains("a start makes it again"), "{error}");
    let latest = index.latest().unwrap().unwrap();
    drop(index);
    check(&folder, &Chain::new(SEED, 0).take(latest as usize + 1).collect());
}
