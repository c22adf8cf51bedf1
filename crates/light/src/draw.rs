//! The draw: which delegates form a committee, and in which order its members lead.
//!
//! Both are Fisher–Yates shuffles driven by SHA-256 in counter mode, so that anybody with the public seed repeats them.

use alloy_primitives::B256;
use commonware_cryptography::{Hasher as _, Sha256};

/// Domain of the shuffle that draws a committee out of the delegates.
pub const DRAW_DOMAIN: &[u8] = b"ALTHING/DRAW/1";

/// Domain of the shuffle that orders a committee's members as leaders.
pub const LEADERS_DOMAIN: &[u8] = b"ALTHING/LEADERS/1";

/// Domain of a seed that no block revealed.
const FALLBACK_DOMAIN: &[u8] = b"ALTHING/FALLBACK/1";

/// What a shuffle depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DrawSeed {
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// Epoch that the committee signs.
    pub epoch: u64,
    /// The epoch's seed.
    pub seed: B256,
}

impl DrawSeed {
    /// The places of a committee of `members` among `delegates` delegates, in order of their draw. All of them when there
    /// are not more.
    pub fn committee(&self, delegates: usize, members: usize) -> Vec<usize> {
        let mut order = self.shuffle(DRAW_DOMAIN, delegates);
        order.truncate(members);
        order
    }

    /// The leaders of an epoch: places in the committee sorted by operator key. View `v` is led by number
    /// `(v - 1) % count`.
    pub fn leaders(&self, members: usize) -> Vec<usize> {
        self.shuffle(LEADERS_DOMAIN, members)
    }

    /// The numbers below `count` in random order.
    fn shuffle(&self, domain: &'static [u8], count: usize) -> Vec<usize> {
        let mut stream = Stream::new(domain, *self);
        let mut order: Vec<usize> = (0..count).collect();
        for last in (1..count).rev() {
            let other = stream.below(last as u64 + 1) as usize;
            order.swap(last, other);
        }
        order
    }
}

/// The seed of a beacon: its hash.
pub fn seed_of_beacon(beacon: &[u8]) -> B256 {
    digest(&[beacon])
}

/// The seed of an epoch whose beacon no block carried: derived from the one before, and so known to all in advance.
pub fn fallback_seed(previous: B256, epoch: u64) -> B256 {
    digest(&[FALLBACK_DOMAIN, previous.as_slice(), &epoch.to_be_bytes()])
}

/// The number in the leaders' order of who leads a view; views count from 1.
pub fn turn(view: u64, members: usize) -> usize {
    let members = members.max(1) as u64;
    (view.saturating_sub(1) % members) as usize
}

/// An endless stream of uniform numbers: words of 64 bits of SHA-256(domain ‖ chain id ‖ epoch ‖ seed ‖ counter).
struct Stream {
    domain: &'static [u8],
    of: DrawSeed,
    counter: u64,
    words: [u64; 4],
    left: usize,
}

impl Stream {
    fn new(domain: &'static [u8], of: DrawSeed) -> Self {
        Self { domain, of, counter: 0, words: [0; 4], left: 0 }
    }

    fn word(&mut self) -> u64 {
        if self.left == 0 {
            let DrawSeed { chain_id, epoch, seed } = self.of;
            let numbers = [chain_id.to_be_bytes(), epoch.to_be_bytes()].concat();
            let block = digest(&[self.domain, &numbers, seed.as_slice(), &self.counter.to_be_bytes()]);
            for (word, bytes) in self.words.iter_mut().zip(block.chunks_exact(8)) {
                *word = bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
            }
            self.counter = self.counter.wrapping_add(1);
            self.left = self.words.len();
        }
        self.left -= 1;
        self.words[3 - self.left]
    }

    /// A uniform number below `bound`, which is not zero: words in the incomplete last run of `bound` are left out.
    fn below(&mut self, bound: u64) -> u64 {
        let incomplete = (u64::MAX % bound + 1) % bound;
        loop {
            let word = self.word();
            if word <= u64::MAX - incomplete {
                return word % bound;
            }
        }
    }
}

fn digest(parts: &[&[u8]]) -> B256 {
    let mut hasher = Sha256::default();
    for part in parts {
        hasher.update(part);
    }
    B256::from_slice(hasher.finalize().1.as_ref())
}

#[cfg(test)]
mod tests;
