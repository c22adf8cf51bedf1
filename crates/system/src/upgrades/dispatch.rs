//! The calls of `Upgrades`, one arm each.

use super::{Pending, hardfork, pending, readiness, schedule, storage as at, withdraw};
use crate::{Host, chain_info, host::CallResult};
use alloy_sol_types::SolCall;
use althing_abi::Upgrades::{self as abi, UpgradesCalls as Calls};

pub(crate) fn dispatch(host: &mut impl Host, call: Calls) -> CallResult {
    let bytes = match call {
        Calls::hardfork(_) => abi::hardforkCall::abi_encode_returns(&hardfork(host)?),
        Calls::pending(_) => {
            let (exists, upgrade) = match pending(host)? {
                Some(pending) => (true, shown(host, pending)?),
                None => Default::default(),
            };
            abi::pendingCall::abi_encode_returns(&abi::pendingReturn { exists, upgrade })
        }
        Calls::knownTo(c) => {
            abi::knownToCall::abi_encode_returns(&at::KNOWN.at(host, c.operatorKey)?.get(host)?)
        }
        Calls::schedule(c) => {
            let next = Pending {
                hardfork: c.hardfork_,
                epoch: c.epoch,
                is_decided: false,
                release: c.release,
                artifact: c.artifactHash,
            };
            schedule(host, next)?;
            Vec::new()
        }
        Calls::withdraw(_) => {
            withdraw(host)?;
            Vec::new()
        }
    };
    Ok(bytes.into())
}

fn shown(host: &mut impl Host, pending: Pending) -> Result<abi::Upgrade, crate::SystemError> {
    let epoch = chain_info::epoch(host)?;
    let (ready, seats) = readiness(host, epoch, pending.hardfork)?;
    Ok(abi::Upgrade {
        release: pending.release,
        artifactHash: pending.artifact,
        hardfork: pending.hardfork,
        epoch: pending.epoch,
        decided: pending.is_decided,
        ready,
        seats,
    })
}
