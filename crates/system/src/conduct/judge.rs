//! The end of an epoch: probation for the unproductive, and the price of missed blocks.

use super::{MISSED_BLOCKS, Turns, emit, record::Record, tally};
use crate::{Host, SystemError, chain_info, election, params, staking};
use althing_abi::{
    Conduct::{OnProbation, Unproductive},
    REWARD_FUND,
};
use althing_primitives::{Epoch, Param, WHOLE_BPS};

/// The part of its turns that a member used, in hundredths of a percent, rounded down; the whole when it had none.
pub(super) fn productivity_bps(turns: Turns) -> u64 {
    let had = u128::from(turns.produced).saturating_add(turns.missed.into());
    let used = u128::from(turns.produced).saturating_mul(WHOLE_BPS.into());
    used.checked_div(had).unwrap_or(WHOLE_BPS.into()) as u64
}

/// Judges every candidate that served in the epoch that ends.
pub(super) fn judge(host: &mut impl Host, epoch: Epoch) -> Result<(), SystemError> {
    let members = election::serving(host, epoch)?.unwrap_or_default();
    let turns = tally(host, epoch)?;
    let blocks = chain_info::calendar(host)?.epoch_blocks;
    let fair_share = blocks.div_ceil(members.len().max(1) as u64);
    for (member, turns) in members.iter().zip(turns) {
        match member.who.candidate() {
            Some(candidate) if turns.missed > 0 => judge_one(host, epoch, candidate, turns, fair_share)?,
            _ => {}
        }
    }
    Ok(())
}

fn judge_one(
    host: &mut impl Host,
    epoch: Epoch,
    candidate: u64,
    turns: Turns,
    fair_share: u64,
) -> Result<(), SystemError> {
    let mut record = Record::of(host, candidate)?;
    record.missed = record.missed.saturating_add(turns.missed);
    if productivity_bps(turns) < params::get_u64(host, Param::ProductivityBps)? {
        let id = staking::id_of(host, candidate)?;
        let Turns { produced, missed } = turns;
        emit(host, &Unproductive { epoch, candidate: id, produced, missed })?;
        let probation = params::get_u64(host, Param::ProbationEpochs)?;
        let until = epoch.saturating_add(1).saturating_add(probation);
        if probation > 0 && until > record.probation_until {
            record.probation_until = until;
            emit(host, &OnProbation { candidate: id, untilEpoch: until })?;
        }
    }
    // Nobody pays for more than the blocks that were its share: in an outage of all, views pass without end.
    let paid = turns.missed.min(fair_share);
    let price = params::get(host, Param::MissedBlockSlash)?.saturating_mul(paid.into());
    let taken = staking::slash(host, candidate, price, REWARD_FUND, MISSED_BLOCKS)?;
    record.store(host, candidate, taken)
}
