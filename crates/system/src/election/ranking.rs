//! The ranking of candidates and the list of delegates, fixed three epochs ahead.

use super::{
    emit,
    endpoint::Endpoint,
    storage::{self as at, Delegate, Election, MAX_RANKED, Ranked, Summary, Who},
};
use crate::{
    Host, SystemError, conduct, params,
    staking::{self, Contender},
};
use althing_abi::Election::RankingFixed;
use althing_primitives::{Epoch, Param, calendar::ELECTION_LEAD_EPOCHS};
use std::collections::BTreeSet;

/// Fixes ranking and delegates of the epoch that is elected in `epoch`. The beacon of `seed_view` will be the seed.
pub(super) fn fix(host: &mut impl Host, epoch: Epoch, seed_view: u64) -> Result<(), SystemError> {
    let target = epoch.saturating_add(ELECTION_LEAD_EPOCHS);
    let best = rank(host, epoch)?;
    let open_seats = open_seats(host, target)?;
    let delegates = delegates(host, &best, open_seats)?;
    let election = Election::of(host, target)?;
    election.prefetch(host, best.len() as u64, delegates.len() as u64)?;
    for (place, (_, ranked)) in best.iter().enumerate() {
        election.set_ranked(host, place as u64, *ranked)?;
    }
    for (place, delegate) in delegates.iter().enumerate() {
        election.set_delegate(host, place as u64, delegate)?;
    }
    let summary = Summary {
        ranked: best.len() as u64,
        delegates: delegates.len() as u64,
        open_seats,
        ranking_height: host.block().number,
        seed_view,
        ..Summary::default()
    };
    election.set_summary(host, &summary)?;
    emit(host, &RankingFixed { epoch: target, candidates: summary.ranked, seedView: seed_view })
}

/// The best candidates, best first: by votes that count, then by id.
fn rank(host: &mut impl Host, epoch: Epoch) -> Result<Vec<(Contender, Ranked)>, SystemError> {
    let contenders = staking::contenders(host)?;
    conduct::prefetch(host, contenders.iter().map(|contender| contender.number))?;
    let mut found = Vec::with_capacity(contenders.len());
    for contender in contenders {
        let on_probation = conduct::is_on_probation(host, contender.number, epoch)?;
        let votes = match on_probation {
            true => params::part(host, contender.votes, Param::ProbationVotes)?,
            false => contender.votes,
        };
        found.push((Ranked { candidate: contender.number, votes, on_probation }, contender));
    }
    found.sort_by(|(a, x), (b, y)| b.votes.cmp(&a.votes).then(x.id.cmp(&y.id)));
    found.truncate(MAX_RANKED);
    Ok(found.into_iter().map(|(ranked, contender)| (contender, ranked)).collect())
}

/// Seats that elected candidates may have in an epoch.
pub(super) fn open_seats(host: &mut impl Host, epoch: Epoch) -> Result<u64, SystemError> {
    let count = at::PHASE_COUNT.get(host)?;
    let mut open = 0;
    for number in 0..count {
        let [from, seats, _, _] = at::PHASE.at(host, number)?.get(host)?;
        if from <= epoch {
            open = seats;
        }
    }
    Ok(open.min(params::get_u64(host, Param::DelegateSeats)?))
}

/// The elected candidates, then bootstrap delegates in the chain spec's order as far as seats are left.
fn delegates(
    host: &mut impl Host,
    best: &[(Contender, Ranked)],
    open_seats: u64,
) -> Result<Vec<Delegate>, SystemError> {
    let elected = best.iter().take(open_seats as usize).map(|(contender, ranked)| Delegate {
        operator: contender.operator,
        who: Who::Candidate(contender.number),
        votes: ranked.votes,
        endpoint: contender.endpoint,
    });
    let mut delegates: Vec<Delegate> = elected.collect();
    let mut operators: BTreeSet<_> = delegates.iter().map(|delegate| delegate.operator).collect();
    let seats = params::get_u64(host, Param::DelegateSeats)?;
    for number in 0..at::BOOTSTRAP_COUNT.get(host)? {
        if delegates.len() as u64 >= seats {
            break;
        }
        let delegate = bootstrap(host, number)?;
        if operators.insert(delegate.operator) {
            delegates.push(delegate);
        }
    }
    Ok(delegates)
}

/// A bootstrap delegate of the chain spec.
pub(super) fn bootstrap(host: &mut impl Host, number: u64) -> Result<Delegate, SystemError> {
    let record = at::BOOTSTRAP.at(host, number)?;
    Ok(Delegate {
        operator: record.slot(0).get(host)?,
        who: Who::Bootstrap(number),
        votes: 0,
        endpoint: record.slot::<Endpoint>(2).get(host)?,
    })
}
