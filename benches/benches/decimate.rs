//! The filter cascade on one channel.
#![allow(missing_docs)]

use benches::{Room, noise};
use criterion::{Criterion, criterion_group, criterion_main};
use dsp_core::decimate::{Decimator, Mode, fir, naive};
use std::hint::black_box;

fn decimate(criterion: &mut Criterion) {
    let input = noise(8_000);
    let mut output = vec![0; 8_000];
    let mut room = Room::new(criterion, "decimate", 16_000);
    for ratio in fir::FIR_RATIOS {
        let mut decimator = Decimator::new(Mode::Fir, ratio).expect("a ratio with a filter");
        room.routine(&format!("fir {ratio}:1"), || {
            decimator.push(black_box(&input), black_box(&mut output));
        });
    }
    let mut taps = [0.0; fir::IMPULSE_RESPONSE_MAX];
    let taps = fir::impulse_response(4, &mut taps).expect("a ratio with a filter");
    room.routine("fir 4:1, naive twin", || {
        for (m, output) in output[..2_000].iter_mut().enumerate() {
            *output = naive::quantize(naive::output(black_box(&input), taps, 4, m));
        }
    });
    room.finish();
}

criterion_group!(benches, decimate);
criterion_main!(benches);
