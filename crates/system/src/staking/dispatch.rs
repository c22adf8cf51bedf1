//! The calls of `Staking`, one arm each: writes here, reads in `answer`.

use super::{
    bucket::{Bucket, Endorsement},
    candidate::{Candidate, Exit},
    change, collect, compat,
    create::{self, Terms},
    leave, rau, reads,
    reads::Which,
    refused, register,
    register::{Operator, Profile, Registration},
    self_stake, storage as at, unstake,
    weight::{Stake, votes},
};
use crate::{Host, SystemError, host::CallResult, params};
use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::SolCall;
use althing_abi::Staking::{self as abi, AmountTooSmall, StakingCalls as Calls};
use althing_primitives::Param;

/// Whether coins may be sent along.
pub(crate) fn is_payable(call: &Calls) -> bool {
    matches!(
        call,
        Calls::candidateRegisterWithBLS(_)
            | Calls::registerCandidate(_)
            | Calls::stake(_)
            | Calls::deposit(_)
    )
}

pub(crate) fn dispatch(host: &mut impl Host, call: Calls) -> CallResult {
    match call {
        Calls::createStake(c) => {
            let amount = rau(c.amount)?;
            collect(host, amount)?;
            stake(host, &c.candName, Terms { amount, days: c.duration, is_auto: c.autoStake }).map(drop)
        }
        Calls::stake(c) => {
            let amount = rau(host.call().value)?;
            let terms = Terms { amount, days: c.duration, is_auto: c.autoStake };
            let bucket = stake(host, &c.candName, terms)?;
            return Ok(abi::stakeCall::abi_encode_returns(&bucket.index).into());
        }
        Calls::depositToStake(c) => {
            let amount = rau(c.amount)?;
            collect(host, amount)?;
            deposit(host, c.bucketIndex, amount)
        }
        Calls::deposit(c) => {
            let amount = rau(host.call().value)?;
            deposit(host, c.bucketIndex, amount)
        }
        Calls::mergeStake(c) => create::merge(host, c.into, &c.from),
        Calls::changeCandidate(c) => change::change_candidate(host, c.bucketIndex, &c.candName),
        Calls::restake(c) => change::restake(host, c.bucketIndex, c.duration, c.autoStake),
        Calls::transferStake(c) => change::transfer(host, c.bucketIndex, c.voterAddress),
        Calls::unstake(c) => unstake::unstake(host, c.bucketIndex),
        Calls::withdrawStake(c) => unstake::withdraw(host, c.bucketIndex),
        Calls::migrateStake(_) => Err(refused(abi::NothingToMigrate {})),
        Calls::candidateActivate(c) => self_stake::activate(host, c.bucketIndex),
        Calls::endorseCandidate(c) => self_stake::endorse(host, c.bucketIndex),
        Calls::intentToRevokeEndorsement(c) => self_stake::begin_revocation(host, c.bucketIndex),
        Calls::revokeEndorsement(c) => self_stake::revoke(host, c.bucketIndex),
        Calls::candidateEndorsement(c) => endorsement(host, c.bucketIndex, c.endorse),
        Calls::requestCandidateDeactivation(_) => leave::request(host),
        Calls::cancelCandidateDeactivation(_) => Err(refused(abi::CannotCancel {})),
        Calls::confirmCandidateDeactivation(_) => leave::confirm(host),
        Calls::candidateTransferOwnership(c) => register::offer(host, c.newOwner),
        Calls::acceptCandidateOwnership(c) => register::accept(host, c.id),
        Calls::candidateUpdate(c) => register::update(host, c.name, c.operatorAddress, c.rewardAddress, None),
        Calls::candidateUpdateWithBLS(c) => {
            register::update(host, c.name, c.operatorAddress, c.rewardAddress, Some(c.blsPubKey))
        }
        Calls::setOperatorKey(c) => register::set_operator_key(host, c.operatorKey, &c.operatorProof),
        Calls::setProfile(c) => {
            let (endpoint, website, contact) = (c.endpoint, c.website, c.contact);
            register::set_profile(host, Profile { endpoint, website, contact, plan_hash: c.planHash })
        }
        Calls::candidateRegister(_) | Calls::candidateRegisterWithBLS(_) | Calls::registerCandidate(_) => {
            register(host, call)
        }
        read => return answer(host, read),
    }?;
    Ok(Bytes::new())
}

