//! A validator's node while it has no place in the mesh: it follows other nodes, and enters consensus when its operator
//! has become a delegate, whom the others connect to. When it is no delegate any more, it follows again.
//!
//! Without `follow.urls` a node is always in consensus, as the first validators of a network are.

use crate::{
    archive::Archive,
    data_dir::DataDir,
    follow::{self, APPLIED, noted_height},
    run::Base,
};
use althing_chain::Chain;
use althing_engine::{Context, Floor, lay_floor};
use althing_indexer::Index;
use althing_primitives::{ChainSpec, Height, OperatorKey};
use eyre::{Result, eyre};
use std::{sync::Arc, time::Duration};

/// Height at which a node that followed enters consensus, in the index's own table; empty when it has entered.
const ENTERS: &str = "validator.enters";

/// Blocks behind the followed node at which a node is near enough to enter consensus.
const NEAR: Height = 8;

/// How often a validator looks whether it still has a place in the mesh.
const LOOK: Duration = Duration::from_secs(10);

/// A head older than this is a sign that the others do not connect to this node any more.
const SILENCE: Duration = Duration::from_secs(60);

/// Wait before the followed nodes are asked again whether the network runs.
const ASK_AGAIN: Duration = Duration::from_secs(5);

/// How a validator's node starts.
#[derive(Debug)]
pub(crate) enum Entry {
    /// In consensus, where it was or at the chain's first block.
    Consensus,
    /// Following.
    Following,
}

/// Whether a node that has no blocks must follow first: the network runs already.
pub(crate) async fn comes_late(
    urls: &[String],
    spec: &ChainSpec,
    operator: &OperatorKey,
    index: &Index,
) -> Result<bool> {
    if urls.is_empty() || index.latest()?.unwrap_or_default() > 0 {
        return Ok(false);
    }
    let again = (!has_place_at_genesis(spec, operator)).then_some(ASK_AGAIN);
    Ok(first_height(urls, again).await > 0)
}

/// Whether the mesh has a place for an operator from the first block on. Without these nodes there may be no network.
fn has_place_at_genesis(spec: &ChainSpec, operator: &OperatorKey) -> bool {
    spec.validator(operator).is_some() || spec.candidates.iter().any(|who| who.operator == *operator)
}

/// Height of the first node that answers. When none does they are asked again after a while, for ever, or with none it is 0.
async fn first_height(urls: &[String], again: Option<Duration>) -> Height {
    loop {
        for url in urls {
            match follow::height_of(url).await {
                Ok(height) => return height,
                Err(reason) => {
                    tracing::warn!(%url, %reason, "this node does not say whether the network runs")
                }
            }
        }
        let Some(wait) = again else {
            tracing::info!(
                "no node of `follow.urls` answers: this node begins in consensus, with the network"
            );
            return 0;
        };
        tracing::warn!(
            "no node of `follow.urls` answers, and this node has no blocks: it asks again in {} s and does nothing until \
             one does; see whether the addresses are right",
            wait.as_secs()
        );
        tokio::time::sleep(wait).await;
    }
}

/// Decides how to start, and prepares the entry into consensus of a node that followed.
pub(crate) async fn entry(context: &Context, data: &DataDir, base: &Base, comes_late: bool) -> Result<Entry> {
    let index = base.archive.index();
    if let Some(enters) = noted_height(index, ENTERS)? {
        let floor = floor(&base.chain, &base.archive, enters)?;
        data.forget_consensus()?;
        lay_floor(context, floor).await;
        index.set_cursor(APPLIED, &[])?;
        index.set_cursor(ENTERS, &[])?;
        tracing::info!(height = enters, "this node enters consensus");
        return Ok(Entry::Consensus);
    }
    let follows = comes_late || noted_height(index, APPLIED)?.is_some();
    Ok(if follows { Entry::Following } else { Entry::Consensus })
}

