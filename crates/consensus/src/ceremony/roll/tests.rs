//! Who is waited for, who is refused, and when nobody may go on.

use super::*;
use alloy_primitives::Address;

const SECOND: Duration = Duration::from_secs(1);

/// Some participants, and which of them hear one another.
struct Room {
    calls: Vec<RollCall>,
    now: Duration,
}

fn validators(count: u8) -> Vec<Validator> {
    let validator = |n| Validator {
        name: format!("v{n}"),
        operator: OperatorKey::with_last_byte(n),
        reward: Address::ZERO,
        p2p: format!("10.0.0.{n}:9650"),
    };
    (0..count).map(validator).collect()
}

fn call(count: u8, n: u8, draft: u8, nonce: u8) -> RollCall {
    let (key, draft) = (OperatorKey::with_last_byte(n), B256::with_last_byte(draft));
    RollCall::new(&validators(count), key, draft, B256::with_last_byte(nonce)).unwrap()
}

impl Room {
    /// Participants with these drafts.
    fn new(drafts: &[u8]) -> Self {
        let count = drafts.len() as u8;
        let calls = drafts.iter().zip(0..).map(|(draft, n)| call(count, n, *draft, 100 + n)).collect();
        Self { calls, now: Duration::ZERO }
    }

    /// A second passes in which all but `absent` say their word to all.
    fn tick(&mut self, absent: &[u8]) {
        self.now += SECOND;
        let present = |n: &u8| !absent.contains(n);
        let all = (0..self.calls.len() as u8).filter(present);
        for from in all.clone() {
            let key = OperatorKey::with_last_byte(from);
            let word = Word::decode(&self.calls[usize::from(from)].word().encode()).unwrap();
            for to in all.clone() {
                self.calls[usize::from(to)].hear(&key, word, self.now);
            }
        }
    }

    fn gather(&mut self, n: usize) -> Result<Option<B256>, RollError> {
        self.calls[n].gather(self.now)
    }

    /// All are brought to dealing.
    fn dealing(&mut self) {
        self.tick(&[]);
        let alone = self.calls.len() == 1;
        for call in &mut self.calls {
            let ready = call.gather(self.now).unwrap();
            assert_eq!(ready.is_some(), alone, "nobody goes on before all said that they are ready");
        }
        self.tick(&[]);
        let sessions: Vec<_> = self.calls.iter_mut().map(|call| call.gather(self.now).unwrap()).collect();
        assert!(sessions[0].is_some() && sessions.iter().all(|session| *session == sessions[0]));
    }
}

#[test]
fn all_go_on_into_one_session_and_end_when_all_hold_their_share() {
    for count in [1, 2, 4, 7] {
        let mut room = Room::new(&vec![5; count]);
        room.dealing();
        let result = B256::with_last_byte(9);
        for call in &mut room.calls[1..] {
            call.hold(result);
        }
        room.tick(&[]);
        if count > 1 {
            assert_eq!(room.calls[1].all_hold(), Ok(false));
            assert_eq!(room.calls[1].unfinished(Stage::Holding), ["v0"]);
        }
        room.calls[0].hold(result);
        room.tick(&[]);
        for call in &mut room.calls {
            assert_eq!((call.watch(room.now), call.all_hold()), (Ok(()), Ok(true)));
            call.finish();
        }
        room.tick(&[]);
        assert!(room.calls.iter().all(|call| call.unfinished(Stage::Done).is_empty()));
    }
}

#[test]
fn whoever_is_away_is_waited_for_and_named() {
    let mut room = Room::new(&[5; 4]);
    for _ in 0..10 {
        room.tick(&[2]);
        assert_eq!(room.gather(0), Ok(None));
    }
    let progress = room.calls[0].progress(room.now, &[]);
    assert_eq!(progress.to_string(), "3 of 4 validators are here; waiting for v2");
    let error = room.calls[0].too_late(room.now).to_string();
    assert!(
        error.starts_with("after 10 s these validators are missing: v2. Nothing was written."),
        "{error}"
    );
    room.dealing();
}

#[test]
fn one_with_another_spec_is_refused_and_does_not_stop_the_others_from_waiting() {
    let mut room = Room::new(&[5, 5, 5, 6]);
    room.tick(&[]);
    assert_eq!(room.gather(0), Ok(None));
    let refused = room.gather(3).unwrap_err();
    assert_eq!(
        refused,
        RollError::Differs {
            names: vec!["v0".into(), "v1".into(), "v2".into()],
            draft: B256::with_last_byte(6)
        }
    );
    let progress = room.calls[0].progress(room.now, &[]).to_string();
    assert_eq!(progress, "3 of 4 validators are here; v3 has another chain spec");
    assert!(matches!(room.calls[0].too_late(room.now), RollError::Differs { names, .. } if names == ["v3"]));
    room.calls[3] = call(4, 3, 5, 42);
    room.dealing();
}