fn stake(host: &mut impl Host, name: &str, terms: Terms) -> Result<Bucket, SystemError> {
    let candidate = Candidate::named(host, name)?;
    let owner = host.call().caller;
    create::create(host, owner, &candidate, terms)
}

fn deposit(host: &mut impl Host, index: u64, amount: u128) -> Result<(), SystemError> {
    let payer = host.call().caller;
    create::deposit(host, index, amount, payer)
}

/// IoTeX's older form: the first `false` begins the revocation, the second completes it.
fn endorsement(host: &mut impl Host, index: u64, endorse: bool) -> Result<(), SystemError> {
    if endorse {
        return self_stake::endorse(host, index);
    }
    match Bucket::load(host, index)?.endorsement {
        Endorsement::Ending(_) => self_stake::revoke(host, index),
        _ => self_stake::begin_revocation(host, index),
    }
}

/// The three ways to register differ in who pays how and in what is said of the node.
fn register(host: &mut impl Host, call: Calls) -> Result<(), SystemError> {
    let fee = params::get(host, Param::RegistrationFee)?;
    let terms = |amount, days, is_auto| (amount != 0).then_some(Terms { amount, days, is_auto });
    let registration = match call {
        Calls::candidateRegister(c) => {
            let amount = rau(c.amount)?;
            collect(host, amount)?;
            collect(host, fee)?;
            Registration {
                name: c.name,
                operator: Operator::Address(c.operatorAddress),
                reward: c.rewardAddress,
                owner: c.ownerAddress,
                endpoint: String::new(),
                bls_key: Bytes::new(),
                terms: terms(amount, c.duration, c.autoStake),
            }
        }
        // The coins sent are the self-stake; the fee is taken besides, as that interface's tools expect.
        Calls::candidateRegisterWithBLS(c) => {
            let amount = rau(host.call().value)?;
            collect(host, fee)?;
            Registration {
                name: c.name,
                operator: Operator::Address(c.operatorAddress),
                reward: c.rewardAddress,
                owner: c.ownerAddress,
                endpoint: String::new(),
                bls_key: c.blsPubKey,
                terms: terms(amount, c.duration, c.autoStake),
            }
        }
        Calls::registerCandidate(c) => {
            let sent = rau(host.call().value)?;
            let (amount, least) = (U256::from(sent), U256::from(fee));
            let self_stake =
                sent.checked_sub(fee).ok_or_else(|| refused(AmountTooSmall { amount, least }))?;
            Registration {
                name: c.name,
                operator: Operator::Key(c.operatorKey, c.operatorProof),
                reward: c.reward,
                owner: c.owner,
                endpoint: c.endpoint,
                bls_key: Bytes::new(),
                terms: terms(self_stake, c.duration, c.autoStake),
            }
        }
        _ => {
            return Err(SystemError::Fatal(
                "a call that registers nobody was taken for a registration".into(),
            ));
        }
    };
    register::register(host, registration)
}

/// Encodes what a read gives.
macro_rules! give {
    ($call:ident, $value:expr) => {
        Ok(abi::$call::abi_encode_returns(&$value).into())
    };
}

