//! Running the cases of one fixture file and judging each.

use crate::{
    ExecutionError, bridge,
    conformance::{
        fixture::{Expected, Fixture},
        root::ethereum_state_root,
    },
    evm::{Machine, Refused},
    world::World,
};
use alloy_primitives::{B256, Log, U256, keccak256};
use althing_primitives::Change;
use althing_state::MemoryState;
use revm::{context::CfgEnv, primitives::hardfork::SpecId};
use std::collections::BTreeMap;

/// Blocks whose hash BLOCKHASH answers.
const BLOCKHASH_WINDOW: u64 = 256;

/// How a case went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// State root and logs are as expected.
    Pass,
    /// They are not, and how.
    Fail(String),
    /// The case is about something that this chain does not have.
    Skip(&'static str),
}

/// A case and how it went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseResult {
    /// Test, fork, and indexes of data, gas and value.
    pub name: String,
    /// How it went.
    pub verdict: Verdict,
    /// What the run gave: state root, hash of the logs, gas used. For writing vectors.
    pub found: Option<(B256, B256, u64)>,
}

/// Runs all cases of a fixture file. An error says why the file is not a fixture.
pub async fn run_fixture(text: &str) -> Result<Vec<CaseResult>, String> {
    let tests: BTreeMap<String, Fixture> = serde_json::from_str(text).map_err(|e| e.to_string())?;
    let mut results = Vec::new();
    for (test, fixture) in tests {
        for (fork, cases) in &fixture.post {
            for case in cases {
                let at = case.indexes;
                let name = format!("{test} {fork} d{}g{}v{}", at.data, at.gas, at.value);
                let (verdict, found) = run_case(&fixture, fork, case).await?;
                results.push(CaseResult { name, verdict, found });
            }
        }
    }
    Ok(results)
}

fn rules(fork: &str) -> Option<SpecId> {
    match fork {
        "Cancun" => Some(SpecId::CANCUN),
        "Prague" => Some(SpecId::PRAGUE),
        "Osaka" => Some(SpecId::OSAKA),
        _ => None,
    }
}

type Judged = (Verdict, Option<(B256, B256, u64)>);

async fn run_case(fixture: &Fixture, fork: &str, case: &Expected) -> Result<Judged, String> {
    let Some(rules) = rules(fork) else {
        return Ok((Verdict::Skip("rules older than this chain's"), None));
    };
    if fixture.transaction.blob_versioned_hashes.is_some() {
        return Ok((Verdict::Skip("blob transactions are refused on this chain"), None));
    }
    if fixture.has_storage_without_code() {
        return Ok((
            Verdict::Skip("storage of an account without code or nonce cannot exist on this chain"),
            None,
        ));
    }
    let before = fixture.state();
    let (ran, after) = match fixture.transaction(case.indexes) {
        Err(reason) => (Ran::refused(reason), before),
        Ok(tx) => {
            let block = fixture.env.block_env();
            let cfg = CfgEnv::new_with_spec(rules).with_chain_id(1);
            let hashes = block_hashes(fixture.env.current_number);
            let keys = before.iter().map(|(key, _)| *key).collect();
            let job = move |port| {
                let mut world = World::new(port, None);
                // With every slot known, an account that is destroyed loses all of them.
                world.prefetch(keys).map_err(|error| ExecutionError::State(error.0))?;
                hashes.into_iter().for_each(|(number, hash)| world.set_block_hash(number, hash));
                let mut machine = Machine::new(world, cfg, block);
                let mut ran = match machine.transact(tx) {
                    Ok(executed) => {
                        let gas_used = executed.result.tx_gas_used();
                        let logs = machine.commit(executed).into_logs();
                        Ran { logs, gas_used, ..Ran::default() }
                    }
                    Err(Refused::Invalid(reason)) => Ran::refused(reason.to_string()),
                    Err(Refused::Failed(error)) => return Err(error),
                };
                ran.changes = machine.into_world().changes().map_err(|e| ExecutionError::State(e.0))?;
                Ok(ran)
            };
            let ran = bridge::run(&before, job).await.map_err(|error| error.to_string())?;
            let mut after: MemoryState = before;
            after.apply(&ran.changes);
            (ran, after)
        }
    };
    Ok(judge(case, &ran, ethereum_state_root(after.iter())))
}

#[derive(Default)]
struct Ran {
    refused: Option<String>,
    logs: Vec<Log>,
    gas_used: u64,
    changes: Vec<Change>,
}

impl Ran {
    fn refused(reason: String) -> Self {
        Self { refused: Some(reason), ..Self::default() }
    }
}

fn judge(case: &Expected, ran: &Ran, root: B256) -> Judged {
    let logs = keccak256(alloy_rlp::encode(&ran.logs));
    let verdict = match (&case.expect_exception, &ran.refused) {
        (Some(expected), None) => Verdict::Fail(format!("ran, but should be refused: {expected}")),
        (None, Some(reason)) => Verdict::Fail(format!("refused: {reason}")),
        _ if root != case.hash => Verdict::Fail(format!("state root is {root}, expected {}", case.hash)),
        _ if logs != case.logs => Verdict::Fail(format!("hash of logs is {logs}, expected {}", case.logs)),
        _ if case.gas_used.is_some_and(|gas| gas != ran.gas_used) => {
            Verdict::Fail(format!("{} gas used, expected {:?}", ran.gas_used, case.gas_used))
        }
        _ => Verdict::Pass,
    };
    (verdict, Some((root, logs, ran.gas_used)))
}

/// The hashes that the fixtures assume: of the decimal block number.
fn block_hashes(number: U256) -> Vec<(u64, B256)> {
    let number: u64 = number.saturating_to();
    let range = number.saturating_sub(BLOCKHASH_WINDOW)..number;
    range.map(|n| (n, keccak256(n.to_string()))).collect()
}
