//! Drawing a committee of 24 out of 36 delegates, and the order in which its members lead.

use alloy_primitives::B256;
use althing_light::DrawSeed;
use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;

fn benchmarks(criterion: &mut Criterion) {
    let seed = DrawSeed { chain_id: 1, epoch: 3, seed: B256::repeat_byte(7) };
    criterion.bench_function("draw/24 of 36", |bencher| bencher.iter(|| black_box(seed).committee(36, 24)));
    criterion.bench_function("draw/leaders of 24", |bencher| bencher.iter(|| black_box(seed).leaders(24)));
}

criterion_group!(benches, benchmarks);
criterion_main!(benches);
