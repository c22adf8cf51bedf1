//! The roll call: how the participants of the distributed ceremony find out that all are there with one chain spec,
//! and that each holds its share, before any of them goes on. Pure: words in, words out, the caller gives the time.
//!
//! ```text
//!   Gathering ── all here, one spec, one session ──► Dealing ── own share kept ──► Holding ── all hold ──► Done
//! ```
//!
//! Every participant says its word again and again. A session is bound to the spec and to a number that each process
//! draws anew, so nobody can take part in a session with what it remembers of another.
//!
//! Invariant: nobody is [`Stage::Done`] before it heard that everybody holds a share of the same result.

use alloy_primitives::{B256, keccak256};
use althing_primitives::{OperatorKey, Validator};
use commonware_utils::{Faults as _, N3f1};
use std::{fmt, time::Duration};
use thiserror::Error;

/// Bytes of an encoded [`Word`].
pub const WORD_BYTES: usize = 4 * 32 + 1;

/// Longest silence of a participant that counts as being here.
const HERE: Duration = Duration::from_secs(5);

/// Longest silence of a participant while keys are made: what it misses could make its share public.
const SILENCE: Duration = Duration::from_secs(20);

/// How far a participant is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Waits until all are here.
    #[default]
    Gathering = 0,
    /// Deals and receives.
    Dealing = 1,
    /// Has its share on disk.
    Holding = 2,
    /// Knows that all have their share, and has written the chain spec.
    Done = 3,
}

/// What a participant says of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Word {
    /// Hash of its chain spec without the result.
    pub draft: B256,
    /// Drawn when its process started.
    pub nonce: B256,
    /// The session it is ready for, or zero.
    pub session: B256,
    /// Hash of the finished chain spec, or zero.
    pub result: B256,
    /// How far it is.
    pub stage: Stage,
}

impl Word {
    /// As sent.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = [self.draft, self.nonce, self.session, self.result].concat();
        bytes.push(self.stage as u8);
        bytes
    }

    /// Reads what another sent.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (hashes, stage) = bytes.split_at_checked(WORD_BYTES - 1)?;
        let stage = match stage {
            [0] => Stage::Gathering,
            [1] => Stage::Dealing,
            [2] => Stage::Holding,
            [3] => Stage::Done,
            _ => return None,
        };
        let hash = |n: usize| B256::from_slice(&hashes[32 * n..32 * (n + 1)]);
        Some(Self { draft: hash(0), nonce: hash(1), session: hash(2), result: hash(3), stage })
    }
}

/// Why the participants cannot go on together.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum RollError {
    /// This node is not to take part.
    #[error(
        "operator {0} is not among the validators of the chain spec: add it, or use the folder of one that is"
    )]
    Stranger(OperatorKey),
    /// Not all came in time.
    #[error(
        "after {seconds} s these validators are missing: {}. Nothing was written. See that they run the same command \
         and can be reached at the p2p address of the chain spec, then run it again{}",
        .missing.join(", "),
        differing_hint(.differing)
    )]
    Missing {
        /// How long this node waited.
        seconds: u64,
        /// Who did not come.
        missing: Vec<String>,
        /// Who came with another spec.
        differing: Vec<String>,
    },
    /// Others have another spec.
    #[error(
        "the chain spec of {} is not the one here (without the ceremony's result its hash is {draft} here). Nothing \
         was written. Compare `althing genesis hash` of all files, give everybody the same file, and run it again",
        .names.join(", ")
    )]
    Differs {
        /// Who.
        names: Vec<String>,
        /// Hash of the spec here.
        draft: B256,
    },
    /// A participant started anew in the middle.
    #[error(
        "{name} was restarted in the middle of the ceremony. No chain spec was written here: run it again on all \
         nodes{}",
        kept_hint(.kept)
    )]
    Restarted {
        /// Who.
        name: String,
        /// Hash of the finished spec of which this node keeps a share, if it came so far.
        kept: Option<B256>,
    },
    /// Participants went away.
    #[error(
        "{} went silent in the middle of the ceremony. No chain spec was written here: run it again on all nodes{}",
        .names.join(", "),
        kept_hint(.kept)
    )]
    Silent {
        /// Who.
        names: Vec<String>,
        /// Hash of the finished spec of which this node keeps a share, if it came so far.
        kept: Option<B256>,
    },
    /// A participant came to another result, which the protocol excludes.
    #[error(
        "{name} came to the result {theirs}, this node to {ours}: do not use it, run the ceremony again on all nodes"
    )]
    Conflict {
        /// Who.
        name: String,
        /// Hash of its finished spec.
        theirs: B256,
        /// Hash of the finished spec here.
        ours: B256,
    },
}

