//! What a proposal of governance would do now: its calls in the contract's name, on the state after a block.
//!
//! All is one simulated block: what the parameters are before, the calls, the parameters after. Calls are made
//! one by one, so that each has its own result; executed, one that fails undoes all.

pub mod answer;

use crate::api::{CallRequest, LogQuery};
use crate::context::Call;
use crate::error::{Fault, revert_reason};
use crate::registry::{Cost::Heavy, Param, Registry, may, need};
use alloy_primitives::{Address, B256, Bytes, Log, U64, U256, address};
use alloy_rpc_types_eth::{
    TransactionRequest,
    simulate::{SimBlock, SimCallResult, SimulatePayload},
    state::{AccountOverride, StateOverride},
};
use alloy_sol_types::{SolCall, SolEvent};
use althing_abi::{
    GOVERNANCE,
    Governance::{self as abi, ProposalCreated, executeCall},
    MAX_PROPOSAL_CALLS,
    Params::{Change, Param as Parameter, allCall, changesCall},
    SystemContract,
};
use althing_primitives::{Height, MAX_TRANSACTION_GAS};
use answer::{ChangedParameter, MovedCoins, SimulatedCall, SimulatedLog, Simulation};
use serde::Deserialize;
use std::collections::BTreeMap;

const PROPOSAL: &[Param] = &[need("proposal", "Proposal"), may("block", "Block")];

/// Gas of a transaction before its data and its first step.
const BASE_GAS: u64 = 21_000;
/// Gas of a byte of its data, at most.
const DATA_BYTE_GAS: u64 = 16;
/// Gas of `execute` itself: reading and marking the proposal.
const EXECUTOR_GAS: u64 = 150_000;
/// What a call that sends coins costs a contract, to an account that was not there, above a transaction's base.
const PAYMENT_GAS: u64 = 16_000;
/// Of the gas that is left, a call gets all but one part in so many (EIP-150).
const KEPT_PART: u64 = 63;

/// Who tells of transfers of coins in simulations, and the topic.
const TRANSFERS: Address = address!("eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee");

pub(super) fn register(r: &mut Registry) {
    let about = "What a proposal would do on the state after a block, in the name of `Governance`: each call with its result, \
                 gas and logs; parameters that change; all coins that move; whether gas and treasury suffice. The proposal is the \
                 number of a submitted one, or an object with `targets`, `values` and `calldatas`.";
    r.add(Heavy, "althing_simulateProposal", PROPOSAL, "Object", about, simulate);
}

/// The calls of a proposal.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload {
    targets: Vec<Address>,
    values: Vec<U256>,
    calldatas: Vec<Bytes>,
}

async fn simulate(mut call: Call) -> Result<Simulation, Fault> {
    let block = call.args.block(1)?;
    let height = call.state_height(block).await?;
    let (number, payload) = if call.args.is_object(0) {
        (None, call.args.required(0)?)
    } else {
        let number = call.args.number(0)?;
        (Some(number), submitted(&call, number, height).await?)
    };
    payload.check()?;
    let treasury = ask(&call, abi::treasuryCall {}, height).await?;
    let results = run(&call, &payload, treasury, height).await?;
    let (before, mut results) = Before::read(treasury, results)?;
    let after = results.pop().ok_or_else(missing)?;
    let decided = changesCall::abi_decode_returns(&after.return_data).map_err(undecodable)?;
    Ok(payload.report(number, height, before, results, decided))
}

/// Asks the contract.
async fn ask<C: SolCall>(call: &Call, question: C, height: Height) -> Result<C::Return, Fault> {
    let input = Bytes::from(question.abi_encode());
    let transaction = TransactionRequest::default().to(GOVERNANCE).input(input.into());
    let gas_cap = call.config.call_gas_cap;
    let request = CallRequest { transaction, height, state_overrides: None, block_overrides: None, gas_cap };
    C::abi_decode_returns(&call.api.call(request).await?).map_err(undecodable)
}

