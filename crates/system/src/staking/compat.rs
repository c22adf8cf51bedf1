//! Buckets and candidates in the tuples of IoTeX's interface, with its sentinels.

use super::{
    bucket::{Bucket, Endorsement},
    candidate::{Candidate, Text, decode_name},
};
use crate::{Host, SystemError};
use alloy_primitives::{Address, U256};
use althing_abi::Staking as abi;

/// What that interface says for "no self-stake" and "endorsed without end".
const NONE: u64 = u64::MAX;

fn time(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX)
}

pub(super) fn bucket((bucket, candidate): (Bucket, Address)) -> abi::Bucket {
    abi::Bucket {
        index: bucket.index,
        candidateAddress: candidate,
        stakedAmount: U256::from(bucket.amount),
        stakedDuration: bucket.days,
        createTime: time(bucket.created_at),
        stakeStartTime: time(bucket.staked_at),
        unstakeStartTime: time(bucket.unstaked.map_or(0, |unstaked| unstaked.at)),
        autoStake: bucket.is_auto,
        owner: bucket.owner,
    }
}

/// The fields of staking contracts are empty: all buckets are native.
pub(super) fn composite(entry: (Bucket, Address)) -> abi::CompositeBucket {
    let plain = bucket(entry);
    abi::CompositeBucket {
        index: plain.index,
        candidateAddress: plain.candidateAddress,
        stakedAmount: plain.stakedAmount,
        stakedDuration: plain.stakedDuration,
        createTime: plain.createTime,
        stakeStartTime: plain.stakeStartTime,
        unstakeStartTime: plain.unstakeStartTime,
        autoStake: plain.autoStake,
        owner: plain.owner,
        contractAddress: Address::ZERO,
        stakedDurationBlockNumber: 0,
        createBlockHeight: 0,
        stakeStartBlockHeight: 0,
        unstakeStartBlockHeight: 0,
    }
}

/// The endorsement's end is a time here, not a height.
pub(super) fn composite_v3(entry: (Bucket, Address)) -> abi::CompositeBucketV3 {
    let expires = match entry.0.endorsement {
        Endorsement::None => 0,
        Endorsement::Active => NONE,
        Endorsement::Ending(time) => time,
    };
    let plain = composite(entry);
    abi::CompositeBucketV3 {
        index: plain.index,
        candidateAddress: plain.candidateAddress,
        stakedAmount: plain.stakedAmount,
        stakedDuration: plain.stakedDuration,
        createTime: plain.createTime,
        stakeStartTime: plain.stakeStartTime,
        unstakeStartTime: plain.unstakeStartTime,
        autoStake: plain.autoStake,
        owner: plain.owner,
        contractAddress: plain.contractAddress,
        stakedDurationBlockNumber: plain.stakedDurationBlockNumber,
        createBlockHeight: plain.createBlockHeight,
        stakeStartBlockHeight: plain.stakeStartBlockHeight,
        unstakeStartBlockHeight: plain.unstakeStartBlockHeight,
        endorsementExpireBlockHeight: expires,
    }
}

/// A candidate; all zero when there is none.
pub(super) fn candidate(found: Option<&Candidate>) -> abi::Candidate {
    let Some(candidate) = found else { return zero_candidate() };
    abi::Candidate {
        ownerAddress: candidate.owner,
        operatorAddress: candidate.operator,
        rewardAddress: candidate.reward,
        name: decode_name(candidate.name),
        totalWeightedVotes: U256::from(candidate.votes),
        selfStakeBucketIdx: candidate.self_bucket.unwrap_or(NONE),
        selfStakingTokens: U256::from(candidate.self_stake),
    }
}

fn zero_candidate() -> abi::Candidate {
    abi::Candidate {
        ownerAddress: Address::ZERO,
        operatorAddress: Address::ZERO,
        rewardAddress: Address::ZERO,
        name: String::new(),
        totalWeightedVotes: U256::ZERO,
        selfStakeBucketIdx: 0,
        selfStakingTokens: U256::ZERO,
    }
}

pub(super) fn candidate_v3(found: Option<&Candidate>) -> abi::CandidateV3 {
    let plain = candidate(found);
    abi::CandidateV3 {
        ownerAddress: plain.ownerAddress,
        operatorAddress: plain.operatorAddress,
        rewardAddress: plain.rewardAddress,
        name: plain.name,
        totalWeightedVotes: plain.totalWeightedVotes,
        selfStakeBucketIdx: plain.selfStakeBucketIdx,
        selfStakingTokens: plain.selfStakingTokens,
        id: found.map(|candidate| candidate.id).unwrap_or_default(),
    }
}

pub(super) fn candidate_v4(
    host: &mut impl Host,
    found: Option<&Candidate>,
) -> Result<abi::CandidateV4, SystemError> {
    let plain = candidate_v3(found);
    let bls_key = match found {
        Some(candidate) => candidate.text(host, Text::BlsKey)?,
        None => Default::default(),
    };
    Ok(abi::CandidateV4 {
        ownerAddress: plain.ownerAddress,
        operatorAddress: plain.operatorAddress,
        rewardAddress: plain.rewardAddress,
        name: plain.name,
        totalWeightedVotes: plain.totalWeightedVotes,
        selfStakeBucketIdx: plain.selfStakeBucketIdx,
        selfStakingTokens: plain.selfStakingTokens,
        id: plain.id,
        blsPubKey: bls_key,
    })
}
