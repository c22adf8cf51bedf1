//! `ChainInfo`: what network this is and who finalizes its blocks now.
//!
//! Storage: 0 name, 1 spec hash, 2 epoch, 3 epoch start, 4 key id, 5 group key, 6 seats. Written at genesis and by
//! `begin_block` only when something changed, so an ordinary block writes nothing. No call changes state.

mod dispatch;
mod storage;

pub(crate) use dispatch::dispatch;

use crate::{BlockInputs, Host, SystemError};
use alloy_primitives::B256;
use althing_primitives::ChainSpec;
use storage as at;

/// Writes what never changes, and the first committee.
pub(crate) fn genesis(host: &mut impl Host, spec: &ChainSpec) -> Result<(), SystemError> {
    at::NAME.set(host, spec.name.as_bytes())?;
    at::SPEC_HASH.set(host, spec.hash())?;
    let first = BlockInputs {
        group_key: spec.committee.group_key.clone(),
        committee_size: spec.validators.len() as u64,
        ..BlockInputs::default()
    };
    write(host, &first)
}

/// Notes a new epoch, key or committee size.
pub(crate) fn begin_block(host: &mut impl Host, inputs: &BlockInputs) -> Result<(), SystemError> {
    let same = at::EPOCH.get(host)? == inputs.epoch
        && at::KEY_ID.get(host)? == inputs.key_id
        && at::SEATS.get(host)? == inputs.committee_size
        && at::EPOCH_START.get(host)? == inputs.epoch_start;
    if same && at::GROUP_KEY.get(host)? == inputs.group_key { Ok(()) } else { write(host, inputs) }
}

fn write(host: &mut impl Host, inputs: &BlockInputs) -> Result<(), SystemError> {
    at::EPOCH.set(host, inputs.epoch)?;
    at::EPOCH_START.set(host, inputs.epoch_start)?;
    at::KEY_ID.set(host, inputs.key_id)?;
    at::SEATS.set(host, inputs.committee_size)?;
    at::GROUP_KEY.set(host, &inputs.group_key)
}

/// The present epoch, for other contracts.
pub(crate) fn epoch(host: &mut impl Host) -> Result<u64, SystemError> {
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
