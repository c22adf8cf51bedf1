//! Random chains: every read against a search through the plain list of blocks.

use super::chain::{Numbers, account, topic};
use super::*;
use crate::{ActivityPage, LogLimits, LogQuery, TransactionLocation};
use alloy_consensus::Transaction as _;
use alloy_primitives::{Address, B256};
use althing_primitives::FinalizedBlock;
use proptest::prelude::*;
use std::sync::Arc;

type Blocks = Vec<Arc<FinalizedBlock>>;

const ACCOUNTS: u64 = 6;

fn same(a: &FinalizedBlock, b: &FinalizedBlock) {
    assert_eq!(a.block, b.block);
    assert_eq!((&a.senders, &a.receipts, &a.changes), (&b.senders, &b.receipts, &b.changes));
    assert_eq!((&a.system_logs, &a.certificate), (&b.system_logs, &b.certificate));
}

/// Every transaction's place, sender and block.
fn places(blocks: &Blocks) -> impl Iterator<Item = (TransactionLocation, Address, &FinalizedBlock)> {
    blocks.iter().flat_map(|block| {
        block.senders.iter().enumerate().map(move |(position, sender)| {
            (TransactionLocation { height: block.block.height(), position }, *sender, block.as_ref())
        })
    })
}

fn check_blocks(index: &Index, blocks: &Blocks) {
    let (first, last) = (blocks[0].block.height(), blocks[blocks.len() - 1].block.height());
    assert_eq!((index.oldest().unwrap(), index.latest().unwrap()), (Some(first), Some(last)));
    for block in blocks {
        let (height, hash) = (block.block.height(), block.block.hash());
        assert_eq!(index.header(height).unwrap().as_ref(), Some(block.block.header()));
        same(&index.block(height).unwrap().unwrap(), block);
        assert_eq!(index.header(height).unwrap().as_ref(), Some(block.block.header()));
        same(&index.block_by_hash(&hash).unwrap().unwrap(), block);
        assert_eq!(index.hash_of(height).unwrap(), Some(hash));
        assert_eq!(index.height_of(&hash).unwrap(), Some(height));
        assert_eq!(index.certificate(height).unwrap(), block.certificate);
        let mut certified = blocks.iter().filter(|b| b.block.height() >= height && b.certificate.is_some());
        let certified = certified.next().map(|b| (b.block.height(), b.certificate.clone().unwrap()));
        assert_eq!(index.certified_from(height).unwrap(), certified);
    }
    assert!(index.block(last + 1).unwrap().is_none() && index.header(u64::MAX).unwrap().is_none());
    assert!(index.block_by_hash(&B256::ZERO).unwrap().is_none());
}

/// Everything that can be looked up.
pub(crate) fn check_lookups(index: &Index, blocks: &Blocks, page: usize, seed: u64) {
    check_transactions(index, blocks);
    check_activity(index, blocks, page);
    check_logs(index, blocks, &mut Numbers::new(seed));
}

fn check_transactions(index: &Index, blocks: &Blocks) {
    for (place, sender, block) in places(blocks) {
        let tx = &block.block.transactions()[place.position];
        assert_eq!(index.transaction(tx.tx_hash()).unwrap(), Some(place));
        assert_eq!(index.transaction_by_nonce(&sender, tx.nonce()).unwrap(), Some(place));
        let created = index.creation(&sender.create(tx.nonce())).unwrap();
        let expected = tx.is_create() && block.receipts[place.position].status();
        assert_eq!(created.map(|c| (c.transaction, c.creator)), expected.then_some((place, sender)));
    }
    for block in blocks.iter() {
        let (height, position) = (block.block.height(), block.block.transactions().len());
        let Some(hash) = block.system_transaction() else { continue };
        assert_eq!(index.transaction(&hash).unwrap(), Some(TransactionLocation { height, position }));
    }
    assert_eq!(index.transaction(&B256::ZERO).unwrap(), None);
    assert_eq!(index.transaction_by_nonce(&account(0), u64::MAX).unwrap(), None);
}

/// An account's transactions, newest first.
fn activity(blocks: &Blocks, of: Address) -> Vec<TransactionLocation> {
    let mut found: Vec<_> = places(blocks)
        .filter(|(place, sender, block)| {
            *sender == of || block.block.transactions()[place.position].to() == Some(of)
        })
        .map(|(place, ..)| place)
        .collect();
    found.reverse();
    found
}

