//! The mark that a transfer carries as call data: for which candidate, on which terms and for which epochs it pays.
//!
//! It is text, so that anybody who looks at the transaction reads it. What was paid is found again by these marks alone;
//! their form never changes, a new form gets a new version.

use super::epochs::EpochSet;
use alloy_primitives::U256;
use althing_primitives::{Address, WHOLE_BPS};
use std::fmt;

const HEAD: &str = "althing payout v1";

/// Most ranges of epochs in one mark: it stays below 3 kB. What is left over gets a transfer of its own.
pub(super) const MAX_RANGES: usize = 64;

/// Longest call data that is read as a mark, in bytes.
const MAX_BYTES: usize = 4_096;

/// The part of each kind of reward (block, epoch, bonus) that voters get, in basis points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Terms(pub(super) [u16; 3]);

impl Terms {
    /// The voters' part of what was paid of each kind, cut to whole Rau for each kind, as the protocol does.
    pub(super) fn of_voters(self, paid: [U256; 3]) -> U256 {
        let part = |(amount, share): (U256, u16)| amount * U256::from(share) / U256::from(WHOLE_BPS);
        paid.into_iter().zip(self.0).map(part).sum()
    }
}

impl fmt::Display for Terms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [block, epoch, bonus] = self.0;
        write!(f, "{block}/{epoch}/{bonus}")
    }
}

/// A mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Memo {
    /// Id of the candidate.
    pub(super) candidate: Address,
    pub(super) terms: Terms,
    pub(super) epochs: EpochSet,
}

impl Memo {
    /// Reads call data; nothing when it is no mark.
    pub(super) fn parse(data: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(data.get(..data.len().min(MAX_BYTES + 1))?).ok()?;
        if text.len() > MAX_BYTES {
            return None;
        }
        let words: Vec<&str> = text.strip_prefix(HEAD)?.strip_prefix(' ')?.split(' ').collect();
        let ["candidate", candidate, "shares", shares, "epochs", epochs] = words[..] else { return None };
        let mut terms = [0; 3];
        let mut shares = shares.split('/');
        for share in &mut terms {
            *share = shares.next()?.parse().ok().filter(|share| *share <= WHOLE_BPS)?;
        }
        let is_whole = shares.next().is_none();
        let memo =
            Self { candidate: candidate.parse().ok()?, terms: Terms(terms), epochs: epochs.parse().ok()? };
        is_whole.then_some(memo)
    }
}

impl fmt::Display for Memo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { candidate, terms, epochs } = self;
        write!(f, "{HEAD} candidate {candidate:#x} shares {terms} epochs {epochs}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_survive_being_written_and_nothing_else_is_one() {
        let memo = Memo {
            candidate: Address::repeat_byte(0xab),
            terms: Terms([8_000, 10_000, 0]),
            epochs: "3..9,11".parse().unwrap(),
        };
        let text = memo.to_string();
        assert_eq!(
            text,
            "althing payout v1 candidate 0xabababababababababababababababababababab shares 8000/10000/0 epochs 3..9,11"
        );
        assert_eq!(Memo::parse(text.as_bytes()), Some(memo));
        for wrong in [
            "",
            "althing payout v2 candidate 0xabababababababababababababababababababab shares 1/1/1 epochs 1",
            "althing payout v1 candidate 0xab shares 1/1/1 epochs 1",
            "althing payout v1 candidate 0xabababababababababababababababababababab shares 1/1 epochs 1",
            "althing payout v1 candidate 0xabababababababababababababababababababab shares 1/1/1/1 epochs 1",
            "althing payout v1 candidate 0xabababababababababababababababababababab shares 10001/1/1 epochs 1",
            "althing payout v1 candidate 0xabababababababababababababababababababab shares 1/1/1 epochs",
            "althing payout v1 candidate 0xabababababababababababababababababababab shares 1/1/1 epochs 1 and more",
        ] {
            assert_eq!(Memo::parse(wrong.as_bytes()), None, "{wrong}");
        }
        assert_eq!(Memo::parse(&[0xff; 40]), None);
        assert_eq!(Memo::parse(&[b'a'; MAX_BYTES + 1]), None);
    }

    #[test]
    fn parts_are_cut_for_each_kind() {
        let paid = [99, 100, 7].map(U256::from);
        for (terms, part) in
            [([0, 0, 0], 0), ([10_000; 3], 206), ([5_000, 3_333, 0], 49 + 33), ([1, 1, 1], 0)]
        {
            assert_eq!(Terms(terms).of_voters(paid), U256::from(part), "{terms:?}");
        }
    }
}
