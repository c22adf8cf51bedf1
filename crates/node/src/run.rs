//! The node's composition: opens what is on disk, starts the parts, waits to be told to stop.

use crate::{
    api::{Node, Progress},
    archive::{Archive, ArchiveSink},
    config::{NodeConfig, Role, SyncMode},
    data_dir::DataDir,
    disk, genesis, gossip,
    gossip::Peers,
    history::HistoryView,
    metrics,
    ops::OpsServer,
    services::{Ending, Services},
    standby::{self, Entry, Standby},
    txpool::TxPool,
    vault::Vault,
};
use althing_chain::{Chain, ChainConfig, Operator, next_block};
use althing_consensus::{ConsensusBlock, PrivateKey, Secrets};
use althing_engine::{Context, Engine, MeshConfig, State, StateSettings, ValidatorConfig};
use althing_execution::BlockLimits;
use althing_indexer::{Index, IndexConfig};
use althing_primitives::{ChainSpec, Hardfork};
use althing_txpool::{Journal, Origin, Pool, PoolConfig};
use commonware_codec::{Copying, DecodeExt as _};
use commonware_runtime::{
    Runner as _, Spawner as _, Supervisor as _,
    tokio::{Config as RuntimeConfig, Runner},
};
use eyre::{Context as _, Result, bail, eyre};
use parking_lot::Mutex;
use std::{
    net::{SocketAddr, TcpListener},
    num::NonZeroUsize,
    os::unix::process::CommandExt as _,
    panic::{self, AssertUnwindSafe},
    path::Path,
    process::Command,
    sync::Arc,
    time::Duration,
};
use tokio::sync::mpsc::UnboundedSender;

/// How long the parts may take to stop.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// Fewest threads that drive the node: execution occupies one for a while.
const MIN_WORKERS: usize = 2;

/// Runs a node until it is told to stop by SIGINT or SIGTERM, or a part fails.
pub fn run(config: NodeConfig) -> Result<()> {
    match run_once(config)? {
        Ending::Again => start_again(),
        Ending::Stopped | Ending::Failed => Ok(()),
    }
}

/// Puts a fresh program in this process's place: what the former part left in memory and of signal handlers is gone.
fn start_again() -> Result<()> {
    tracing::info!("the node starts again in its other part");
    let program = std::env::current_exe().wrap_err("cannot find the program itself, to start it again")?;
    // A file that was replaced meanwhile has no path any more; the running program still has its image.
    let program = if program.exists() { program } else { "/proc/self/exe".into() };
    let error = Command::new(program).args(std::env::args_os().skip(1)).exec();
    Err(error).wrap_err("cannot start the program again")
}

fn run_once(config: NodeConfig) -> Result<Ending> {
    let spec = Arc::new(read_spec(&config.node.genesis)?);
    let data = DataDir::open(&config.node.data_dir, &spec)?;
    let workers =
        std::thread::available_parallelism().map_or(MIN_WORKERS, NonZeroUsize::get).max(MIN_WORKERS);
    let runtime = RuntimeConfig::default()
        .with_worker_threads(workers)
        .with_storage_directory(data.consensus())
        .with_catch_panics(false);
    let folder = config.node.data_dir.clone();
    // A part that fails panics, which ends all of them: the states they share die with them here.
    let outcome = panic::catch_unwind(AssertUnwindSafe(|| {
        Runner::new(runtime).start(|context| async move {
            let (outdated, mut advice) = tokio::sync::mpsc::unbounded_channel();
            let node = Box::pin(start(context.child("node"), config, spec, data, outdated));
            let outcome = tokio::select! {
                outcome = node => outcome,
                Some(advice) = advice.recv() => Err(eyre!(advice)),
            };
            let code = i32::from(outcome.is_err());
            if context.stop(code, Some(STOP_TIMEOUT)).await.is_err() {
                tracing::warn!("some parts did not stop in time; what is final is on disk");
            }
            outcome
        })
    }));
    match outcome {
        Ok(Ok(ending)) => Ok(ending),
        Ok(Err(error)) => match disk::advice(&format!("{error:#}"), &folder) {
            Some(advice) => bail!(advice),
            None => Err(error),
        },
        Err(payload) => match disk::advice(&disk::text_of(&*payload), &folder) {
            Some(advice) => bail!(advice),
            None => panic::resume_unwind(payload),
        },
    }
}