fn answer(host: &mut impl Host, call: Calls) -> CallResult {
    match call {
        Calls::bucketsCount(_) => {
            let (total, active) = count(host)?;
            give!(bucketsCountCall, abi::bucketsCountReturn { total, active })
        }
        Calls::compositeBucketsCount(_) => {
            let (total, active) = count(host)?;
            give!(compositeBucketsCountCall, abi::compositeBucketsCountReturn { total, active })
        }
        Calls::totalStakingAmount(_) => {
            give!(totalStakingAmountCall, U256::from(at::TOTAL_STAKED.get(host)?))
        }
        Calls::compositeTotalStakingAmount(_) => {
            give!(compositeTotalStakingAmountCall, U256::from(at::TOTAL_STAKED.get(host)?))
        }
        Calls::totalVotes(_) => give!(totalVotesCall, U256::from(at::TOTAL_VOTES.get(host)?)),
        Calls::candidatesCount(_) => give!(candidatesCountCall, at::LAST_CANDIDATE.get(host)?),
        Calls::votesOfBucket(c) => {
            give!(votesOfBucketCall, U256::from(Bucket::load(host, c.bucketIndex)?.votes()))
        }
        Calls::votesFor(c) => {
            let (amount, days) = (rau(c.amount)?, c.duration);
            let stake = Stake { amount, days, is_auto: c.autoStake, is_self_stake: c.selfStake };
            give!(votesForCall, U256::from(votes(stake)))
        }
        Calls::contractStakeBucketTypes(_) => {
            give!(contractStakeBucketTypesCall, Vec::<abi::BucketType>::new())
        }
        Calls::candidateInfo(c) => give!(candidateInfoCall, reads::info(host, c.id)?),
        Calls::candidateDeactivation(c) => deactivation(host, c.id),
        other => listed(host, other),
    }
}

fn count(host: &mut impl Host) -> Result<(u64, u64), SystemError> {
    Ok((at::NEXT_BUCKET.get(host)?, at::BUCKETS.len(host)?))
}

/// IoTeX's "block number" is the epoch of the leave here.
fn deactivation(host: &mut impl Host, id: Address) -> CallResult {
    let (requested, epoch) = match Candidate::by_id(host, id)?.exit {
        Exit::No => (false, 0),
        Exit::Requested => (true, 0),
        Exit::Scheduled(epoch) => (true, epoch),
    };
    give!(candidateDeactivationCall, abi::candidateDeactivationReturn { requested, blockNumber: epoch })
}

/// The lists and look-ups, each in three generations of tuples.
fn listed(host: &mut impl Host, call: Calls) -> CallResult {
    match call {
        Calls::buckets(c) => give!(bucketsCall, plain(host, Which::All(c.offset, c.limit))?),
        Calls::bucketsByCandidate(c) => {
            give!(bucketsByCandidateCall, plain(host, Which::Candidate(c.candName, c.offset, c.limit))?)
        }
        Calls::bucketsByVoter(c) => {
            give!(bucketsByVoterCall, plain(host, Which::Owner(c.voter, c.offset, c.limit))?)
        }
        Calls::bucketsByIndexes(c) => give!(bucketsByIndexesCall, plain(host, Which::Indexes(c.index))?),
        Calls::compositeBuckets(c) => {
            give!(compositeBucketsCall, composite(host, Which::All(c.offset, c.limit))?)
        }
        Calls::compositeBucketsByCandidate(c) => {
            let which = Which::Candidate(c.candName, c.offset, c.limit);
            give!(compositeBucketsByCandidateCall, composite(host, which)?)
        }
        Calls::compositeBucketsByVoter(c) => {
            give!(compositeBucketsByVoterCall, composite(host, Which::Owner(c.voter, c.offset, c.limit))?)
        }
        Calls::compositeBucketsByIndexes(c) => {
            give!(compositeBucketsByIndexesCall, composite(host, Which::Indexes(c.index))?)
        }
        Calls::compositeBucketsV3(c) => {
            give!(compositeBucketsV3Call, composite_v3(host, Which::All(c.offset, c.limit))?)
        }
        Calls::compositeBucketsByCandidateV3(c) => {
            let which = Which::Candidate(c.candName, c.offset, c.limit);
            give!(compositeBucketsByCandidateV3Call, composite_v3(host, which)?)
        }
        Calls::compositeBucketsByVoterV3(c) => {
            give!(
                compositeBucketsByVoterV3Call,
                composite_v3(host, Which::Owner(c.voter, c.offset, c.limit))?
            )
        }
        Calls::compositeBucketsByIndexesV3(c) => {
            give!(compositeBucketsByIndexesV3Call, composite_v3(host, Which::Indexes(c.index))?)
        }
        other => candidates(host, other),
    }
}

