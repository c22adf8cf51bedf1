//! What this node knows of elections: seeds, draws and serving committees, read from final state as they become known.
//!
//! Consensus asks for them ahead of time, so every answer is a fact that no later block changes. A question that comes
//! before its answer is final waits for it.

use althing_consensus::{CommitteeSource, Lineup, PublicKey};
use althing_execution::{
    ExecutionError,
    election::{self, Drawn, Endpoint, Member},
    read,
};
use althing_light::DrawSeed;
use althing_primitives::{B256, Block, ChainSpec, Epoch, OperatorKey, calendar::ELECTION_LEAD_EPOCHS};
use althing_state::StateView;
use commonware_codec::{Copying, DecodeExt as _};
use commonware_consensus::types;
use commonware_utils::{channel::watch, ordered::Set};
use parking_lot::Mutex;
use std::{collections::BTreeMap, fmt, net::SocketAddr, ops::Range, sync::Arc};

/// Epochs that are remembered: those whose committees serve, get shares or are announced, and some before.
const EPOCHS_KEPT: usize = 16;

/// What is known of an epoch.
#[derive(Clone, Default)]
struct Facts {
    drawn: Option<Arc<Drawn>>,
    serving: Option<Arc<Vec<Member>>>,
}

struct Inner {
    spec: Arc<ChainSpec>,
    known: Mutex<BTreeMap<Epoch, Facts>>,
    /// Grows with every election that becomes known.
    news: watch::Sender<u64>,
}

/// Shared by everything that asks for committees.
#[derive(Clone)]
pub struct Elections(Arc<Inner>);

impl fmt::Debug for Elections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Elections").field("epochs", &self.0.known.lock().keys()).finish_non_exhaustive()
    }
}

impl Elections {
    /// Nothing is known yet but what the chain spec says.
    pub fn new(spec: Arc<ChainSpec>) -> Self {
        Self(Arc::new(Inner { spec, known: Mutex::default(), news: watch::channel(0).0 }))
    }

    /// Whether elections change with this block.
    pub(crate) fn concerns(&self, block: &Block) -> bool {
        let (calendar, epoch) = (self.0.spec.calendar(), block.seal().epoch);
        [calendar.draw_block(epoch), calendar.last_block(epoch)].contains(&block.height())
    }

    /// Reads what a state at a block of `epoch` says of the elections around it.
    pub async fn learn(&self, view: &impl StateView, epoch: Epoch) -> Result<(), ExecutionError> {
        let epochs = epoch.saturating_sub(1)..=epoch.saturating_add(ELECTION_LEAD_EPOCHS);
        let missing: Vec<_> = {
            let known = self.0.known.lock();
            let is_known = |facts: &Facts| facts.drawn.is_some() && facts.serving.is_some();
            epochs.filter(|epoch| !known.get(epoch).is_some_and(is_known)).collect()
        };
        for epoch in missing {
            let (drawn, serving) =
                read(view, move |host| Ok((election::drawn(host, epoch)?, election::serving(host, epoch)?)))
                    .await?;
            let facts = Facts { drawn: drawn.map(Arc::new), serving: serving.map(Arc::new) };
            let mut known = self.0.known.lock();
            known.insert(epoch, facts);
            while known.len() > EPOCHS_KEPT {
                known.pop_first();
            }
        }
        self.0.news.send_modify(|version| *version = version.wrapping_add(1));
        Ok(())
    }

    fn facts(&self, epoch: Epoch) -> Facts {
        self.0.known.lock().get(&epoch).cloned().unwrap_or_default()
    }

    async fn draw(&self, epoch: Epoch) -> Arc<Drawn> {
        let mut news = self.0.news.subscribe();
        loop {
            if let Some(drawn) = self.facts(epoch).drawn {
                return drawn;
            }
            if news.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Whether the mesh connects to an operator in an epoch: it was a delegate when the epoch began.
    pub fn connects(&self, epoch: Epoch, operator: &OperatorKey) -> bool {
        let until = epoch.saturating_add(ELECTION_LEAD_EPOCHS);
        self.delegates_of(epoch..until).iter().any(|(delegate, _)| delegate == operator)
    }

    /// Whether an operator is known to serve in an epoch.
    pub fn serves(&self, epoch: Epoch, operator: &OperatorKey) -> bool {
        let serving = self.facts(epoch).serving;
        serving.is_some_and(|members| members.iter().any(|member| member.operator == *operator))
    }

    /// All nodes that follow consensus in an epoch, drawn or not, and where they are dialled.
    pub fn delegates(&self, epoch: Epoch) -> Vec<(PublicKey, SocketAddr)> {
        let known = self.delegates_of(epoch..Epoch::MAX).into_iter();
        let found: BTreeMap<B256, SocketAddr> =
            known.filter_map(|(operator, address)| Some((operator, address?))).collect();
        let key = |(operator, address): (B256, SocketAddr)| Some((public_key(&operator)?, address));
        found.into_iter().filter_map(key).collect()
    }

    /// The delegates of epochs whose draws are known, and before the first election the candidates of the chain spec, from
    /// whom it will choose. Of an operator that is there twice the last counts.
    fn delegates_of(&self, epochs: Range<Epoch>) -> Vec<(OperatorKey, Option<SocketAddr>)> {
        let candidates = match epochs.start < ELECTION_LEAD_EPOCHS {
            true => self.0.spec.candidates.as_slice(),
            false => &[],
        };
        let known = self.0.known.lock();
        let drawn = known.range(epochs).filter_map(|(_, facts)| facts.drawn.as_deref());
        let drawn = drawn.flat_map(|drawn| &drawn.delegates).map(|(operator, Endpoint(at))| (*operator, *at));
        drawn.chain(candidates.iter().map(|who| (who.operator, who.p2p.parse().ok()))).collect()
    }
}

fn public_key(operator: &OperatorKey) -> Option<PublicKey> {
    PublicKey::decode(Copying(operator.as_slice())).ok()
}

impl CommitteeSource for Elections {
    async fn committee(&self, epoch: types::Epoch) -> Set<PublicKey> {
        // Who gets shares in one epoch signs the next.
        let drawn = self.draw(epoch.get().saturating_add(1)).await;
        Set::from_iter_dedup(drawn.members.iter().filter_map(|(operator, _)| public_key(operator)))
    }

    async fn address(&self, epoch: types::Epoch, operator: &PublicKey) -> Option<SocketAddr> {
        let (epoch, key) = (epoch.get(), OperatorKey::from_slice(operator.as_ref()));
        let of = |members: &[(B256, Endpoint)]| {
            members.iter().find(|(member, _)| *member == key).and_then(|(_, endpoint)| endpoint.0)
        };
        // Those who get shares next, those who get them now, those who deal; a committee that serves on after a
        // failed resharing was drawn before all of them.
        for epoch in [epoch.saturating_add(2), epoch.saturating_add(1), epoch] {
            if let Some(address) = of(&self.draw(epoch).await.members) {
                return Some(address);
            }
        }
        let serving = self.facts(epoch.saturating_sub(1)).serving?;
        serving.iter().find(|member| member.operator == key).and_then(|member| member.endpoint.0)
    }
}

impl Lineup for Elections {
    fn leaders(&self, epoch: types::Epoch, members: usize) -> Option<Vec<usize>> {
        let (chain_id, epoch) = (self.0.spec.chain_id, epoch.get());
        let seed = self.facts(epoch).drawn?.seed;
        Some(DrawSeed { chain_id, epoch, seed }.leaders(members))
    }
}
