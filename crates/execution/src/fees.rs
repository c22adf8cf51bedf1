//! EIP-1559 with a floor, and where the base fee goes: partly burned, the rest to the reward fund.

use alloy_eips::eip1559::BaseFeeParams;
use alloy_primitives::U256;
use althing_primitives::{ChainSpec, Header, WHOLE_BPS};

/// Base fee of the block after `parent`: moved by at most an eighth towards a half-full block, never below the
/// chain spec's floor.
pub fn next_base_fee(spec: &ChainSpec, parent: &Header) -> u64 {
    if parent.number == 0 {
        return spec.base_fee.max(spec.min_base_fee);
    }
    let fee = parent.base_fee_per_gas.unwrap_or(spec.base_fee);
    let next = BaseFeeParams::ethereum().next_block_base_fee(parent.gas_used, parent.gas_limit, fee);
    next.max(spec.min_base_fee)
}

/// Splits a block's base fees into what is burned and what the reward fund gets. Rounding favours the fund.
pub(crate) fn split(gas_used: u64, base_fee: u64, burn_bps: u16) -> (U256, U256) {
    let total = U256::from(u128::from(gas_used) * u128::from(base_fee));
    let bps = burn_bps.min(WHOLE_BPS);
    // total < 2^128 and bps < 2^14: no overflow in 256 bits.
    let burned = total * U256::from(bps) / U256::from(WHOLE_BPS);
    (burned, total - burned)
}
