//! `althing chain epoch` and `althing chain committee`: who serves, why, and whether the node tells the truth about it.

use super::certificate::{Trust, certificate, told_seal};
use super::{invalid, proven};
use crate::report::{Report, table};
use crate::{Exit, amount, failure::Failure};
use alloy_primitives::{Address, B256, Bytes, U64};
use althing_abi::{Election, SystemContract};
use althing_client::Client;
use althing_light::{DrawSeed, fallback_seed, seed_of_beacon};
use althing_primitives::{Calendar, calendar::ELECTION_LEAD_EPOCHS};
use althing_system::election::drawn;
use serde::Deserialize;
use serde_json::{Value, json};
use std::path::Path;

/// The answer of `althing_epoch`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct EpochAnswer {
    epoch: U64,
    first_height: U64,
    last_height: U64,
    finalized: U64,
}

/// The answer of `althing_committee`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CommitteeAnswer {
    first_height: U64,
    last_height: U64,
    members: Vec<MemberAnswer>,
    leaders: Vec<usize>,
    serves: bool,
    kept: bool,
}

#[derive(Debug, Deserialize)]
struct MemberAnswer {
    name: String,
    operator: B256,
    reward: Address,
    candidate: Option<Address>,
}

/// The present epoch and the election in it.
pub(super) async fn epoch(client: &Client) -> Result<Report, Failure> {
    let answer: EpochAnswer = client.rpc().call("althing_epoch", json!(["latest"])).await?;
    let (epoch, first, last): (u64, u64, u64) =
        (answer.epoch.to(), answer.first_height.to(), answer.last_height.to());
    let finalized: u64 = answer.finalized.to();
    let calendar = Calendar { epoch_blocks: (last - first).saturating_add(1) };
    let target = epoch.saturating_add(ELECTION_LEAD_EPOCHS);
    let draw = client.read(SystemContract::Election, Election::drawCall { epoch: target }).await.ok();
    let election = match &draw {
        None => format!("ranking after block {}", calendar.ranking_block(epoch)),
        Some(draw) if !draw.complete => format!(
            "ranking fixed ({} delegates); seed is the beacon of view {}; draw after block {}",
            draw.delegates.len(),
            draw.seedView,
            calendar.draw_block(epoch)
        ),
        Some(draw) => format!("{} of {} delegates drawn", draw.drawn.len(), draw.delegates.len()),
    };
    let json = json!({
        "epoch": epoch.to_string(), "first_height": first.to_string(), "last_height": last.to_string(),
        "finalized": finalized.to_string(), "elects_epoch": target.to_string(),
        "ranking_height": calendar.ranking_block(epoch).to_string(),
        "draw_height": calendar.draw_block(epoch).to_string(),
        "drawn": draw.is_some_and(|draw| draw.complete),
    });
    Ok(Report::facts(
        json,
        &[
            ("epoch", epoch.to_string()),
            ("blocks", format!("{first} to {last}, {finalized} of them final")),
            ("elects", format!("epoch {target}: {election}")),
        ],
    ))
}

/// The committee of an epoch as the node tells.
pub(super) async fn committee(client: &Client, epoch: u64) -> Result<Report, Failure> {
    let answer: Option<CommitteeAnswer> =
        client.rpc().call("althing_committee", json!([U64::from(epoch)])).await?;
    let answer = answer.ok_or_else(|| unknown(epoch))?;
    let state = match (answer.serves, answer.kept) {
        (false, _) => "drawn; gets its key shares in the epoch before",
        (true, false) => "holds the key shares",
        (true, true) => "serves on: the drawn committee got no key shares in time",
    };
    let turn = |place: usize| answer.leaders.iter().position(|leader| *leader == place);
    let row = |(place, member): (usize, &MemberAnswer)| {
        let who = member.candidate.map_or("bootstrap delegate".into(), |id| id.to_string());
        let turn = turn(place).map_or("-".into(), |turn| (turn + 1).to_string());
        vec![turn, member.name.clone(), member.operator.to_string(), who, member.reward.to_string()]
    };
    let rows = answer.members.iter().enumerate().map(row);
    let members = answer.members.iter().enumerate().map(|(place, member)| {
        json!({ "name": member.name, "operator": member.operator, "candidate": member.candidate,
                "reward": member.reward, "turn": turn(place).map(|turn| turn + 1) })
    });
    let json = json!({
        "epoch": epoch.to_string(), "serves": answer.serves, "kept": answer.kept,
        "first_height": answer.first_height.to_string(), "last_height": answer.last_height.to_string(),
        "members": members.collect::<Vec<_>>(),
    });
    let header = format!("epoch {epoch}, blocks {} to {}: {state}", answer.first_height, answer.last_height);
    let text =
        format!("{header}\n\n{}", table(&["turn", "name", "operator", "candidate", "reward account"], rows));
    Ok(Report::new(json, text))
}

