//! How many votes a stake has: its amount, more for a longer lock.
//!
//! votes = ⌊amount · w⌋ with w = 1 + ln(m)/ln(1.2)/100, m = days · (2 if auto-staked, else 1); w = 1 without a lock. An
//! auto-staked self-stake of at least 91 days counts 6 % more. (`protocol.md` §5.) All in integers: ln(m)/ln(1.2) =
//! log2(m)/log2(1.2), and log2 is found bit by bit by squaring. The error of w is below 10^-15.

use alloy_primitives::U256;

/// A weight of 1.
const ONE: u64 = 1_000_000_000_000_000_000;

/// Days from which on a self-stake earns its bonus.
const BONUS_DAYS: u32 = 91;

/// Fractional bits of the logarithms.
const FRACTION_BITS: u32 = 60;

/// log2(1.2) = log2(6/5), scaled by 2^60 and truncated.
const LOG2_1_2: u128 = log2(6) - log2(5);

/// A stake, as far as its votes go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stake {
    pub(crate) amount: u128,
    pub(crate) days: u32,
    pub(crate) is_auto: bool,
    pub(crate) is_self_stake: bool,
}

/// Weighted votes in Rau.
pub(crate) fn votes(stake: Stake) -> u128 {
    let Stake { amount, days, is_auto, is_self_stake } = stake;
    let bonus = is_self_stake && is_auto && days >= BONUS_DAYS;
    // The weight is below 2^62 and the amount below 2^128: no overflow in 256 bits.
    let product =
        U256::from(amount) * U256::from(weight(days, is_auto)) * U256::from(if bonus { 106 } else { 100 });
    let votes: U256 = product / U256::from(ONE) / U256::from(100);
    u128::try_from(votes).unwrap_or(u128::MAX)
}

/// The weight of a lock, scaled by 10^18.
fn weight(days: u32, is_auto: bool) -> u64 {
    let m = u64::from(days) * if is_auto { 2 } else { 1 };
    if m == 0 {
        return ONE;
    }
    // log2(m) < 33 · 2^60 and ONE/100 < 2^54: below 2^120.
    let bonus = log2(m) * u128::from(ONE / 100) / LOG2_1_2;
    ONE.saturating_add(u64::try_from(bonus).unwrap_or(u64::MAX))
}

/// log2 of a number from 1 on, scaled by 2^60 and truncated.
const fn log2(m: u64) -> u128 {
    let whole = m.ilog2();
    // The mantissa in [1, 2), with 63 fractional bits.
    let mut mantissa = (m as u128) << (63 - whole);
    let mut result = whole as u128;
    let mut bit = 0;
    while bit < FRACTION_BITS {
        // Squares in [1, 4) with 63 fractional bits; the product needs 128 bits.
        mantissa = (mantissa * mantissa) >> 63;
        result <<= 1;
        if mantissa >> 64 != 0 {
            result |= 1;
            mantissa >>= 1;
        }
        bit += 1;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Vectors of the network whose formula this is; its own arithmetic is in doubles.
    const VECTORS: [(u32, bool, bool, f64); 11] = [
        (0, false, false, 1.0),
        (7, false, false, 1.1067295707251132),
        (7, true, false, 1.1447474108943525),
        (14, true, false, 1.182765251063592),
        (91, false, false, 1.2474122964853063),
        (91, true, false, 1.2854301366545455),
        (91, true, true, 1.3625559448538183),
        (350, true, false, 1.35931463345538),
        (1050, false, false, 1.3815536443127954),
        (1050, true, false, 1.4195714844820349),
        (1050, true, true, 1.504745773550957),
    ];

    #[test]
    fn weights_are_those_of_the_known_vectors() {
        for (days, is_auto, is_self_stake, expected) in VECTORS {
            let amount = 1_000_000_000_000_000_000_000_000_u128;
            let found = votes(Stake { amount, days, is_auto, is_self_stake }) as f64 / amount as f64;
            assert!((found - expected).abs() < 1e-12, "{days} {is_auto} {is_self_stake}: {found} {expected}");
        }
    }

    #[test]
    fn a_longer_lock_never_counts_less() {
        let of = |days| votes(Stake { amount: 10_u128.pow(24), days, is_auto: true, is_self_stake: false });
        assert!((0..3_650).all(|days| of(days) <= of(days + 1)));
    }
}
