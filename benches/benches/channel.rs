//! Choice of a channel, and of every fourth frame of it.
#![allow(missing_docs)]

use benches::{CHUNK_INPUT, Room, noise};
use criterion::{Criterion, criterion_group, criterion_main};
use dsp_core::channel::Selector;
use std::hint::black_box;

fn channel(criterion: &mut Criterion) {
    let input = noise(CHUNK_INPUT);
    let mut kept = vec![0; CHUNK_INPUT / 2];
    let mut room = Room::new(criterion, "channel", CHUNK_INPUT * 2);
    let mut selector = Selector::new(2, 0);
    room.routine("one of two channels", || {
        selector.push(black_box(&input), black_box(&mut kept));
    });
    let mut selector = Selector::new(8, 0);
    room.routine("one of two channels, every fourth (drop)", || {
        selector.push(black_box(&input), black_box(&mut kept));
    });
    room.finish();
}

criterion_group!(benches, channel);
criterion_main!(benches);