fn plain(host: &mut impl Host, which: Which) -> Result<Vec<abi::Bucket>, SystemError> {
    Ok(reads::buckets(host, which)?.into_iter().map(compat::bucket).collect())
}

fn composite(host: &mut impl Host, which: Which) -> Result<Vec<abi::CompositeBucket>, SystemError> {
    Ok(reads::buckets(host, which)?.into_iter().map(compat::composite).collect())
}

fn composite_v3(host: &mut impl Host, which: Which) -> Result<Vec<abi::CompositeBucketV3>, SystemError> {
    Ok(reads::buckets(host, which)?.into_iter().map(compat::composite_v3).collect())
}

fn candidates(host: &mut impl Host, call: Calls) -> CallResult {
    match call {
        Calls::candidates(c) => {
            let page = reads::candidates(host, c.offset, c.limit)?;
            let rows: Vec<_> = page.iter().map(|found| compat::candidate(Some(found))).collect();
            give!(candidatesCall, rows)
        }
        Calls::candidatesV3(c) => {
            let page = reads::candidates(host, c.offset, c.limit)?;
            let rows: Vec<_> = page.iter().map(|found| compat::candidate_v3(Some(found))).collect();
            give!(candidatesV3Call, rows)
        }
        Calls::candidatesV4(c) => {
            let page = reads::candidates(host, c.offset, c.limit)?;
            let rows = page.iter().map(|found| compat::candidate_v4(host, Some(found)));
            give!(candidatesV4Call, rows.collect::<Result<Vec<_>, _>>()?)
        }
        Calls::candidateByName(c) => {
            give!(candidateByNameCall, compat::candidate(Candidate::find_named(host, &c.candName)?.as_ref()))
        }
        Calls::candidateByAddress(c) => {
            let found = Candidate::find_by_owner(host, c.ownerAddress)?;
            give!(candidateByAddressCall, compat::candidate(found.as_ref()))
        }
        Calls::candidateByNameV3(c) => {
            give!(
                candidateByNameV3Call,
                compat::candidate_v3(Candidate::find_named(host, &c.candName)?.as_ref())
            )
        }
        Calls::candidateByAddressV3(c) => {
            let found = Candidate::find_by_owner(host, c.ownerAddress)?;
            give!(candidateByAddressV3Call, compat::candidate_v3(found.as_ref()))
        }
        Calls::candidateByIDV3(c) => {
            give!(candidateByIDV3Call, compat::candidate_v3(Candidate::find_by_id(host, c.id)?.as_ref()))
        }
        Calls::candidateByNameV4(c) => {
            let found = Candidate::find_named(host, &c.candName)?;
            give!(candidateByNameV4Call, compat::candidate_v4(host, found.as_ref())?)
        }
        Calls::candidateByAddressV4(c) => {
            let found = Candidate::find_by_owner(host, c.ownerAddress)?;
            give!(candidateByAddressV4Call, compat::candidate_v4(host, found.as_ref())?)
        }
        Calls::candidateByIDV4(c) => {
            let found = Candidate::find_by_id(host, c.id)?;
            give!(candidateByIDV4Call, compat::candidate_v4(host, found.as_ref())?)
        }
        _ => Err(SystemError::Fatal("a function of Staking has no arm".into())),
    }
}
