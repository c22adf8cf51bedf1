//! What a person sees of a devnet: endpoints, accounts, and a line that lives.

use super::prepare::{Network, NodePlace};
use crate::report::table;
use crate::terminal::Progress;
use alloy_primitives::hex;
use alloy_signer_local::{MnemonicBuilder, PrivateKeySigner};
use althing_client::Client;
use althing_primitives::AddressExt;
use althing_primitives::chainspec::{DEVNET_ACCOUNTS, DEVNET_COINS, DEVNET_MNEMONIC, DEVNET_REWARD_ACCOUNTS};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::io::Write;
use std::time::Duration;
use tokio::time::{Instant, interval};

const POLL: Duration = Duration::from_millis(250);
/// Time between two lines where a line cannot be rewritten.
const PLAIN_EVERY: Duration = Duration::from_secs(10);
/// Heights that the block time is averaged over.
const WINDOW: usize = 40;

/// Well-known keys: of the funded accounts, and of those that nodes are rewarded on.
const DEVNET_KEYS: u32 = (DEVNET_ACCOUNTS.len() + DEVNET_REWARD_ACCOUNTS.len()) as u32;

/// The key of a well-known account. Everybody has it.
pub(crate) fn devnet_key(index: usize) -> Option<PrivateKeySigner> {
    let index = u32::try_from(index).ok().filter(|index| *index < DEVNET_KEYS)?;
    MnemonicBuilder::from_phrase(DEVNET_MNEMONIC).index(index).ok()?.build().ok()
}

