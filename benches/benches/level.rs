//! Level of a chunk.
#![allow(missing_docs)]

use benches::{Room, noise};
use criterion::{Criterion, criterion_group, criterion_main};
use dsp_core::format::CHUNK_SAMPLES;
use dsp_core::level::Level;
use std::hint::black_box;

fn level(criterion: &mut Criterion) {
    let samples = noise(CHUNK_SAMPLES);
    let mut room = Room::new(criterion, "level", CHUNK_SAMPLES * 2);
    room.routine("largest, peak, RMS, clipped", || {
        black_box(Level::of(black_box(&samples)));
    });
    room.finish();
}

criterion_group!(benches, level);
criterion_main!(benches);
