//! When system contracts act by themselves: at genesis and at the edges of blocks and epochs.
//!
//! Each function is the whole visible list, in order of execution. Every step is bounded; none depends on the
//! number of accounts. These calls pay no gas and cannot revert: an error here means that state is unreadable.

use crate::{Host, SystemError, chain_info, conduct, election, params, rewards, staking, upgrades};
use alloy_primitives::Bytes;
use althing_primitives::{ChainSpec, Epoch, Height, OperatorKey, Param, View};

/// What consensus tells the contracts of a block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlockInputs {
    /// Epoch of the block.
    pub epoch: Epoch,
    /// Height of the first block of the epoch.
    pub epoch_start: Height,
    /// Number of the group key that signs this block's certificate.
    pub key_id: u64,
    /// That key: 96 bytes, compressed G2.
    pub group_key: Bytes,
    /// Newest hardfork that the proposer's node knows.
    pub hardfork: u64,
    /// Who proposed the block; nobody in a simulation.
    pub proposer: Option<OperatorKey>,
    /// View in which it was proposed.
    pub view: View,
    /// View of its parent in the same epoch; 0 for an epoch's first block.
    pub parent_view: View,
    /// Beacon of the election's announced view, if the block carries it.
    pub election_beacon: Bytes,
    /// Proof of a double proposal that the block carries; anything else is ignored.
    pub evidence: Bytes,
    /// In an epoch's last block: who serves in the next.
    pub next_committee: Option<NextCommittee>,
}

/// The outcome of a resharing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NextCommittee {
    /// Operator keys of those who hold key shares, in ascending order.
    pub members: Vec<OperatorKey>,
    /// Whether the resharing failed, so that they are the committee before.
    pub is_kept: bool,
}

/// The storage that contracts begin with.
pub fn genesis(host: &mut impl Host, spec: &ChainSpec) -> Result<(), SystemError> {
    params::genesis(host, spec)?;
    election::genesis(host, spec)?;
    chain_info::genesis(host, spec)?;
    staking::genesis(host, spec)
}

/// Part of the base fee that is burned, in basis points.
pub fn base_fee_burn_bps(host: &mut impl Host) -> Result<u16, SystemError> {
    params::bps(host, Param::BaseFeeBurnBps)
}

/// Before the first transaction of every block.
pub fn begin_block(host: &mut impl Host, inputs: &BlockInputs) -> Result<(), SystemError> {
    chain_info::begin_block(host, inputs)?;
    upgrades::begin_block(host, inputs)?;
    conduct::begin_block(host, inputs)
}

/// After the last transaction of every block.
pub fn end_block(host: &mut impl Host, inputs: &BlockInputs) -> Result<(), SystemError> {
    conduct::end_block(host, inputs)?;
    election::end_block(host, inputs)
}

/// After [`end_block`] of an epoch's last block.
pub fn end_epoch(host: &mut impl Host, inputs: &BlockInputs) -> Result<(), SystemError> {
    staking::end_epoch(host, inputs.epoch)?;
    conduct::end_epoch(host, inputs.epoch)?;
    rewards::end_epoch(host, inputs.epoch)?;
    election::end_epoch(host, inputs)?;
    conduct::begin_term(host, inputs.epoch.saturating_add(1))?;
    params::end_epoch(host, inputs.epoch)?;
    upgrades::end_epoch(host, inputs.epoch)
}
