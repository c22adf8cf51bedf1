//! Numbers of the governance contract as people read them: stages, kinds, times, parts of votes.

use crate::amount;
use alloy_primitives::U256;
use althing_primitives::{WHOLE_BPS, params::Unit};
use clap::ValueEnum;

/// Where a proposal stands, in the order of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Stage {
    /// Gathers support.
    Support,
    /// Is voted on.
    Voting,
    /// Passed, and waits for its time.
    Waiting,
    /// Can be executed.
    Executable,
    /// Executed.
    Executed,
    /// A text that passed.
    Adopted,
    /// Withdrawn by its proposer.
    Cancelled,
    /// Found too little support.
    Expired,
    /// Vetoed as spam.
    Spam,
    /// Voted down, or without quorum.
    Defeated,
    /// Passed, but not executed in time.
    Lapsed,
}

impl Stage {
    /// The stage with the interface's number.
    pub(super) fn of(number: u8) -> Option<Self> {
        Self::value_variants().get(usize::from(number)).copied()
    }
}

/// A stage in a word or three.
pub(crate) fn stage_name(number: u8) -> &'static str {
    match Stage::of(number) {
        Some(Stage::Support) => "gathering support",
        Some(Stage::Voting) => "voted on",
        Some(Stage::Waiting) => "waiting for its time",
        Some(Stage::Executable) => "executable",
        Some(Stage::Executed) => "executed",
        Some(Stage::Adopted) => "adopted",
        Some(Stage::Cancelled) => "cancelled",
        Some(Stage::Expired) => "expired",
        Some(Stage::Spam) => "vetoed as spam",
        Some(Stage::Defeated) => "defeated",
        Some(Stage::Lapsed) => "lapsed",
        None => "in a stage that this version does not know",
    }
}

/// A stage as `--stage` takes it.
pub(super) fn stage_word(number: u8) -> String {
    let value = Stage::of(number).and_then(|stage| stage.to_possible_value());
    value.map_or_else(|| number.to_string(), |value| value.get_name().to_string())
}

/// What a proposal consists of.
pub(super) fn kind_name(kind: u8) -> &'static str {
    match kind {
        0 => "text",
        1 => "policy",
        2 => "technical",
        _ => "unknown",
    }
}

/// What a voter said.
pub(super) fn choice_name(choice: u8) -> &'static str {
    match choice {
        0 => "no",
        1 => "yes",
        2 => "abstain",
        _ => "unknown",
    }
}

/// A time of the chain, in UTC.
pub(crate) fn moment(seconds: u64) -> String {
    let (day, rest) = (seconds / 86_400, seconds % 86_400);
    let (year, month, date) = civil(day);
    format!("{year:04}-{month:02}-{date:02} {:02}:{:02}:{:02} UTC", rest / 3_600, rest / 60 % 60, rest % 60)
}

/// Year, month and day of the month of a day since 1970, by counting 400-year cycles from a 1 March.
fn civil(day: u64) -> (u64, u64, u64) {
    let since = day.saturating_add(719_468);
    let (cycle, in_cycle) = (since / 146_097, since % 146_097);
    let year = (in_cycle - in_cycle / 1_460 + in_cycle / 36_524 - in_cycle / 146_096) / 365;
    let in_year = in_cycle - (365 * year + year / 4 - year / 100);
    let month = (5 * in_year + 2) / 153;
    let date = in_year - (153 * month + 2) / 5 + 1;
    let (month, later) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (cycle * 400 + year + later, month, date)
}

/// A time with how far away it is.
pub(super) fn until(time: u64, now: u64) -> String {
    match time.checked_sub(now) {
        Some(left) => format!("{} ({} left)", moment(time), span(left)),
        None => format!("{} ({} ago)", moment(time), span(now - time)),
    }
}

/// So many seconds in the two largest units.
pub(super) fn span(seconds: u64) -> String {
    let parts = [
        (seconds / 86_400, "d"),
        (seconds / 3_600 % 24, "h"),
        (seconds / 60 % 60, "min"),
        (seconds % 60, "s"),
    ];
    let first = parts.iter().position(|(count, _)| *count > 0).unwrap_or(parts.len() - 1);
    let shown = parts[first..].iter().take(2).enumerate();
    let shown = shown.filter(|(place, (count, _))| *place == 0 || *count > 0);
    shown.map(|(_, (count, unit))| format!("{count} {unit}")).collect::<Vec<_>>().join(" ")
}

/// Places of a bar.
const BAR: u64 = 24;
/// Millionths: enough for a percentage with two digits, and free of floats.
const WHOLE: u64 = 1_000_000;