fn differing_hint(names: &[String]) -> String {
    match names {
        [] => String::new(),
        names => {
            format!(". {} came with another chain spec: compare `althing genesis hash`", names.join(", "))
        }
    }
}

fn kept_hint(kept: &Option<B256>) -> String {
    let Some(hash) = kept else { return String::new() };
    format!(
        ". If the command ended well elsewhere with hash {hash}, take that file instead: this node keeps its share, \
         and `althing genesis check FILE --node DIR` proves that they fit"
    )
}

/// Where the ceremony stands, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Not all are here.
    Gathering {
        /// How many are here, this node included.
        here: usize,
        /// How many take part.
        total: usize,
        /// Who is not here.
        missing: Vec<String>,
        /// Who is here with another chain spec.
        differing: Vec<String>,
    },
    /// Keys are being made.
    Dealing {
        /// Who has dealt to this node, this node included.
        dealt: Vec<String>,
        /// How many take part.
        total: usize,
    },
    /// This node has its share.
    Holding {
        /// Who has not, as far as this node knows.
        waiting: Vec<String>,
    },
    /// All have their share.
    Done,
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gathering { here, total, missing, differing } => {
                write!(f, "{here} of {total} validators are here")?;
                if !missing.is_empty() {
                    write!(f, "; waiting for {}", missing.join(", "))?;
                }
                if !differing.is_empty() {
                    write!(f, "; {} has another chain spec", differing.join(", "))?;
                }
                Ok(())
            }
            Self::Dealing { dealt, total } => {
                write!(f, "{} of {total} have dealt", dealt.len())?;
                if !dealt.is_empty() {
                    write!(f, ": {}", dealt.join(", "))?;
                }
                Ok(())
            }
            Self::Holding { waiting } if waiting.is_empty() => {
                write!(f, "the share is kept; so are all others")
            }
            Self::Holding { waiting } => write!(f, "the share is kept; waiting for {}", waiting.join(", ")),
            Self::Done => write!(f, "all validators hold their share"),
        }
    }
}

#[derive(Debug)]
struct Other {
    name: String,
    key: OperatorKey,
    heard: Option<(Word, Duration)>,
    /// Its number when dealing began.
    nonce: B256,
}

impl Other {
    fn silent(&self, now: Duration, bound: Duration) -> bool {
        self.heard.is_none_or(|(_, at)| now.saturating_sub(at) > bound)
    }

    fn said(&self) -> Word {
        self.heard.map(|(word, _)| word).unwrap_or_default()
    }
}

/// What one participant knows of all.
#[derive(Debug)]
pub struct RollCall {
    me: OperatorKey,
    name: String,
    word: Word,
    others: Vec<Other>,
}

impl RollCall {
    /// Begins the call of `me` among the validators; `draft` is the hash of the spec without the result, `nonce` must
    /// be drawn anew for each process.
    pub fn new(
        validators: &[Validator],
        me: OperatorKey,
        draft: B256,
        nonce: B256,
    ) -> Result<Self, RollError> {
        let own = validators.iter().find(|v| v.operator == me).ok_or(RollError::Stranger(me))?;
        let other =
            |v: &Validator| Other { name: v.name.clone(), key: v.operator, heard: None, nonce: B256::ZERO };
        Ok(Self {
            me,
            name: own.name.clone(),
            word: Word { draft, nonce, ..Default::default() },
            others: validators.iter().filter(|v| v.operator != me).map(other).collect(),
        })
    }

    /// What to tell the others now.
    pub fn word(&self) -> Word {
        self.word
    }

    /// Takes another's word; strangers are not listened to.
    pub fn hear(&mut self, from: &OperatorKey, word: Word, now: Duration) {
        if let Some(other) = self.others.iter_mut().find(|other| other.key == *from) {
            other.heard = Some((word, now));
        }
    }

    /// Goes on to dealing when all are ready for the same session, and returns that session's name.
    ///
    /// # Errors
    /// When so many have another spec that an honest one must be among them.
    pub fn gather(&mut self, now: Duration) -> Result<Option<B256>, RollError> {
        let names = self.differing(now);
        if names.len() > N3f1::max_faults(self.others.len() + 1) as usize {
            return Err(RollError::Differs { names, draft: self.word.draft });
        }
        let all_here = names.is_empty() && self.missing(now).is_empty();
        self.word.session = if all_here { self.session() } else { B256::ZERO };
        if !all_here || self.others.iter().any(|other| other.said().session != self.word.session) {
            return Ok(None);
        }
        for other in &mut self.others {
            other.nonce = other.said().nonce;
        }
        self.word.stage = Stage::Dealing;
        Ok(Some(self.word.session))
    }

