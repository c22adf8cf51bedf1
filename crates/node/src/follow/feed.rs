//! Fetches and checks blocks ahead of their execution.

use super::upstream::{Connection, Link};
use althing_chain::{Chain, CheckedRun, MAX_UNCERTIFIED};
use althing_primitives::{Block, Bytes, Calendar, Height};
use std::{sync::Arc, time::Duration};
use tokio::{sync::mpsc, task::JoinSet};

/// Blocks asked for at a time; an answer holds as many as fit.
const PAGE: u64 = 128;

/// Runs that wait for their execution. One more is being checked, and one executed: each has the blocks of one answer
/// at most, and of those before it that were not proven final yet.
const RUNS_AHEAD: usize = 1;

/// The other node is asked for new blocks at least this often, whether or not it told of some.
const POLL: Duration = Duration::from_secs(2);

/// Blocks in a row, each with its certificate if it came with one.
type Run = Vec<(Block, Option<Bytes>)>;

/// Runs of blocks in order. Fetching ends when this is dropped.
pub(super) struct Feed {
    runs: mpsc::Receiver<Result<CheckedRun, String>>,
    _fetching: JoinSet<()>,
}

impl Feed {
    /// Begins to fetch from a height on.
    pub(super) fn start(chain: Arc<Chain>, link: Arc<Link>, connection: Connection, from: Height) -> Self {
        let (runs, receiver) = mpsc::channel(RUNS_AHEAD);
        let mut fetching = JoinSet::new();
        fetching.spawn(async move {
            let fetcher = Fetcher { chain, link, connection, runs: runs.clone(), pending: Vec::new() };
            if let Err(reason) = fetcher.fetch(from).await {
                // Nobody listens when the node follows another one already.
                let _ = runs.send(Err(reason)).await;
            }
        });
        Self { runs: receiver, _fetching: fetching }
    }

    /// The next run; an error, which is the last item, says what is wrong with the other node.
    pub(super) async fn next(&mut self) -> Result<CheckedRun, String> {
        self.runs.recv().await.unwrap_or_else(|| Err("fetching has stopped".into()))
    }
}

struct Fetcher {
    chain: Arc<Chain>,
    link: Arc<Link>,
    connection: Connection,
    runs: mpsc::Sender<Result<CheckedRun, String>>,
    /// Blocks that are not proven final yet.
    pending: Run,
}

impl Fetcher {
    async fn fetch(mut self, mut next: Height) -> Result<(), String> {
        let mut heads = self.connection.heads().await?;
        loop {
            let page = self.connection.blocks(next, PAGE).await?;
            if page.is_empty() {
                self.link.seen(self.connection.height().await?);
                let _ = tokio::time::timeout(POLL, heads.next()).await;
                continue;
            }
            next = next.saturating_add(page.len() as Height);
            self.link.seen(next.saturating_sub(1));
            for run in take_runs(&mut self.pending, page, self.chain.spec.calendar()) {
                self.send(run).await?;
            }
            if self.pending.len() > MAX_UNCERTIFIED {
                return Err(format!("it gave {MAX_UNCERTIFIED} blocks without a certificate"));
            }
        }
    }

    /// Checks a run and hands it on, when there is room.
    async fn send(&self, run: Run) -> Result<(), String> {
        let chain = self.chain.clone();
        let check = move || chain.check_run(run).map_err(|error| error.to_string());
        let checked = tokio::task::spawn_blocking(check).await;
        let checked = checked.map_err(|error| format!("checking stopped: {error}"))??;
        // Nobody takes it when the node follows another one already; then this task is ended, too.
        self.runs.send(Ok(checked)).await.map_err(|_| "nobody executes".into())
    }
}

/// Adds a page to the blocks that are not proven final yet, and takes the runs that now are: each up to the last block
/// with a certificate, but none beyond the end of an epoch, after which other rules may be in force.
fn take_runs(pending: &mut Run, page: Run, calendar: Calendar) -> Vec<Run> {
    let mut runs = Vec::new();
    for (block, certificate) in page {
        let ends_run = certificate.is_some() && block.height() == calendar.last_block(block.seal().epoch);
        pending.push((block, certificate));
        if ends_run {
            runs.push(std::mem::take(pending));
        }
    }
    if let Some(last) = pending.iter().rposition(|(_, certificate)| certificate.is_some()) {
        let rest = pending.split_off(last + 1);
        runs.push(std::mem::replace(pending, rest));
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;
    use althing_primitives::{ChainSpec, Header, Seal};

    #[test]
    fn runs_end_at_certificates_and_at_epochs_and_the_rest_waits() {
        let spec = ChainSpec { epoch_blocks: 10, ..ChainSpec::devnet(Vec::new(), 0) };
        let calendar = spec.calendar();
        let page = |heights: std::ops::RangeInclusive<u64>, certified: &[u64]| -> Run {
            let block = |height| {
                let header = Header { number: height, ..Header::default() };
                let seal = Seal { epoch: calendar.epoch_of(height), ..Seal::default() };
                (Block::new(header, seal, vec![]), certified.contains(&height).then(Bytes::new))
            };
            heights.map(block).collect()
        };
        let heights = |runs: &[Run]| -> Vec<Vec<u64>> {
            runs.iter().map(|run| run.iter().map(|(block, _)| block.height()).collect()).collect()
        };
        let end = calendar.last_block(0);
        let mut pending = Run::new();
        let runs = take_runs(&mut pending, page(end - 3..=end + 2, &[end - 2, end, end + 1]), calendar);
        assert_eq!(heights(&runs), [vec![end - 3, end - 2, end - 1, end], vec![end + 1]]);
        assert_eq!(heights(&[pending.clone()]), [[end + 2]]);
        // Blocks without a certificate are covered by the next one that has one.
        assert!(take_runs(&mut pending, page(end + 3..=end + 4, &[]), calendar).is_empty());
        let runs = take_runs(&mut pending, page(end + 5..=end + 5, &[end + 5]), calendar);
        assert_eq!(heights(&runs), [[end + 2, end + 3, end + 4, end + 5]]);
        assert!(pending.is_empty());
        assert!(take_runs(&mut pending, Run::new(), calendar).is_empty());
    }
}
