//! Reading a system contract without trusting the node: its own code runs here, over slots that are proven from the chain
//! spec's key.

use super::{certificate::Trust, proof::proven_slots};
use crate::{Exit, failure::Failure};
use alloy_primitives::{Address, U256};
use althing_client::Client;
use althing_primitives::{StateKey, StateValue};
use althing_system::{ReadHost, SystemError};
use std::collections::{BTreeMap, BTreeSet};

/// Slots asked for at once.
const SLOTS_A_CALL: usize = 200;

/// Rounds of asking for what a question turns out to need; elections need three.
const MAX_ROUNDS: usize = 32;

/// A contract and a slot of it.
type Place = (Address, U256);

/// Answers a question about contracts from proven slots. Also gives the number of slots that were proven.
pub(super) async fn answer<T>(
    client: &Client,
    trust: &Trust,
    question: impl Fn(&mut ReadHost<'_>) -> Result<T, SystemError>,
) -> Result<(T, usize), Failure> {
    let mut known = BTreeMap::new();
    for _ in 0..MAX_ROUNDS {
        let (result, lacking) = ask(&known, &question);
        if lacking.is_empty() {
            let failed = |error: SystemError| Failure::new(Exit::Failure, error.to_string());
            let proven = known.values().filter(|value| !value.is_zero()).count();
            return result.map(|answer| (answer, proven)).map_err(failed);
        }
        let lacking: Vec<_> = lacking.into_iter().collect();
        for part in lacking.chunk_by(|a, b| a.0 == b.0).flat_map(|same| same.chunks(SLOTS_A_CALL)) {
            let slots: Vec<_> = part.iter().map(|(_, slot)| *slot).collect();
            let values = proven_slots(client, trust, part[0].0, &slots).await?;
            known.extend(part.iter().copied().zip(values));
        }
    }
    Err(Failure::new(Exit::Failure, format!("the answer needs more than {MAX_ROUNDS} rounds of proofs")))
}

/// Asks with the slots that are known; gives those that it lacks, too, which count as zero meanwhile.
fn ask<T>(
    known: &BTreeMap<Place, U256>,
    question: impl Fn(&mut ReadHost<'_>) -> Result<T, SystemError>,
) -> (Result<T, SystemError>, BTreeSet<Place>) {
    let mut lacking = BTreeSet::new();
    let mut one = |key| {
        let StateKey::Slot(account, slot) = key else {
            return Err(SystemError::Fatal(
                "no proof of accounts is asked for: only slots are proven".into(),
            ));
        };
        let value = known.get(&(account, slot));
        if value.is_none() {
            lacking.insert((account, slot));
        }
        Ok(value.copied().map(StateValue::Slot))
    };
    let mut lookup = |keys: Vec<StateKey>| keys.into_iter().map(&mut one).collect();
    let result = question(&mut ReadHost::new(&mut lookup));
    (result, lacking)
}
