//! Making a block: wait for its time, take the best transactions, execute, sign.

use crate::{
    app::MarshalMailbox,
    context::{Chain, Draft, Operator, next_committee},
    executed::Execution,
    header,
    verify::{InvalidBlock, round_of, stage_changes},
};
use althing_consensus::{ConsensusBlock, Context as ConsensusContext, Payload, Turn, encode_payload};
use althing_execution::{BlockLimits, BuildLimits, Candidates, build_block, election, read};
use althing_primitives::{
    B256, Block, Bytes, Height, MAX_BLOCK_BYTES, Recovered, SEAL_VERSION, Seal, Transaction,
};
use althing_state::{BatchView, Batches, Prepared, StateView, commitment};
use althing_txpool::Best;
use commonware_consensus::types::{Epoch, Round, View};
use commonware_runtime::{Clock, Spawner};
use commonware_storage::Context;
use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// Room in a block for header, seal and resharing payload, in bytes.
const SEAL_BYTES: usize = 256 * 1024;

/// Most bytes of transactions in a block.
const MAX_TRANSACTION_BYTES: usize = MAX_BLOCK_BYTES - SEAL_BYTES;

/// Share of the block interval that building may take.
const BUILD_SHARE: u32 = 2;

/// How long a proposer waits for the beacon of its parent's round, and how often it looks.
const BEACON_WAIT: Duration = Duration::from_millis(400);
const BEACON_POLL: Duration = Duration::from_millis(5);

/// Between two looks into the pool of a proposer that waits for a transaction.
const WORK_POLL: Duration = Duration::from_millis(10);

/// The pool's best transactions as the executor takes them.
struct FromPool(Best);

impl Candidates for FromPool {
    fn next(&mut self) -> Option<Recovered<Transaction>> {
        self.0.next().map(|pooled| pooled.transaction().clone())
    }

    fn mark_invalid(&mut self, hash: &B256) {
        self.0.mark_invalid(*hash);
    }
}

/// Milliseconds of Unix time; none before its beginning.
pub fn unix_ms(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// When proposals are made: not before the time of the block after their parent. Where the parent is not at hand yet, the
/// application waits for it, and for the time.
pub(crate) fn turn<E: Clock + Send + Sync + 'static>(
    clock: E,
    chain: Arc<Chain>,
    marshal: MarshalMailbox,
) -> Turn {
    let clock = Arc::new(clock);
    Arc::new(move |round| {
        let (round, parent) = (round.round, round.parent.1);
        let (clock, chain, marshal) = (clock.clone(), chain.clone(), marshal.clone());
        Box::pin(async move {
            let Some(parent) = marshal.get_block(&parent).await else { return };
            let parent = parent.inner().block();
            // The last block of an epoch is proposed again until it is final; no other comes in that epoch.
            let is_last = chain.ends_epoch(parent) && parent.seal().epoch == round.epoch().get();
            if !is_last {
                chain.wait_for_turn(&*clock, parent).await;
                chain.wait_for_work(&*clock, parent).await;
            }
        })
    })
}

impl Chain {
    /// Builds the next block; `None` when this node must skip its turn.
    pub(crate) async fn propose<E: Context + Spawner + Clock>(
        &self,
        clock: &Arc<E>,
        round: &ConsensusContext,
        parent: &Block,
        batches: Batches<E>,
        payload: Option<Payload>,
    ) -> Result<Option<(ConsensusBlock, Prepared<E>)>, InvalidBlock> {
        let Some(operator) = &self.operator else { return Ok(None) };
        let time_ms = self.wait_for_turn(&**clock, parent).await;
        let Some(beacon) = self.parent_beacon(&**clock, parent).await else {
            tracing::warn!(
                height = parent.height() + 1,
                "turn skipped: the beacon of the parent's round is unknown"
            );
            return Ok(None);
        };
        let epoch = round.round.epoch();
        let view = BatchView::<E>::new(batches);
        let election = self.election_beacon(epoch, parent.height() + 1, &view).await?;
        let evidence = self.evidence_for(epoch.get(), &view).await?;
        let mix_hash = althing_light::mix_hash(&beacon, parent.header().mix_hash, parent.hash());
        let seal = Seal {
            version: SEAL_VERSION,
            epoch: epoch.get(),
            view: round.round.view().get(),
            parent_view: round.parent.0.get(),
            proposer: operator.key(),
            key_id: self.keys.id_of(epoch.get()),
            hardfork: self.newest_hardfork,
            time_ms,
            beacon,
            election,
            evidence,
            resharing: encode_payload(payload.as_ref()),
            ..Default::default()
        };
        let system = self.system_inputs(&seal, payload.and_then(next_committee));
        let draft = Draft { time_ms, mix_hash, system };
        self.build(clock, operator, draft, seal, parent, view).await.map(Some)
    }