fn unknown(epoch: u64) -> Failure {
    let reason =
        format!("epoch {epoch} has no drawn committee on this node: it is too far ahead, or forgotten");
    Failure::new(Exit::NotFound, reason)
}

/// What a draw is replayed from.
struct Facts {
    chain_id: u64,
    draw: Election::Draw,
    /// The beacon in the seal of the block that revealed the seed.
    beacon: Option<Bytes>,
}

/// Replays a draw from public data; with a chain spec, from proven data.
pub(super) async fn explain(client: &Client, epoch: u64, genesis: Option<&Path>) -> Result<Report, Failure> {
    let draw = client.read(SystemContract::Election, Election::drawCall { epoch }).await;
    let draw = draw.map_err(|_| unknown(epoch))?;
    if !draw.complete {
        return Err(unknown(epoch));
    }
    let trust = match genesis {
        Some(genesis) => Some(Trust::load(client, genesis).await?),
        None => None,
    };
    let chain_id = client.chain_id().await?;
    if let Some(spec) = trust.as_ref().map(|trust| &trust.spec).filter(|spec| spec.chain_id != chain_id) {
        let reason =
            format!("NOT PROVEN: the node is of chain {chain_id}, the chain spec of {}", spec.chain_id);
        return Err(invalid(reason));
    }
    let beacon = match draw.fallbackSeed {
        true => None,
        false => Some(beacon_of(client, trust.as_ref(), draw.seedHeight).await?),
    };
    let facts = Facts { chain_id, draw, beacon };
    let proven = match &trust {
        None => None,
        Some(trust) => Some(prove(client, trust, &facts).await?),
    };
    replay(&facts, proven)
}

/// The beacon that a block's seal carries; with something to trust, the block is proven final.
async fn beacon_of(client: &Client, trust: Option<&Trust>, height: u64) -> Result<Bytes, Failure> {
    let seal = match trust {
        Some(trust) => certificate(client, trust, height).await?.seal,
        None => told_seal(client, height).await?,
    };
    Ok(seal.election)
}

/// Checks what the node said of a draw against proven slots, and the beacon against the group key. Returns the number of
/// slots proven.
async fn prove(client: &Client, trust: &Trust, facts: &Facts) -> Result<usize, Failure> {
    let draw = &facts.draw;
    let epoch = draw.epoch;
    let (found, slots) = proven::answer(client, trust, |host| drawn(host, epoch)).await?;
    let found =
        found.ok_or_else(|| invalid(format!("NOT PROVEN: no draw of epoch {epoch} is in the state")))?;
    let delegates = draw.delegates.iter().map(|delegate| (delegate.operatorKey, delegate.endpoint.clone()));
    let same = found.seed == draw.seed
        && found.seed_height == (!draw.fallbackSeed).then_some(draw.seedHeight)
        && found.seed_view == draw.seedView
        && found.places == draw.drawn
        && found.delegates.iter().map(|(key, endpoint)| (*key, endpoint.to_string())).eq(delegates);
    if !same {
        return Err(invalid(format!(
            "THE NODE LIES: its state has another draw of epoch {epoch} than it tells"
        )));
    }
    if let Some(beacon) = &facts.beacon {
        let round = (epoch.saturating_sub(ELECTION_LEAD_EPOCHS), draw.seedView);
        if !trust.keys.verify_beacon(round, beacon) {
            return Err(invalid("NOT PROVEN: the beacon is not the group's signature of its view".into()));
        }
    } else if epoch < ELECTION_LEAD_EPOCHS && draw.seed != fallback_seed(trust.spec.hash(), epoch) {
        return Err(invalid("NOT PROVEN: the seed of a first epoch must follow from the chain spec".into()));
    }
    Ok(slots)
}

