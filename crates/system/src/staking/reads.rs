//! What can be asked of buckets and candidates, page by page.

use super::{
    bucket::{Bucket, of_candidate, of_owner},
    candidate::{Candidate, Exit, Text, decode_name},
    refused, storage as at,
};
use crate::{Host, SystemError};
use alloy_primitives::{Address, U256};
use althing_abi::Staking::{CandidateInfo, TooMany};

/// Most items of a page; a longer page is cut.
const MAX_PAGE: u32 = 1_000;

/// Which buckets are asked for.
#[derive(Clone, Debug)]
pub(super) enum Which {
    /// A page of all.
    All(u32, u32),
    /// A page of those that vote for a candidate.
    Candidate(String, u32, u32),
    /// A page of an owner's.
    Owner(Address, u32, u32),
    /// Those with these numbers; unknown ones are left out.
    Indexes(Vec<u64>),
}

/// Buckets with the id of the candidate that each votes for.
pub(super) fn buckets(host: &mut impl Host, which: Which) -> Result<Vec<(Bucket, Address)>, SystemError> {
    let page = |offset: u32, limit: u32| (u64::from(offset), u64::from(limit.min(MAX_PAGE)));
    let indexes = match which {
        Which::All(offset, limit) => {
            let (offset, limit) = page(offset, limit);
            at::BUCKETS.page(host, offset, limit)?
        }
        Which::Candidate(name, offset, limit) => {
            let Some(candidate) = Candidate::find_named(host, &name)? else { return Ok(Vec::new()) };
            let (offset, limit) = page(offset, limit);
            of_candidate(host, candidate.number)?.page(host, offset, limit)?
        }
        Which::Owner(owner, offset, limit) => {
            let (offset, limit) = page(offset, limit);
            of_owner(host, owner)?.page(host, offset, limit)?
        }
        Which::Indexes(indexes) if indexes.len() > MAX_PAGE as usize => {
            return Err(refused(TooMany { count: U256::from(indexes.len()), most: U256::from(MAX_PAGE) }));
        }
        Which::Indexes(indexes) => indexes,
    };
    let mut found = Vec::with_capacity(indexes.len());
    for index in indexes {
        if let Some(bucket) = Bucket::find(host, index)? {
            let id = Candidate::id_of(host, bucket.candidate)?;
            found.push((bucket, id));
        }
    }
    Ok(found)
}

/// A page of candidates in order of their registration.
pub(super) fn candidates(
    host: &mut impl Host,
    offset: u32,
    limit: u32,
) -> Result<Vec<Candidate>, SystemError> {
    let first = u64::from(offset).saturating_add(1);
    let end = first.saturating_add(u64::from(limit.min(MAX_PAGE)));
    let last = at::LAST_CANDIDATE.get(host)?;
    (first..end.min(last.saturating_add(1))).map(|number| Candidate::load(host, number)).collect()
}

/// Everything about a candidate.
pub(super) fn info(host: &mut impl Host, id: Address) -> Result<CandidateInfo, SystemError> {
    let candidate = Candidate::by_id(host, id)?;
    let mut text = |which| -> Result<String, SystemError> {
        Ok(String::from_utf8_lossy(&candidate.text(host, which)?).into_owned())
    };
    let (endpoint, website, contact) = (text(Text::Endpoint)?, text(Text::Website)?, text(Text::Contact)?);
    let leave_epoch = if let Exit::Scheduled(epoch) = candidate.exit { Some(epoch) } else { None };
    Ok(CandidateInfo {
        id,
        name: decode_name(candidate.name),
        owner: candidate.owner,
        pendingOwner: candidate.pending_owner,
        reward: candidate.reward,
        operatorKey: candidate.operator_key,
        endpoint,
        website,
        contact,
        planHash: candidate.plan_hash(host)?,
        votes: U256::from(candidate.votes),
        selfStake: U256::from(candidate.self_stake),
        hasSelfStake: candidate.self_bucket.is_some(),
        selfStakeBucket: candidate.self_bucket.unwrap_or_default(),
        registeredAt: candidate.registered_at,
        leaving: candidate.exit != Exit::No,
        leaveScheduled: leave_epoch.is_some(),
        leaveEpoch: leave_epoch.unwrap_or_default(),
        jailedUntil: candidate.jailed_until,
        bucketCount: of_candidate(host, candidate.number)?.len(host)?,
    })
}
