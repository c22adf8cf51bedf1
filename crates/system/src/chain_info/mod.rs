//! `ChainInfo`: what network this is and who finalizes its blocks now.
//!
//! Written at genesis and by `begin_block` only when something changed, so an ordinary block writes nothing. No call
//! changes state.

mod dispatch;
mod storage;

pub(crate) use dispatch::dispatch;

use crate::{BlockInputs, Host, SystemError, election};
use alloy_primitives::{B256, Bytes};
use althing_primitives::{Calendar, ChainSpec};
use storage as at;

/// Writes what never changes, and the first committee.
pub(crate) fn genesis(host: &mut impl Host, spec: &ChainSpec) -> Result<(), SystemError> {
    at::NAME.set(host, spec.name.as_bytes())?;
    at::SPEC_HASH.set(host, spec.hash())?;
    at::CHAIN_ID.set(host, spec.chain_id)?;
    at::EPOCH_BLOCKS.set(host, spec.epoch_blocks)?;
    at::BLOCK_INTERVAL_MS.set(host, spec.block_interval_ms)?;
    let first = BlockInputs { group_key: spec.committee.group_key.clone(), ..BlockInputs::default() };
    write(host, &first)
}

/// Notes a new epoch, key or committee size.
pub(crate) fn begin_block(host: &mut impl Host, inputs: &BlockInputs) -> Result<(), SystemError> {
    let same = at::EPOCH.get(host)? == inputs.epoch
        && at::KEY_ID.get(host)? == inputs.key_id
        && at::EPOCH_START.get(host)? == inputs.epoch_start;
    if same && at::GROUP_KEY.get(host)? == inputs.group_key { Ok(()) } else { write(host, inputs) }
}

fn write(host: &mut impl Host, inputs: &BlockInputs) -> Result<(), SystemError> {
    at::EPOCH.set(host, inputs.epoch)?;
    at::EPOCH_START.set(host, inputs.epoch_start)?;
    at::KEY_ID.set(host, inputs.key_id)?;
    let seats = election::seats(host, inputs.epoch)?;
    at::SEATS.set(host, seats)?;
    at::GROUP_KEY.set(host, &inputs.group_key)
}

/// The present epoch.
pub fn epoch(host: &mut impl Host) -> Result<u64, SystemError> {
    at::EPOCH.get(host)
}

/// Height of the present epoch's first block, for other contracts.
pub(crate) fn epoch_start(host: &mut impl Host) -> Result<u64, SystemError> {
    at::EPOCH_START.get(host)
}

/// Hash of the chain spec, for other contracts.
pub(crate) fn spec_hash(host: &mut impl Host) -> Result<B256, SystemError> {
    at::SPEC_HASH.get(host)
}

/// EIP-155 chain id, for other contracts.
pub(crate) fn chain_id(host: &mut impl Host) -> Result<u64, SystemError> {
    at::CHAIN_ID.get(host)
}

/// When committees are elected, for other contracts.
pub(crate) fn calendar(host: &mut impl Host) -> Result<Calendar, SystemError> {
    Ok(Calendar { epoch_blocks: at::EPOCH_BLOCKS.get(host)? })
}

/// Least milliseconds between two blocks, for other contracts.
pub(crate) fn block_interval_ms(host: &mut impl Host) -> Result<u64, SystemError> {
    at::BLOCK_INTERVAL_MS.get(host)
}

/// The group key that signs present blocks, for other contracts.
pub(crate) fn group_key(host: &mut impl Host) -> Result<Bytes, SystemError> {
    at::GROUP_KEY.get(host)
}
