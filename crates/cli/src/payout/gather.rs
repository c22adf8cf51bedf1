//! Asking the node: a candidate's history from logs, and the payments that were made.
//!
//! Only logs, blocks and the present state are asked for, so any node that has replayed the chain will do. What was replayed
//! is compared with what the contracts say now: a node that lacks logs is found out before anybody is paid.

use super::due::{Facts, Paid};
use super::memo::Memo;
use super::replay::{Replay, Stake};
use super::statement::Payment;
use crate::{Exit, failure::Failure};
use alloy_consensus::Transaction as _;
use alloy_primitives::{Bytes, U256};
use alloy_rpc_types_eth::Filter;
use alloy_sol_types::{SolCall, SolEvent};
use althing_abi::{Rewards, Staking, SystemContract};
use althing_client::{Call, Client, ClientError, TransactionRequest};
use althing_primitives::calendar::ELECTION_LEAD_EPOCHS;
use althing_primitives::{Address, B256, Calendar, ChainSpec, Epoch, Height};
use serde::Deserialize;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// Blocks of one log query, at most: what nodes allow.
const LOG_SPAN: u64 = 100_000;
/// A node has the states of so many last blocks, whatever its configuration: what was read up to there can be checked.
const FRESH_BLOCKS: u64 = 8;
/// Times that the chain may grow by more than that while its logs are read.
const MAX_ROUNDS: usize = 32;
/// JSON-RPC's code for a question that is too large; a smaller range may do.
const LIMIT_CODE: i64 = -32005;
/// The node's code for what it does not have any more, or never had.
const PRUNED_CODE: i64 = 4444;
/// JSON-RPC's code for a method that is not served.
const NO_METHOD_CODE: i64 = -32601;
/// Questions in one request: what nodes allow.
const BATCH: usize = 100;
/// Transactions on one page of a search: what nodes allow.
const PAGE: u64 = 100;
/// Pages of one account's transactions, at most.
const MAX_PAGES: usize = 10_000;
/// Numbers as logs give kinds of rewards: 0 to 2 are the candidate's own, 3 its voters'.
const VOTERS: u8 = 3;

/// A candidate with its history.
#[derive(Debug)]
pub(super) struct History {
    pub(super) id: Address,
    pub(super) owner: Address,
    pub(super) reward: Address,
    pub(super) spec_hash: B256,
    pub(super) facts: Facts,
    /// Accounts that may have paid voters: its owners, and those that its rewards were paid to.
    pub(super) payers: BTreeSet<Address>,
    /// The block of its first reward.
    pub(super) first_reward: Height,
    /// The last epoch that is over; none yet in epoch 0.
    pub(super) last_over: Option<Epoch>,
}

#[derive(Deserialize)]
struct Spec {
    hash: B256,
    spec: ChainSpec,
}

/// Reads everything about a candidate up to the present.
pub(super) async fn history(client: &Client, id: Address) -> Result<History, Failure> {
    let Spec { hash, spec } = client.rpc().call("althing_chainSpec", json!([])).await?;
    let calendar = spec.calendar();
    let mut replay = Replay::genesis(id, &spec);
    let mut history = History {
        id,
        owner: Address::ZERO,
        reward: Address::ZERO,
        spec_hash: hash,
        facts: Facts { calendar, moments: BTreeMap::new(), votes: BTreeMap::new(), paid: BTreeMap::new() },
        payers: BTreeSet::new(),
        first_reward: Height::MAX,
        last_over: None,
    };
    let mut head = 0;
    for _ in 0..MAX_ROUNDS {
        let latest = client.height().await?;
        if latest.saturating_sub(head) <= if head == 0 { 0 } else { FRESH_BLOCKS } {
            break;
        }
        read_logs(client, &mut replay, &mut history, head.saturating_add(1), latest).await?;
        head = latest;
    }
    history.payers.append(&mut replay.owners);
    history.facts.moments = replay.moments;
    history.facts.votes = votes(client, &history.facts).await?;
    history.last_over = calendar.epoch_of(head.saturating_add(1)).checked_sub(1);
    check(client, &mut history, head).await?;
    Ok(history)
}

/// Reads the logs of a range of blocks, in parts that the node allows.
async fn read_logs(
    client: &Client,
    replay: &mut Replay,
    history: &mut History,
    first: Height,
    last: Height,
) -> Result<(), Failure> {
    let staking = Filter::new().address(SystemContract::Staking.address());
    let staking = staking.event_signature(Replay::EVENTS.to_vec());
    let rewards = Filter::new().address(SystemContract::Rewards.address());
    let rewards = rewards.event_signature(Rewards::Rewarded::SIGNATURE_HASH).topic2(history.id.into_word());
    let (mut next, mut span) = (first, LOG_SPAN);
    while next <= last {
        let end = last.min(next.saturating_add(span - 1));
        let found = match client.logs(&staking.clone().select(next..=end)).await {
            Ok(stakes) => client.logs(&rewards.clone().select(next..=end)).await.map(|paid| (stakes, paid)),
            Err(error) => Err(error),
        };
        let (stakes, paid) = match found {
            Ok(found) => found,
            Err(ClientError::Rpc { code: LIMIT_CODE, .. }) if span > 1 => {
                span /= 2;
                continue;
            }
            Err(ClientError::Rpc { code: PRUNED_CODE, message, .. }) => {
                return Err(Failure::new(
                    Exit::Network,
                    format!(
                        "{message}. Voters' votes are worked out from all logs since the first block: name such a node by --rpc; an archive is not needed"
                    ),
                ));
            }
            Err(error) => return Err(error.into()),
        };
        for log in stakes {
            let applied = replay.apply(log.block_number.unwrap_or(end), &log.inner);
            applied.map_err(|error| Failure::new(Exit::Failure, error.to_string()))?;
        }
        for log in paid {
            let height = log.block_number.unwrap_or(end);
            let decoded = Rewards::Rewarded::decode_log(&log.inner);
            history.note_reward(height, &decoded.map_err(|error| broken(&error.to_string()))?.data);
        }
        (next, span) = (end.saturating_add(1), span.saturating_mul(2).min(LOG_SPAN));
    }
    Ok(())
}

