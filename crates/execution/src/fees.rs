//! Where the base fee goes: partly burned, the rest to the reward fund.

use alloy_primitives::U256;
use althing_primitives::WHOLE_BPS;

/// Splits a block's base fees into what is burned and what the reward fund gets. Rounding favours the fund.
pub(crate) fn split(gas_used: u64, base_fee: u64, burn_bps: u16) -> (U256, U256) {
    let total = U256::from(u128::from(gas_used) * u128::from(base_fee));
    let bps = burn_bps.min(WHOLE_BPS);
    // total < 2^128 and bps < 2^14: no overflow in 256 bits.
    let burned = total * U256::from(bps) / U256::from(WHOLE_BPS);
    (burned, total - burned)
}
