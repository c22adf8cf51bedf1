//! Limits of log queries; what they find is compared in `model`.

use super::{chain::topic, *};
use crate::{IndexError, LogLimits, LogQuery, MAX_FILTER_VALUES};
use alloy_primitives::Address;

const WIDE: LogLimits = LogLimits { max_results: 100_000, max_range: 1_000 };

fn all(to: u64) -> LogQuery {
    LogQuery { from: 0, to, ..Default::default() }
}

#[test]
fn a_log_query_that_costs_too_much_is_refused_with_what_would_fit() {
    let folder = tempfile::tempdir().unwrap();
    let index = filled(&folder, ARCHIVE, &mut Chain::new(5, 0), 20);
    let found = index.logs(&all(u64::MAX), WIDE).unwrap();
    assert!(found.len() > 20);

    let narrow = LogLimits { max_range: 19, ..WIDE };
    assert!(matches!(
        index.logs(&all(u64::MAX), narrow),
        Err(IndexError::RangeTooWide { blocks: 20, limit: 19 })
    ));
    let few = LogLimits { max_results: found.len() - 1, ..WIDE };
    let Err(IndexError::TooManyResults { complete_to: Some(complete), .. }) = index.logs(&all(19), few)
    else {
        panic!("expected a refusal with a height");
    };
    let part = index.logs(&all(complete), few).unwrap();
    assert_eq!(part[..], found[..part.len()]);
    assert!(index.logs(&all(19), LogLimits { max_results: found.len(), ..WIDE }).is_ok());

    let many = LogQuery { addresses: vec![Address::ZERO; MAX_FILTER_VALUES + 1], ..all(19) };
    assert!(matches!(index.logs(&many, WIDE), Err(IndexError::TooManyValues(_))));
    let many = LogQuery { addresses: vec![Address::ZERO; MAX_FILTER_VALUES], ..all(19) };
    assert!(index.logs(&many, WIDE).unwrap().is_empty());
    let upside_down = LogQuery { from: 2, to: 1, ..Default::default() };
    assert!(matches!(index.logs(&upside_down, WIDE), Err(IndexError::InvalidRange { .. })));
    assert!(index.logs(&LogQuery { from: 20, to: 30, ..Default::default() }, WIDE).unwrap().is_empty());
}

#[test]
fn a_query_for_several_values_is_cut_where_its_results_are_too_many() {
    let folder = tempfile::tempdir().unwrap();
    let index = filled(&folder, ARCHIVE, &mut Chain::new(5, 0), 60);
    let mut several = all(u64::MAX);
    several.topics[0] = vec![topic(0), topic(1)];
    let found = index.logs(&several, WIDE).unwrap();
    assert!(found.is_sorted_by_key(|log| (log.height, log.log_index)));
    for (max_results, first_left_out) in found.iter().enumerate() {
        let cut = index.logs(&several, LogLimits { max_results, ..WIDE });
        let Err(IndexError::TooManyResults { complete_to, .. }) = cut else { panic!("expected a refusal") };
        assert_eq!(complete_to, first_left_out.height.checked_sub(1));
    }
}