/// Shows each step, computed here.
fn replay(facts: &Facts, proven: Option<usize>) -> Result<Report, Failure> {
    let Facts { chain_id, draw, beacon } = facts;
    if let Some(beacon) = beacon
        && seed_of_beacon(beacon) != draw.seed
    {
        return Err(invalid("THE NODE LIES: the seed is not the hash of the beacon".into()));
    }
    let of = DrawSeed { chain_id: *chain_id, epoch: draw.epoch, seed: draw.seed };
    let genesis = draw.rankingHeight == 0;
    let places: Vec<u64> = match genesis {
        true => (0..draw.delegates.len() as u64).collect(),
        false => of.committee(draw.delegates.len(), draw.drawn.len()).iter().map(|p| *p as u64).collect(),
    };
    if places != draw.drawn {
        return Err(invalid(format!(
            "THE NODE LIES: the seed draws {places:?} of the delegates, it says {:?}",
            draw.drawn
        )));
    }
    let name = |place: u64| draw.delegates.get(place as usize).map_or("?", |d| d.name.as_str());
    let mut members: Vec<_> = places.iter().filter_map(|place| draw.delegates.get(*place as usize)).collect();
    members.sort_by_key(|member| member.operatorKey);
    let leaders: Vec<&str> = of
        .leaders(members.len())
        .into_iter()
        .filter_map(|place| Some(members.get(place)?.name.as_str()))
        .collect();
    let mut steps = steps_of_ranking(draw, genesis);
    steps.push(("seed", seed_step(draw, beacon.as_ref())));
    let names: Vec<_> = places.iter().map(|place| name(*place)).collect();
    steps.push(("draw", format!("{} of {}: {}", places.len(), draw.delegates.len(), names.join(", "))));
    steps.push(("leaders", format!("{} (view 1, 2, …; should they get key shares)", leaders.join(", "))));
    steps.push(match proven {
        None => ("verified", "replayed here from what the node says; --verify proves it".into()),
        Some(slots) => {
            ("verified", format!("yes: the node told the truth ({slots} values of the state proven)"))
        }
    });
    let json = json!({
        "epoch": draw.epoch.to_string(), "verified": proven.is_some(), "ranking_height": draw.rankingHeight.to_string(),
        "seed_view": draw.seedView.to_string(), "seed_height": draw.seedHeight.to_string(), "seed": draw.seed,
        "fallback_seed": draw.fallbackSeed, "beacon": beacon, "delegates": delegates_json(draw),
        "drawn": places, "leaders": leaders,
    });
    Ok(Report::facts(json, &steps))
}

fn steps_of_ranking(draw: &Election::Draw, genesis: bool) -> Vec<(&'static str, String)> {
    let row = |delegate: &Election::Delegate| match delegate.candidate.is_zero() {
        true => format!("{} (bootstrap)", delegate.name),
        false => format!("{} ({})", delegate.name, amount::format(delegate.votes)),
    };
    let delegates: Vec<_> = draw.delegates.iter().map(row).collect();
    let ranking = match genesis {
        true => "none: the bootstrap delegates of the chain spec serve before the first election".into(),
        false => format!(
            "fixed after block {}, three epochs ahead; {} seats open to elected candidates",
            draw.rankingHeight, draw.openSeats
        ),
    };
    vec![("epoch", draw.epoch.to_string()), ("ranking", ranking), ("delegates", delegates.join(", "))]
}

fn seed_step(draw: &Election::Draw, beacon: Option<&Bytes>) -> String {
    let by = draw.epoch.saturating_sub(ELECTION_LEAD_EPOCHS);
    match beacon {
        Some(_) => format!(
            "{} = SHA-256 of the beacon of view {} of epoch {by}, announced with the ranking, carried by block {}",
            draw.seed, draw.seedView, draw.seedHeight
        ),
        None => format!("{}, derived from the seed before: no block carried the beacon in time", draw.seed),
    }
}

fn delegates_json(draw: &Election::Draw) -> Vec<Value> {
    let row = |delegate: &Election::Delegate| {
        json!({ "name": delegate.name, "operator": delegate.operatorKey, "candidate": delegate.candidate,
                "votes": delegate.votes.to_string(), "endpoint": delegate.endpoint })
    };
    draw.delegates.iter().map(row).collect()
}
