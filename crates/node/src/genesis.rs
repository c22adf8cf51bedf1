//! The first start of a node, and finding its place at every later one.

use crate::{archive::Archive, data_dir::DataDir};
use althing_chain::{Head, genesis_block};
use althing_execution::genesis_changes;
use althing_indexer::Index;
use althing_primitives::{ChainSpec, FinalizedBlock};
use althing_state::{DatabaseView, StorageSettings, database_config, open_genesis, sync_targets};
use commonware_glue::stateful::db::DatabaseSet as _;
use commonware_runtime::{Storage as _, Supervisor as _, tokio::Context};
use eyre::{Result, bail, eyre};
use std::sync::Arc;

/// Blocks that the index may be ahead of the state after a crash.
const MAX_AHEAD: u64 = 1_024;

/// Makes genesis on the first start; returns the last block of the index.
pub(crate) async fn open(
    context: &Context,
    spec: &ChainSpec,
    index: &Arc<Index>,
    settings: &StorageSettings,
    data: &DataDir,
) -> Result<Head> {
    if let Some(latest) = index.latest()? {
        let first = index.block(0)?;
        if first.is_some_and(|first| first.block.header().parent_hash != spec.hash()) {
            bail!("the index belongs to another chain spec; use the one that this folder was made with");
        }
        return index.block(latest)?.ok_or_else(|| eyre!("block {latest} is not in the index"));
    }
    if data.has_begun() {
        bail!(
            "the index of final blocks is missing or empty, but this node has run before. Restore {} from a backup, or \
             synchronize the node anew in an empty folder (a validator keeps its folder `keys`)",
            data.index().display()
        );
    }
    // An earlier first start may have been interrupted; nothing of value is there before `begin`.
    wipe(context, settings).await?;
    let changes = genesis_changes(spec)?;
    let state = open_genesis(context.child("genesis"), database_config::<Context>(settings), &changes).await?;
    let block = genesis_block(spec, state.commitment)?;
    drop(state);
    let genesis = Arc::new(FinalizedBlock {
        block,
        senders: Vec::new(),
        receipts: Vec::new(),
        changes,
        certificate: None,
    });
    index.append(&genesis)?;
    data.begin()?;
    Ok(genesis)
}

async fn wipe(context: &Context, settings: &StorageSettings) -> Result<()> {
    for name in ["accounts", "slots", "codes"] {
        for part in ["merkle", "merkle-meta", "log", "grafted"] {
            for suffix in ["", "-blobs", "-metadata"] {
                let partition = format!("{}-{name}-{part}{suffix}", settings.prefix);
                match context.remove(&partition, None).await {
                    Ok(()) | Err(commonware_runtime::Error::PartitionMissing(_)) => {}
                    Err(error) => bail!("cannot empty partition {partition}: {error}"),
                }
            }
        }
    }
    Ok(())
}

/// Sets the head to the block whose state the databases hold: after a crash the index may be ahead of them.
pub(crate) async fn align_head(archive: &Archive, databases: &DatabaseView<Context>) -> Result<()> {
    let present = databases.0.committed_targets().await;
    let latest = archive.archived();
    for height in (latest.saturating_sub(MAX_AHEAD)..=latest).rev() {
        let block = archive.index().block(height)?.ok_or_else(|| eyre!("block {height} is not in the index"))?;
        if sync_targets::<Context>(&block.block.seal().state) == present {
            archive.start_at(block);
            return Ok(());
        }
    }
    // Consensus has moved on while we looked: its own reports have set the head.
    if archive.has_published() {
        return Ok(());
    }
    bail!("the state databases hold the state of no block of the index; synchronize this node anew");
}
