//! Heights and times of simulated blocks: always rising, with empty blocks where heights are left out.

use super::{BlocksError, MAX_SIMULATED_BLOCKS, MAX_SIMULATED_CALLS};
use alloy_rpc_types_eth::simulate::SimBlock;
use althing_primitives::{Header, Height};

/// Seconds from one simulated block to the next when the request does not say: the least that a header can show.
const STEP_SECONDS: u64 = 1;

/// A block to simulate, with its place.
pub(super) struct Planned {
    pub(super) number: Height,
    pub(super) timestamp: u64,
    pub(super) asked: SimBlock,
}

/// Places the blocks of a request after a block.
pub(super) fn sequence(base: &Header, asked: Vec<SimBlock>) -> Result<Vec<Planned>, BlocksError> {
    if asked.is_empty() {
        return Err(BlocksError::Empty);
    }
    if asked.iter().map(|block| block.calls.len()).sum::<usize>() > MAX_SIMULATED_CALLS {
        return Err(BlocksError::TooManyCalls(MAX_SIMULATED_CALLS));
    }
    let last = base.number.saturating_add(MAX_SIMULATED_BLOCKS);
    let (mut number, mut timestamp) = (base.number, base.timestamp);
    let mut planned = Vec::new();
    for block in asked {
        let overrides = block.block_overrides.as_ref();
        let target = match overrides.and_then(|overrides| overrides.number) {
            Some(target) => target.saturating_to(),
            None => number.saturating_add(1),
        };
        if target <= number {
            return Err(BlocksError::NumberOrder { number: target, previous: number });
        }
        if target > last {
            return Err(BlocksError::TooManyBlocks(MAX_SIMULATED_BLOCKS));
        }
        while number.saturating_add(1) < target {
            number = number.saturating_add(1);
            timestamp = timestamp.saturating_add(STEP_SECONDS);
            planned.push(Planned { number, timestamp, asked: SimBlock::default() });
        }
        let time = overrides.and_then(|overrides| overrides.time);
        let time = time.unwrap_or_else(|| timestamp.saturating_add(STEP_SECONDS));
        if time <= timestamp {
            return Err(BlocksError::TimeOrder { time, previous: timestamp });
        }
        (number, timestamp) = (target, time);
        planned.push(Planned { number, timestamp, asked: block });
    }
    Ok(planned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::U256;
    use alloy_rpc_types_eth::{BlockOverrides, TransactionRequest};

    fn block(number: Option<u64>, time: Option<u64>) -> SimBlock {
        let overrides = BlockOverrides { number: number.map(U256::from), time, ..Default::default() };
        SimBlock::default().with_block_overrides(overrides)
    }

    fn check(asked: Vec<SimBlock>, expected: Result<&[(u64, u64)], BlocksError>) {
        let base = Header { number: 10, timestamp: 100, ..Default::default() };
        let placed = sequence(&base, asked)
            .map(|planned| planned.iter().map(|block| (block.number, block.timestamp)).collect::<Vec<_>>());
        assert_eq!(placed, expected.map(<[_]>::to_vec));
    }

    #[test]
    fn heights_and_times_rise_and_gaps_are_filled() {
        check(vec![block(None, None), block(None, None)], Ok(&[(11, 101), (12, 102)]));
        check(vec![block(None, Some(150)), block(None, None)], Ok(&[(11, 150), (12, 151)]));
        check(vec![block(Some(13), Some(110))], Ok(&[(11, 101), (12, 102), (13, 110)]));
        check(vec![], Err(BlocksError::Empty));
        check(vec![block(Some(10), None)], Err(BlocksError::NumberOrder { number: 10, previous: 10 }));
        check(
            vec![block(Some(12), None), block(Some(12), None)],
            Err(BlocksError::NumberOrder { number: 12, previous: 12 }),
        );
        check(vec![block(None, Some(100))], Err(BlocksError::TimeOrder { time: 100, previous: 100 }));
        check(vec![block(Some(13), Some(102))], Err(BlocksError::TimeOrder { time: 102, previous: 102 }));
        check(vec![block(Some(267), None)], Err(BlocksError::TooManyBlocks(256)));
        check(vec![block(Some(u64::MAX), None)], Err(BlocksError::TooManyBlocks(256)));
        let calls = vec![TransactionRequest::default(); MAX_SIMULATED_CALLS + 1];
        check(
            vec![SimBlock::default().extend_calls(calls)],
            Err(BlocksError::TooManyCalls(MAX_SIMULATED_CALLS)),
        );
    }
}