/// The calls of a submitted proposal, from its log.
async fn submitted(call: &Call, number: u64, height: Height) -> Result<Payload, Fault> {
    let proposal = ask(call, abi::proposalCall { number }, height).await?;
    let at = proposal.submittedHeight;
    call.check_kept(at)?;
    let query = LogQuery {
        from: at,
        to: at,
        addresses: vec![GOVERNANCE],
        topics: [vec![ProposalCreated::SIGNATURE_HASH], Vec::new(), Vec::new(), Vec::new()],
    };
    let logs = call.api.logs(query, usize::MAX).await?.logs;
    let created = logs.iter().filter_map(|log| ProposalCreated::decode_log(&log.inner).ok());
    let found = created.map(|log| log.data).find(|created| created.proposalId == proposal.id);
    let ProposalCreated { targets, values, calldatas, .. } =
        found.ok_or_else(|| Fault::Internal(format!("block {at} has no log of proposal {number}")))?;
    Ok(Payload { targets, values, calldatas })
}

/// Simulates the questions, the calls, and the last question.
async fn run(
    call: &Call,
    payload: &Payload,
    treasury: U256,
    height: Height,
) -> Result<Vec<SimCallResult>, Fault> {
    let request = |to, value, data: Bytes| {
        TransactionRequest::default().from(GOVERNANCE).to(to).value(value).input(data.into())
    };
    let params = |data: Vec<u8>| request(SystemContract::Params.address(), U256::ZERO, data.into());
    let mut calls = vec![params(allCall {}.abi_encode()), params(changesCall {}.abi_encode())];
    calls.extend(payload.acts().map(|(to, value, data)| request(to, value, data.clone())));
    calls.push(params(changesCall {}.abi_encode()));
    let mut block = SimBlock::default().extend_calls(calls);
    // Calls that nobody can pay for have results nevertheless: `isCovered` says that they cannot be made.
    if payload.spends() > treasury {
        let funded = AccountOverride { balance: Some(payload.spends()), ..Default::default() };
        block = block.with_state_overrides(StateOverride::from_iter([(GOVERNANCE, funded)]));
    }
    let asked = SimulatePayload {
        block_state_calls: vec![block],
        trace_transfers: true,
        validation: false,
        return_full_transactions: false,
    };
    let gas_cap = call.config.call_gas_cap;
    let blocks = call.api.simulate_blocks(asked, height, gas_cap).await?;
    Ok(blocks.into_iter().next().ok_or_else(missing)?.calls)
}

/// What contracts say before the calls.
struct Before {
    treasury: U256,
    parameters: Vec<Parameter>,
    changes: Vec<Change>,
}

impl Before {
    /// Takes the answers to the questions off the results.
    fn read(treasury: U256, results: Vec<SimCallResult>) -> Result<(Self, Vec<SimCallResult>), Fault> {
        let mut results = results.into_iter();
        let mut next = || Ok::<_, Fault>(results.next().ok_or_else(missing)?.return_data);
        let before = Self {
            treasury,
            parameters: allCall::abi_decode_returns(&next()?).map_err(undecodable)?,
            changes: changesCall::abi_decode_returns(&next()?).map_err(undecodable)?,
        };
        Ok((before, results.collect()))
    }
}

fn missing() -> Fault {
    Fault::Internal("a simulation has fewer results than calls".into())
}

fn undecodable(error: alloy_sol_types::Error) -> Fault {
    Fault::Internal(format!("a system contract's answer does not decode: {error}"))
}

impl Payload {
    fn check(&self) -> Result<(), Fault> {
        let [targets, values, calldatas] = [self.targets.len(), self.values.len(), self.calldatas.len()];
        if targets != values || targets != calldatas {
            return Err(Fault::params(format!(
                "{targets} targets, {values} values and {calldatas} calldatas: there must be as many of each"
            )));
        }
        if targets > MAX_PROPOSAL_CALLS {
            return Err(Fault::params(format!(
                "{targets} calls: a proposal has at most {MAX_PROPOSAL_CALLS}"
            )));
        }
        if let Some(index) = self.targets.iter().position(|target| *target == GOVERNANCE) {
            return Err(Fault::params(format!("call {index} is to Governance: proposals cannot call it")));
        }
        Ok(())
    }

    fn acts(&self) -> impl Iterator<Item = (Address, U256, &Bytes)> {
        let pairs = self.targets.iter().zip(&self.values).zip(&self.calldatas);
        pairs.map(|((to, value), data)| (*to, *value, data))
    }

    fn spends(&self) -> U256 {
        self.values.iter().fold(U256::ZERO, |sum, value| sum.saturating_add(*value))
    }

