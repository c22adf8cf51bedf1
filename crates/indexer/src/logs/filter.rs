//! What a query names, and the logs that may match it.

use super::LogQuery;
use crate::error::IndexError;
use crate::lookups::{LogColumn, View};
use alloy_primitives::{FixedBytes, Log};
use althing_primitives::Height;
use itertools::Itertools as _;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

/// Entries of each filter that are read at most to find the one that matches least, and how many at a time.
const RACE: usize = 50_000;
const TURN: usize = 64;

/// Entries of another filter that are read at most for each log that this may spare: about as long as reading a log.
const ENTRIES_FOR_A_LOG: usize = 16;

/// The id of a log.
pub(super) type Found = Result<i64, IndexError>;

/// A column, and what it may hold: each value once.
pub(super) struct Filter<'q> {
    column: LogColumn,
    values: BTreeSet<&'q [u8]>,
}

impl<'q> Filter<'q> {
    /// What a query names. First what matches least as a rule: later topics name accounts and ids, a contract matches less
    /// than a kind of event.
    pub(super) fn all_of(query: &'q LogQuery) -> Vec<Self> {
        let topic =
            |position: u8| Self::new(LogColumn::Topic(position), &query.topics[usize::from(position)]);
        let addresses = query.addresses.iter().map(|address| address.as_slice()).collect();
        let contract = Self { column: LogColumn::Address, values: addresses };
        let mut filters = vec![topic(3), topic(2), topic(1), contract, topic(0)];
        filters.retain(|filter| !filter.values.is_empty());
        filters
    }

    fn new<const N: usize>(column: LogColumn, values: &'q [FixedBytes<N>]) -> Self {
        Self { column, values: values.iter().map(|value| value.as_slice()).collect() }
    }

    pub(super) fn allows(&self, log: &Log) -> bool {
        let value = match self.column {
            LogColumn::Address => Some(log.address.as_slice()),
            LogColumn::Topic(position) => {
                log.topics().get(usize::from(position)).map(|topic| topic.as_slice())
            }
        };
        value.is_some_and(|value| self.values.contains(value))
    }

    /// Ids of the logs of a range that match, in order.
    fn ids<'v>(
        &self,
        view: &View<'v>,
        heights: &RangeInclusive<Height>,
    ) -> impl Iterator<Item = Found> + use<'v> {
        let of_each: Vec<_> =
            self.values.iter().map(|value| view.logs(self.column, value, heights.clone())).collect();
        // An error comes first: it ends the query.
        of_each.into_iter().kmerge_by(|a, b| match (a, b) {
            (Ok(a), Ok(b)) => a < b,
            (first, _) => first.is_err(),
        })
    }
}

/// Ids of the logs of a range that may match all filters, in order. They are those of the filter that matches least, for
/// some accounts take part in everything: all are read in turns until the first has no more. What the others do not have
/// is left out as far as finding that out is cheaper than reading the logs.
pub(super) fn candidates<'v>(
    view: &View<'v>,
    filters: &[Filter<'_>],
    heights: &RangeInclusive<Height>,
) -> Result<Box<dyn Iterator<Item = Found> + 'v>, IndexError> {
    let mut read: Vec<_> = filters.iter().map(|filter| (Vec::new(), filter.ids(view, heights))).collect();
    let Some(fewest) = race(&mut read)? else {
        let (ids, rest) = read.swap_remove(0);
        return Ok(Box::new(ids.into_iter().map(Ok).chain(rest)));
    };
    let (mut ids, _) = read.remove(fewest);
    for (others, rest) in read {
        ids = common(ids, others.into_iter().map(Ok).chain(rest))?;
    }
    Ok(Box::new(ids.into_iter().map(Ok)))
}

/// Reads ids in turns until one of the iterators has no more: gives which. None when there are too many of all, or when
/// nobody has to be found.
fn race(all: &mut [(Vec<i64>, impl Iterator<Item = Found>)]) -> Result<Option<usize>, IndexError> {
    let turns = if all.len() > 1 { RACE / TURN } else { 0 };
    for _ in 0..turns {
        for (number, (ids, rest)) in all.iter_mut().enumerate() {
            let before = ids.len();
            rest.by_ref().take(TURN).process_results(|found| ids.extend(found))?;
            if ids.len() < before + TURN {
                return Ok(Some(number));
            }
        }
    }
    Ok(None)
}

/// Those ids that are among others, and those that would take too long to find out.
fn common(ids: Vec<i64>, mut others: impl Iterator<Item = Found>) -> Result<Vec<i64>, IndexError> {
    let mut budget = ids.len() * ENTRIES_FOR_A_LOG;
    let mut other = others.next().transpose()?;
    let mut kept = Vec::new();
    for id in ids {
        while budget > 0 && other.is_some_and(|other| other < id) {
            other = others.next().transpose()?;
            budget -= 1;
        }
        if other.is_some_and(|other| other <= id) {
            kept.push(id);
        }
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(ids: &[i64]) -> impl Iterator<Item = Found> {
        ids.iter().copied().map(Ok)
    }

    #[test]
    fn ids_that_another_filter_does_not_have_are_left_out() {
        for (ids, others, expected) in [
            (vec![1, 3, 5], vec![0, 1, 2, 5, 9], vec![1, 5]),
            (vec![1, 3, 5], vec![], vec![]),
            (vec![1, 3, 5], vec![4], vec![]),
            (vec![], vec![1], vec![]),
        ] {
            assert_eq!(common(ids, found(&others)).unwrap(), expected);
        }
    }

    #[test]
    fn ids_that_would_take_too_long_to_find_are_kept() {
        let others: Vec<i64> = (0..100).map(|n| n * 2).collect();
        // Two ids may cost 32 entries, up to 64.
        assert_eq!(common(vec![3, 151], found(&others)).unwrap(), [151]);
        assert_eq!(common(vec![3, 61], found(&others)).unwrap(), Vec::<i64>::new());
    }

    #[test]
    fn the_first_that_ends_wins_and_endless_ones_do_not() {
        let run = |lengths: &[usize]| {
            let mut all: Vec<_> =
                lengths.iter().map(|length| (Vec::new(), (0i64..).map(Ok).take(*length))).collect();
            race(&mut all).unwrap()
        };
        assert_eq!(run(&[1_000, 100, usize::MAX]), Some(1));
        assert_eq!(run(&[TURN, TURN]), Some(0));
        assert_eq!(run(&[usize::MAX, usize::MAX]), None);
        assert_eq!(run(&[3]), None);
    }
}