/// Reads and checks a chain spec.
pub fn read_spec(path: &Path) -> Result<ChainSpec> {
    let text = std::fs::read_to_string(path)
        .wrap_err_with(|| format!("cannot read the chain spec {}", path.display()))?;
    ChainSpec::from_json(&text).wrap_err_with(|| format!("chain spec {}", path.display()))
}

/// What both roles share.
pub(crate) struct Base {
    pub(crate) chain: Arc<Chain>,
    pub(crate) archive: Arc<Archive>,
    pub(crate) settings: StateSettings,
}

async fn start(
    context: Context,
    config: NodeConfig,
    spec: Arc<ChainSpec>,
    data: DataDir,
    outdated: UnboundedSender<String>,
) -> Result<Ending> {
    let settings = StateSettings::new(match config.state.cache_mib {
        0 => StateSettings::fitting_cache(&data.consensus()),
        mib => mib,
    });
    let index = IndexConfig { archive: config.state.archive, history_blocks: config.state.history_blocks };
    let index = Arc::new(Index::open(&data.index(), index)?);
    let operator = match config.node.role {
        Role::Validator => Some(open_operator(&config, &spec)?),
        Role::Follower => None,
    };
    let comes_late = match &operator {
        Some((operator, _)) => {
            standby::comes_late(&config.follow.urls, &spec, &operator.key(), &index).await?
        }
        None => false,
    };
    let follows = operator.is_none() || comes_late;
    let fetches_state = follows && config.follow.sync == SyncMode::State;
    let head = match fetches_state && index.latest()?.is_none() && !data.has_begun() {
        true => {
            let urls = &config.follow.urls;
            crate::follow::begin_with_state(&context, urls, &spec, &index, &settings, &data).await?
        }
        false => genesis::open(&context, &spec, &index, &settings, &data).await?,
    };
    let archive = Arc::new(Archive::new(index, head)?);
    let mut bounds = PoolConfig::new(spec.chain_id);
    bounds.max_transactions = config.txpool.max_transactions as usize;
    bounds.max_bytes = usize::try_from(config.txpool.max_bytes).unwrap_or(usize::MAX);
    bounds.max_per_sender = config.txpool.max_per_sender as usize;
    bounds.min_fee = u128::from(config.txpool.min_tip.max(1));
    bounds.queued_lifetime_ms = config.txpool.max_age_s.saturating_mul(1_000);
    let chain = Chain::new(ChainConfig {
        spec: spec.clone(),
        pool: Arc::new(Mutex::new(Pool::new(bounds))),
        sink: Arc::new(ArchiveSink { archive: archive.clone(), outdated }),
        operator: operator.as_ref().map(|(operator, _)| operator.clone()),
        newest_hardfork: (Hardfork::NEWEST as u64).saturating_sub(config.node.unknown_hardforks),
    })?;
    let base = Base { chain, archive, settings };
    let Some((operator, secrets)) = operator else {
        return crate::follow::run(context, config, data, base, None).await;
    };
    match standby::entry(&context, &data, &base, comes_late).await? {
        Entry::Consensus => validate(context, config, data, base, operator, secrets).await,
        Entry::Following => {
            let standby = Standby { operator: operator.key(), chain: base.chain.clone() };
            crate::follow::run(context, config, data, base, Some(standby)).await
        }
    }
}

fn open_operator(config: &NodeConfig, spec: &ChainSpec) -> Result<(Operator, Secrets)> {
    let password = config.password()?;
    let vault = Vault::open(&config.keys_dir(), &password)?;
    let secret = PrivateKey::decode(Copying(vault.operator_secret().as_slice()))
        .map_err(|_| eyre!("the operator key in {} is not an Ed25519 key", config.keys_dir().display()))?;
    let operator = Operator::new(secret, spec);
    Ok((operator, Secrets::new(Arc::new(vault.into_secrets()))))
}

