//! Amounts as people write them: `1.5`, `3gwei`, `100rau`. No float: an amount is exact or refused.

use alloy_primitives::U256;
use althing_primitives::RAU_PER_COIN;

/// Digits after the point of a coin.
const COIN_DECIMALS: usize = 18;

/// Reads an amount; without a unit it is in coins.
pub(crate) fn parse(text: &str) -> Result<U256, String> {
    let wrong = |why: &str| format!("`{text}` is not an amount: {why}; e.g. 1.5, 3gwei or 100rau");
    let unit_at = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let decimals = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "coin" | "coins" | "ether" => COIN_DECIMALS,
        "gwei" | "qev" => 9,
        "rau" | "wei" => 0,
        _ => return Err(wrong("the unit is none of coin, gwei, rau")),
    };
    let (whole, part) = number.trim().split_once('.').unwrap_or((number.trim(), ""));
    if whole.is_empty() && part.is_empty() {
        return Err(wrong("there is no number"));
    }
    if !whole.bytes().chain(part.bytes()).all(|b| b.is_ascii_digit()) {
        return Err(wrong("only digits and one point are allowed"));
    }
    if part.len() > decimals {
        return Err(wrong("it has more digits after the point than the unit has"));
    }
    let digits = format!("{whole}{part:0<decimals$}");
    U256::from_str_radix(&digits, 10).map_err(|_| wrong("it is too large"))
}

/// Writes an amount of Rau in coins, without zeros at the end.
pub(crate) fn format(rau: U256) -> String {
    let (whole, part) = rau.div_rem(U256::from(RAU_PER_COIN));
    let part = format!("{part:0>COIN_DECIMALS$}");
    match part.trim_end_matches('0') {
        "" => whole.to_string(),
        part => format!("{whole}.{part}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_and_survive_being_written() {
        for (text, rau) in [
            ("1", RAU_PER_COIN),
            ("1.5", RAU_PER_COIN / 2 * 3),
            (".000000000000000001", 1),
            ("3gwei", 3_000_000_000),
            ("0.5 gwei", 500_000_000),
            ("100rau", 100),
            ("0", 0),
        ] {
            assert_eq!(parse(text), Ok(U256::from(rau)), "{text}");
            assert_eq!(parse(&format(U256::from(rau))), Ok(U256::from(rau)), "{text}");
        }
        assert_eq!(format(U256::from(1_500_000_000_000_000_000u128)), "1.5");
        assert_eq!(parse(&format(U256::MAX)), Ok(U256::MAX));
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in [
            "",
            ".",
            "-1",
            "1.2.3",
            "1e3",
            "0x10",
            "1.5rau",
            "1.0000000000000000001",
            "5btc",
            &"9".repeat(90),
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
