//! Raw transactions, as clients and peers send them: decoding, and what the pool does with many of them.

use alloy_consensus::Transaction as _;
use alloy_eips::eip2718::Encodable2718 as _;
use alloy_primitives::{U256, keccak256};
use althing_primitives::AccountRecord;
use althing_txpool::{NextBlock, Origin, Pool, PoolConfig, recover};

/// Bounds of the pool of [`admission`]: small, so that they are reached.
const POOL_TRANSACTIONS: usize = 8;
const POOL_BYTES: usize = 4096;

pub(crate) fn transaction(data: &[u8]) -> bool {
    let Ok(transaction) = recover(data) else { return false };
    assert_eq!(transaction.encoded_2718(), data, "a transaction has one encoding");
    assert_eq!(*transaction.tx_hash(), keccak256(data), "its hash is that of its bytes");
    true
}

/// A list of transactions: a flag byte (local, or a block in between), the length in two bytes, the transaction.
pub(crate) fn admission(mut data: &[u8]) -> bool {
    let mut config = PoolConfig::new(1);
    config.max_transactions = POOL_TRANSACTIONS;
    config.max_bytes = POOL_BYTES;
    config.max_per_sender = POOL_TRANSACTIONS / 2;
    let mut pool = Pool::new(config);
    let account = AccountRecord { balance: U256::MAX, ..AccountRecord::default() };
    let mut admitted = false;
    let mut now_ms = 0;
    while let Some(([flags, high, low], rest)) = data.split_first_chunk::<3>() {
        let length = usize::from(u16::from_be_bytes([*high, *low])).min(rest.len());
        let (raw, rest) = rest.split_at(length);
        data = rest;
        now_ms += 1;
        if let Ok(transaction) = recover(raw) {
            let (hash, sender) = (*transaction.tx_hash(), transaction.signer());
            let nonce = transaction.nonce();
            let origin = if flags & 1 == 0 { Origin::Remote } else { Origin::Local };
            let added = pool.add(transaction, &account, origin, now_ms);
            admitted |= added.is_ok();
            assert!(added.is_err() || pool.contains(&hash), "what was admitted is in the pool");
            if flags & 2 != 0 {
                let used = AccountRecord { nonce: nonce.saturating_add(1), ..account };
                let next = NextBlock { base_fee: u64::from(*flags), gas_limit: 30_000_000 };
                pool.on_block(&[hash], &[(sender, used)], next, now_ms);
                assert!(!pool.contains(&hash), "what was included is not in the pool");
            }
        }
        check(&pool);
    }
    let status = pool.status();
    let mut best = pool.best(0);
    let listed = std::iter::from_fn(|| best.next()).count();
    assert!(listed <= status.pending, "{listed} of {} are offered", status.pending);
    admitted
}

fn check(pool: &Pool) {
    let status = pool.status();
    let all = pool.hashes();
    assert_eq!(status.pending + status.queued, all.len());
    assert!(all.len() <= POOL_TRANSACTIONS && status.bytes <= POOL_BYTES, "{status:?}");
    let found = all.iter().map(|hash| pool.get(hash).expect("every listed transaction is there"));
    assert_eq!(found.map(|tx| tx.size()).sum::<usize>(), status.bytes);
}
