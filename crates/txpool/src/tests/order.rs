//! Queueing, order of the best, bounds and eviction, blocks, and the feed.

use super::*;
use alloy_consensus::Transaction as _;
use alloy_primitives::B64;

fn sender(n: u8) -> Address {
    Address::repeat_byte(n)
}

fn add(pool: &mut Pool, from: u8, tx: TxEip1559, origin: Origin) -> Result<Added, PoolError> {
    pool.add(claim(sender(from), tx), &rich(0), origin, 0)
}

fn remote(pool: &mut Pool, from: u8, nonce: u64, fee: u128) -> Result<Added, PoolError> {
    add(pool, from, transfer(nonce, fee, fee), Origin::Remote)
}

#[test]
fn the_first_eight_bytes_of_a_hash_find_a_transaction() {
    let mut pool = Pool::new(config());
    let hashes: Vec<_> = (1..50).map(|from| remote(&mut pool, from, 0, 10).unwrap().hash).collect();
    let mut ids: Vec<_> = hashes.iter().map(|hash| B64::from_slice(&hash[..8])).collect();
    ids.extend([B64::ZERO, B64::repeat_byte(0xff), ids[0]]);
    let found: Vec<_> = pool.find(&ids).into_iter().map(|tx| tx.map(|tx| tx.hash())).collect();
    let mut expected: Vec<_> = hashes.iter().copied().map(Some).collect();
    expected.extend([None, None, Some(hashes[0])]);
    assert_eq!(found, expected);
}

fn best(pool: &Pool, base_fee: u64) -> Vec<(u8, u64)> {
    pool.best(base_fee).map(|tx| (tx.sender()[0], tx.nonce())).collect()
}

#[test]
fn a_gap_waits_in_the_queue_until_it_is_filled() {
    let mut pool = Pool::new(config());
    assert!(!remote(&mut pool, 1, 2, 5).unwrap().pending);
    assert!(remote(&mut pool, 1, 0, 5).unwrap().pending);
    assert_eq!(pool.pending_nonce(&sender(1)), Some(1));
    assert_eq!(pool.status(), Status { pending: 1, queued: 1, ..pool.status() });
    assert_eq!(best(&pool, 0), [(1, 0)]);
    remote(&mut pool, 1, 1, 5).unwrap();
    assert_eq!(pool.pending_nonce(&sender(1)), Some(3));
    assert_eq!(best(&pool, 0), [(1, 0), (1, 1), (1, 2)]);
    let content = pool.content_of(&sender(1));
    assert_eq!((content.pending.len(), content.queued.len()), (3, 0));
}

#[test]
fn the_best_pay_most_respect_nonces_and_skip_what_is_below_the_base_fee() {
    let mut pool = Pool::new(config());
    remote(&mut pool, 1, 0, 10).unwrap();
    remote(&mut pool, 1, 1, 90).unwrap();
    remote(&mut pool, 2, 0, 50).unwrap();
    remote(&mut pool, 2, 1, 5).unwrap();
    remote(&mut pool, 3, 0, 10).unwrap();
    assert_eq!(best(&pool, 0), [(2, 0), (1, 0), (1, 1), (3, 0), (2, 1)]);
    assert_eq!(best(&pool, 6 * GWEI as u64), [(2, 0), (1, 0), (1, 1), (3, 0)]);
    assert_eq!(best(&pool, 20 * GWEI as u64), [(2, 0)]);

    let mut iterator = pool.best(0);
    let first = iterator.next().unwrap();
    iterator.mark_invalid(first.hash());
    iterator.mark_invalid(B256::ZERO);
    assert_eq!(iterator.map(|tx| tx.sender()[0]).collect::<Vec<_>>(), [1, 1, 3]);
}

#[test]
fn a_full_pool_drops_queued_before_pending_then_the_cheapest_then_the_youngest() {
    let mut pool = Pool::new(PoolConfig { max_transactions: 4, ..config() });
    let queued = remote(&mut pool, 1, 7, 100).unwrap().hash;
    let old = remote(&mut pool, 2, 0, 10).unwrap().hash;
    let young = remote(&mut pool, 3, 0, 10).unwrap().hash;
    let dear = remote(&mut pool, 4, 0, 20).unwrap().hash;
    assert_eq!(
        remote(&mut pool, 5, 3, 100).unwrap_err(),
        PoolError::QueueFull,
        "a queued one of equal price"
    );
    for (from, gone) in [(10, queued), (11, young), (12, old)] {
        assert!(pool.contains(&gone));
        remote(&mut pool, from, 0, 30).unwrap();
        assert!(!pool.contains(&gone));
        assert_eq!(pool.status().pending + pool.status().queued, 4);
    }
    assert!(pool.contains(&dear));
    assert!(matches!(remote(&mut pool, 6, 0, 20), Err(PoolError::Underpriced { .. })));
    assert!(pool.contains(&dear));
}

