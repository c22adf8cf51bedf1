//! The calls of `Rewards`, one arm each: writes here, reads in `answer`.

use super::{
    claim, fund,
    grants::{BLOCK, BONUS, EPOCH},
    plan::{self, Plan},
    refused,
    sharing::{Side, pending},
    storage::{ADDRESS, Paid},
};
use crate::{Host, SystemError, chain_info, host::CallResult, staking};
use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::SolCall;
use althing_abi::Rewards::{self as abi, BadAddress, GrantedByProtocol, RewardsCalls as Calls, UnknownEpoch};
use althing_primitives::{Epoch, parse_address};

pub(crate) fn dispatch(host: &mut impl Host, call: Calls) -> CallResult {
    match call {
        Calls::claim(c) => {
            let owner = host.call().caller;
            claim::claim(host, owner, c.amount)
        }
        Calls::claimFor(c) => {
            let owner = parse_address(&c.account).map_err(|_| refused(BadAddress { account: c.account }))?;
            claim::claim(host, owner, c.amount)
        }
        Calls::claimAll(_) => {
            let amount = claim::claim_all(host)?;
            return Ok(abi::claimAllCall::abi_encode_returns(&U256::from(amount)).into());
        }
        Calls::deposit(c) => claim::deposit(host, c.amount),
        Calls::grantReward(_) => Err(refused(GrantedByProtocol {})),
        Calls::setPlan(c) => plan::announce(host, [c.blockShare, c.epochShare, c.bonusShare]),
        Calls::settle(c) => claim::settle_all(host, &c.bucketIndexes),
        Calls::setAutoCompound(c) => claim::set_compounding(host, c.bucketIndex, c.on),
        Calls::compound(c) => claim::compound(host, &c.bucketIndexes),
        read => return answer(host, read),
    }?;
    Ok(Bytes::new())
}

fn answer(host: &mut impl Host, call: Calls) -> CallResult {
    let bytes = match call {
        Calls::totalBalance(_) => abi::totalBalanceCall::abi_encode_returns(&host.balance(ADDRESS)?),
        Calls::availableBalance(_) => abi::availableBalanceCall::abi_encode_returns(&U256::from(fund(host)?)),
        Calls::unclaimedBalance(c) => {
            let unclaimed = claim::unclaimed(host, c.account)?;
            abi::unclaimedBalanceCall::abi_encode_returns(&U256::from(unclaimed))
        }
        Calls::planOf(c) => abi::planOfCall::abi_encode_returns(&plans(host, c.candidate)?),
        Calls::shares(c) => abi::sharesCall::abi_encode_returns(&shares(host, c.candidate)?),
        Calls::epochRewards(c) => abi::epochRewardsCall::abi_encode_returns(&epoch_rewards(host, c.epoch)?),
        Calls::pending(c) => {
            let vote = staking::vote_of(host, c.bucketIndex)?;
            abi::pendingCall::abi_encode_returns(&U256::from(pending(host, vote)?))
        }
        Calls::compounds(c) => {
            let vote = staking::vote_of(host, c.bucketIndex)?;
            abi::compoundsCall::abi_encode_returns(&Side::bucket(host, vote.bucket)?.now.compounds)
        }
        _ => return Err(SystemError::Fatal("a function of Rewards has no arm".into())),
    };
    Ok(bytes.into())
}

fn plans(host: &mut impl Host, id: Address) -> Result<abi::Plans, SystemError> {
    let number = staking::number_of(host, id)?;
    let epoch = chain_info::epoch(host)?;
    let plans = plan::of(host, number, epoch)?;
    let shown = |plan: Plan| abi::Plan {
        blockShare: plan.0[BLOCK],
        epochShare: plan.0[EPOCH],
        bonusShare: plan.0[BONUS],
    };
    let (next, from) = plans.next.unwrap_or_default();
    Ok(abi::Plans {
        present: shown(plans.present),
        announced: plans.next.is_some(),
        next: shown(next),
        fromEpoch: from,
    })
}

fn shares(host: &mut impl Host, id: Address) -> Result<abi::Shares, SystemError> {
    let number = staking::number_of(host, id)?;
    let epoch = chain_info::epoch(host)?;
    let mut holding = Side::candidate(host, number)?.now;
    holding.lots.roll(epoch);
    let lot = |(epoch, votes)| abi::StartingVotes { epoch, votes: U256::from(votes) };
    Ok(abi::Shares {
        earning: U256::from(holding.lots.earning),
        starting: holding.lots.later().into_iter().map(lot).collect(),
        perVote: holding.per_vote,
        shared: U256::from(holding.coins),
    })
}

fn epoch_rewards(host: &mut impl Host, epoch: Epoch) -> Result<abi::EpochRewards, SystemError> {
    let paid = Paid::load(host, epoch)?.ok_or_else(|| refused(UnknownEpoch { epoch }))?;
    Ok(abi::EpochRewards {
        epoch,
        blockRewards: U256::from(paid.amounts[BLOCK]),
        epochRewards: U256::from(paid.amounts[EPOCH]),
        bonuses: U256::from(paid.amounts[BONUS]),
        toVoters: U256::from(paid.to_voters),
        due: U256::from(paid.due),
        short: paid.is_short,
        fundAfter: U256::from(paid.fund_after),
    })
}
