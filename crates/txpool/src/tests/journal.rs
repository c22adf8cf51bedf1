//! What the journal gives back after restarts and crashes.

use super::*;

fn raw(n: u8) -> Bytes {
    vec![n; 100 + usize::from(n)].into()
}

#[test]
fn a_journal_gives_back_what_was_appended() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("local.journal");
    let (mut journal, found) = Journal::load(&path).unwrap();
    assert!(found.is_empty());
    journal.append(&raw(1)).unwrap();
    journal.append(&raw(2)).unwrap();
    drop(journal);
    let (mut journal, found) = Journal::load(&path).unwrap();
    assert_eq!(found, [raw(1), raw(2)]);
    journal.rewrite([raw(2)]).unwrap();
    journal.append(&raw(3)).unwrap();
    assert!(!journal.needs_rewrite());
    assert_eq!(Journal::load(&path).unwrap().1, [raw(2), raw(3)]);
}

#[test]
fn a_torn_or_damaged_end_costs_only_what_follows_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("local.journal");
    let (mut journal, _) = Journal::load(&path).unwrap();
    journal.append(&raw(1)).unwrap();
    let first = std::fs::metadata(&path).unwrap().len() as usize;
    journal.append(&raw(2)).unwrap();
    let whole = std::fs::read(&path).unwrap();
    for cut in first..whole.len() {
        std::fs::write(&path, &whole[..cut]).unwrap();
        let (mut journal, found) = Journal::load(&path).unwrap();
        assert_eq!(found, [raw(1)], "{cut}");
        journal.append(&raw(3)).unwrap();
        assert_eq!(Journal::load(&path).unwrap().1, [raw(1), raw(3)], "{cut}");
    }
    let mut damaged = whole;
    damaged[first + 20] ^= 1;
    std::fs::write(&path, &damaged).unwrap();
    assert_eq!(Journal::load(&path).unwrap().1, [raw(1)]);
}

#[test]
fn a_grown_journal_asks_to_be_rewritten() {
    let folder = tempfile::tempdir().unwrap();
    let (mut journal, _) = Journal::load(&folder.path().join("local.journal")).unwrap();
    let large = vec![7; MAX_TRANSACTION_BYTES];
    while !journal.needs_rewrite() {
        journal.append(&large).unwrap();
    }
    journal.rewrite([]).unwrap();
    assert!(!journal.needs_rewrite());
}