#[test]
fn what_waits_for_a_lower_nonce_leaves_the_room_to_what_a_block_can_have() {
    let mut pool = Pool::new(PoolConfig { max_transactions: 8, ..config() });
    let local = |pool: &mut Pool, from, nonce, fee| add(pool, from, transfer(nonce, fee, fee), Origin::Local);
    let cheap = local(&mut pool, 1, 1, 10).unwrap().hash;
    local(&mut pool, 1, 2, 20).unwrap();
    assert_eq!(local(&mut pool, 2, 1, 10).unwrap_err(), PoolError::QueueFull, "two of eight may wait");
    let dearer = local(&mut pool, 2, 1, 20).unwrap().hash;
    assert!(pool.contains(&dearer) && !pool.contains(&cheap), "one that pays more takes its place");
    // Another that waits may be replaced, and what can be included always finds room.
    local(&mut pool, 2, 1, 30).unwrap();
    for from in 3..9 {
        assert!(remote(&mut pool, from, 0, 1).unwrap().pending);
    }
    assert!(local(&mut pool, 2, 0, 1).unwrap().pending, "the lower nonce that it waited for");
    assert_eq!(pool.status(), Status { pending: 8, queued: 0, ..pool.status() });
}

#[test]
fn a_full_pool_refuses_what_pays_too_little_before_its_sender_is_known() {
    let mut pool = Pool::new(PoolConfig { max_transactions: 4, ..config() });
    for from in 1..5 {
        remote(&mut pool, from, 0, 10).unwrap();
    }
    let from_nobody = |fee| claim(Address::ZERO, transfer(9, fee, fee)).into_inner();
    assert!(matches!(pool.precheck(&from_nobody(10)), Err(PoolError::Underpriced { .. })));
    pool.precheck(&from_nobody(11)).unwrap();
    let held = claim(sender(1), transfer(0, 10, 10)).into_inner();
    assert_eq!(pool.precheck(&held), Err(PoolError::AlreadyKnown));
    assert!(matches!(pool.precheck(&from_nobody(0)), Err(PoolError::Underpriced { .. })));
    // As long as something waits for a lower nonce, it may have to go, whatever the newcomer pays.
    pool.discard(&held.tx_hash().clone());
    remote(&mut pool, 1, 1, 10).unwrap();
    pool.precheck(&from_nobody(1)).unwrap();
}

#[test]
fn a_local_transaction_yields_only_to_a_remote_one_that_pays_more() {
    let mut pool = Pool::new(PoolConfig { max_transactions: 2, ..config() });
    let local = add(&mut pool, 1, transfer(5, 50, 50), Origin::Local).unwrap().hash;
    remote(&mut pool, 2, 0, 60).unwrap();
    // The local one is only queued, yet it stays.
    assert!(remote(&mut pool, 3, 0, 40).is_err());
    assert!(pool.contains(&local));
    // A remote one goes first even if it pays more than the local one.
    remote(&mut pool, 4, 0, 70).unwrap();
    assert!(pool.contains(&local));
    remote(&mut pool, 5, 0, 70).unwrap();
    assert!(!pool.contains(&local));
}

#[test]
fn bytes_and_slots_are_bounded() {
    let big =
        |nonce| TxEip1559 { input: vec![1; 1_000].into(), gas_limit: 100_000, ..transfer(nonce, 10, 10) };
    let mut pool = Pool::new(PoolConfig { max_bytes: 3_500, ..config() });
    for from in 1..=3 {
        add(&mut pool, from, big(0), Origin::Remote).unwrap();
    }
    assert!(add(&mut pool, 4, big(0), Origin::Remote).is_err());
    assert!(pool.status().bytes <= 3_500);

    let mut pool = Pool::new(PoolConfig { max_per_sender: 3, ..config() });
    for nonce in [0, 2, 3] {
        remote(&mut pool, 1, nonce, 10).unwrap();
    }
    assert_eq!(remote(&mut pool, 1, 4, 10), Err(PoolError::AccountLimit(3)));
    // Filling the gap is worth more than the last one.
    remote(&mut pool, 1, 1, 10).unwrap();
    assert_eq!(best(&pool, 0), [(1, 0), (1, 1), (1, 2)]);
    assert_eq!(pool.status(), Status { pending: 3, queued: 0, ..pool.status() });
}

