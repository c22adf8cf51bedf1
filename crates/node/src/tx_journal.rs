//! The thread that writes clients' transactions to the journal: many with one sync, and each client hears of its
//! hash only when the disk has its transaction.

use althing_primitives::Bytes;
use althing_txpool::Journal;
use std::{sync::mpsc, time::Duration};
use tokio::sync::oneshot;

/// Transactions on their way to the journal.
const QUEUE: usize = 65_536;

/// Transactions written with one sync.
const BATCH: usize = 4_096;

/// Longest time for which a client waits for the disk. A healthy one answers within a few milliseconds.
const PATIENCE: Duration = Duration::from_secs(2);

struct Entry {
    raw: Bytes,
    written: oneshot::Sender<bool>,
}

/// Writes to the journal. The thread behind it ends when the last clone is dropped.
#[derive(Clone)]
pub(crate) struct JournalWriter(mpsc::SyncSender<Entry>);

impl JournalWriter {
    /// Starts the thread; `local` gives what a journal that has grown too long is replaced with.
    pub(crate) fn start(mut journal: Journal, local: impl Fn() -> Vec<Bytes> + Send + 'static) -> Self {
        let (sender, receiver) = mpsc::sync_channel(QUEUE);
        let work = move || {
            while let Ok(first) = receiver.recv() {
                write(&mut journal, std::iter::once(first).chain(receiver.try_iter().take(BATCH - 1)));
                if journal.needs_rewrite()
                    && let Err(error) = journal.rewrite(local())
                {
                    tracing::error!(%error, "the journal of local transactions could not be rewritten");
                }
            }
        };
        std::thread::Builder::new()
            .name("tx-journal".into())
            .spawn(work)
            .expect("a thread can be started at the node's start");
        Self(sender)
    }

    /// Writes a transaction; whether it is on disk. It is in the pool in any case, so a disk that fails or takes too
    /// long costs its survival of a restart, not its place in a block.
    pub(crate) async fn write(&self, raw: Bytes) -> bool {
        let (written, answer) = oneshot::channel();
        if self.0.try_send(Entry { raw, written }).is_err() {
            return false;
        }
        matches!(tokio::time::timeout(PATIENCE, answer).await, Ok(Ok(true)))
    }
}

fn write(journal: &mut Journal, entries: impl Iterator<Item = Entry>) {
    let (raw, waiting): (Vec<Bytes>, Vec<_>) = entries.map(|entry| (entry.raw, entry.written)).unzip();
    let result = journal.append_all(&raw);
    if let Err(error) = &result {
        tracing::error!(%error, "local transactions were not written; they may not survive a restart");
    }
    for client in waiting {
        // A client that does not wait any more is fine.
        let _ = client.send(result.is_ok());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_answered_is_on_disk_and_many_share_a_sync() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("transactions.journal");
        let (journal, _) = Journal::load(&path).unwrap();
        let writer = JournalWriter::start(journal, Vec::new);
        let first = Bytes::from_static(b"first");
        assert!(writer.write(first.clone()).await);
        // A copy, as a kill at this very moment would leave the file.
        let copy = dir.path().join("copy");
        std::fs::copy(&path, &copy).unwrap();
        assert_eq!(Journal::load(&copy).unwrap().1, [first]);
        let many: Vec<Bytes> = (0..500u32).map(|n| n.to_be_bytes().to_vec().into()).collect();
        let written = futures::future::join_all(many.iter().map(|raw| writer.write(raw.clone()))).await;
        assert!(written.into_iter().all(|written| written));
        assert_eq!(Journal::load(&path).unwrap().1[1..], many);
    }
}
