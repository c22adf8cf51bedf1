//! Asking the node for what a recount needs: logs, times of blocks, and weights of stakes. No old state.

use super::count::{Ballots, Rules, Said, Told, Weights};
use crate::gov::{ask, show};
use crate::history::{self, Replay, Stake, broken};
use crate::{Exit, failure::Failure};
use alloy_primitives::U256;
use alloy_rpc_types_eth::{Filter, Log};
use alloy_sol_types::SolEvent;
use althing_abi::{
    GOVERNANCE,
    Governance::{Pledged, Proposal, VoteCast, VoteCastWithParams, getPastTotalSupplyCall, proposalCall},
    Params::Changed,
    SystemContract,
};
use althing_client::Client;
use althing_primitives::{Address, ChainSpec, Height, Param};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeSet;

/// Blocks of one second, at most, that are looked at for the last one before it.
const MAX_BLOCKS_OF_A_SECOND: u64 = 10_000;

#[derive(Deserialize)]
struct Spec {
    spec: ChainSpec,
}

/// A moment whose votes count: its last second, and the last block that was made by then.
#[derive(Clone, Copy, Debug)]
pub(super) struct Snapshot {
    pub(super) time: u64,
    /// None when it is before the first block.
    pub(super) height: Option<Height>,
}

/// Everything that a recount is made of.
pub(super) struct Evidence {
    pub(super) snapshots: Vec<Snapshot>,
    pub(super) weights: [Weights; 2],
    pub(super) ballots: Ballots,
    pub(super) rules: Rules,
    pub(super) told: Told,
}

/// Asks for all of it.
pub(super) async fn evidence(client: &Client, number: u64) -> Result<Evidence, Failure> {
    let proposal = show::find(client, number).await?;
    let Spec { spec } = client.rpc().call("althing_chainSpec", json!([])).await?;
    let mut snapshots = vec![snapshot(client, proposal.submittedAt, proposal.submittedHeight).await?];
    if proposal.openedAt != 0 {
        snapshots.push(snapshot(client, proposal.openedAt, proposal.openedHeight).await?);
    }
    let weights = weights(client, &spec, &snapshots).await?;
    let rules = rules(client, &spec, proposal.submittedHeight).await?;
    let head = client.height().await?;
    let ballots = ballots(client, &proposal, head).await?;
    let proposal = client.read_at(SystemContract::Governance, proposalCall { number }, head).await?;
    if (proposal.openedAt != 0) != (snapshots.len() == 2) {
        return Err(Failure::new(Exit::Failure, "the vote began while it was counted: count again"));
    }
    let mut all = [U256::ZERO; 2];
    for (all, snapshot) in all.iter_mut().zip(&snapshots) {
        *all = ask(client, getPastTotalSupplyCall { timepoint: U256::from(snapshot.time) }).await?;
    }
    Ok(Evidence { snapshots, weights, ballots, rules, told: Told { proposal, all } })
}

/// The end of the second before a block's.
async fn snapshot(client: &Client, time: u64, height: Height) -> Result<Snapshot, Failure> {
    let time = time.saturating_sub(1);
    for height in (height.saturating_sub(MAX_BLOCKS_OF_A_SECOND)..height).rev() {
        let block = client.block(height).await?.ok_or_else(|| {
            Failure::new(
                Exit::Network,
                format!("the node does not have block {height}: name another by --rpc"),
            )
        })?;
        if block.header.timestamp <= time {
            return Ok(Snapshot { time, height: Some(height) });
        }
    }
    match height {
        0..=MAX_BLOCKS_OF_A_SECOND => Ok(Snapshot { time, height: None }),
        _ => Err(broken(&format!(
            "{MAX_BLOCKS_OF_A_SECOND} blocks before {height} are later than second {time}"
        ))),
    }
}