    fn report(
        &self,
        number: Option<u64>,
        height: Height,
        before: Before,
        results: Vec<SimCallResult>,
        decided: Vec<Change>,
    ) -> Simulation {
        let treasury = before.treasury;
        let spends = self.spends();
        let gas = self.gas(&results);
        let (is_covered, fits) = (spends <= treasury, gas <= MAX_TRANSACTION_GAS);
        let mut balances = BTreeMap::new();
        let mut calls = Vec::with_capacity(results.len());
        for ((target, value, calldata), result) in self.acts().zip(results) {
            let (moved, logs): (Vec<Log>, Vec<Log>) =
                result.logs.into_iter().map(|log| log.inner).partition(|log| log.address == TRANSFERS);
            moved.iter().for_each(|log| note_transfer(&mut balances, log));
            let reverted = result.error.as_ref().and_then(|error| error.data.clone());
            let error = result.error.map(|error| {
                let reason = error.data.as_ref().and_then(|data| revert_reason(data));
                reason.map_or(error.message.clone(), |reason| format!("{}: {reason}", error.message))
            });
            calls.push(SimulatedCall {
                target,
                value,
                calldata: calldata.clone(),
                success: result.status,
                gas_used: U64::from(result.gas_used),
                return_data: reverted.unwrap_or(result.return_data),
                error,
                logs: logs.into_iter().map(shown).collect(),
            });
        }
        Simulation {
            number: number.map(U64::from),
            block: U64::from(height),
            succeeds: is_covered && fits && calls.iter().all(|call| call.success),
            calls,
            parameters: changed(&before, &decided),
            balances: balances.into_values().collect(),
            spends,
            treasury,
            is_covered,
            gas: U64::from(gas),
            gas_limit: U64::from(MAX_TRANSACTION_GAS),
            fits,
        }
    }

    /// What executing it needs, from above: what each call used as a transaction of its own, and the executor's part.
    fn gas(&self, results: &[SimCallResult]) -> u64 {
        let Self { targets, values, calldatas } = self.clone();
        let paying = values.iter().filter(|value| !value.is_zero()).count() as u64;
        let execute = executeCall { targets, values, calldatas, descriptionHash: B256::ZERO };
        let data = execute.abi_encoded_size() as u64;
        let own = BASE_GAS + EXECUTOR_GAS + DATA_BYTE_GAS * (data + 4) + PAYMENT_GAS * paying;
        let used = results.iter().map(|result| result.max_used_gas.unwrap_or(result.gas_used));
        let all = used.fold(own, u64::saturating_add);
        all.saturating_add(all / KEPT_PART)
    }
}

fn shown(log: Log) -> SimulatedLog {
    let (topics, data) = log.data.split();
    SimulatedLog { address: log.address, topics, data }
}

/// Adds a transfer, as simulations log it, to both accounts.
fn note_transfer(balances: &mut BTreeMap<Address, MovedCoins>, log: &Log) {
    let [_, from, to] = log.topics() else { return };
    let value = U256::try_from_be_slice(&log.data.data).unwrap_or_default();
    let [from, to] = [from, to].map(|topic| Address::from_word(*topic));
    let sender = entry(balances, from);
    sender.sent = sender.sent.saturating_add(value);
    let receiver = entry(balances, to);
    receiver.received = receiver.received.saturating_add(value);
}

fn entry(balances: &mut BTreeMap<Address, MovedCoins>, account: Address) -> &mut MovedCoins {
    balances.entry(account).or_insert_with(|| MovedCoins { account, ..Default::default() })
}

/// Decisions that were not there before.
fn changed(before: &Before, decided: &[Change]) -> Vec<ChangedParameter> {
    let is_new = |change: &&Change| !before.changes.contains(change);
    let row = |change: &Change| {
        let now = before.parameters.iter().find(|parameter| parameter.name == change.name);
        let replaced = before.changes.iter().find(|earlier| earlier.name == change.name);
        ChangedParameter {
            name: change.name.clone(),
            unit: now.map_or_else(String::new, |now| now.unit.clone()),
            value: now.map_or(U256::ZERO, |now| now.value),
            new_value: change.value,
            from_epoch: U64::from(change.fromEpoch),
            replaces: replaced.map(|earlier| earlier.value),
        }
    };
    decided.iter().filter(is_new).map(row).collect()
}

#[cfg(test)]
mod tests;
