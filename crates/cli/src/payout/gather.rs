//! Asking the node: a candidate's history from logs, and the payments that were made.
//!
//! Only logs, blocks and the present state are asked for, so any node that has replayed the chain will do. What was replayed
//! is compared with what the contracts say now: a node that lacks logs is found out before anybody is paid.

use super::due::{Facts, Paid};
use super::memo::Memo;
use super::statement::Payment;
use crate::history::{self, Replay, Stake, broken};
use crate::{Exit, failure::Failure};
use alloy_consensus::Transaction as _;
use alloy_primitives::U256;
use alloy_rpc_types_eth::Filter;
use alloy_sol_types::SolEvent;
use althing_abi::{Rewards, Staking, SystemContract};
use althing_client::{Client, ClientError};
use althing_primitives::calendar::ELECTION_LEAD_EPOCHS;
use althing_primitives::{Address, B256, Calendar, ChainSpec, Epoch, Height};
use serde::Deserialize;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// A node has the states of so many last blocks, whatever its configuration: what was read up to there can be checked.
const FRESH_BLOCKS: u64 = 8;
/// Times that the chain may grow by more than that while its logs are read.
const MAX_ROUNDS: usize = 32;
/// JSON-RPC's code for a method that is not served.
const NO_METHOD_CODE: i64 = -32601;
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

/// Reads the logs of a range of blocks.
async fn read_logs(
    client: &Client,
    replay: &mut Replay,
    history: &mut History,
    first: Height,
    last: Height,
) -> Result<(), Failure> {
    history::read(client, &Replay::filter(), first, last, |height, log| {
        replay.apply(height, &log.inner).map_err(|error| Failure::new(Exit::Failure, error.to_string()))
    })
    .await?;
    let rewards = Filter::new().address(SystemContract::Rewards.address());
    let rewards = rewards.event_signature(Rewards::Rewarded::SIGNATURE_HASH).topic2(history.id.into_word());
    history::read(client, &rewards, first, last, |height, log| {
        let decoded = Rewards::Rewarded::decode_log(&log.inner);
        history.note_reward(height, &decoded.map_err(|error| broken(&error.to_string()))?.data);
        Ok(())
    })
    .await
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
    let stakes = facts.moments.values().flatten().filter_map(|moment| moment.stake).collect();
    history::votes_of(client, stakes).await
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
