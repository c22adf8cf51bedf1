//! What a crash may take and what it must leave.

use althing_sim::disk::{Disk, DiskBlob};
use commonware_runtime::{
    Blob as _, DEFAULT_BLOB_VERSION, ReadOptions, Runner as _, Supervisor as _, WriteOptions, deterministic,
};
use rand::{SeedableRng as _, rngs::StdRng};
use std::sync::Arc;

fn run(body: impl AsyncFnOnce(Arc<deterministic::Context>)) {
    deterministic::Runner::default().start(async |context| body(Arc::new(context.child("disk"))).await);
}

async fn open(disk: &Disk, clock: &Arc<deterministic::Context>) -> (DiskBlob, u64) {
    let (blob, len, _) =
        disk.open(clock, "partition", b"file", DEFAULT_BLOB_VERSION..=DEFAULT_BLOB_VERSION).await.unwrap();
    (blob, len)
}

async fn contents(disk: &Disk, clock: &Arc<deterministic::Context>) -> Vec<u8> {
    let (blob, len) = open(disk, clock).await;
    let len = usize::try_from(len).unwrap();
    blob.read_at(0, len, ReadOptions::default()).await.unwrap().coalesce().as_ref().to_vec()
}

#[test]
fn a_crash_keeps_what_was_synced_and_takes_any_part_of_the_rest() {
    run(async |clock| {
        let (mut whole, mut nothing, mut torn) = (0, 0, 0);
        for seed in 0..64 {
            let disk = Disk::default();
            let (blob, _) = open(&disk, &clock).await;
            blob.write_at(0, b"durable", WriteOptions::default()).await.unwrap();
            blob.sync().await.unwrap();
            blob.write_at(7, b"XXXX", WriteOptions::default()).await.unwrap();
            disk.crash(&mut StdRng::seed_from_u64(seed));
            let after = contents(&disk, &clock).await;
            assert_eq!(&after[..7], b"durable", "seed {seed}");
            match &after[7..] {
                b"" => nothing += 1,
                b"XXXX" => whole += 1,
                part => {
                    assert!(part.iter().all(|byte| [0, b'X'].contains(byte)), "seed {seed}: {part:?}");
                    torn += 1;
                }
            }
        }
        assert!(whole > 0 && nothing > 0 && torn > 0, "{whole} {nothing} {torn}");
    });
}

#[test]
fn a_durable_write_survives_whatever_was_written_there_before() {
    run(async |clock| {
        for seed in 0..64 {
            let disk = Disk::default();
            let (blob, _) = open(&disk, &clock).await;
            blob.write_at(0, b"aaaaaa", WriteOptions::default()).await.unwrap();
            blob.write_at(2, b"bb", WriteOptions::SYNC).await.unwrap();
            blob.resize(5).await.unwrap();
            disk.crash(&mut StdRng::seed_from_u64(seed));
            assert_eq!(&contents(&disk, &clock).await[2..4], b"bb", "seed {seed}");
        }
    });
}

#[test]
fn a_handle_from_before_a_crash_changes_nothing_after_it() {
    run(async |clock| {
        let disk = Disk::default();
        let (before, _) = open(&disk, &clock).await;
        before.write_at(0, b"kept", WriteOptions::SYNC).await.unwrap();
        disk.crash(&mut StdRng::seed_from_u64(0));
        before.write_at(0, b"lost", WriteOptions::SYNC).await.unwrap();
        assert_eq!(contents(&disk, &clock).await, b"kept");
    });
}

#[test]
fn a_copy_is_a_disk_of_its_own() {
    run(async |clock| {
        let disk = Disk::default();
        let (blob, _) = open(&disk, &clock).await;
        blob.write_at(0, b"one", WriteOptions::default()).await.unwrap();
        let copy = disk.copy();
        blob.write_at(0, b"two", WriteOptions::SYNC).await.unwrap();
        copy.crash(&mut StdRng::seed_from_u64(0));
        assert_eq!(contents(&copy, &clock).await, b"one");
    });
}
