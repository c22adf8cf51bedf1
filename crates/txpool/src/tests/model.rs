//! Random sequences against a naive model that recomputes everything from a plain list.

use super::*;
use alloy_consensus::Transaction as _;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const SENDERS: u8 = 5;
const MAX_TRANSACTIONS: usize = 14;
const MAX_PER_SENDER: usize = 5;

#[derive(Clone, Debug)]
enum Step {
    Add {
        from: u8,
        ahead: u64,
        fee: u128,
        tip: u128,
        local: bool,
    },
    /// Includes the best few, and lets balances become what is given.
    Block {
        count: usize,
        base_fee: u64,
        balances: Vec<u64>,
    },
    Discard(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let add = (0..SENDERS, 0..7u64, 1..60u128, 1..60u128, any::<bool>());
    let add = add.prop_map(|(from, ahead, fee, tip, local)| Step::Add {
        from,
        ahead,
        fee: fee.max(tip),
        tip,
        local,
    });
    let balances = prop::collection::vec(0..400u64, usize::from(SENDERS));
    let block = (0..6usize, 0..40u64, balances).prop_map(|(count, base_fee, balances)| Step::Block {
        count,
        base_fee,
        balances,
    });
    prop_oneof![8 => add, 1 => block, 1 => (0..20usize).prop_map(Step::Discard)]
}

/// What the pool must hold: (sender, nonce) to (hash, cost), and the accounts.
#[derive(Default)]
struct Model {
    txs: BTreeMap<(Address, u64), (B256, U256)>,
    accounts: BTreeMap<Address, AccountRecord>,
}

impl Model {
    fn pending_end(&self, sender: Address) -> u64 {
        let account = self.accounts[&sender];
        let (mut next, mut sum) = (account.nonce, U256::ZERO);
        while let Some((_, cost)) = self.txs.get(&(sender, next)) {
            sum += cost;
            if sum > account.balance {
                break;
            }
            next += 1;
        }
        next
    }

    fn would_be_pending(&mut self, sender: Address, nonce: u64, cost: U256) -> bool {
        let old = self.txs.insert((sender, nonce), (B256::ZERO, cost));
        let pending = nonce < self.pending_end(sender);
        self.txs.remove(&(sender, nonce));
        self.txs.extend(old.map(|old| ((sender, nonce), old)));
        pending
    }

    fn of(&self, sender: Address) -> impl Iterator<Item = u64> {
        self.txs.range((sender, 0)..=(sender, u64::MAX)).map(|((_, nonce), _)| *nonce)
    }

