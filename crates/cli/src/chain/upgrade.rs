//! `althing chain upgrade`: the hardfork in force, and the one that comes.

use crate::{failure::Failure, report::Report};
use althing_abi::{
    SystemContract,
    Upgrades::{Upgrade, hardforkCall, pendingCall},
};
use althing_client::Client;
use serde_json::{Value, json};

pub(super) async fn upgrade(client: &Client) -> Result<Report, Failure> {
    let hardfork = client.read(SystemContract::Upgrades, hardforkCall {}).await?;
    let pending = client.read(SystemContract::Upgrades, pendingCall {}).await?;
    let pending = pending.exists.then_some(pending.upgrade);
    let next = pending.as_ref().map_or_else(|| "none is announced".into(), words);
    let json = json!({ "hardfork": hardfork, "pending": pending.as_ref().map(as_json) });
    Ok(Report::facts(json, &[("hardfork in force", hardfork.to_string()), ("upgrade", next)]))
}

fn words(upgrade: &Upgrade) -> String {
    let Upgrade { release, hardfork, epoch, decided, ready, seats, .. } = upgrade;
    let when = match decided {
        true => format!("in force from epoch {epoch} on: nodes without it stop before"),
        false => format!("from epoch {epoch} on at the earliest, when enough seats are ready"),
    };
    format!("hardfork {hardfork} with release {release}, {when}; {ready} of {seats} seats are ready")
}

fn as_json(upgrade: &Upgrade) -> Value {
    json!({
        "release": upgrade.release,
        "artifact_hash": upgrade.artifactHash,
        "hardfork": upgrade.hardfork,
        "epoch": upgrade.epoch,
        "decided": upgrade.decided,
        "ready": upgrade.ready,
        "seats": upgrade.seats,
    })
}
