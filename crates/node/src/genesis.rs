//! The first start of a node, and finding its place at every later one.

use crate::{archive::Archive, data_dir::DataDir};
use althing_chain::{Head, genesis_block};
use althing_engine::{Context, State, StateSettings, lay_genesis};
use althing_execution::genesis_changes;
use althing_indexer::Index;
use althing_primitives::{ChainSpec, FinalizedBlock};
use eyre::{Result, bail, eyre};
use std::sync::Arc;

/// Blocks that the index may be ahead of the state after a crash.
const MAX_AHEAD: u64 = 1_024;

/// Makes genesis on the first start; returns the last block of the index.
pub(crate) async fn open(
    context: &Context,
    spec: &ChainSpec,
    index: &Arc<Index>,
    settings: &StateSettings,
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
    let changes = genesis_changes(spec)?;
    // An earlier first start may have been interrupted; nothing of value is there before `begin`.
    let commitment = lay_genesis(context, settings, &changes).await?;
    let block = genesis_block(spec, commitment)?;
    let genesis = Arc::new(FinalizedBlock {
        block,
        senders: Vec::new(),
        receipts: Vec::new(),
        system_logs: Vec::new(),
        changes,
        certificate: None,
    });
    index.append(&genesis)?;
    data.begin()?;
    Ok(genesis)
}

/// Sets the head to the block whose state the databases hold: after a crash the index may be ahead of them.
pub(crate) async fn align_head(archive: &Archive, state: &State) -> Result<()> {
    let latest = archive.archived();
    for height in (latest.saturating_sub(MAX_AHEAD)..=latest).rev() {
        let block =
            archive.index().block(height)?.ok_or_else(|| eyre!("block {height} is not in the index"))?;
        if state.holds(&block.block.seal().state).await {
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
