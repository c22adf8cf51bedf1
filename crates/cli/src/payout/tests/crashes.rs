//! Runs that die at any request, before or after the node did what it says, with pools and ledgers that get lost: nobody is
//! ever paid twice for an epoch, and in the end everybody has exactly what is due.

use super::super::ledger::Ledger;
use super::super::memo::Memo;
use super::super::pay::{Books, Run};
use super::node::Node;
use super::*;
use crate::failure::Failure;
use crate::terminal::Progress;
use alloy_consensus::Transaction as _;
use alloy_primitives::B256;
use althing_client::{Client, PrivateKeySigner, Wallet};
use proptest::prelude::*;
use std::path::Path;
use std::time::Duration;

const LAST: Epoch = 7;
const BALANCE: u64 = 1_000_000_000_000_000;

/// A run and how it ends.
#[derive(Clone, Debug)]
struct Session {
    first: Epoch,
    share: u16,
    least: u64,
    base_fee: u64,
    /// The request at which the process dies, and whether the node has done by then what it asked for.
    dies_in: (u64, bool),
    loses_pool: bool,
    loses_ledger: bool,
}

fn session() -> impl Strategy<Value = Session> {
    let base_fee = prop_oneof![Just(7u64), Just(30), Just(200)];
    let share = prop_oneof![Just(10_000u16), Just(5_000), Just(1)];
    let least = prop_oneof![Just(0u64), Just(40), Just(1_000)];
    let how = (3..=LAST, share, least, base_fee, 0..70u64, any::<bool>(), any::<bool>(), 0..3u8);
    how.prop_map(|(first, share, least, base_fee, dies, after, loses_pool, ledger)| Session {
        first,
        share,
        least,
        base_fee,
        dies_in: (dies, after),
        loses_pool,
        loses_ledger: ledger == 0,
    })
}

fn voters() -> Facts {
    let buckets: Vec<[Change; 1]> = (1..=9).map(|n| [(0, n, u64::from(n) * 10)]).collect();
    let buckets: Vec<&[Change]> = buckets.iter().map(|bucket| &bucket[..]).collect();
    let mut facts = facts(&buckets, &[(3, 1_000), (4, 77), (6, 5_000), (7, 991)]);
    // One comes later, one goes.
    facts.moments.insert(9, moments(&[(50, 10, 10)]));
    facts.moments.insert(0, moments(&[(0, 1, 10), (150, 1, 0)]));
    facts
}

async fn pay(
    node: &Node,
    url: &str,
    ledger: &Path,
    facts: &Facts,
    request: Request,
) -> Result<usize, Failure> {
    let client = Client::new(url)?;
    let signer = PrivateKeySigner::from_bytes(&B256::repeat_byte(1)).unwrap();
    let payers = BTreeSet::from([signer.address()]);
    let wallet = Wallet::new(client.clone(), signer);
    let ledger = Ledger::open(ledger.into(), B256::ZERO, request.candidate)?;
    let mut run = Run { client, wallet, ledger, patience: Duration::from_secs(20) };
    let books = Books { facts, payers: &payers, since: 0, request };
    let progress = Progress::start();
    tokio::select! {
        paid = run.pay(&books, &progress, |_, _| Ok(())) => paid.map(|(_, plan)| plan.transfers.len()),
        () = node.death.notified() => Ok(0),
    }
}

/// What each owner was paid for; panics when it was paid for an epoch twice.
fn check(node: &Node, facts: &Facts) -> BTreeMap<Address, BTreeSet<Epoch>> {
    let chain = node.chain.lock().unwrap();
    let (mut settled, mut terms): (BTreeMap<Address, BTreeSet<Epoch>>, BTreeMap<Epoch, Terms>) =
        Default::default();
    for (tx, _) in &chain.blocks {
        let (to, memo) = (tx.to().unwrap(), Memo::parse(tx.input()).unwrap());
        let mut due = U256::ZERO;
        for epoch in memo.epochs.iter() {
            assert!(settled.entry(to).or_default().insert(epoch), "{to} was paid twice for epoch {epoch}");
            assert_eq!(*terms.entry(epoch).or_insert(memo.terms), memo.terms, "epoch {epoch} has two terms");
            let shares = facts.due(epoch, memo.terms).into_iter();
            due += shares.filter(|share| share.owner == to).map(|share| share.amount).sum::<U256>();
        }
        assert_eq!(tx.value(), due, "{to} for epochs {}", memo.epochs);
    }
    settled
}

async fn play(sessions: Vec<Session>) {
    let (node, facts, dir) = (Node::default(), voters(), tempfile::tempdir().unwrap());
    let signer = PrivateKeySigner::from_bytes(&B256::repeat_byte(1)).unwrap();
    node.chain.lock().unwrap().balances.insert(signer.address(), U256::from(BALANCE));
    let (url, ledger) = (node.serve().await, dir.path().join("ledger.jsonl"));
    let mut knows_all = true;
    for session in sessions {
        {
            let mut chain = node.chain.lock().unwrap();
            (chain.base_fee, chain.dies_in) = (session.base_fee, Some(session.dies_in));
            if session.loses_pool {
                chain.lose_pool();
            }
        }
        if session.loses_ledger {
            drop(std::fs::remove_file(&ledger));
        }
        knows_all &= !session.loses_ledger;
        // Whoever lost the ledger must wait until what is in no pool that it sees has grown too old elsewhere: what the pool
        // loses later, too.
        if !knows_all && (session.loses_ledger || session.loses_pool) {
            node.chain.lock().unwrap().expire_elsewhere();
        }
        let mut asked = request(session.first, LAST, session.share);
        asked.least = U256::from(session.least);
        drop(pay(&node, &url, &ledger, &facts, asked).await);
        check(&node, &facts);
    }
    node.chain.lock().unwrap().dies_in = None;
    let mut left = 1;
    for _ in 0..20 {
        left = match pay(&node, &url, &ledger, &facts, request(3, LAST, 10_000)).await {
            Ok(left) => left,
            Err(error) => {
                let message = &error.message;
                let may_be = ["wait in the node's pool", "came between"];
                assert!(may_be.iter().any(|words| message.contains(words)), "{message}");
                node.chain.lock().unwrap().base_fee = 7;
                1
            }
        };
        if left == 0 {
            break;
        }
    }
    assert_eq!(left, 0, "something is always left to pay");
    let settled = check(&node, &facts);
    for owner in (1..=10).map(account) {
        for epoch in 3..=LAST {
            let shares = facts.due(epoch, Terms([10_000; 3]));
            let is_owed = shares.iter().any(|share| share.owner == owner && !share.amount.is_zero());
            let is_settled = settled.get(&owner).is_some_and(|epochs| epochs.contains(&epoch));
            // At a share of 0.01 % something that is owed may be less than a Rau.
            let least = facts.due(epoch, Terms([1; 3]));
            let is_dust = least.iter().any(|share| share.owner == owner && share.amount.is_zero());
            assert!(is_settled || !is_owed || is_dust, "{owner} was never paid for epoch {epoch}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn nobody_is_paid_twice_wherever_a_run_dies(sessions in prop::collection::vec(session(), 1..7)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(play(sessions));
    }
}

#[test]
fn a_run_that_is_repeated_at_every_step_pays_each_once() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    for after in [false, true] {
        for step in 0..60 {
            let dies_in = (step, after);
            let (base_fee, first, share, least) = (7, 3, 10_000, 0);
            let session =
                Session { first, share, least, base_fee, dies_in, loses_pool: false, loses_ledger: false };
            runtime.block_on(play(vec![session]));
        }
    }
}
