//! What buckets were in the past, worked out from logs: a node keeps those when it drops old states.
//!
//! `logs` asks for them in parts that nodes allow; `replay` makes buckets of them; `votes` asks the contract how much a
//! bucket counts for. Payouts by hand and recounts of proposals stand on it.

mod logs;
mod replay;
mod votes;

pub(crate) use logs::{broken, read};
#[cfg(test)]
pub(crate) use replay::ReplayError;
pub(crate) use replay::{Moment, Replay, Stake};
pub(crate) use votes::votes_of;