    async fn build<E: Context + Spawner + Clock>(
        &self,
        clock: &Arc<E>,
        operator: &Operator,
        draft: Draft,
        mut seal: Seal,
        parent: &Block,
        view: BatchView<E>,
    ) -> Result<(ConsensusBlock, Prepared<E>), InvalidBlock> {
        let context = self.block_context(&draft, parent, BlockLimits::read(&view).await?);
        let candidates = FromPool(self.pool.lock().best(context.base_fee));
        let (clock, started) = (clock.clone(), clock.current());
        let budget = Duration::from_millis(self.spec.block_interval_ms) / BUILD_SHARE;
        let time_is_up =
            move || clock.current().duration_since(started).is_ok_and(|elapsed| elapsed >= budget);
        let limits = BuildLimits { max_bytes: MAX_TRANSACTION_BYTES, deadline: time_is_up };
        let (transactions, mut outcome) =
            build_block(self.spec.clone(), context.clone(), candidates, &view, limits).await?;
        self.spoil_own(&mut outcome);
        let prepared = stage_changes::<E>(view.into_batches(), &outcome.changes).await?;
        seal.state = self.spoil_commitment(commitment::<E>(&prepared));
        let (transactions, senders) = transactions.into_iter().map(Recovered::into_parts).unzip();
        let header = header::assemble(&context, &outcome, &seal.state);
        let block = header::seal(header, seal, operator, transactions);
        let execution = Execution { senders, outcome };
        self.executed.lock().insert(block.height(), block.hash(), execution);
        let block = ConsensusBlock::new(block).expect("a block made from valid parts is valid");
        Ok((block, prepared))
    }

    /// The beacon that the epoch's election waits for, if this node has it.
    async fn election_beacon(
        &self,
        epoch: Epoch,
        height: Height,
        view: &impl StateView,
    ) -> Result<Bytes, InvalidBlock> {
        let calendar = self.spec.calendar();
        let number = epoch.get();
        if height <= calendar.ranking_block(number) || height > calendar.draw_block(number) {
            return Ok(Bytes::new());
        }
        let awaited = read(view, move |host| election::awaited_view(host, number)).await?;
        let beacon = awaited.and_then(|view| self.beacons.get(Round::new(epoch, View::new(view))));
        Ok(beacon.unwrap_or_default())
    }

    /// Waits until the time of the block after a parent has come; returns that time in milliseconds.
    async fn wait_for_turn<E: Clock>(&self, clock: &E, parent: &Block) -> u64 {
        let earliest = header::earliest_ms(&self.spec, parent);
        let now = unix_ms(clock.current());
        // A parent from a clock that is ahead must not stop us for longer than one interval.
        let wait = earliest.saturating_sub(now).min(self.spec.block_interval_ms);
        if wait > 0 {
            clock.sleep(Duration::from_millis(wait)).await;
        }
        earliest.max(unix_ms(clock.current()))
    }

    /// Where the network has a heartbeat: waits for a transaction, but not for longer than that.
    async fn wait_for_work<E: Clock>(&self, clock: &E, parent: &Block) {
        let begun = unix_ms(clock.current());
        // A parent from a clock that is ahead must not stop us for longer than one heartbeat.
        let until = parent.seal().time_ms.min(begun).saturating_add(self.spec.heartbeat_ms);
        while unix_ms(clock.current()) < until && self.pool.lock().status().pending == 0 {
            clock.sleep(WORK_POLL).await;
        }
    }

    /// The beacon of the parent's round; empty where a block may lack it; `None` when it cannot be had in time.
    async fn parent_beacon<E: Clock>(&self, clock: &E, parent: &Block) -> Option<Bytes> {
        if parent.height() == 0 {
            return Some(Bytes::new());
        }
        let round: Round = round_of(parent);
        let mut waited = Duration::ZERO;
        loop {
            if let Some(beacon) = self.beacons.get(round) {
                return Some(beacon);
            }
            if waited >= BEACON_WAIT {
                return header::may_lack_beacon(&self.spec, parent.height() + 1).then(Bytes::new);
            }
            clock.sleep(BEACON_POLL).await;
            waited += BEACON_POLL;
        }
    }
}