/// Prints endpoints and accounts.
pub(super) fn announce(network: &Network, json: bool) {
    let keys: Vec<_> = (0..DEVNET_ACCOUNTS.len()).filter_map(devnet_key).collect();
    let text = match json {
        true => to_json(network, &keys).to_string(),
        false => to_text(network, &keys),
    };
    // A reader that closed the pipe has seen enough; the network runs on.
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

fn to_json(network: &Network, keys: &[PrivateKeySigner]) -> Value {
    let node = |node: &NodePlace| {
        json!({
            "name": node.name, "dir": node.dir, "rpc": format!("http://{}", node.rpc), "ws": format!("ws://{}", node.rpc),
            "p2p": node.p2p.to_string(), "metrics": format!("http://{}/metrics", node.metrics),
        })
    };
    let account = |key: &PrivateKeySigner| {
        let private = hex::encode_prefixed(key.to_bytes());
        json!({"address": key.address(), "io": key.address().to_io(), "private_key": private})
    };
    json!({
        "chain_id": network.spec.chain_id.to_string(), "spec_hash": network.spec.hash(),
        "nodes": network.nodes.iter().map(node).collect::<Vec<_>>(),
        "accounts": keys.iter().map(account).collect::<Vec<_>>(),
    })
}

fn to_text(network: &Network, keys: &[PrivateKeySigner]) -> String {
    let node = |node: &NodePlace| {
        vec![
            node.name.clone(),
            format!("http://{0}  ws://{0}", node.rpc),
            format!("http://{}/metrics", node.metrics),
        ]
    };
    let nodes = table(&["node", "JSON-RPC", "metrics"], network.nodes.iter().map(node));
    let account = |key: &PrivateKeySigner| {
        vec![key.address().to_string(), key.address().to_io(), hex::encode_prefixed(key.to_bytes())]
    };
    let accounts = table(&["account", "the same as io1", "private key"], keys.iter().map(account));
    let dir = network.nodes[0].dir.parent().unwrap_or(&network.nodes[0].dir).display();
    format!(
        "{nodes}\n\nchain id {}   logs and data in {dir}\n\n{accounts}\n\n\
         {DEVNET_COINS} coins each. THESE KEYS ARE PUBLIC: whatever is sent to these accounts on any other network is lost.\n\
         mnemonic: {DEVNET_MNEMONIC}\nCtrl-C stops all nodes; started again it goes on from disk.\n",
        network.spec.chain_id,
    )
}

/// Heights as they were seen, to tell the time between blocks.
#[derive(Default)]
struct Pace(VecDeque<(Instant, u64)>);

impl Pace {
    fn saw(&mut self, height: u64, now: Instant) {
        if self.0.back().is_some_and(|(_, last)| *last >= height) {
            return;
        }
        self.0.push_back((now, height));
        if self.0.len() > WINDOW {
            self.0.pop_front();
        }
    }

    /// Milliseconds between blocks.
    fn block_ms(&self) -> Option<u128> {
        let ((first_at, first), (last_at, last)) = (self.0.front()?, self.0.back()?);
        let blocks = last.checked_sub(*first).filter(|blocks| *blocks > 0)?;
        Some((*last_at - *first_at).as_millis() / u128::from(blocks))
    }

    fn since_last(&self) -> Option<Duration> {
        self.0.back().map(|(at, _)| at.elapsed())
    }
}

/// Shows height, time between final blocks and peers, for ever.
pub(super) async fn status(network: &Network, progress: &Progress) -> ! {
    let clients: Vec<_> =
        network.nodes.iter().filter_map(|node| Client::new(&format!("http://{}", node.rpc)).ok()).collect();
    let start = Instant::now();
    let mut pace = Pace::default();
    let mut plain_at = None::<Instant>;
    let mut ticks = interval(POLL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut first_said = false;
    loop {
        ticks.tick().await;
        let answers = futures::future::join_all(clients.iter().map(look)).await;
        let up = answers.iter().flatten().count();
        if let Some((height, _)) = answers.iter().flatten().max() {
            pace.saw(*height, Instant::now());
            if *height > 0 && !first_said {
                first_said = true;
                progress.say(&format!("first block seen after {:.1} s", start.elapsed().as_secs_f32()));
            }
        }
        let line = line(&pace, &answers, up, clients.len());
        if progress.is_live() {
            progress.step(line);
        } else if plain_at.is_none_or(|at| at.elapsed() >= PLAIN_EVERY) {
            plain_at = Some(Instant::now());
            progress.step(line);
        }
    }
}

/// Height and peers of one node, if it answers soon.
async fn look(client: &Client) -> Option<(u64, u64)> {
    let both = async { Some((client.height().await.ok()?, client.peers().await.ok()?)) };
    tokio::time::timeout(POLL * 4, both).await.ok().flatten()
}

fn line(pace: &Pace, answers: &[Option<(u64, u64)>], up: usize, all: usize) -> String {
    let Some((height, _)) = answers.iter().flatten().max() else {
        return format!("waiting for the nodes ({up} of {all} answer)");
    };
    let heights: Vec<_> =
        answers.iter().map(|a| a.map_or("-".into(), |(height, _)| height.to_string())).collect();
    let peers: Vec<_> =
        answers.iter().map(|a| a.map_or("-".into(), |(_, peers)| peers.to_string())).collect();
    let every = pace.block_ms().map_or(String::new(), |ms| format!(", final every {ms} ms"));
    let stalled = match pace.since_last() {
        Some(since) if since > Duration::from_secs(10) => format!("   NO BLOCK FOR {} s", since.as_secs()),
        _ => String::new(),
    };
    format!(
        "height {height}{every}   nodes {up}/{all} at {}   peers {}{stalled}",
        heights.join(" "),
        peers.join(" ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_well_known_keys_belong_to_the_accounts_of_the_preset() {
        for (index, address) in DEVNET_ACCOUNTS.iter().enumerate() {
            assert_eq!(devnet_key(index).unwrap().address(), *address);
        }
        for (index, address) in (DEVNET_ACCOUNTS.len()..).zip(DEVNET_REWARD_ACCOUNTS) {
            assert_eq!(devnet_key(index).unwrap().address(), address);
        }
        assert!(devnet_key(20).is_none());
    }

    #[test]
    fn the_pace_is_the_mean_time_between_heights() {
        let (mut pace, start) = (Pace::default(), Instant::now());
        pace.saw(10, start);
        assert_eq!(pace.block_ms(), None);
        pace.saw(13, start + Duration::from_millis(900));
        pace.saw(12, start + Duration::from_millis(950));
        assert_eq!(pace.block_ms(), Some(300));
    }
}
