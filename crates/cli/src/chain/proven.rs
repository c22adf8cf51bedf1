//! Reading a system contract without trusting the node: its own code runs here, over slots that are proven from the chain
//! spec's key.

use super::{certificate::Trust, proof::proven_slots};
use crate::{Exit, failure::Failure};
use alloy_primitives::{Address, Log, U256};
use althing_client::Client;
use althing_system::{BlockInfo, CallInfo, Host, SystemError};
use std::collections::{BTreeMap, BTreeSet};

/// Slots asked for at once.
const SLOTS_A_CALL: usize = 200;

/// Rounds of asking for what a question turns out to need; elections need three.
const MAX_ROUNDS: usize = 32;

/// A host that knows some slots, and notes which it lacks.
#[derive(Debug, Default)]
pub(super) struct Proven {
    known: BTreeMap<(Address, U256), U256>,
    lacking: BTreeSet<(Address, U256)>,
}

/// Answers a question about contracts from proven slots. Also gives the number of slots that were proven.
pub(super) async fn answer<T>(
    client: &Client,
    trust: &Trust,
    question: impl Fn(&mut Proven) -> Result<T, SystemError>,
) -> Result<(T, usize), Failure> {
    let mut host = Proven::default();
    for _ in 0..MAX_ROUNDS {
        let result = question(&mut host);
        if host.lacking.is_empty() {
            let failed = |error: SystemError| Failure::new(Exit::Failure, error.to_string());
            let proven = host.known.values().filter(|value| !value.is_zero()).count();
            return result.map(|answer| (answer, proven)).map_err(failed);
        }
        let lacking: Vec<_> = std::mem::take(&mut host.lacking).into_iter().collect();
        for part in lacking.chunk_by(|a, b| a.0 == b.0).flat_map(|same| same.chunks(SLOTS_A_CALL)) {
            let slots: Vec<_> = part.iter().map(|(_, slot)| *slot).collect();
            let values = proven_slots(client, trust, part[0].0, &slots).await?;
            host.known.extend(part.iter().copied().zip(values));
        }
    }
    Err(Failure::new(Exit::Failure, format!("the answer needs more than {MAX_ROUNDS} rounds of proofs")))
}

fn refused<T>() -> Result<T, SystemError> {
    Err(SystemError::Fatal("a proven state cannot be changed".into()))
}

impl Host for Proven {
    fn block(&self) -> BlockInfo {
        BlockInfo::default()
    }

    fn call(&self) -> CallInfo {
        CallInfo { is_static: true, ..CallInfo::default() }
    }

    fn load(&mut self, account: Address, slot: U256) -> Result<U256, SystemError> {
        match self.known.get(&(account, slot)) {
            Some(value) => Ok(*value),
            None => {
                self.lacking.insert((account, slot));
                Ok(U256::ZERO)
            }
        }
    }

    fn prefetch(&mut self, account: Address, slots: &[U256]) -> Result<(), SystemError> {
        slots.iter().try_for_each(|slot| self.load(account, *slot).map(drop))
    }

    fn store(&mut self, _: Address, _: U256, _: U256) -> Result<(), SystemError> {
        refused()
    }

    fn balance(&mut self, account: Address) -> Result<U256, SystemError> {
        Err(SystemError::Fatal(format!(
            "no proof of the coins of {account} is asked for: only slots are proven"
        )))
    }

    fn transfer(&mut self, _: Address, _: Address, _: U256) -> Result<(), SystemError> {
        refused()
    }

    fn emit(&mut self, _: Log) -> Result<(), SystemError> {
        refused()
    }

    fn charge(&mut self, _: u64) -> Result<(), SystemError> {
        Ok(())
    }
}
