//! What links between machines are like.

use super::Index;
use rand::{RngExt as _, rngs::StdRng};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, time::Duration};

/// Where the machines stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// One room.
    Lan,
    /// Data centres of one continent.
    Continent,
    /// Data centres of six regions of the world.
    World,
}

/// Microseconds of one way between the regions of [`Place::World`]: half of public figures of round trips between data
/// centres in us-east, us-west, eu-central, Singapore, Tokyo and São Paulo.
const WORLD_US: [[u64; 6]; 6] = [
    [500, 31_000, 46_000, 108_000, 75_000, 57_000],
    [31_000, 500, 72_000, 85_000, 54_000, 87_000],
    [46_000, 72_000, 500, 80_000, 112_000, 101_000],
    [108_000, 85_000, 80_000, 500, 35_000, 163_000],
    [75_000, 54_000, 112_000, 35_000, 500, 128_000],
    [57_000, 87_000, 101_000, 163_000, 128_000, 500],
];

/// Bytes a second that a machine can send: 1 Gbit/s.
const WIDTH: u64 = 125_000_000;

/// Jitter at most, as a share of the latency.
const JITTER_PERCENT: u64 = 10;

impl Place {
    fn latency_us(self, from: Index, to: Index) -> u64 {
        let regions = WORLD_US.len();
        match self {
            Self::Lan => 200,
            // Between 4 and 20 ms, the same both ways.
            Self::Continent => 4_000 + 2_000 * ((from + to) % 9) as u64,
            Self::World => WORLD_US[from % regions][to % regions],
        }
    }
}

/// All links of a network, and what is wrong with them now.
#[derive(Clone, Debug)]
pub(crate) struct Links {
    place: Place,
    cut: BTreeSet<(Index, Index)>,
    /// Of a thousand messages so many are lost.
    pub(crate) loss_per_mille: u32,
    /// Of a thousand messages so many come twice.
    pub(crate) double_per_mille: u32,
    /// Machines whose messages take longer by so much.
    slow: Vec<(Index, Duration)>,
}

impl Links {
    pub(crate) fn new(place: Place) -> Self {
        Self { place, cut: BTreeSet::new(), loss_per_mille: 0, double_per_mille: 0, slow: Vec::new() }
    }

    /// Cuts the link from one machine to another, in this direction.
    pub(crate) fn cut(&mut self, from: Index, to: Index) {
        self.cut.insert((from, to));
    }

    /// Mends everything.
    pub(crate) fn heal(&mut self) {
        *self = Self::new(self.place);
    }

    /// Makes all that a machine sends slower.
    pub(crate) fn slow_down(&mut self, machine: Index, by: Duration) {
        self.slow.push((machine, by));
    }

    /// How often a message arrives.
    pub(super) fn copies(&self, from: Index, to: Index, rng: &mut StdRng) -> u32 {
        if self.cut.contains(&(from, to)) || rng.random_range(0..1_000) < self.loss_per_mille {
            return 0;
        }
        1 + u32::from(rng.random_range(0..1_000) < self.double_per_mille)
    }

    pub(super) fn latency(&self, from: Index, to: Index, rng: &mut StdRng) -> Duration {
        let base = self.place.latency_us(from, to);
        let jitter = rng.random_range(0..=base * JITTER_PERCENT / 100);
        let extra = self.slow.iter().filter(|(slow, _)| *slow == from).map(|(_, by)| *by);
        Duration::from_micros(base + jitter) + extra.sum::<Duration>()
    }

    /// How long a machine's width keeps a message.
    pub(super) fn time_to_send(&self, bytes: usize) -> Duration {
        Duration::from_nanos((bytes as u64).saturating_mul(1_000_000_000) / WIDTH)
    }
}
