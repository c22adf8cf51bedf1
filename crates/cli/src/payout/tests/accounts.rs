//! Who is owed what, from small histories.

use super::super::memo::Memo;
use super::super::statement::{Payment, Statement};
use super::*;
use crate::history::{Replay, ReplayError};
use alloy_primitives::{B256, Log};
use alloy_sol_types::SolEvent;
use althing_abi::Staking as abi;
use althing_primitives::ChainSpec;

/// Ranking block of epoch 0, after which epoch 3 is fixed, and the last block of epoch 3.
const RANKED: Height = 8;
const LAST: Height = 127;

fn paid(to: u8, amount: u64, share: u16, epochs: &str, hash: u8) -> Payment {
    let memo = Memo { candidate: account(99), terms: Terms([share; 3]), epochs: epochs.parse().unwrap() };
    Payment { hash: B256::repeat_byte(hash), to: account(to), amount: U256::from(amount), memo }
}

#[test]
fn votes_earn_that_were_there_at_the_ranking_and_ever_since() {
    type Case<'a> = (&'a str, &'a [Change], Option<(u8, u64)>);
    let cases: [Case<'_>; 9] = [
        ("from genesis", &[(0, 1, 10)], Some((1, 10))),
        ("in the ranking's block", &[(RANKED, 1, 10)], Some((1, 10))),
        ("after it", &[(RANKED + 1, 1, 10)], None),
        ("more after it", &[(1, 1, 10), (RANKED + 1, 1, 30)], Some((1, 10))),
        ("less in the last block", &[(1, 1, 10), (LAST, 1, 4)], Some((1, 4))),
        ("less after the last block", &[(1, 1, 10), (LAST + 1, 1, 4)], Some((1, 10))),
        ("away and back", &[(1, 1, 10), (50, 1, 0), (51, 1, 10)], None),
        ("more and less again", &[(1, 1, 10), (20, 1, 30), (50, 1, 12)], Some((1, 10))),
        ("given away", &[(1, 1, 10), (100, 2, 10)], Some((2, 10))),
    ];
    for (name, bucket, expected) in cases {
        let expected = expected.map(|(owner, votes)| (0, account(owner), U256::from(votes)));
        assert_eq!(facts(&[bucket], &[]).earning(RANKED, LAST), Vec::from_iter(expected), "{name}");
    }
}

#[test]
fn shares_are_cut_and_the_rest_stays_with_the_candidate() {
    let facts = facts(&[&[(0, 1, 1)], &[(0, 2, 1)], &[(0, 2, 1)]], &[(2, 100), (3, 101), (4, 3)]);
    let amounts = |epoch, share| {
        let due = facts.due(epoch, Terms([share; 3]));
        due.iter().map(|share| share.amount.to::<u64>()).collect::<Vec<_>>()
    };
    assert_eq!(amounts(2, 10_000), Vec::<u64>::new(), "nobody is ranked in epoch 2");
    assert_eq!(amounts(3, 10_000), [33, 33, 33]);
    assert_eq!(amounts(3, 5_000), [16, 16, 16]);
    assert_eq!(amounts(4, 5_000), [0, 0, 0]);
}

#[test]
fn what_is_settled_is_not_paid_again_and_the_rest_stays_owed() {
    let facts = facts(&[&[(0, 1, 90)], &[(0, 2, 10)]], &[(3, 100), (4, 100), (5, 100)]);
    let payments = [paid(1, 90, 10_000, "3", 7), paid(2, 8, 8_000, "5", 8)];
    let mut asked = request(4, 5, 5_000);
    let statement = Statement::new(&facts, &payments, asked.clone());
    let line = |owner| &statement.lines[&account(owner)];
    let amounts = |owner| [line(owner).due, line(owner).carried, line(owner).paid, line(owner).open];
    // Epoch 3 was paid in whole to one, epoch 5 at 80 % to the other; only epoch 4 is on new terms.
    assert_eq!(amounts(1), [45 + 72, 0, 0, 45 + 72].map(U256::from));
    assert_eq!(amounts(2), [5 + 8, 10, 8, 10 + 5].map(U256::from));
    assert_eq!(line(2).payments, [B256::repeat_byte(8)]);
    let shown = |statement: &Statement| {
        let text = |t: super::super::statement::Transfer| format!("{} {} {}", t.to, t.amount, t.memo.epochs);
        statement.transfers().into_iter().map(text).collect::<Vec<_>>()
    };
    let to = |owner: u8, rest: &str| format!("{} {rest}", account(owner));
    assert_eq!(shown(&statement), [to(1, "45 4"), to(1, "72 5"), to(2, "5 4"), to(2, "10 3")]);
    assert!(statement.notes[0].contains("epochs 5 were paid on other terms"));
    asked.least = U256::from(16);
    asked.kept.insert(account(1));
    let statement = Statement::new(&facts, &payments, asked);
    assert_eq!(shown(&statement), Vec::<String>::new());
    assert!(statement.lines[&account(1)].is_kept && statement.lines[&account(1)].open.is_zero());
}

#[test]
fn a_transfer_that_does_not_fit_is_told() {
    let facts = facts(&[&[(0, 1, 1)]], &[(3, 100)]);
    let statement = Statement::new(&facts, &[paid(1, 99, 10_000, "3", 7)], request(3, 3, 10_000));
    assert!(statement.notes[0].contains("paid 99 Rau for epochs 3, and 100 are owed"));
    assert_eq!(statement.transfers(), []);
    let mut other = paid(1, 100, 10_000, "3", 7);
    other.memo.candidate = account(98);
    let statement = Statement::new(&facts, &[other], request(3, 3, 10_000));
    assert_eq!(statement.transfers().len(), 1, "another candidate's payment settles nothing");
}

#[test]
fn logs_that_are_missing_are_noticed() {
    let mut replay = Replay::genesis(account(1), &ChainSpec::devnet(Vec::new(), 0));
    let log = |event: abi::Unstaked| Log { address: account(5), data: event.encode_log_data() };
    let event = abi::Unstaked { bucketIndex: 7, owner: account(1), amount: U256::ZERO, withdrawableAt: 0 };
    let error = replay.apply(4, &log(event)).unwrap_err();
    assert_eq!(error, ReplayError::UnknownBucket { bucket: 7, height: 4 });
}
