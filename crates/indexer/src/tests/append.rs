//! What may be appended, certificates that come later, and files that are refused.

use super::*;
use crate::IndexError;
use alloy_primitives::Bytes;
use althing_primitives::FinalizedBlock;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

#[test]
fn a_block_may_be_appended_again_but_never_another_one_in_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let index = Index::open(&file(&folder), ARCHIVE).unwrap();
    let blocks: Vec<_> = Chain::new(1, 5).take(4).collect();
    let other: Vec<_> = Chain::new(2, 5).take(4).collect();
    assert_eq!((index.latest().unwrap(), index.oldest().unwrap()), (None, None));
    index.append(&blocks[0]).unwrap();
    index.append(&blocks[1]).unwrap();
    index.append(&blocks[1]).unwrap();
    assert!(matches!(index.append(&other[1]), Err(IndexError::Conflict { height: 6, .. })));
    assert!(matches!(index.append(&other[2]), Err(IndexError::Conflict { height: 6, .. })));
    assert!(matches!(index.append(&blocks[3]), Err(IndexError::Gap { expected: 7, got: 8 })));
    let earlier = Chain::new(1, 4).next().unwrap();
    assert!(matches!(index.append(&earlier), Err(IndexError::Gap { expected: 7, got: 4 })));
    index.append(&blocks[2]).unwrap();
    assert_eq!((index.latest().unwrap(), index.oldest().unwrap()), (Some(7), Some(5)));
}

#[test]
fn blocks_in_a_row_are_appended_together_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let index = Index::open(&file(&folder), ARCHIVE).unwrap();
    let blocks: Vec<_> = Chain::new(1, 5).take(6).collect();
    index.append_all(&blocks[..2]).unwrap();
    let with_gap = [blocks[2].clone(), blocks[4].clone()];
    assert!(matches!(index.append_all(&with_gap), Err(IndexError::Gap { expected: 8, got: 9 })));
    assert_eq!(index.latest().unwrap(), Some(6), "nothing of what was refused is there");
    let refused = blocks[2].block.transactions().first().expect("a block with transactions");
    assert_eq!(index.transaction(refused.tx_hash()).unwrap(), None);
    // Those that are there already do not matter.
    index.append_all(&blocks).unwrap();
    index.append_all(&[]).unwrap();
    for block in &blocks {
        assert_eq!(index.block(block.block.height()).unwrap().unwrap().block, block.block);
    }
    drop(index);
    let index = Index::open(&file(&folder), ARCHIVE).unwrap();
    assert_eq!((index.oldest().unwrap(), index.latest().unwrap()), (Some(5), Some(10)));
    assert_eq!(index.block(10).unwrap().unwrap().block, blocks[5].block);
}

#[test]
fn a_block_without_all_its_receipts_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let index = Index::open(&file(&folder), ARCHIVE).unwrap();
    let block = Chain::new(1, 0).find(|block| !block.receipts.is_empty()).unwrap();
    let block = Arc::new(FinalizedBlock { receipts: Vec::new(), ..(*block).clone() });
    assert!(matches!(index.append(&block), Err(IndexError::Mismatch { .. })));
    assert_eq!(index.latest().unwrap(), None);
}

#[test]
fn a_certificate_may_come_later_and_proves_the_blocks_below() {
    let folder = tempfile::tempdir().unwrap();
    let index = Index::open(&file(&folder), ARCHIVE).unwrap();
    for block in Chain::new(3, 0).take(4) {
        index.append(&Arc::new(FinalizedBlock { certificate: None, ..(*block).clone() })).unwrap();
    }
    assert_eq!(index.certified_from(0).unwrap(), None);
    let certificate = Bytes::from_static(b"certificate");
    index.set_certificate(2, &certificate).unwrap();
    index.set_certificate(2, b"another").unwrap();
    assert_eq!(index.certificate(2).unwrap(), Some(certificate.clone()));
    assert_eq!(index.certificate(1).unwrap(), None);
    assert_eq!(index.certified_from(0).unwrap(), Some((2, certificate.clone())));
    assert_eq!(index.certified_from(3).unwrap(), None);
    assert_eq!(index.block(2).unwrap().unwrap().certificate, Some(certificate));
    assert!(matches!(index.set_certificate(9, b"x"), Err(IndexError::UnknownBlock(9))));
}

#[test]
fn cursors_are_kept_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let index = Index::open(&file(&folder), ARCHIVE).unwrap();
    assert_eq!(index.cursor("feed").unwrap(), None);
    index.set_cursor("feed", &[1]).unwrap();
    index.set_cursor("feed", &[2, 3]).unwrap();
    drop(index);
    let index = Index::open(&file(&folder), ARCHIVE).unwrap();
    assert_eq!(index.cursor("feed").unwrap(), Some(vec![2, 3]));
}

#[test]
fn a_damaged_foreign_or_newer_file_is_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder);
    let refused = |expected: &str| {
        let error = Index::open(&path, ARCHIVE).unwrap_err();
        assert!(error.is_fatal());
        let text = error.to_string();
        assert!(text.contains(expected) && text.contains("synchronize again"), "{text}");
    };
    std::fs::write(&path, [7u8; 10_000]).unwrap();
    refused("is damaged or is not an index");

    std::fs::remove_file(&path).unwrap();
    rusqlite::Connection::open(&path).unwrap().execute_batch("CREATE TABLE other (a)").unwrap();
    refused("another program's database");

    std::fs::remove_file(&path).unwrap();
    drop(filled(&folder, ARCHIVE, &mut Chain::new(1, 0), 30));
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    refused("is damaged or is not an index");

    std::fs::write(&path, &whole).unwrap();
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.execute("UPDATE meta SET value = 99 WHERE name = 'schema_version'", []).unwrap();
    drop(connection);
    refused("has format 99");

    std::fs::write(&path, &whole).unwrap();
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.execute("UPDATE bodies SET block = x'c0' WHERE height = 29", []).unwrap();
    drop(connection);
    refused("block 29");
}

#[test]
fn readers_on_many_threads_see_whole_blocks_while_others_are_appended() {
    let folder = tempfile::tempdir().unwrap();
    let index = filled(&folder, ARCHIVE, &mut Chain::new(4, 0), 1);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = || {
            let mut last = 0;
            while !done.load(Ordering::Relaxed) {
                let latest = index.latest().unwrap().unwrap();
                assert!(latest >= last);
                last = latest;
                let block = index.block(latest).unwrap().unwrap();
                for (position, tx) in block.block.transactions().iter().enumerate() {
                    let found = index.transaction(tx.tx_hash()).unwrap().unwrap();
                    assert_eq!((found.height, found.position), (latest, position));
                }
            }
        };
        (0..12).for_each(|_| drop(scope.spawn(reader)));
        let result = Chain::new(4, 0).skip(1).take(30).try_for_each(|block| index.append(&block));
        done.store(true, Ordering::Relaxed);
        result.unwrap();
    });
}

#[test]
fn an_append_waits_for_whoever_holds_the_lock_for_a_moment() {
    let folder = tempfile::tempdir().unwrap();
    let index = filled(&folder, ARCHIVE, &mut Chain::new(4, 0), 1);
    let other = rusqlite::Connection::open(file(&folder)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    std::thread::scope(|scope| {
        let append = scope.spawn(|| index.append(&Chain::new(4, 0).nth(1).unwrap()));
        std::thread::sleep(std::time::Duration::from_millis(100));
        other.execute_batch("ROLLBACK").unwrap();
        append.join().unwrap().unwrap();
    });
}