fn broken(what: &str) -> Failure {
    Failure::new(Exit::Failure, format!("the node's answers do not fit together: {what}"))
}

impl History {
    fn note_reward(&mut self, height: Height, log: &Rewards::Rewarded) {
        self.first_reward = self.first_reward.min(height);
        let paid: &mut Paid = self.facts.paid.entry(log.epoch).or_default();
        match paid.own.get_mut(usize::from(log.kind)) {
            Some(own) => {
                *own = own.saturating_add(log.amount);
                self.payers.insert(log.to);
            }
            None if log.kind == VOTERS => paid.to_voters = paid.to_voters.saturating_add(log.amount),
            None => {}
        }
    }
}

/// Asks the contract how many votes each stake has that the candidate ever had.
async fn votes(client: &Client, facts: &Facts) -> Result<BTreeMap<Stake, U256>, Failure> {
    let stakes: BTreeSet<Stake> =
        facts.moments.values().flatten().filter_map(|moment| moment.stake).collect();
    let stakes: Vec<Stake> = stakes.into_iter().collect();
    let question = |stake: &Stake| {
        let call = Staking::votesForCall {
            amount: stake.amount,
            duration: stake.days,
            autoStake: stake.is_auto,
            selfStake: stake.is_self_stake,
        };
        let request = TransactionRequest::default().to(SystemContract::Staking.address());
        let request = request.input(Bytes::from(call.abi_encode()).into());
        Call { method: "eth_call", params: json!([request, "latest"]) }
    };
    let mut votes = BTreeMap::new();
    for part in stakes.chunks(BATCH) {
        let calls: Vec<Call> = part.iter().map(question).collect();
        for (stake, answer) in part.iter().zip(client.rpc().batch(&calls).await?) {
            let output: Bytes =
                serde_json::from_value(answer?).map_err(|error| broken(&error.to_string()))?;
            let of = Staking::votesForCall::abi_decode_returns(&output);
            votes.insert(*stake, of.map_err(|error| broken(&error.to_string()))?);
        }
    }
    Ok(votes)
}

/// Compares what was replayed with what the contracts say at the same height: all votes, and those that earn.
async fn check(client: &Client, history: &mut History, head: Height) -> Result<(), Failure> {
    let candidate = history.id;
    let info =
        client.read_at(SystemContract::Staking, Staking::candidateInfoCall { id: candidate }, head).await?;
    let shares = client.read_at(SystemContract::Rewards, Rewards::sharesCall { candidate }, head).await?;
    (history.owner, history.reward) = (info.owner, info.reward);
    history.payers.extend([info.owner, info.reward].into_iter().filter(|account| !account.is_zero()));
    let calendar: Calendar = history.facts.calendar;
    let sum = |ranked, last| -> U256 {
        history.facts.earning(ranked, last).into_iter().map(|(_, _, votes)| votes).sum()
    };
    let elected_in = calendar.epoch_of(head).checked_sub(ELECTION_LEAD_EPOCHS);
    let earning = elected_in.map_or(U256::ZERO, |epoch| sum(calendar.ranking_block(epoch), head));
    for (what, replayed, told) in
        [("votes", sum(head, head), info.votes), ("votes that earn", earning, shares.earning)]
    {
        if replayed != told {
            return Err(broken(&format!(
                "at block {head} the candidate has {told} {what} by the contract and {replayed} by the logs. Nothing was paid; ask another node by --rpc"
            )));
        }
    }
    Ok(())
}

/// Adds the marked transfers of one account, by their places in the chain.
pub(super) async fn payments_of(
    client: &Client,
    payer: Address,
    since: Height,
    found: &mut BTreeMap<(Height, u64), Payment>,
) -> Result<(), Failure> {
    let mut before = 0;
    for _ in 0..MAX_PAGES {
        let page = match client.transactions_before(payer, before, PAGE).await {
            Err(ClientError::Rpc { code: NO_METHOD_CODE, .. }) => {
                return Err(Failure::new(
                    Exit::Network,
                    "what was paid is found by the `ots` methods, which this node does not serve: add \"ots\" to `namespaces` in the section `rpc` of your node's configuration and start it again, or name another node by --rpc",
                ));
            }
            page => page?,
        };
        for (tx, is_success) in &page.transactions {
            let place = (tx.block_number.unwrap_or_default(), tx.transaction_index.unwrap_or_default());
            let Some(memo) = Memo::parse(tx.inner.input()) else { continue };
            let Some(to) = tx.inner.to().filter(|_| *is_success && tx.inner.signer() == payer) else {
                continue;
            };
            let (hash, amount) = (*tx.inner.tx_hash(), tx.inner.value());
            found.insert(place, Payment { hash, to, amount, memo });
        }
        let oldest = page.transactions.iter().filter_map(|(tx, _)| tx.block_number).min();
        match oldest {
            Some(oldest) if !page.is_last && oldest >= since && oldest > 0 => before = oldest,
            _ => return Ok(()),
        }
    }
    Err(broken(&format!("{payer} has more than {} transactions", MAX_PAGES as u64 * PAGE)))
}