fn check_activity(index: &Index, blocks: &Blocks, page: usize) {
    let heights: Vec<u64> = blocks.iter().map(|block| block.block.height()).collect();
    for n in 0..ACCOUNTS {
        let all = activity(blocks, account(n));
        // From the newest down, page by page: everything once, flags only at the ends.
        let (mut before, mut seen) = (None, Vec::new());
        loop {
            let got = index.activity_before(&account(n), before, page).unwrap();
            assert_eq!(got.newest, seen.is_empty());
            seen.extend(got.transactions.iter().copied());
            assert_eq!(got.oldest, seen.len() == all.len());
            if got.oldest {
                break;
            }
            assert!(got.transactions.len() >= page);
            before = got.transactions.last().map(|place| place.height);
        }
        assert_eq!(seen, all);
        for after in &heights {
            let got = index.activity_after(&account(n), *after, page).unwrap();
            let above: Vec<_> = all.iter().filter(|place| place.height > *after).copied().collect();
            let whole = |count: usize| above.len().saturating_sub(count);
            let mut start = whole(page);
            while start > 0 && start < above.len() && above[start - 1].height == above[start].height {
                start -= 1;
            }
            let expected = ActivityPage {
                transactions: above[start..].to_vec(),
                newest: start == 0,
                oldest: above.len() == all.len(),
            };
            assert_eq!(got, expected, "after {after}");
        }
    }
}

fn check_logs(index: &Index, blocks: &Blocks, numbers: &mut Numbers) {
    let (first, count) = (blocks[0].block.height(), blocks.len() as u64);
    for _ in 0..40 {
        let from = first + numbers.below(count);
        let mut query = LogQuery { from, to: from + numbers.below(count), ..Default::default() };
        query.addresses = (0..numbers.below(3)).map(|_| account(numbers.below(3))).collect();
        for position in 0..4 {
            query.topics[position] = (0..numbers.below(3)).map(|_| topic(numbers.below(3))).collect();
            if numbers.below(2) == 0 {
                query.topics[position].clear();
            }
        }
        let found = index.logs(&query, LogLimits { max_results: 100_000, max_range: 100_000 }).unwrap();
        let mut found = found.iter();
        for block in blocks {
            let mut log_index = 0;
            let included = block.block.transactions().iter().zip(&block.receipts);
            let included = included.map(|(tx, receipt)| (*tx.tx_hash(), receipt.logs()));
            let system = block.system_transaction().map(|hash| (hash, block.system_logs.as_slice()));
            for (position, (hash, logs)) in included.chain(system).enumerate() {
                for log in logs {
                    if matches(&query, block.block.height(), log) {
                        let got = found.next().unwrap();
                        assert_eq!((got.height, got.block_hash), (block.block.height(), block.block.hash()));
                        assert_eq!((got.transaction_position, got.log_index), (position, log_index));
                        assert_eq!((got.transaction_hash, &got.log), (hash, log));
                    }
                    log_index += 1;
                }
            }
        }
        assert!(found.next().is_none());
    }
}

fn matches(query: &LogQuery, height: u64, log: &alloy_primitives::Log) -> bool {
    let topic = |n: usize| match log.topics().get(n) {
        Some(topic) => query.topics[n].is_empty() || query.topics[n].contains(topic),
        None => query.topics[n].is_empty(),
    };
    (query.from..=query.to).contains(&height)
        && (query.addresses.is_empty() || query.addresses.contains(&log.address))
        && (0..4).all(topic)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..Default::default() })]

    #[test]
    fn every_read_gives_what_was_appended(seed: u64, first in 0..3u64, count in 1..40usize, page in 1..8usize) {
        let folder = tempfile::tempdir().unwrap();
        let blocks: Blocks = Chain::new(seed, first * 1_000).take(count).collect();
        let index = filled(&folder, ARCHIVE, &mut Chain::new(seed, first * 1_000), count);
        check_blocks(&index, &blocks);
        drop(index);
        // Again from the file, with nothing in memory.
        let index = Index::open(&file(&folder), ARCHIVE).unwrap();
        check_blocks(&index, &blocks);
        check_lookups(&index, &blocks, page, seed);
    }
}
