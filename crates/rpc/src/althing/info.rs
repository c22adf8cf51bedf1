//! Chain spec, epochs, committees and the node itself.

use crate::api::{Committee, CommitteeMember, GroupKey};
use crate::context::Call;
use crate::error::Fault;
use crate::registry::{Cost::Light, Param, Registry, may};
use alloy_primitives::{Address, B256, Bytes, U64};
use althing_primitives::{ChainSpec, OperatorKey};
use serde::Serialize;

const BLOCK: &[Param] = &[may("block", "Block")];
const EPOCH: &[Param] = &[may("epoch", "Quantity")];

pub(super) fn register(r: &mut Registry) {
    let about = "The network's definition, from which a node can be started, and its hash.";
    r.add(Light, "althing_chainSpec", &[], "Object", about, chain_spec);
    let about = "What the node is doing: synchronization, peers, consensus, oldest kept data.";
    r.add(Light, "althing_nodeStatus", &[], "Object", about, node_status);
    let about = "Epoch of a block (default: the latest): its number and its first and last block.";
    r.add(Light, "althing_epoch", BLOCK, "Object", about, epoch);
    let about =
        "Members, order of leaders and group key of an epoch (default: the present one); null if not known.";
    r.add(Light, "althing_committee", EPOCH, "Object", about, committee);
    let about = "The group keys since the chain's begin, each with the first epoch that it signs and the announcement that \
                 proves it (RLP list of header, seal in brief and certificate of the block that says it); null for the chain \
                 spec's key.";
    r.add(Light, "althing_groupKeys", &[], "Array", about, group_keys);
}

#[derive(Serialize)]
struct SpecJson {
    hash: B256,
    spec: ChainSpec,
}

async fn chain_spec(call: Call) -> Result<SpecJson, Fault> {
    let spec = call.api.chain_spec().clone();
    Ok(SpecJson { hash: spec.hash(), spec })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StatusJson {
    client_version: String,
    chain_id: U64,
    height: U64,
    hash: B256,
    time_ms: U64,
    syncing: Option<SyncJson>,
    peers: U64,
    operator: Option<OperatorKey>,
    consensus: Option<ConsensusJson>,
    oldest_block: U64,
    oldest_state: U64,
}

#[derive(Serialize)]
struct SyncJson {
    starting: U64,
    current: U64,
    highest: U64,
}

#[derive(Serialize)]
struct ConsensusJson {
    epoch: U64,
    view: U64,
    signing: bool,
}

async fn node_status(call: Call) -> Result<StatusJson, Fault> {
    let status = call.api.status().await;
    let latest = &call.api.latest().block;
    Ok(StatusJson {
        client_version: call.api.client_version(),
        chain_id: U64::from(call.api.chain_spec().chain_id),
        height: U64::from(latest.height()),
        hash: latest.hash(),
        time_ms: U64::from(latest.seal().time_ms),
        syncing: status.syncing.map(|s| SyncJson {
            starting: U64::from(s.starting),
            current: U64::from(s.current),
            highest: U64::from(s.highest),
        }),
        peers: U64::from(status.peers),
        operator: status.operator,
        consensus: status.consensus.map(|c| ConsensusJson {
            epoch: U64::from(c.epoch),
            view: U64::from(c.view),
            signing: c.signing,
        }),
        oldest_block: U64::from(status.oldest_block),
        oldest_state: U64::from(status.oldest_state),
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EpochJson {
    epoch: U64,
    first_height: U64,
    last_height: U64,
    /// Blocks of the epoch that are final.
    finalized: U64,
}

async fn epoch(mut call: Call) -> Result<EpochJson, Fault> {
    let block = call.args.block(0)?;
    let height = call.state_height(block).await?;
    let spec = call.api.chain_spec();
    let epoch = spec.epoch_of(height);
    let first = epoch.saturating_mul(spec.epoch_blocks);
    let last = first.saturating_add(spec.epoch_blocks - 1);
    let finalized = call.latest_height().min(last).saturating_sub(first) + 1;
    Ok(EpochJson {
        epoch: U64::from(epoch),
        first_height: U64::from(first),
        last_height: U64::from(last),
        finalized: U64::from(finalized),
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CommitteeJson {
    epoch: U64,
    first_height: U64,
    last_height: U64,
    key_id: U64,
    group_key: Bytes,
    members: Vec<MemberJson>,
    leaders: Vec<u64>,
    serves: bool,
    kept: bool,
}

#[derive(Serialize)]
struct MemberJson {
    name: String,
    operator: OperatorKey,
    reward: Address,
    candidate: Option<Address>,
}

async fn committee(mut call: Call) -> Result<Option<CommitteeJson>, Fault> {
    let present = call.api.chain_spec().epoch_of(call.latest_height());
    let epoch = call.args.optional_number(0)?.unwrap_or(present);
    let committee = call.api.committee(epoch).await?;
    Ok(committee.map(
        |Committee {
             epoch,
             first_height,
             last_height,
             key_id,
             group_key,
             members,
             leaders,
             serves,
             kept,
         }| {
            CommitteeJson {
                epoch: U64::from(epoch),
                first_height: U64::from(first_height),
                last_height: U64::from(last_height),
                key_id: U64::from(key_id),
                group_key,
                members: members.into_iter().map(member).collect(),
                leaders,
                serves,
                kept,
            }
        },
    ))
}

fn member(CommitteeMember { name, operator, reward, candidate }: CommitteeMember) -> MemberJson {
    MemberJson { name, operator, reward, candidate }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GroupKeyJson {
    key_id: U64,
    first_epoch: U64,
    group_key: Bytes,
    announcement: Option<Bytes>,
}

async fn group_keys(call: Call) -> Result<Vec<GroupKeyJson>, Fault> {
    let key = |GroupKey { id, first_epoch, key, announcement }| GroupKeyJson {
        key_id: U64::from(id),
        first_epoch: U64::from(first_epoch),
        group_key: key,
        announcement,
    };
    Ok(call.api.group_keys().into_iter().map(key).collect())
}
