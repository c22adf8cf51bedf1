//! Sets of epochs as ranges: what a transfer pays for, and what is still to be paid.

use althing_primitives::Epoch;
use std::fmt;
use std::str::FromStr;

/// Epochs as ranges with both ends, in order, apart from each other. Written `4`, `5..9` or `1..4,7`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct EpochSet(Vec<(Epoch, Epoch)>);

impl EpochSet {
    /// All from `first` to `last`; none when `last` is before `first`.
    pub(super) fn range(first: Epoch, last: Epoch) -> Self {
        Self(if first <= last { vec![(first, last)] } else { Vec::new() })
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn contains(&self, epoch: Epoch) -> bool {
        self.0.iter().any(|(first, last)| (*first..=*last).contains(&epoch))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Epoch> {
        self.0.iter().flat_map(|(first, last)| *first..=*last)
    }

    pub(super) fn insert(&mut self, epoch: Epoch) {
        self.extend(&Self::range(epoch, epoch));
    }

    /// Adds the epochs of another set.
    pub(super) fn extend(&mut self, other: &Self) {
        let mut all: Vec<_> = self.0.iter().chain(&other.0).copied().collect();
        all.sort_unstable();
        self.0.clear();
        for (first, last) in all {
            match self.0.last_mut() {
                Some((_, end)) if first <= end.saturating_add(1) => *end = last.max(*end),
                _ => self.0.push((first, last)),
            }
        }
    }

    /// The set in parts of at most so many ranges.
    pub(super) fn parts(&self, ranges: usize) -> impl Iterator<Item = Self> {
        self.0.chunks(ranges).map(|part| Self(part.to_vec()))
    }

    /// The epochs from `least` to `most`.
    pub(super) fn within(&self, least: Epoch, most: Epoch) -> Self {
        let cut = self.0.iter().map(|(first, last)| (*first.max(&least), *last.min(&most)));
        Self(cut.filter(|(first, last)| first <= last).collect())
    }
}

impl FromIterator<Epoch> for EpochSet {
    fn from_iter<I: IntoIterator<Item = Epoch>>(epochs: I) -> Self {
        let mut set = Self::default();
        for epoch in epochs {
            match set.0.last_mut() {
                Some((_, last)) if epoch == last.saturating_add(1) => *last = epoch,
                _ => set.insert(epoch),
            }
        }
        set
    }
}

impl fmt::Display for EpochSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (first, last)) in self.0.iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            match first == last {
                true => write!(f, "{comma}{first}")?,
                false => write!(f, "{comma}{first}..{last}")?,
            }
        }
        Ok(())
    }
}

impl FromStr for EpochSet {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let number = |text: &str| text.parse::<Epoch>().map_err(drop);
        let mut set = Self::default();
        for part in text.split(',') {
            let (first, last) = part.split_once("..").unwrap_or((part, part));
            let (first, last) = (number(first)?, number(last)?);
            if first > last {
                return Err(());
            }
            set.extend(&Self::range(first, last));
        }
        Ok(set)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_join_and_survive_being_written() {
        for (epochs, text) in [
            (vec![], ""),
            (vec![4], "4"),
            (vec![5, 6, 7], "5..7"),
            (vec![7, 5, 1, 6, 2, 9, 9], "1..2,5..7,9"),
            (vec![0, u64::MAX], "0,18446744073709551615"),
        ] {
            let set: EpochSet = epochs.iter().copied().collect();
            assert_eq!(set.to_string(), text);
            assert!(epochs.iter().all(|epoch| set.contains(*epoch)) && !set.contains(3));
            assert_eq!(text.parse().ok(), (!text.is_empty()).then_some(set), "{text}");
        }
        for wrong in ["", "a", "5..4", "1,,2", "1..2..3", "-1"] {
            assert_eq!(wrong.parse::<EpochSet>(), Err(()), "{wrong}");
        }
    }

    #[test]
    fn sets_are_cut_by_epochs_and_by_ranges() {
        let set: EpochSet = "1..4,7,9..20".parse().unwrap();
        assert_eq!(set.within(3, 10).to_string(), "3..4,7,9..10");
        let parts: Vec<_> = set.parts(2).map(|part| part.to_string()).collect();
        assert_eq!(parts, ["1..4,7", "9..20"]);
        assert_eq!(set.iter().count(), 17);
    }
}
