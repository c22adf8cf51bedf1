//! What a network costs, and how that grows with its committee: quiet runs, and one that is cut in two.

use crate::{
    run::{Failure, Report, run},
    scenario::{Event, Fault, Scenario},
    wire::Place,
};
use althing_chain::channels;
use serde::Serialize;
use std::time::Instant;

/// Milliseconds between blocks: as on a real network.
const BLOCK_MS: u64 = 1_000;

/// How long the cut lasts, and when it begins, in milliseconds.
const CUT_MS: u64 = 20_000;
const CUT_AT_MS: u64 = 10_000;

/// Deeds of clients in a second.
const LOAD_PER_S: u32 = 10;

/// A size to be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Nodes.
    pub nodes: usize,
    /// Seats of the committee.
    pub members: usize,
    /// Epochs of the quiet run, each as short as the committee allows.
    pub epochs: u64,
}

/// What was measured of one size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Figure {
    /// Nodes.
    pub nodes: usize,
    /// Members of the committee.
    pub members: usize,
    /// Final blocks of the quiet run.
    pub blocks: u64,
    /// Milliseconds from a block's time to its finality at a node: median, 95th and 99th percentile.
    pub finality_ms: [u64; 3],
    /// Virtual milliseconds a block.
    pub block_ms: u64,
    /// Bytes that a node sends for a block: votes and certificates, blocks, transactions.
    pub votes_bytes: u64,
    /// Whole blocks and answers to those who miss one.
    pub blocks_bytes: u64,
    /// Transactions.
    pub transactions_bytes: u64,
    /// Bytes that a node sends for the resharing of an epoch.
    pub resharing_bytes: u64,
    /// Milliseconds from the end of a cut in two halves to the next final block.
    pub recovery_ms: u64,
    /// Milliseconds of one core that a block of the quiet run took, at all nodes together.
    pub cpu_ms: u64,
}

/// Measures one size.
pub fn figure(sizes: Sizes, seed: u64) -> Result<Figure, Failure> {
    let Sizes { nodes, members, epochs } = sizes;
    let quiet = Scenario {
        epochs,
        block_ms: BLOCK_MS,
        place: Place::World,
        load_per_s: LOAD_PER_S,
        ..Scenario::quiet(seed, nodes, members)
    };
    let begun = Instant::now();
    let report = run(&quiet)?;
    let cpu_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    let group = (0..nodes / 2).collect();
    let cut = Event { at_ms: CUT_AT_MS, for_ms: CUT_MS, fault: Fault::Partition { group, one_way: false } };
    // As long as the cut, and a little.
    let cut = run(&Scenario { epochs: 1, faults: vec![cut], ..quiet })?;
    let Report { height, epochs, .. } = report;
    let bytes = |ids: &[u64]| ids.iter().filter_map(|id| report.bytes_by_channel.get(id)).sum::<u64>();
    let voting = [channels::VOTES.id, channels::CERTIFICATES.id, channels::RESOLVER.id];
    Ok(Figure {
        nodes,
        members,
        blocks: height,
        finality_ms: report.finality_ms,
        block_ms: report.virtual_ms / height.max(1),
        votes_bytes: bytes(&voting) / height.max(1),
        blocks_bytes: bytes(&[channels::BLOCKS.id, channels::BACKFILL.id]) / height.max(1),
        transactions_bytes: bytes(&[channels::TRANSACTIONS.id]) / height.max(1),
        resharing_bytes: bytes(&[channels::RESHARING.id]) / epochs.max(1),
        recovery_ms: cut.recovery_ms.unwrap_or_default(),
        cpu_ms: cpu_ms / height.max(1),
    })
}