/// A part of a whole in millionths; all of nothing is none.
pub(super) fn part(of: U256, whole: U256) -> u64 {
    match whole.is_zero() {
        true => 0,
        false => (of.saturating_mul(U256::from(WHOLE)) / whole).saturating_to(),
    }
}

/// A part in millionths as a bar.
pub(super) fn bar(part: u64) -> String {
    let full = part.min(WHOLE) * BAR / WHOLE;
    let places = (0..BAR).map(|place| if place < full { '#' } else { '-' });
    format!("[{}]", places.collect::<String>())
}

/// A part in millionths as a percentage, rounded down.
pub(super) fn percent(part: u64) -> String {
    bps(part / 100)
}

/// Basis points as a percentage.
pub(super) fn bps(bps: u64) -> String {
    let (whole, rest) = (bps / 100, bps % 100);
    match rest {
        0 => format!("{whole} %"),
        rest => format!("{whole}.{rest:02} %").replace("0 %", " %"),
    }
}

/// Votes, cut after two digits: more say nothing.
pub(super) fn votes(votes: U256) -> String {
    let text = amount::format(votes);
    match text.split_once('.') {
        Some((whole, part)) => match part[..part.len().min(2)].trim_end_matches('0') {
            "" => whole.into(),
            part => format!("{whole}.{part}"),
        },
        None => text,
    }
}

/// A parameter's value in its unit.
pub(super) fn value(unit: &str, value: U256) -> String {
    match unit {
        _ if value == U256::from(u64::MAX) => "unlimited".into(),
        _ if unit == Unit::Rau.name() => format!("{} coins", amount::format(value)),
        _ if unit == Unit::BasisPoints.name() && value <= U256::from(WHOLE_BPS) => {
            format!("{value} bps ({})", bps(value.saturating_to()))
        }
        "" => value.to_string(),
        unit => format!("{value} {unit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use althing_primitives::RAU_PER_COIN;

    #[test]
    fn times_are_utc() {
        for (seconds, expected) in [
            (0, "1970-01-01 00:00:00 UTC"),
            (951_782_400, "2000-02-29 00:00:00 UTC"),
            (1_763_769_894, "2025-11-22 00:04:54 UTC"),
            (4_107_542_399, "2100-02-28 23:59:59 UTC"),
            (4_107_542_400, "2100-03-01 00:00:00 UTC"),
        ] {
            assert_eq!(moment(seconds), expected);
        }
    }

    #[test]
    fn spans_have_their_two_largest_units() {
        for (seconds, expected) in [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (3_661, "1 h 1 min"),
            (90_000, "1 d 1 h"),
            (86_460, "1 d"),
        ] {
            assert_eq!(span(seconds), expected);
        }
        assert_eq!(until(100, 40), "1970-01-01 00:01:40 UTC (1 min left)");
        assert_eq!(until(40, 100), "1970-01-01 00:00:40 UTC (1 min ago)");
    }

    #[test]
    fn parts_are_percentages_and_bars() {
        for (of, whole, expected) in [
            (0, 0, "0 %"),
            (1, 3, "33.33 %"),
            (1, 2, "50 %"),
            (5, 1, "500 %"),
            (1, 1000, "0.1 %"),
            (21, 200, "10.5 %"),
        ] {
            assert_eq!(percent(part(U256::from(of), U256::from(whole))), expected);
        }
        for (part, full) in [(0, 0), (500_000, 12), (999_999, 23), (1_000_000, 24), (9_000_000, 24)] {
            assert_eq!(bar(part).matches('#').count(), full);
            assert_eq!(bar(part).len(), 26);
        }
    }

    #[test]
    fn values_are_shown_in_their_units() {
        let coins = U256::from(RAU_PER_COIN);
        for (unit, number, expected) in [
            ("Rau", coins, "1 coins"),
            ("bps", U256::from(2_050), "2050 bps (20.5 %)"),
            ("days", U256::from(7), "7 days"),
            ("", U256::from(36), "36"),
            ("epochs", U256::from(u64::MAX), "unlimited"),
        ] {
            assert_eq!(value(unit, number), expected);
        }
        assert_eq!(votes(coins + coins / U256::from(3)), "1.33");
        assert_eq!(votes(coins + U256::from(1)), "1");
    }

    #[test]
    fn every_stage_has_its_number_and_name() {
        for (number, word) in [(0, "support"), (3, "executable"), (10, "lapsed")] {
            assert_eq!(stage_word(number), word);
        }
        assert_eq!(Stage::of(11), None);
    }
}