    fn set_account(&mut self, sender: Address, account: AccountRecord) {
        self.accounts.insert(sender, account);
        self.txs.retain(|(of, nonce), (_, cost)| {
            *of != sender || (*nonce >= account.nonce && *cost <= account.balance)
        });
    }
}

/// A balance of that many times 21,000 gwei.
fn balance(units: u64) -> U256 {
    U256::from(u128::from(units) * 21_000 * GWEI)
}

fn sender(n: u8) -> Address {
    Address::repeat_byte(n + 1)
}

fn run(steps: Vec<Step>) {
    let config = PoolConfig {
        max_transactions: MAX_TRANSACTIONS,
        max_per_sender: MAX_PER_SENDER,
        max_bytes: MAX_TRANSACTIONS * 110,
        ..config()
    };
    let mut pool = Pool::new(config);
    let mut model = Model::default();
    let mut announced = BTreeSet::new();
    for n in 0..SENDERS {
        model.accounts.insert(sender(n), AccountRecord { balance: balance(200), ..Default::default() });
    }
    for step in steps {
        match step {
            Step::Add { from, ahead, fee, tip, local } => {
                add(&mut pool, &mut model, sender(from), ahead, (fee, tip), local)
            }
            Step::Block { count, base_fee, balances } => {
                block(&mut pool, &mut model, count, base_fee, &balances)
            }
            Step::Discard(index) => {
                if let Some((key, (hash, _))) = model.txs.iter().nth(index).map(|(k, v)| (*k, *v)) {
                    pool.discard(&hash);
                    model.txs.remove(&key);
                }
            }
        }
        check(&mut pool, &model, &mut announced);
    }
}

fn add(pool: &mut Pool, model: &mut Model, from: Address, ahead: u64, (fee, tip): (u128, u128), local: bool) {
    let account = model.accounts[&from];
    let nonce = account.nonce + ahead;
    let tx = claim(from, transfer(nonce, fee, tip));
    let origin = if local { Origin::Local } else { Origin::Remote };
    let (hash, before, cost) = (*tx.inner().tx_hash(), pool.hashes(), U256::from(21_000 * fee * GWEI));
    let old = pool.content_of(&from);
    let old = old.pending.iter().chain(&old.queued).find(|tx| tx.nonce() == nonce).cloned();
    let room = model.would_be_pending(from, nonce, cost) || pool.status().queued < MAX_TRANSACTIONS / 4;
    let has_room = room && before.len() < MAX_TRANSACTIONS && model.of(from).count() < MAX_PER_SENDER;
    let early = pool.precheck(tx.inner());
    let result = pool.add(tx, &account, origin, 0);
    if let Err(early) = early {
        assert_eq!(Err(early), result, "refused before its sender was known");
    }
    match result {
        Ok(added) => {
            assert_eq!(added.replaced, old.as_ref().map(|old| old.hash()));
            if let Some(old) = &old {
                let (old, cap, priority) = (old.transaction(), fee * GWEI, tip * GWEI);
                assert!(
                    cap * 10 >= old.max_fee_per_gas() * 11
                        && priority * 10 >= old.priority_fee_or_price() * 11
                );
            }
            let held: BTreeSet<B256> = pool.hashes().into_iter().collect();
            let gone = before.iter().filter(|hash| !held.contains(*hash)).count();
            assert!(gone <= 1 && (old.is_some() || gone == 0 || !has_room), "lost without need");
            model.txs.retain(|_, (hash, _)| held.contains(hash));
            model.txs.insert((from, nonce), (hash, cost));
            assert_eq!(added.pending, nonce < model.pending_end(from));
        }
        Err(error) => {
            assert_eq!(pool.hashes(), before, "a refusal changes nothing");
            let expected = cost > account.balance || old.is_some() || !has_room;
            assert!(expected, "refused without need: {error}");
        }
    }
}

fn block(pool: &mut Pool, model: &mut Model, count: usize, base_fee: u64, balances: &[u64]) {
    let included: Vec<_> = pool.best(base_fee).take(count).collect();
    for (n, units) in (0..).zip(balances) {
        let mut account = model.accounts[&sender(n)];
        account.nonce += included.iter().filter(|tx| tx.sender() == sender(n)).count() as u64;
        account.balance = balance(*units);
        model.set_account(sender(n), account);
    }
    let accounts: Vec<_> = model.accounts.iter().map(|(address, account)| (*address, *account)).collect();
    let included: Vec<_> = included.iter().map(|tx| tx.hash()).collect();
    pool.on_block(&included, &accounts, at(base_fee), 0);
}

fn check(pool: &mut Pool, model: &Model, announced: &mut BTreeSet<B256>) {
    let expected: Vec<B256> = model.txs.values().map(|(hash, _)| *hash).collect();
    assert_eq!(pool.hashes(), expected, "no transaction is lost or invented");
    let status = pool.status();
    assert!(status.pending + status.queued <= MAX_TRANSACTIONS && status.bytes <= MAX_TRANSACTIONS * 110);
    assert_eq!(status.pending + status.queued, expected.len());
    let bytes: usize = expected.iter().map(|hash| pool.get(hash).unwrap().size()).sum();
    assert_eq!(status.bytes, bytes);

    let mut pending = 0;
    for (address, account) in &model.accounts {
        let held = model.of(*address).count();
        assert!(held <= MAX_PER_SENDER);
        let end = model.pending_end(*address);
        assert_eq!(pool.pending_nonce(address), (held > 0).then_some(end));
        pending += (end - account.nonce) as usize;
    }
    assert_eq!(status.pending, pending);

    for base_fee in [0, 20 * GWEI as u64] {
        check_best(pool, model, base_fee);
    }
    announced.retain(|hash| pool.contains(hash));
    for hash in pool.drain_new().hashes {
        assert!(announced.insert(hash), "announced twice");
    }
    let content = pool.content();
    let all_pending = content.values().flat_map(|content| &content.pending);
    assert!(all_pending.map(|tx| tx.hash()).all(|hash| announced.contains(&hash)));
}

/// Each step must be the highest tip among what every sender could send next.
fn check_best(pool: &Pool, model: &Model, base_fee: u64) {
    let mut next: BTreeMap<Address, u64> =
        model.accounts.iter().map(|(a, account)| (*a, account.nonce)).collect();
    let possible = |next: &BTreeMap<Address, u64>| {
        let ready = next.iter().filter(|(a, nonce)| **nonce < model.pending_end(**a));
        ready.filter_map(|key| pool.get(&model.txs[&(*key.0, *key.1)].0)?.effective_tip(base_fee)).max()
    };
    for tx in pool.best(base_fee) {
        assert_eq!(tx.effective_tip(base_fee), possible(&next), "not the best");
        let nonce = next.get_mut(&tx.sender()).unwrap();
        assert_eq!(tx.nonce(), *nonce, "nonces in order without gap");
        *nonce += 1;
    }
    assert_eq!(possible(&next), None, "nothing left out");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..Default::default() })]

    #[test]
    fn random_sequences_keep_every_invariant(steps in prop::collection::vec(step(), 1..120)) {
        run(steps);
    }
}