#[test]
fn a_restart_in_the_middle_ends_the_session() {
    let mut room = Room::new(&[5; 4]);
    room.dealing();
    room.calls[1] = call(4, 1, 5, 42);
    room.tick(&[]);
    let restarted = |kept| Err(RollError::Restarted { name: "v1".into(), kept });
    assert_eq!(room.calls[0].watch(room.now), restarted(None));
    room.calls[2].hold(B256::with_last_byte(9));
    assert_eq!(room.calls[2].watch(room.now), restarted(Some(B256::with_last_byte(9))));
    assert_eq!(room.gather(1), Ok(None));
    let progress = room.calls[1].progress(room.now, &[]).to_string();
    assert_eq!(progress, "1 of 4 validators are here; waiting for v0, v2, v3");
}

#[test]
fn a_restart_before_dealing_makes_another_session() {
    let mut room = Room::new(&[5; 4]);
    room.tick(&[]);
    room.gather(0).unwrap();
    let before = room.calls[0].word().session;
    room.calls[1] = call(4, 1, 5, 42);
    room.tick(&[]);
    assert_eq!(room.gather(0), Ok(None));
    assert_ne!(room.calls[0].word().session, before);
    room.dealing();
}

#[test]
fn one_that_was_late_to_see_all_ready_joins_the_session_after_a_short_silence() {
    let mut room = Room::new(&[5; 4]);
    room.tick(&[]);
    (0..4).for_each(|n| assert_eq!(room.gather(n), Ok(None)));
    room.tick(&[]);
    (0..3).for_each(|n| assert!(room.gather(n).unwrap().is_some()));
    for _ in 0..8 {
        room.tick(&[3]);
    }
    assert_eq!(room.gather(3), Ok(None));
    room.tick(&[]);
    assert_eq!(room.gather(3), Ok(Some(room.calls[0].word().session)));
}

#[test]
fn silence_while_keys_are_made_ends_the_ceremony_unless_the_share_is_held() {
    let mut room = Room::new(&[5; 4]);
    room.dealing();
    let result = B256::with_last_byte(9);
    room.calls[3].hold(result);
    room.tick(&[]);
    for _ in 0..30 {
        room.tick(&[2, 3]);
    }
    let silent = |kept| Err(RollError::Silent { names: vec!["v2".into()], kept });
    assert_eq!(room.calls[0].watch(room.now), silent(None));
    room.calls[0].hold(result);
    assert_eq!(room.calls[0].watch(room.now), silent(Some(result)));
    let text = room.calls[0].watch(room.now).unwrap_err().to_string();
    assert!(text.contains(&result.to_string()) && text.contains("genesis check"), "{text}");
}

#[test]
fn nobody_ends_with_a_result_that_another_does_not_have() {
    let mut room = Room::new(&[5; 2]);
    room.dealing();
    room.calls[0].hold(B256::with_last_byte(8));
    room.calls[1].hold(B256::with_last_byte(9));
    room.tick(&[]);
    assert!(matches!(room.calls[0].all_hold(), Err(RollError::Conflict { .. })));
}

#[test]
fn words_that_are_cut_or_changed_are_not_understood() {
    let word = Word { stage: Stage::Done, result: B256::with_last_byte(3), ..Default::default() };
    let bytes = word.encode();
    assert_eq!(bytes.len(), WORD_BYTES);
    assert_eq!(Word::decode(&bytes), Some(word));
    for length in 0..bytes.len() {
        assert_eq!(Word::decode(&bytes[..length]), None);
    }
    assert_eq!(Word::decode(&[bytes.as_slice(), &[0]].concat()), None);
    assert_eq!(Word::decode(&[&bytes[..WORD_BYTES - 1], &[4]].concat()), None);
}

#[test]
fn strangers_neither_take_part_nor_are_heard() {
    let stranger = OperatorKey::with_last_byte(77);
    let refused = RollCall::new(&validators(4), stranger, B256::ZERO, B256::ZERO).unwrap_err();
    assert_eq!(refused, RollError::Stranger(stranger));
    let mut call = call(1, 0, 5, 1);
    call.hear(&stranger, Word::default(), SECOND);
    assert!(call.gather(SECOND).unwrap().is_some());
}
