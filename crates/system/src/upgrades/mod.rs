//! `Upgrades`: which hardfork is in force, which comes next, and who knows it.
//!
//! Lifecycle of an upgrade: announced by a proposal → decided at the end of an epoch in whose committee enough seats know it,
//! at the earliest two epochs before its own → in force with the second epoch after; or dropped when too few know it for too
//! long, or by another proposal. One upgrade at a time.
//!
//! Invariants (tests.rs): a hardfork is never in force without having been decided one whole epoch before; it only grows.

mod dispatch;
mod storage;

pub(crate) use dispatch::dispatch;

use crate::{BlockInputs, Host, SystemError, chain_info, election, governance, params};
use alloy_primitives::{B256, Log};
use alloy_sol_types::{SolError, SolEvent};
use althing_abi::Upgrades::{
    Activated, BadRelease, Decided, Dropped, NotNewer, NothingPending, Scheduled, TooSoon, UpgradePending,
};
use althing_primitives::{Epoch, Param, WHOLE_BPS};
pub use storage::HARDFORK as HARDFORK_SLOT;
use storage::{self as at, ADDRESS};

/// Epochs from the decision to the hardfork: the first is the notice.
pub const DECISION_EPOCHS: u64 = 2;

/// Longest name of a release in bytes.
pub const MAX_RELEASE: usize = 64;

fn refused(error: impl SolError) -> SystemError {
    SystemError::revert(error)
}

fn emit(host: &mut impl Host, event: &impl SolEvent) -> Result<(), SystemError> {
    host.emit(Log { address: ADDRESS, data: event.encode_log_data() })
}

/// An upgrade that is not in force yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// Which hardfork it brings.
    pub hardfork: u64,
    /// First epoch in which it may be in force; once decided, the one in which it is.
    pub epoch: Epoch,
    /// Whether enough seats know it.
    pub is_decided: bool,
    /// The release that has it.
    pub release: String,
    /// Hash of the release's artifact.
    pub artifact: B256,
}

/// The hardfork in force.
pub fn hardfork(host: &mut impl Host) -> Result<u64, SystemError> {
    at::HARDFORK.get(host)
}

/// The release that brought the hardfork in force; empty for the first.
pub fn release(host: &mut impl Host) -> Result<String, SystemError> {
    Ok(String::from_utf8_lossy(&at::IN_FORCE.get(host)?).into_owned())
}

/// The upgrade that is not in force yet.
pub fn pending(host: &mut impl Host) -> Result<Option<Pending>, SystemError> {
    let [hardfork, epoch, decided, _] = at::PENDING.get(host)?;
    if hardfork == 0 {
        return Ok(None);
    }
    let release = String::from_utf8_lossy(&at::RELEASE.get(host)?).into_owned();
    let artifact = at::ARTIFACT.get(host)?;
    Ok(Some(Pending { hardfork, epoch, is_decided: decided != 0, release, artifact }))
}

fn set_pending(host: &mut impl Host, pending: &Pending) -> Result<(), SystemError> {
    at::PENDING.set(host, [pending.hardfork, pending.epoch, pending.is_decided.into(), 0])?;
    at::RELEASE.set(host, pending.release.as_bytes())?;
    at::ARTIFACT.set(host, pending.artifact)
}

fn clear(host: &mut impl Host) -> Result<(), SystemError> {
    at::PENDING.set(host, [0; 4])?;
    at::RELEASE.set(host, &[])?;
    at::ARTIFACT.set(host, B256::ZERO)
}

/// Announces an upgrade; for governance only.
fn schedule(host: &mut impl Host, next: Pending) -> Result<(), SystemError> {
    governance::check_caller(host)?;
    if let Some(other) = pending(host)? {
        return Err(refused(UpgradePending { hardfork: other.hardfork }));
    }
    let present = hardfork(host)?;
    if next.hardfork <= present {
        return Err(refused(NotNewer { hardfork: next.hardfork, present }));
    }
    let least = chain_info::epoch(host)?.saturating_add(DECISION_EPOCHS);
    if next.epoch < least {
        return Err(refused(TooSoon { epoch: next.epoch, least }));
    }
    if next.release.is_empty() || next.release.len() > MAX_RELEASE {
        return Err(refused(BadRelease {}));
    }
    set_pending(host, &next)?;
    let Pending { hardfork, epoch, release, artifact, .. } = next;
    emit(host, &Scheduled { hardfork, epoch, release, artifactHash: artifact })
}

/// Withdraws what is not decided; for governance only.
fn withdraw(host: &mut impl Host) -> Result<(), SystemError> {
    governance::check_caller(host)?;
    let pending = pending(host)?.filter(|pending| !pending.is_decided);
    let hardfork = pending.ok_or_else(|| refused(NothingPending {}))?.hardfork;
    clear(host)?;
    emit(host, &Dropped { hardfork })
}

/// Notes which hardforks the proposer's node knows.
pub(crate) fn begin_block(host: &mut impl Host, inputs: &BlockInputs) -> Result<(), SystemError> {
    let Some(proposer) = inputs.proposer else { return Ok(()) };
    let known = at::KNOWN.at(host, proposer)?;
    if known.get(host)? == inputs.hardfork { Ok(()) } else { known.set(host, inputs.hardfork) }
}

/// Seats of an epoch's committee whose nodes know a hardfork, and all of its seats.
fn readiness(host: &mut impl Host, epoch: Epoch, hardfork: u64) -> Result<(u64, u64), SystemError> {
    let members = election::serving(host, epoch)?.unwrap_or_default();
    let mut ready = 0_u64;
    for member in &members {
        ready = ready.saturating_add((at::KNOWN.at(host, member.operator)?.get(host)? >= hardfork).into());
    }
    Ok((ready, members.len() as u64))
}

/// Brings into force what is due with the next epoch, else decides what enough seats know.
pub(crate) fn end_epoch(host: &mut impl Host, epoch: Epoch) -> Result<(), SystemError> {
    let Some(mut pending) = pending(host)? else { return Ok(()) };
    let hardfork = pending.hardfork;
    if pending.is_decided {
        let next = epoch.saturating_add(1);
        if pending.epoch > next {
            return Ok(());
        }
        at::HARDFORK.set(host, hardfork)?;
        at::IN_FORCE.set(host, pending.release.as_bytes())?;
        clear(host)?;
        return emit(host, &Activated { hardfork, epoch: next });
    }
    let possible = epoch.saturating_add(DECISION_EPOCHS);
    if pending.epoch > possible {
        return Ok(());
    }
    let (ready, seats) = readiness(host, epoch, hardfork)?;
    let needed = params::get_u64(host, Param::UpgradeReadyBps)?;
    if ready.saturating_mul(WHOLE_BPS.into()) >= seats.saturating_mul(needed) {
        pending.epoch = possible;
        pending.is_decided = true;
        set_pending(host, &pending)?;
        return emit(host, &Decided { hardfork, epoch: possible, ready, seats });
    }
    let patience = params::get_u64(host, Param::UpgradePatienceEpochs)?;
    if possible > pending.epoch.saturating_add(patience) {
        clear(host)?;
        return emit(host, &Dropped { hardfork });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