async fn validate(
    context: Context,
    config: NodeConfig,
    data: DataDir,
    base: Base,
    operator: Operator,
    secrets: Secrets,
) -> Result<Ending> {
    check_free("p2p.listen", config.p2p.listen)?;
    let ops = bind_ops(&config).await?;
    // A node that fetched the state enters consensus at a floor; the library takes the first block, and asks nothing of it.
    let oldest = base.archive.oldest();
    let genesis =
        base.archive.index().block(oldest)?.ok_or_else(|| eyre!("block {oldest} is not in the index"))?;
    let genesis = ConsensusBlock::new(genesis.block.clone())?;
    let progress = Arc::new(Progress::default());
    let listener = {
        let progress = progress.clone();
        Arc::new(move |activity: &_| metrics::observe(&progress, activity))
    };
    let key = operator.key();
    let config_follows = !config.follow.urls.is_empty();
    let p2p = &config.p2p;
    let engine = ValidatorConfig {
        chain: base.chain.clone(),
        genesis,
        operator,
        secrets,
        mesh: MeshConfig {
            listen: p2p.listen,
            allow_private_ips: p2p.allow_private_ips,
            max_handshakes: p2p.max_connections,
            max_handshakes_per_ip_s: p2p.max_handshakes_per_ip_s,
        },
        state: base.settings.clone(),
    };
    let engine = Engine::start(context.child("validator"), engine, listener).await?;
    let state = engine.state;
    genesis::align_head(&base.archive, &state).await?;
    let txpool = open_pool(&base, &data, state.clone()).await?;
    let peers = Peers::default();
    let gossip =
        gossip::run(engine.gossip, engine.received, txpool.clone(), base.archive.clone(), peers.clone());
    let gossip = context.child("gossip").spawn(move |_| gossip);
    let node = Arc::new(Node {
        started_at: base.archive.head().block.height(),
        chain: base.chain,
        archive: base.archive,
        state,
        txpool,
        peers,
        operator: Some(key),
        progress,
        upstream: None,
        min_tip: u128::from(config.txpool.min_tip),
    });
    let (archive, chain) = (node.archive.clone(), node.chain.clone());
    let dropped = async move {
        match config_follows {
            true => standby::until_dropped(archive, chain, key).await,
            false => std::future::pending().await,
        }
    };
    let services = Services::start(&context, &config, node, ops).await?;
    let parts = futures::future::select(engine.stopped, gossip);
    let parts = async move {
        tokio::select! {
            _ = parts => Ending::Failed,
            () = dropped => Ending::Again,
        }
    };
    services.until_stopped(parts).await
}

/// Takes the metrics port, and tries the RPC port, before anything begins: a conflict must show at once, not when
/// the node votes already.
pub(crate) async fn bind_ops(config: &NodeConfig) -> Result<Option<OpsServer>> {
    if config.rpc.enabled {
        check_free("rpc.listen", config.rpc.listen)?;
    }
    if !config.metrics.enabled {
        return Ok(None);
    }
    Ok(Some(OpsServer::bind(config.metrics.listen).await?))
}

/// Fails when an address cannot be listened on.
pub(crate) fn check_free(key: &str, address: SocketAddr) -> Result<()> {
    match TcpListener::bind(address) {
        Ok(_) => Ok(()),
        Err(error) => bail!("cannot listen on {address}: {error}; stop what uses it, or change `{key}`"),
    }
}

/// Opens the pool's journal and puts back what it holds.
pub(crate) async fn open_pool(base: &Base, data: &DataDir, state: State) -> Result<TxPool> {
    let (journal, local) = Journal::load(&data.journal())?;
    let head = base.archive.head();
    let height = head.block.height();
    let view = HistoryView { current: state.clone(), archive: base.archive.clone(), height };
    let next = next_block(&head.block, BlockLimits::read(&view).await?);
    base.chain.pool.lock().on_block(&[], &[], next, crate::txpool::now_ms());
    let txpool = TxPool::start(base.chain.clone(), base.archive.clone(), state, journal);
    // What was included meanwhile is refused.
    let restored = txpool.admit(local, Origin::Local).await?;
    if restored > 0 {
        tracing::info!(restored, "local transactions restored");
    }
    Ok(txpool)
}
