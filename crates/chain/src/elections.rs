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
use althing_light::{DrawSeed, fallback_seed};
use althing_primitives::{B256, Block, ChainSpec, Epoch, OperatorKey, calendar::ELECTION_LEAD_EPOCHS};
use althing_state::StateView;
use commonware_codec::{Copying, DecodeExt as _};
use commonware_consensus::types;
use commonware_utils::{channel::watch, ordered::Set};
use parking_lot::Mutex;
use std::{collections::BTreeMap, fmt, net::SocketAddr, sync::Arc};

/// Epochs that are remembered: those whose committees serve, get shares or are announced, and some before.
const EPOCHS_KEPT: usize = 16;

#[derive(Default)]
struct Known {
    draws: BTreeMap<Epoch, Arc<Drawn>>,
    serving: BTreeMap<Epoch, Arc<Vec<Member>>>,
}

struct Inner {
    spec: Arc<ChainSpec>,
    known: Mutex<Known>,
    /// Grows with every election that becomes known.
    news: watch::Sender<u64>,
}

/// Shared by everything that asks for committees.
#[derive(Clone)]
pub struct Elections(Arc<Inner>);

impl fmt::Debug for Elections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Elections").field("epochs", &self.0.known.lock().draws.keys()).finish_non_exhaustive()
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
            let is_known = |e: &Epoch| known.draws.contains_key(e) && known.serving.contains_key(e);
            epochs.filter(|epoch| !is_known(epoch)).collect()
        };
        for epoch in missing {
            let (drawn, serving) =
                read(view, move |host| Ok((election::drawn(host, epoch)?, election::serving(host, epoch)?)))
                    .await?;
            let mut known = self.0.known.lock();
            if let Some(drawn) = drawn {
                known.draws.insert(epoch, Arc::new(drawn));
            }
            if let Some(serving) = serving {
                known.serving.insert(epoch, Arc::new(serving));
            }
            while known.draws.len() > EPOCHS_KEPT {
                known.draws.pop_first();
            }
            while known.serving.len() > EPOCHS_KEPT {
                known.serving.pop_first();
            }
        }
        self.0.news.send_modify(|version| *version = version.wrapping_add(1));
        Ok(())
    }

    fn draw_known(&self, epoch: Epoch) -> Option<Arc<Drawn>> {
        self.0.known.lock().draws.get(&epoch).cloned()
    }

    async fn draw(&self, epoch: Epoch) -> Arc<Drawn> {
        let mut news = self.0.news.subscribe();
        loop {
            if let Some(drawn) = self.draw_known(epoch) {
                return drawn;
            }
            if news.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    fn seed(&self, epoch: Epoch) -> Option<B256> {
        if epoch < ELECTION_LEAD_EPOCHS {
            return Some(fallback_seed(self.0.spec.hash(), epoch));
        }
        self.draw_known(epoch).map(|drawn| drawn.seed)
    }

    /// Whether the mesh connects to an operator in an epoch: it was a delegate when the epoch began.
    pub fn connects(&self, epoch: Epoch, operator: &OperatorKey) -> bool {
        let known = self.0.known.lock();
        let until = epoch.saturating_add(ELECTION_LEAD_EPOCHS);
        let elected = known
            .draws
            .range(epoch..until)
            .any(|(_, drawn)| drawn.delegates.iter().any(|(delegate, _)| delegate == operator));
        let spec = &self.0.spec;
        elected
            || (epoch < ELECTION_LEAD_EPOCHS
                && spec.candidates.iter().any(|candidate| candidate.operator == *operator))
    }

    /// Whether an operator is known to serve in an epoch.
    pub fn serves(&self, epoch: Epoch, operator: &OperatorKey) -> bool {
        let serving = self.0.known.lock().serving.get(&epoch).cloned();
        serving.is_some_and(|members| members.iter().any(|member| member.operator == *operator))
    }

    /// All nodes that follow consensus in an epoch, drawn or not, and where they are dialled.
    pub fn delegates(&self, epoch: Epoch) -> Vec<(PublicKey, SocketAddr)> {
        let known = self.0.known.lock();
        let drawn = known.draws.range(epoch..).flat_map(|(_, drawn)| drawn.delegates.iter().copied());
        let mut found: BTreeMap<B256, SocketAddr> =
            drawn.filter_map(|(operator, Endpoint(address))| Some((operator, address?))).collect();
        if epoch < ELECTION_LEAD_EPOCHS {
            for candidate in &self.0.spec.candidates {
                found.extend(candidate.p2p.parse().ok().map(|address| (candidate.operator, address)));
            }
        }
        let key = |(operator, address): (B256, SocketAddr)| Some((public_key(&operator)?, address));
        found.into_iter().filter_map(key).collect()
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
        let serving = self.0.known.lock().serving.get(&epoch.saturating_sub(1)).cloned()?;
        serving.iter().find(|member| member.operator == key).and_then(|member| member.endpoint.0)
    }
}

impl Lineup for Elections {
    fn leaders(&self, epoch: types::Epoch, members: usize) -> Option<Vec<usize>> {
        let (chain_id, epoch) = (self.0.spec.chain_id, epoch.get());
        self.seed(epoch).map(|seed| DrawSeed { chain_id, epoch, seed }.leaders(members))
    }
}
