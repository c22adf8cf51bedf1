//! Mutations of the seeds, the same in every run: what a fuzzer finds in its first seconds is found here.
//!
//! `ALTHING_FUZZ_SEED` and `ALTHING_FUZZ_RUNS` try others, and more.

use crate::corpus;
use althing_fuzz_targets::{TARGETS, Target};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Mutations of each target.
const RUNS: u64 = 2_000;
const SEED: u64 = 1;

/// Numbers at which lengths and sums go wrong.
const EDGES: [u64; 8] = [0, 1, 0x7f, 0x80, 0xff, 0x7fff_ffff, 0xffff_ffff, u64::MAX];

fn number(variable: &str, default: u64) -> u64 {
    match std::env::var(variable) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{variable} is not a number: {text}")),
        Err(_) => default,
    }
}

/// One to eight changes of the kinds that parsers stumble over.
fn mutate(rng: &mut StdRng, data: &mut Vec<u8>, other: &[u8], max_bytes: usize) {
    for _ in 0..rng.random_range(1..=8) {
        let at = rng.random_range(0..=data.len());
        let end = rng.random_range(at..=data.len().min(at + 32));
        match rng.random_range(0..8) {
            0 if at < data.len() => data[at] ^= 1 << rng.random_range(0..8),
            1 if at < data.len() => data[at] = rng.random(),
            2 => data.insert(at, rng.random()),
            3 => drop(data.drain(at..end)),
            4 => {
                let copied = data[at..end].to_vec();
                data.splice(at..at, copied);
            }
            5 => {
                let edge = EDGES[rng.random_range(0..EDGES.len())].to_be_bytes();
                let width = [1, 2, 4, 8][rng.random_range(0..4)];
                let end = data.len().min(at + width);
                data.splice(at..end, edge[8 - width..].iter().copied());
            }
            6 if !other.is_empty() => {
                let from = rng.random_range(0..other.len());
                let to = rng.random_range(from..=other.len().min(from + 64));
                data.splice(at..end, other[from..to].iter().copied());
            }
            _ => data.truncate(at.max(data.len() / 2)),
        }
    }
    data.truncate(max_bytes);
}

fn check(target: &Target, seed: u64, runs: u64) {
    let seeds: Vec<Vec<u8>> = corpus::read(target.name).into_values().collect();
    for run in 0..runs {
        let mut rng = StdRng::seed_from_u64(seed.wrapping_mul(1 << 32).wrapping_add(run));
        let mut data = seeds[rng.random_range(0..seeds.len())].clone();
        let other = &seeds[rng.random_range(0..seeds.len())];
        mutate(&mut rng, &mut data, other, target.max_bytes);
        if catch_unwind(AssertUnwindSafe(|| (target.run)(&data))).is_err() {
            let path = std::env::temp_dir().join(format!("{}-{seed}-{run}", target.name));
            std::fs::write(&path, &data).unwrap();
            panic!(
                "{}: run {run} with seed {seed} breaks an invariant; its input is {}",
                target.name,
                path.display()
            );
        }
    }
}

#[test]
fn no_mutation_of_a_seed_breaks_an_invariant() {
    let (seed, runs) = (number("ALTHING_FUZZ_SEED", SEED), number("ALTHING_FUZZ_RUNS", RUNS));
    println!("ALTHING_FUZZ_SEED={seed} ALTHING_FUZZ_RUNS={runs}");
    for target in TARGETS {
        let started = std::time::Instant::now();
        check(target, seed, runs);
        println!("{}: {runs} in {:?}", target.name, started.elapsed());
    }
}
