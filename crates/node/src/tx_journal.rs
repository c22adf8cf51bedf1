//! The thread that writes clients' transactions to the journal: many with one sync, and each client hears of its
//! hash only when the disk has its transaction.

use crate::txpool::AdmitError;
use althing_primitives::Bytes;
use althing_txpool::Journal;
use std::{iter, sync::mpsc, thread, time::Duration};
use tokio::sync::oneshot;

/// Lots of transactions on their way to the journal.
const QUEUE: usize = 256;

/// Lots written with one sync.
const BATCH: usize = 32;

/// While clients send at the same time, time in which more of them come together for one sync.
const GATHER: Duration = Duration::from_millis(3);

/// A transaction for the journal, and the client that waits for it.
pub(crate) struct Entry {
    pub(crate) raw: Bytes,
    pub(crate) client: oneshot::Sender<Result<bool, AdmitError>>,
}

impl Entry {
    /// Answers the client: whether the disk has its transaction, or why it was refused.
    pub(crate) fn answer(self, answer: Result<bool, AdmitError>) {
        // A client that does not wait any more is fine.
        let _ = self.client.send(answer);
    }
}

/// Writes to the journal. The thread behind it ends when the last clone is dropped.
#[derive(Clone)]
pub(crate) struct JournalWriter(mpsc::SyncSender<Vec<Entry>>);

impl JournalWriter {
    /// Starts the thread; `local` gives what a journal that has grown too long is replaced with.
    pub(crate) fn start(mut journal: Journal, local: impl Fn() -> Vec<Bytes> + Send + 'static) -> Self {
        let (sender, receiver) = mpsc::sync_channel::<Vec<Entry>>(QUEUE);
        let work = move || {
            let mut are_many = false;
            while let Ok(first) = receiver.recv() {
                if are_many {
                    thread::sleep(GATHER);
                }
                let lots = iter::once(first).chain(receiver.try_iter().take(BATCH - 1));
                let entries: Vec<_> = lots.flatten().collect();
                are_many = entries.len() > 1;
                write(&mut journal, entries);
                if journal.needs_rewrite()
                    && let Err(error) = journal.rewrite(local())
                {
                    tracing::error!(%error, "the journal of local transactions could not be rewritten");
                }
            }
        };
        thread::Builder::new()
            .name("tx-journal".into())
            .spawn(work)
            .expect("a thread can be started at the node's start");
        Self(sender)
    }

    /// Writes transactions and answers their clients. They are in the pool in any case, so a disk that fails or takes too
    /// long costs their survival of a restart, not their place in a block.
    pub(crate) fn write(&self, entries: Vec<Entry>) {
        if entries.is_empty() {
            return;
        }
        if let Err(mpsc::TrySendError::Full(entries) | mpsc::TrySendError::Disconnected(entries)) =
            self.0.try_send(entries)
        {
            entries.into_iter().for_each(|entry| entry.answer(Ok(false)));
        }
    }
}

fn write(journal: &mut Journal, entries: Vec<Entry>) {
    let raw: Vec<Bytes> = entries.iter().map(|entry| entry.raw.clone()).collect();
    let result = journal.append_all(&raw);
    if let Err(error) = &result {
        tracing::error!(%error, "local transactions were not written; they may not survive a restart");
    }
    entries.into_iter().for_each(|entry| entry.answer(Ok(result.is_ok())));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether the disk took a lot.
    async fn written(writer: &JournalWriter, raw: &[Bytes]) -> bool {
        let (entries, answers): (Vec<_>, Vec<_>) = raw
            .iter()
            .map(|raw| {
                let (client, answer) = oneshot::channel();
                (Entry { raw: raw.clone(), client }, answer)
            })
            .unzip();
        writer.write(entries);
        let answers = futures::future::join_all(answers).await;
        answers.into_iter().all(|answer| matches!(answer, Ok(Ok(true))))
    }

    #[tokio::test]
    async fn what_was_answered_is_on_disk_and_many_share_a_sync() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("transactions.journal");
        let (journal, _) = Journal::load(&path).unwrap();
        let writer = JournalWriter::start(journal, Vec::new);
        let first = Bytes::from_static(b"first");
        assert!(written(&writer, std::slice::from_ref(&first)).await);
        // A copy, as a kill at this very moment would leave the file.
        let copy = dir.path().join("copy");
        std::fs::copy(&path, &copy).unwrap();
        assert_eq!(Journal::load(&copy).unwrap().1, [first]);
        let many: Vec<Bytes> = (0..500u32).map(|n| n.to_be_bytes().to_vec().into()).collect();
        let lots = many.chunks(7).map(|lot| written(&writer, lot));
        assert!(futures::future::join_all(lots).await.into_iter().all(|written| written));
        assert_eq!(Journal::load(&path).unwrap().1[1..], many);
    }
}