    /// Checks, while keys are made, that all are still there.
    pub fn watch(&self, now: Duration) -> Result<(), RollError> {
        let kept = (self.word.stage == Stage::Holding).then_some(self.word.result);
        if let Some(other) = self.others.iter().find(|other| other.said().nonce != other.nonce) {
            return Err(RollError::Restarted { name: other.name.clone(), kept });
        }
        let gone = |other: &&Other| other.said().stage < Stage::Holding && other.silent(now, SILENCE);
        let names = self.names(gone);
        match names.is_empty() {
            true => Ok(()),
            false => Err(RollError::Silent { names, kept }),
        }
    }

    /// This node's share is on disk; `result` is the hash of the finished spec.
    pub fn hold(&mut self, result: B256) {
        self.word.result = result;
        self.word.stage = Stage::Holding;
    }

    /// Whether all hold a share of the same result.
    pub fn all_hold(&self) -> Result<bool, RollError> {
        for other in self.others.iter().filter(|other| other.said().stage >= Stage::Holding) {
            let (name, theirs, ours) = (other.name.clone(), other.said().result, self.word.result);
            if theirs != ours {
                return Err(RollError::Conflict { name, theirs, ours });
            }
        }
        Ok(self.unfinished(Stage::Holding).is_empty())
    }

    /// The chain spec is written.
    pub fn finish(&mut self) {
        self.word.stage = Stage::Done;
    }

    /// Who has not said that it came as far as `stage`.
    pub fn unfinished(&self, stage: Stage) -> Vec<String> {
        self.names(|other| other.said().stage < stage)
    }

    /// The failure that not all came within this time.
    pub fn too_late(&self, now: Duration) -> RollError {
        let (missing, differing) = (self.missing(now), self.differing(now));
        match missing.is_empty() && !differing.is_empty() {
            true => RollError::Differs { names: differing, draft: self.word.draft },
            false => RollError::Missing { seconds: now.as_secs(), missing, differing },
        }
    }

    /// Where the ceremony stands; `dealers` are the keys of those whose dealing came.
    pub fn progress(&self, now: Duration, dealers: &[OperatorKey]) -> Progress {
        let total = self.others.len() + 1;
        match self.word.stage {
            Stage::Gathering => {
                let (missing, differing) = (self.missing(now), self.differing(now));
                Progress::Gathering {
                    here: total - missing.len() - differing.len(),
                    total,
                    missing,
                    differing,
                }
            }
            Stage::Dealing => {
                let mut dealt = self.names(|other| dealers.contains(&other.key));
                dealt.extend(dealers.contains(&self.me).then(|| self.name.clone()));
                Progress::Dealing { dealt, total }
            }
            Stage::Holding => Progress::Holding { waiting: self.unfinished(Stage::Holding) },
            Stage::Done => Progress::Done,
        }
    }

    /// Names the session of all that are here: the spec and everybody's number, in order of the keys.
    fn session(&self) -> B256 {
        let own = (self.me, self.word.nonce);
        let mut all: Vec<_> = self.others.iter().map(|other| (other.key, other.said().nonce)).collect();
        all.push(own);
        all.sort_unstable();
        let mut bytes = [b"ALTHING/CEREMONY/".as_slice(), self.word.draft.as_slice()].concat();
        for (key, nonce) in all {
            bytes.extend_from_slice(key.as_slice());
            bytes.extend_from_slice(nonce.as_slice());
        }
        keccak256(bytes)
    }

    fn names(&self, which: impl Fn(&&Other) -> bool) -> Vec<String> {
        self.others.iter().filter(which).map(|other| other.name.clone()).collect()
    }

    /// Who was not heard lately, or is busy with a session that this process was not in.
    fn missing(&self, now: Duration) -> Vec<String> {
        let session = self.session();
        self.names(|other| {
            let word = other.said();
            let elsewhere = word.stage > Stage::Gathering && word.session != session;
            other.silent(now, HERE) || (word.draft == self.word.draft && elsewhere)
        })
    }

    fn differing(&self, now: Duration) -> Vec<String> {
        self.names(|other| !other.silent(now, HERE) && other.said().draft != self.word.draft)
    }
}

#[cfg(test)]
mod tests;
