//! Relays on the library's simulated network. Where it matters what is said, the test itself is the other peer.

mod bounds;
mod hostile;
mod paths;
mod wire;

use super::*;
use crate::{context::Operator, header};
use alloy_consensus::{SignableTransaction as _, TxEip1559};
use alloy_primitives::{Address, Signature, TxKind};
use althing_consensus::{BlockDigest, ConsensusBlock, PrivateKey};
use althing_primitives::{B256, Block, ChainSpec, Header, OperatorKey, Seal, Transaction, U256, Validator};
use commonware_consensus::{marshal::core::Buffer as _, types::Round};
use commonware_cryptography::{Digested, Digestible as _, Signer as _};
use commonware_p2p::{
    Manager as _, Receiver as _, Sender as _,
    simulated::{Config as NetworkConfig, Link, Network, Oracle, Receiver, Sender},
};
use commonware_runtime::{Metrics as _, Quota, Runner as _, Supervisor as _, deterministic};
use commonware_utils::{NZU32, ordered::Set, probability};
use std::{collections::BTreeMap, sync::Arc};

/// How long a message takes.
const LATENCY: Duration = Duration::from_millis(50);

/// Enough for all that anybody can still do.
const LONG: Duration = Duration::from_secs(3);

/// The relay that a test is about, and the peers that the test plays.
const RELAY: u64 = 0;
const PEER: u64 = 1;
const OTHER: u64 = 2;

type Context = deterministic::Context;
type Ends = (Sender<PublicKey, Context>, Receiver<PublicKey>);

fn key(peer: u64) -> PublicKey {
    PrivateKey::from_seed(peer).public_key()
}

fn transaction(nonce: u64) -> Transaction {
    let tx = TxEip1559 {
        nonce,
        to: TxKind::Call(Address::ZERO),
        input: vec![7; 200].into(),
        ..Default::default()
    };
    tx.into_signed(Signature::new(U256::ONE, U256::from(2), false)).into()
}

fn transactions(count: u64) -> Vec<Transaction> {
    (0..count).map(transaction).collect()
}

fn block(number: u64, transactions: Vec<Transaction>) -> ConsensusBlock {
    let operator = OperatorKey::from_slice(key(PEER).as_ref());
    let validator =
        Validator { name: "v".into(), operator, reward: Address::ZERO, p2p: "127.0.0.1:9000".into() };
    let operator = Operator::new(PrivateKey::from_seed(PEER), &ChainSpec::devnet(vec![validator], 0));
    let seal = Seal { version: 1, view: number, proposer: operator.key(), ..Seal::default() };
    let header = Header { number, ..Header::default() };
    ConsensusBlock::new(header::seal(header, seal, &operator, transactions)).unwrap()
}

fn hash(block: &ConsensusBlock) -> B256 {
    block.block().hash()
}

fn compact(block: &ConsensusBlock) -> Message {
    Message::Compact(Box::new(Compact::of(block.block())))
}

/// Knows these transactions.
fn knows(transactions: &[Transaction]) -> Lookup {
    let known: BTreeMap<ShortId, Transaction> =
        transactions.iter().map(|tx| (wire::short(tx), tx.clone())).collect();
    Arc::new(move |ids| ids.iter().map(|id| known.get(id).cloned()).collect())
}

/// Three peers that are linked, all of them members.
struct World {
    context: Context,
    oracle: Oracle<PublicKey, Context>,
}

impl World {
    async fn new(context: Context) -> Self {
        let config = NetworkConfig {
            max_size: u32::try_from(max_message_size()).unwrap(),
            max_peers_per_set: NZUsize!(3),
            disconnect_on_block: true,
            tracked_peer_sets: NZUsize!(1),
        };
        let (network, oracle) = Network::new(context.child("network"), config);
        network.start();
        let link = Link { latency: LATENCY, jitter: Duration::ZERO, success_rate: probability!(1.0) };
        for (from, to) in
            [RELAY, PEER, OTHER].into_iter().flat_map(|from| [RELAY, PEER, OTHER].map(|to| (from, to)))
        {
            if from != to {
                oracle.add_link(key(from), key(to), link.clone()).await.unwrap();
            }
        }
        let world = Self { context, oracle };
        world.members(0, &[RELAY, PEER, OTHER]);
        world
    }

    fn members(&self, set: u64, members: &[u64]) {
        let members = Set::from_iter_dedup(members.iter().map(|peer| key(*peer)));
        self.oracle.manager().track(set, members);
    }

    /// The ends of a peer that the test plays.
    async fn ends(&self, peer: u64) -> Ends {
        self.oracle.control(key(peer)).register(0, Quota::per_second(NZU32!(1_000))).await.unwrap()
    }

    /// A relay that knows these transactions.
    async fn relay(&self, peer: u64, lookup: Lookup) -> Mailbox {
        let config = Config { me: key(peer), peers: self.oracle.manager(), lookup };
        let ends = self.ends(peer).await;
        let (_, mailbox) = start(self.context.child("relay").with_attribute("peer", peer), config, ends);
        // Its peers are known to it before anything else happens.
        self.context.sleep(LATENCY).await;
        mailbox
    }

    /// What a relay holds when nothing happens any more.
    async fn finally(&self, relay: &Mailbox, block: &ConsensusBlock) -> Option<ConsensusBlock> {
        self.context.sleep(LONG).await;
        find(relay, block).await
    }

    /// How often something happened at a relay.
    fn count(&self, what: &str) -> u64 {
        let metrics = self.context.encode();
        let lines = metrics.lines().filter(|line| line.starts_with(&format!("relay_{what}_total")));
        lines.map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum()
    }
}

async fn find(relay: &Mailbox, block: &ConsensusBlock) -> Option<ConsensusBlock> {
    let found = relay.find_by_digest(block.digest()).await?;
    assert_eq!(found.digest(), block.digest());
    Some(found.inner().clone())
}

fn send(relay: &Mailbox, block: &ConsensusBlock) {
    let block = Digested::precomputed(block.clone(), block.digest());
    relay.send(Round::default(), block, Recipients::All);
}

/// Says something to the relay.
fn say(ends: &mut Ends, message: &Message) {
    ends.0.send(Recipients::One(key(RELAY)), message.encode(), true);
}

/// The next thing that a relay says, and its bytes.
async fn hear(ends: &mut Ends) -> (Message, usize) {
    let (_, bytes) = ends.1.recv().await.unwrap();
    (Message::decode(bytes.as_ref()).unwrap(), bytes.len())
}

/// What a relay says next; `None` when it says nothing.
async fn hear_soon(world: &World, ends: &mut Ends) -> Option<Message> {
    commonware_macros::select! {
        heard = hear(ends) => Some(heard.0),
        _ = world.context.sleep(LONG) => None,
    }
}

fn run<F: Future<Output = ()>>(test: impl FnOnce(World) -> F) {
    deterministic::Runner::default().start(|context| async move { test(World::new(context).await).await });
}