/// The final block at which consensus is entered, and the facts of its epoch.
fn floor(chain: &Chain, archive: &Archive, height: Height) -> Result<Floor> {
    let missing =
        |height| eyre!("block {height}, at which consensus is entered, is not in the index as it must be");
    let index = archive.index();
    let block = index.block(height)?.ok_or_else(|| missing(height))?;
    let certificate = block.certificate.clone().ok_or_else(|| missing(height))?;
    let boundary = boundary_of(chain, height);
    let boundary = index.block(boundary)?.ok_or_else(|| missing(boundary))?;
    Floor::new(&certificate, &boundary.block).ok_or_else(|| missing(height))
}

/// The block that says who serves at a height: the last of the epoch before.
fn boundary_of(chain: &Chain, height: Height) -> Height {
    let calendar = chain.spec.calendar();
    calendar.first_block(calendar.epoch_of(height)).saturating_sub(1)
}

/// The wish of a node that follows to enter consensus.
#[derive(Debug)]
pub(crate) struct Standby {
    pub(crate) operator: OperatorKey,
    pub(crate) chain: Arc<Chain>,
}

impl Standby {
    /// Whether the node enters consensus at its head, which is noted then.
    pub(crate) fn enters(&self, archive: &Archive, head: Height, highest: Height) -> Result<bool> {
        let epoch = self.chain.spec.epoch_of(head);
        let index = archive.index();
        let ready = head.saturating_add(NEAR) >= highest
            && self.chain.elections.connects(epoch, &self.operator)
            && index.block(boundary_of(&self.chain, head))?.is_some();
        if ready {
            index.set_cursor(ENTERS, &head.to_be_bytes())?;
        }
        Ok(ready)
    }
}

/// Completes when a validator has no place in the mesh any more, after noting that it follows from its head on.
pub(crate) async fn until_dropped(archive: Arc<Archive>, chain: Arc<Chain>, operator: OperatorKey) {
    loop {
        tokio::time::sleep(LOOK).await;
        let head = archive.head().block.height();
        let lost = archive.head_since().elapsed() > SILENCE
            && !chain.elections.connects(chain.spec.epoch_of(head), &operator);
        if !lost {
            continue;
        }
        match archive.index().set_cursor(APPLIED, &head.to_be_bytes()) {
            Ok(()) => {
                tracing::info!(head, "no delegate any more: this node leaves consensus and follows");
                return;
            }
            Err(error) => tracing::error!(%error, "cannot note that this node follows"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use althing_primitives::{Address, GenesisCandidate, U256, Validator};
    use jsonrpsee::{RpcModule, server::Server};

    #[test]
    fn validators_and_candidates_of_the_chain_spec_do_not_wait_for_others() {
        let key = OperatorKey::repeat_byte;
        let p2p = || "127.0.0.1:9000".to_owned();
        let validator = Validator { name: "v1".into(), operator: key(1), reward: Address::ZERO, p2p: p2p() };
        let mut spec = ChainSpec::devnet(vec![validator], 0);
        spec.candidates.push(GenesisCandidate {
            name: "c2".into(),
            owner: Address::ZERO,
            operator: key(2),
            reward: Address::ZERO,
            p2p: p2p(),
            self_stake: U256::ZERO,
            votes: Vec::new(),
        });
        for (operator, has_place) in [(1, true), (2, true), (3, false)] {
            assert_eq!(has_place_at_genesis(&spec, &key(operator)), has_place, "{operator}");
        }
    }

    #[tokio::test]
    async fn a_node_asks_again_until_one_answers() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let urls = [format!("ws://{}", listener.local_addr().unwrap())];
        // Who asks first is turned away, twice: one does not ask again, the other does.
        let answering = tokio::spawn(async move {
            let listener = tokio::task::spawn_blocking(move || {
                drop(listener.accept().unwrap());
                drop(listener.accept().unwrap());
                listener.set_nonblocking(true).unwrap();
                listener
            });
            let listener = listener.await.unwrap();
            let mut methods = RpcModule::new(());
            methods.register_method("eth_blockNumber", |_, (), _| "0x7").unwrap();
            Server::builder().build_from_tcp(listener).unwrap().start(methods)
        });
        assert_eq!(first_height(&urls, None).await, 0);
        assert_eq!(first_height(&urls, Some(Duration::from_millis(1))).await, 7);
        let server = answering.await.unwrap();
        server.stop().unwrap();
        server.stopped().await;
    }
}
