//! A proposal as text, at every stage.

use super::*;
use crate::gov::acts::Payload;
use alloy_primitives::{Address, Bytes};

fn document(payload: Payload) -> Document {
    Document { description: "# Pay the auditors\n\nThey did well.\n".into(), payload }
}

fn proposal(stage: u8) -> Proposal {
    let opened = if stage == 0 || stage == 7 || stage == 8 { 0 } else { 1_050 };
    let coins = |number: u64| U256::from(number) * U256::from(althing_primitives::RAU_PER_COIN);
    Proposal {
        number: 3,
        kind: 1,
        stage,
        submittedAt: 1_000,
        submittedHeight: 17,
        supportUntil: 1_060,
        openedAt: opened,
        openedHeight: 20,
        voteUntil: 1_120,
        executableFrom: if stage > 1 { 1_180 } else { 0 },
        executableUntil: if stage > 1 { 1_240 } else { 0 },
        support: coins(25),
        supportNeeded: coins(100),
        yes: coins(30),
        no: coins(10),
        abstain: coins(5),
        quorum: coins(50),
        majorityBps: 5_000,
        bond: if opened == 0 { coins(1_000) } else { U256::ZERO },
        ..Default::default()
    }
}

#[test]
fn a_stage_shows_what_counts_and_what_can_be_done() {
    let cases: [(u8, &[&str]); 7] = [
        (
            0,
            &[
                "gathering support",
                "(30 s left)",
                "25 % of what is needed: 25 of 100",
                "bond held",
                "gov support 3",
            ],
        ),
        (
            1,
            &[
                "voted on",
                "90 % of what is needed: 45 of 50",
                "75 % of yes and no",
                "50 % needed",
                "gov vote 3",
            ],
        ),
        (2, &["waiting for its time", "executable from"]),
        (3, &["gov execute 3"]),
        (5, &["adopted"]),
        (7, &["expired", "gov settle 3"]),
        (8, &["burned"]),
    ];
    for (stage, expected) in cases {
        let text = text(&proposal(stage), &document(Payload::default()), 1_030);
        for words in expected {
            assert!(text.contains(words), "{words}: {text}");
        }
        assert!(text.contains("3: Pay the auditors") && text.contains("They did well."), "{text}");
    }
}

#[test]
fn its_acts_are_listed() {
    let payload = Payload {
        targets: vec![Address::repeat_byte(5)],
        values: vec![U256::from(althing_primitives::RAU_PER_COIN)],
        calldatas: vec![Bytes::new()],
    };
    let text = text(&proposal(1), &document(payload), 1_030);
    assert!(text.contains("all or nothing:\n  1. pay 1 coins to 0x0505"), "{text}");
}
