//! `althing gov new --upgrade`: the call that schedules an upgrade of the protocol. What the contract would refuse weeks later,
//! when the proposal is executed, is refused here, as far as it can be known.

use super::{acts::Act, ask};
use crate::failure::Failure;
use alloy_primitives::{B256, U256};
use alloy_sol_types::SolCall;
use althing_abi::{
    ChainInfo::epochCall,
    Governance::votingPeriodCall,
    Params::valueOfCall,
    SystemContract,
    Upgrades::{hardforkCall, pendingCall, scheduleCall, withdrawCall},
};
use althing_client::Client;
use althing_primitives::{ChainSpec, Epoch, Hardfork, Param};
use althing_system::upgrades::{DECISION_EPOCHS, MAX_RELEASE};
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::{path::Path, str::FromStr};

/// Options of an upgrade; all four or none.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct UpgradeArgs {
    /// Schedule an upgrade of the protocol to this release, after the other calls; with the three options that follow.
    #[arg(long = "upgrade", value_name = "RELEASE", requires_all = ["hardfork", "artifact", "epoch"])]
    release: Option<String>,
    /// Number of the hardfork that the release brings.
    #[arg(long, value_name = "ID", requires = "release")]
    hardfork: Option<u64>,
    /// The release's artifact, or its SHA-256: what `sha256sum` prints, after 0x.
    #[arg(long, value_name = "FILE|0xHASH", requires = "release")]
    artifact: Option<String>,
    /// First epoch in which it may be in force; `+K` is K after the present one.
    #[arg(long, value_name = "N|+K", requires = "release")]
    epoch: Option<From>,
}

/// From which epoch on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum From {
    Epoch(Epoch),
    After(u64),
}

impl FromStr for From {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |digits: &str| {
            digits.parse().map_err(|_| format!("`{text}` is neither the number of an epoch nor +K"))
        };
        match text.strip_prefix('+') {
            Some(digits) => number(digits).map(Self::After),
            None => number(text).map(Self::Epoch),
        }
    }
}

/// What the network says of upgrades.
#[derive(Clone, Debug)]
struct Facts {
    /// In force.
    present: u64,
    /// Not in force yet, and whether it is decided.
    pending: Option<(u64, bool)>,
    epoch: Epoch,
    /// The earliest epoch in which a proposal of today can be executed.
    executable: Epoch,
}

impl Facts {
    async fn read(client: &Client) -> Result<Self, Failure> {
        #[derive(Deserialize)]
        struct Answer {
            spec: ChainSpec,
        }
        let present = client.read(SystemContract::Upgrades, hardforkCall {}).await?;
        let pending = client.read(SystemContract::Upgrades, pendingCall {}).await?;
        let epoch = client.read(SystemContract::ChainInfo, epochCall {}).await?;
        let param = |param: Param| {
            let question = valueOfCall { name: param.entry().name.into() };
            async move { client.read(SystemContract::Params, question).await }
        };
        let lock = param(Param::TimeLockDays).await?.saturating_mul(param(Param::DaySeconds).await?);
        let seconds: u64 = ask(client, votingPeriodCall {}).await?.saturating_add(lock).saturating_to();
        let Answer { spec } = client.rpc().call("althing_chainSpec", json!([])).await?;
        let blocks = seconds.saturating_mul(1_000) / spec.block_interval_ms.max(1);
        let height = client.height().await?.saturating_add(blocks);
        Ok(Self {
            present,
            pending: pending.exists.then_some((pending.upgrade.hardfork, pending.upgrade.decided)),
            epoch,
            executable: spec.calendar().epoch_of(height).max(epoch),
        })
    }
}

impl UpgradeArgs {
    /// The call, if an upgrade is asked for, that comes after other calls of the same proposal.
    pub(super) async fn act(&self, client: &Client, others: &[Act]) -> Result<Option<Act>, Failure> {
        let (Some(release), Some(hardfork), Some(artifact), Some(epoch)) =
            (&self.release, self.hardfork, &self.artifact, self.epoch)
        else {
            return Ok(None);
        };
        let artifact = artifact_hash(artifact)?;
        let facts = Facts::read(client).await?;
        let withdraws = others.contains(&act(withdrawCall {}));
        facts.check(release, hardfork, withdraws)?;
        let call = scheduleCall {
            release: release.clone(),
            artifactHash: artifact,
            hardfork_: hardfork,
            epoch: facts.first_epoch(epoch)?,
        };
        Ok(Some(act(call)))
    }
}

fn act(call: impl SolCall) -> Act {
    Act { to: SystemContract::Upgrades.address(), value: U256::ZERO, data: call.abi_encode().into() }
}

