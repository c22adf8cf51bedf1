//! What the application does beside blocks.

use super::*;
use commonware_runtime::{Blob as _, Runner as _, Storage as _, deterministic};

#[test]
fn votes_are_forgotten_when_their_epoch_is_long_over() {
    deterministic::Runner::default().start(|context: deterministic::Context| async move {
        for epoch in 0..4 {
            let (blob, _) = context.open(&votes_partition(epoch), b"votes").await.unwrap();
            blob.sync().await.unwrap();
        }
        // There is nothing to forget at first, and nothing left the second time.
        for epoch in [0, 1, 3, 3] {
            forget_votes(&context, epoch).await;
        }
        let mut kept = Vec::new();
        for epoch in 0..4 {
            if context.scan(&votes_partition(epoch)).await.is_ok() {
                kept.push(epoch);
            }
        }
        assert_eq!(kept, [0, 2, 3]);
    });
}