#[test]
fn a_block_takes_out_what_it_used_and_promotes_what_it_made_possible() {
    let mut pool = Pool::new(config());
    let used: Vec<B256> = (0..3).map(|nonce| remote(&mut pool, 1, nonce, 10).unwrap().hash).collect();
    remote(&mut pool, 1, 4, 10).unwrap();
    remote(&mut pool, 2, 1, 10).unwrap();
    pool.drain_new();
    // Sender 1 sent nonce 3 through another node; sender 2's nonce 0 was never seen here.
    pool.on_block(&used, &[(sender(1), rich(4)), (sender(2), rich(1))], at(7), 0);
    assert_eq!(best(&pool, 7), [(1, 4), (2, 1)]);
    assert_eq!(pool.drain_new().hashes.len(), 2);
    pool.on_block(&[], &[(sender(1), rich(5)), (sender(2), rich(9))], at(8), 0);
    assert_eq!(pool.status(), Status::default());
    assert_eq!(pool.pending_nonce(&sender(1)), None);
}

#[test]
fn what_the_balance_does_not_cover_waits_or_goes() {
    let cost = U256::from(21_000 * 10 * GWEI);
    let has = |times: u64| AccountRecord { balance: cost * U256::from(times), ..rich(0) };
    let mut pool = Pool::new(config());
    for nonce in 0..3 {
        let tx = claim(sender(1), transfer(nonce, 10, 10));
        assert_eq!(pool.add(tx, &has(2), Origin::Remote, 0).unwrap().pending, nonce < 2);
    }
    assert_eq!(best(&pool, 0).len(), 2);
    pool.on_block(&[], &[(sender(1), has(3))], at(0), 0);
    assert_eq!(best(&pool, 0).len(), 3);
    pool.on_block(&[], &[(sender(1), has(1))], at(0), 0);
    assert_eq!((best(&pool, 0).len(), pool.status().queued), (1, 2));
    pool.on_block(&[], &[(sender(1), has(0))], at(0), 0);
    assert_eq!(pool.status(), Status::default());
}

#[test]
fn queued_ones_live_only_so_long_and_pending_ones_stay() {
    let mut pool = Pool::new(config());
    remote(&mut pool, 1, 0, 10).unwrap();
    remote(&mut pool, 1, 5, 10).unwrap();
    pool.on_block(&[], &[], at(0), config().queued_lifetime_ms);
    assert_eq!(pool.status().queued, 1);
    pool.on_block(&[], &[], at(0), config().queued_lifetime_ms + 1);
    assert_eq!((pool.status().pending, pool.status().queued), (1, 0));
}

#[test]
fn the_feed_names_each_pending_transaction_once_and_counts_what_nobody_took() {
    let mut pool = Pool::new(PoolConfig { max_transactions: 3, ..config() });
    let first = remote(&mut pool, 1, 0, 10).unwrap().hash;
    remote(&mut pool, 2, 5, 10).unwrap();
    assert_eq!(pool.drain_new(), Drained { hashes: vec![first], missed: 0 });
    assert_eq!(pool.drain_new(), Drained::default());
    for fee in 11..20 {
        remote(&mut pool, fee as u8, 0, fee).unwrap();
    }
    let drained = pool.drain_new();
    assert_eq!((drained.hashes.len(), drained.missed), (3, 6));
    assert!(drained.hashes.iter().all(|hash| pool.contains(hash)));
}

#[test]
fn a_discarded_transaction_leaves_a_gap() {
    let mut pool = Pool::new(config());
    let first = remote(&mut pool, 1, 0, 10).unwrap().hash;
    remote(&mut pool, 1, 1, 10).unwrap();
    pool.discard(&first);
    assert_eq!((pool.status().pending, pool.status().queued), (0, 1));
    assert_eq!(pool.best(0).map(|tx| tx.transaction().nonce()).next(), None);
}
