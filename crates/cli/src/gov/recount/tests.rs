//! Recounts of made-up stakes and logs.

use super::count::{Ballots, Recount, Rules, Told, Weights};
use super::gather::note;
use super::*;
use alloy_primitives::{Address, Bytes, Log as RawLog};
use alloy_rpc_types_eth::Log;
use alloy_sol_types::SolEvent;
use althing_abi::Governance::{Pledged, Proposal, VoteCast, VoteCastWithParams};

const ID: u64 = 77;

fn account(number: u8) -> Address {
    Address::repeat_byte(number)
}

fn log(event: &impl SolEvent) -> Log {
    Log {
        inner: RawLog { address: althing_abi::GOVERNANCE, data: event.encode_log_data() },
        ..Default::default()
    }
}

fn pledge(number: u64, who: u8, kind: u8, votes: u64) -> Log {
    log(&Pledged { number, account: account(who), kind, votes: U256::from(votes) })
}

fn vote(id: u64, who: u8, support: u8, weight: u64) -> Log {
    let (proposal_id, weight) = (U256::from(id), U256::from(weight));
    log(&VoteCast { voter: account(who), proposalId: proposal_id, support, weight, reason: "why".into() })
}

fn vote_with_params(who: u8, support: u8, weight: u64) -> Log {
    let (voter, reason, params) = (account(who), String::new(), Bytes::from([1]));
    let (proposal_id, weight) = (U256::from(ID), U256::from(weight));
    log(&VoteCastWithParams { voter, proposalId: proposal_id, support, weight, reason, params })
}

/// Accounts 1 to 4 with 10, 20, 30 and 40 votes; account 1 in two buckets. Later account 2 has 70.
fn weights() -> [Weights; 2] {
    let stakes = |second: u64| {
        let stakes = [(1, 4), (2, second), (3, 30), (4, 40), (1, 6)];
        Weights::sum(stakes.map(|(who, votes)| (account(who), U256::from(votes))))
    };
    [stakes(20), stakes(70)]
}

/// What the contract says of proposal 5: support, spam, yes, no, abstentions.
fn told(opened_at: u64, [support, spam, yes, no, abstain]: [u64; 5]) -> Told {
    let proposal = Proposal {
        number: 5,
        id: U256::from(ID),
        openedAt: opened_at,
        support: U256::from(support),
        spam: U256::from(spam),
        supportNeeded: U256::from(2),
        yes: U256::from(yes),
        no: U256::from(no),
        abstain: U256::from(abstain),
        quorum: U256::from(30),
        ..Default::default()
    };
    Told { proposal, all: [U256::from(100), U256::from(150)] }
}

fn count(logs: &[Log], told: &Told) -> Recount {
    let mut ballots = Ballots::new();
    for log in logs {
        note(&mut ballots, &told.proposal, log).unwrap();
    }
    let [submitted, opened] = weights();
    let rules = Rules { support_bps: U256::from(101), quorum_bps: U256::from(2_000) };
    Recount::new(ballots, [&submitted, &opened], rules, told)
}

#[test]
fn what_was_counted_right_agrees() {
    type Case<'a> = (&'a str, Vec<Log>, u64, [u64; 5]);
    let cases: [Case<'_>; 5] = [
        ("nobody", vec![], 0, [0; 5]),
        ("pledges", vec![pledge(5, 1, 1, 10), pledge(5, 2, 2, 20)], 0, [10, 20, 0, 0, 0]),
        ("another proposal's", vec![pledge(6, 1, 1, 10), vote(78, 1, 1, 10)], 9, [0; 5]),
        (
            "later votes count",
            vec![pledge(5, 2, 1, 20), vote(ID, 2, 1, 70), vote(ID, 3, 0, 30), vote_with_params(2, 2, 70)],
            9,
            [20, 0, 0, 30, 70],
        ),
        (
            "all three",
            vec![vote(ID, 1, 0, 10), vote(ID, 2, 1, 70), vote(ID, 3, 2, 30)],
            9,
            [0, 0, 70, 10, 30],
        ),
    ];
    for (name, logs, opened_at, sums) in cases {
        let recount = count(&logs, &told(opened_at, sums));
        assert_eq!(recount.differences(), Vec::<String>::new(), "{name}");
        assert_eq!(recount.sums.len(), if opened_at == 0 { 4 } else { 9 }, "{name}");
    }
}

#[test]
fn what_was_counted_wrong_differs() {
    let logs = [pledge(5, 2, 1, 20), vote(ID, 2, 1, 70)];
    let right = [20, 0, 70, 0, 0];
    for (place, what) in ["support:", "spam:", "yes:", "no:", "abstain:"].into_iter().enumerate() {
        let mut sums = right;
        sums[place] += 1;
        let differences = count(&logs, &told(9, sums)).differences();
        assert!(differences.len() == 1 && differences[0].starts_with(what), "{differences:?}");
    }
    let mut more = told(9, right);
    more.all[1] += U256::from(1);
    assert!(count(&logs, &more).differences()[0].starts_with("all votes at the vote's begin: 150"));
}

#[test]
fn votes_that_no_stake_had_are_found_even_if_sums_agree() {
    let recount = count(&[vote(ID, 1, 1, 11), vote(ID, 9, 1, 4)], &told(9, [0, 0, 10, 0, 0]));
    let differences = recount.differences();
    assert_eq!(differences.len(), 2, "{differences:?}");
    assert!(differences[0].starts_with(&account(1).to_string()));
    let text = text(&recount, &[], &differences);
    assert!(text.contains("DIFFERS from the contract"), "{text}");
    assert_eq!(to_json(5, &recount, &[], &differences)["agrees"], false);
}