/// Votes of all accounts at the snapshots, by their buckets.
async fn weights(client: &Client, spec: &ChainSpec, snapshots: &[Snapshot]) -> Result<[Weights; 2], Failure> {
    // Whose buckets vote for whom makes no difference here.
    let mut replay = Replay::genesis(Address::ZERO, spec);
    let mut stakes: [Vec<(Address, Stake)>; 2] = Default::default();
    let mut next = 1;
    for (stakes, snapshot) in stakes.iter_mut().zip(snapshots) {
        let Some(height) = snapshot.height else { continue };
        history::read(client, &Replay::filter(), next, height, |height, log| {
            let applied = replay.apply(height, &log.inner);
            applied.map_err(|error| Failure::new(Exit::Failure, error.to_string()))
        })
        .await?;
        next = height.saturating_add(1);
        stakes.extend(replay.stakes());
    }
    let different: BTreeSet<Stake> = stakes.iter().flatten().map(|(_, stake)| *stake).collect();
    let votes = history::votes_of(client, different).await?;
    Ok(stakes.map(|stakes| {
        let votes_of = |stake| votes.get(&stake).copied().unwrap_or_default();
        Weights::sum(stakes.into_iter().map(|(owner, stake)| (owner, votes_of(stake))))
    }))
}

/// Parts that were in force in a block: the chain spec's, and what was changed before.
async fn rules(client: &Client, spec: &ChainSpec, height: Height) -> Result<Rules, Failure> {
    let [mut support, mut quorum] = [Param::SupportBps, Param::QuorumBps]
        .map(|param| (param.entry().name, U256::from(spec.params.get(param))));
    let filter = Filter::new().address(SystemContract::Params.address());
    let filter = filter.event_signature(Changed::SIGNATURE_HASH);
    history::read(client, &filter, 1, height.saturating_sub(1), |_, log| {
        let changed = Changed::decode_log(&log.inner).map_err(|error| broken(&error.to_string()))?.data;
        for (name, value) in [&mut support, &mut quorum] {
            if changed.name == *name {
                *value = changed.value;
            }
        }
        Ok(())
    })
    .await?;
    Ok(Rules { support_bps: support.1, quorum_bps: quorum.1 })
}

/// What accounts said up to a block.
async fn ballots(client: &Client, proposal: &Proposal, last: Height) -> Result<Ballots, Failure> {
    let mut ballots = Ballots::new();
    let filter = Filter::new().address(GOVERNANCE).event_signature(vec![
        Pledged::SIGNATURE_HASH,
        VoteCast::SIGNATURE_HASH,
        VoteCastWithParams::SIGNATURE_HASH,
    ]);
    history::read(client, &filter, proposal.submittedHeight, last, |_, log| {
        note(&mut ballots, proposal, log).map_err(|error| broken(&error.to_string()))
    })
    .await?;
    Ok(ballots)
}

/// Takes note of a log, if it is of the proposal.
pub(super) fn note(ballots: &mut Ballots, of: &Proposal, log: &Log) -> Result<(), alloy_sol_types::Error> {
    let (id, account, choice, logged) = match log.topic0() {
        Some(&Pledged::SIGNATURE_HASH) => {
            let Pledged { number, account, kind, votes } = Pledged::decode_log(&log.inner)?.data;
            if number == of.number {
                ballots.entry(account).or_default().pledge = Some(Said { choice: kind, logged: votes });
            }
            return Ok(());
        }
        Some(&VoteCast::SIGNATURE_HASH) => {
            let cast = VoteCast::decode_log(&log.inner)?.data;
            (cast.proposalId, cast.voter, cast.support, cast.weight)
        }
        Some(&VoteCastWithParams::SIGNATURE_HASH) => {
            let cast = VoteCastWithParams::decode_log(&log.inner)?.data;
            (cast.proposalId, cast.voter, cast.support, cast.weight)
        }
        _ => return Ok(()),
    };
    if id == of.id {
        ballots.entry(account).or_default().vote = Some(Said { choice, logged });
    }
    Ok(())
}
