//! Starting a validator: mesh, engine, databases.

use crate::{
    mesh::{Gossip, GossipReceiver, Mesh, MeshConfig},
    state::{State, StateSettings},
};
use althing_chain::{Chain, Engine as ChainEngine, EngineConfig, Operator};
use althing_consensus::{ConsensusBlock, Listener, Secrets, ceremony::CeremonyError};
use commonware_runtime::{Handle, Spawner as _, Supervisor as _, tokio::Context};
use futures::future::BoxFuture;
use std::{fmt, sync::Arc};
use thiserror::Error;

/// What a validator is started with.
#[derive(Debug)]
pub struct ValidatorConfig {
    /// The chain.
    pub chain: Arc<Chain>,
    /// The first block.
    pub genesis: ConsensusBlock,
    /// This node's identity.
    pub operator: Operator,
    /// This node's ceremony secrets.
    pub secrets: Secrets,
    /// The mesh.
    pub mesh: MeshConfig,
    /// The state databases.
    pub state: StateSettings,
}

/// Why a validator could not be started.
#[derive(Debug, Error)]
pub enum StartError {
    /// The chain spec holds no valid result of the key ceremony.
    #[error(transparent)]
    Ceremony(#[from] CeremonyError),
}

/// A running validator.
pub struct Engine {
    /// The state databases.
    pub state: State,
    /// Sends to the other validators.
    pub gossip: Gossip,
    /// Receives from the other validators.
    pub received: GossipReceiver,
    /// Ends when any part ends, which a healthy node's never do.
    pub stopped: Handle<()>,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

impl Engine {
    /// Starts a validator; resolves when its databases are open. `listener` hears every report of consensus.
    pub fn start(
        context: Context,
        config: ValidatorConfig,
        listener: Listener,
    ) -> BoxFuture<'static, Result<Self, StartError>> {
        Box::pin(async move {
            let ValidatorConfig { chain, genesis, operator, secrets, mesh, state } = config;
            let committees = chain.elections.clone();
            let mesh = Mesh::new(&context, &mesh, &operator, &chain.spec, &committees);
            let (network, gossip, received, transport) = mesh.start();
            let config = EngineConfig {
                chain,
                genesis,
                operator,
                secrets,
                committees,
                databases: state.databases(),
                page_cache: state.page_cache(),
                listener,
            };
            let engine = ChainEngine::start(context.child("engine"), config, network).await?;
            let state = State::new(engine.databases().await);
            let stopped = context.child("parts").spawn(move |_| async move {
                let _ = futures::future::select(engine.stopped, transport).await;
            });
            Ok(Self { state, gossip, received, stopped })
        })
    }
}