impl Facts {
    fn check(&self, release: &str, hardfork: u64, withdraws: bool) -> Result<(), Failure> {
        let newest = Hardfork::NEWEST as u64;
        if release.is_empty() || release.len() > MAX_RELEASE {
            let length = release.len();
            return Err(Failure::usage(format!(
                "--upgrade: the name of the release has {length} bytes; 1 to {MAX_RELEASE} are taken"
            )));
        }
        if Hardfork::numbered(hardfork).is_none() {
            return Err(Failure::usage(format!(
                "--hardfork {hardfork}: this program knows hardforks up to {newest}; propose it with the release that brings it"
            )));
        }
        if hardfork <= self.present {
            let present = self.present;
            return Err(Failure::usage(format!(
                "--hardfork {hardfork}: hardfork {present} is in force, and only a newer one can be scheduled"
            )));
        }
        match self.pending {
            Some((other, true)) if hardfork <= other => Err(Failure::usage(format!(
                "--hardfork {hardfork}: hardfork {other} is decided, and only a newer one can be scheduled (`althing chain upgrade`)"
            ))),
            Some((other, false)) if !withdraws => Err(Failure::usage(format!(
                "an upgrade to hardfork {other} is announced (`althing chain upgrade`), and there is one at a time: wait until it is \
                 decided, or withdraw it in the same proposal with --call \"{}:withdraw()\"",
                SystemContract::Upgrades.address()
            ))),
            _ => Ok(()),
        }
    }

    /// The epoch that is asked for; refused when it is too soon.
    fn first_epoch(&self, asked: From) -> Result<Epoch, Failure> {
        let epoch = match asked {
            From::Epoch(epoch) => epoch,
            From::After(epochs) => self.epoch.saturating_add(epochs),
        };
        let least = self.executable.saturating_add(DECISION_EPOCHS);
        if epoch >= least {
            return Ok(epoch);
        }
        Err(Failure::usage(format!(
            "--epoch: {epoch} is too soon, the first possible is {least} (+{}): now is epoch {}, the proposal can be executed in epoch {} \
             at the earliest, after its vote and its time lock, and nodes need {DECISION_EPOCHS} epochs from then",
            least.saturating_sub(self.epoch),
            self.epoch,
            self.executable,
        )))
    }
}

/// A hash as it is written, or that of a file.
fn artifact_hash(text: &str) -> Result<B256, Failure> {
    if text.starts_with("0x") {
        let wrong = |error| Failure::usage(format!("--artifact: `{text}` is no hash of 32 bytes: {error}"));
        return text.parse().map_err(wrong);
    }
    let path = Path::new(text);
    let bytes = std::fs::read(path).map_err(Failure::io("read", path))?;
    Ok(B256::from_slice(&Sha256::digest(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "0x5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a";

    /// Epoch 7; a proposal can be executed in epoch 9.
    fn facts(present: u64, pending: Option<(u64, bool)>) -> Facts {
        Facts { present, pending, epoch: 7, executable: 9 }
    }

    #[test]
    fn what_cannot_be_is_refused_with_the_reason() {
        let long = "v".repeat(MAX_RELEASE + 1);
        let cases = [
            ("", 1, 0, None, "1 to 64 are taken"),
            (&long, 1, 0, None, "has 65 bytes"),
            ("v2", 9, 0, None, "this program knows hardforks up to 1"),
            ("v2", 1, 1, None, "hardfork 1 is in force"),
            ("v2", 0, 0, None, "hardfork 0 is in force"),
            ("v2", 1, 0, Some((1, true)), "hardfork 1 is decided"),
            ("v2", 1, 0, Some((1, false)), "withdraw()"),
        ];
        for (release, hardfork, present, pending, reason) in cases {
            let failure = facts(present, pending).check(release, hardfork, false).unwrap_err();
            assert!(failure.message.contains(reason), "{}", failure.message);
        }
        facts(0, None).check("v2", 1, false).unwrap();
        facts(0, Some((1, false))).check("v2", 1, true).unwrap();
    }

    #[test]
    fn an_epoch_that_is_too_soon_is_refused_with_the_first_possible() {
        for (text, expected) in [("11", 11), ("+4", 11), ("+40", 47), ("4800", 4_800)] {
            assert_eq!(facts(0, None).first_epoch(text.parse().unwrap()).unwrap(), expected, "{text}");
        }
        for text in ["10", "+3", "0", "+0"] {
            let failure = facts(0, None).first_epoch(text.parse().unwrap()).unwrap_err();
            assert!(failure.message.contains("the first possible is 11 (+4)"), "{}", failure.message);
        }
        for text in ["", "+", "soon", "-1", "+x"] {
            assert!(text.parse::<From>().is_err(), "{text}");
        }
    }

    #[test]
    fn an_artifact_is_a_hash_or_a_file() {
        assert_eq!(artifact_hash(HASH).unwrap(), B256::repeat_byte(0x5a));
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("release.tar");
        std::fs::write(&path, "abc").unwrap();
        let known = "0xba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(artifact_hash(path.to_str().unwrap()).unwrap().to_string(), known);
        for (wrong, reason) in [("0x5a", "no hash of 32 bytes"), ("/there/is/none", "cannot read")] {
            let failure = artifact_hash(wrong).unwrap_err();
            assert!(failure.message.contains(reason), "{}", failure.message);
        }
    }
}
