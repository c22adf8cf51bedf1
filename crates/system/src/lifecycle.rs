//! When system contracts act by themselves: at genesis and at the edges of blocks and epochs.
//!
//! Each function is the whole visible list, in order of execution. Every step is bounded; none depends on the
//! number of accounts. These calls pay no gas and cannot revert: an error here means that state is unreadable.

use crate::{Host, SystemError, chain_info, params, staking};
use alloy_primitives::Bytes;
use althing_primitives::{ChainSpec, Epoch, Height};

/// What consensus tells the contracts at the start of a block.
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
    /// Seats of the committee.
    pub committee_size: u64,
}

/// The storage that contracts begin with.
pub fn genesis(host: &mut impl Host, spec: &ChainSpec) -> Result<(), SystemError> {
    chain_info::genesis(host, spec)?;
    params::genesis(host, spec)
}

/// Before the first transaction of every block.
pub fn begin_block(host: &mut impl Host, inputs: &BlockInputs) -> Result<(), SystemError> {
    chain_info::begin_block(host, inputs)
}

/// After the last transaction of every block. No contract acts here yet.
pub fn end_block(_host: &mut impl Host) -> Result<(), SystemError> {
    Ok(())
}

/// After [`end_block`] of an epoch's last block.
pub fn end_epoch(host: &mut impl Host, epoch: Epoch) -> Result<(), SystemError> {
    staking::end_epoch(host, epoch)
}
