//! Everything together: an interleaved chunk to the pipeline's block, and on to its line.
#![allow(missing_docs)]

use benches::{CHUNK_INPUT, Room, noise};
use criterion::{Criterion, criterion_group, criterion_main};
use dsp_core::chunk::{Body, Chunk, Device, Header};
use dsp_core::decimate::Mode;
use dsp_core::format::{CHUNK_SAMPLES, RATE_OUT_HZ_DEFAULT};
use dsp_core::frame::{line, timestamp::Timestamp};
use dsp_core::level::Level;
use dsp_core::pipeline::{Block, Pipeline, Settings};
use std::hint::black_box;

fn header(block: &Block<'_>) -> Header {
    Header {
        timestamp: Timestamp::from_micros(block.first_sample as i64 * 125),
        utc_offset_min: Some(0),
        device: Device::new("bench").ok(),
        run: Some(Timestamp::from_micros(0)),
        seq: Some(block.seq),
        first_sample: Some(block.first_sample),
        rate: Some(RATE_OUT_HZ_DEFAULT),
    }
}

fn pipeline(criterion: &mut Criterion) {
    let input = noise(CHUNK_INPUT);
    let mut bytes = vec![0; line::bytes_max(CHUNK_SAMPLES)];
    let mut samples = vec![0; CHUNK_SAMPLES];
    let mut room = Room::new(criterion, "pipeline", CHUNK_INPUT * 2);
    for (name, mode) in [("drop", Mode::Drop), ("fir", Mode::Fir)] {
        let settings = Settings { rate_in_hz: 32_000, rate_out_hz: 8_000, channels: 2, channel: 0, mode };
        let mut pipeline = Pipeline::<CHUNK_SAMPLES>::new(settings).expect("the defaults work");
        room.routine(&format!("chunking, channel and {name}"), || {
            let (block, _) = pipeline.push(black_box(&input));
            black_box(block);
        });
        room.routine(&format!("chunk to line, {name}"), || {
            let mut rest = black_box(&input[..]);
            while let (Some(block), unread) = pipeline.push(rest) {
                let chunk = Chunk { header: header(&block), body: Body::Samples(block.samples) };
                line::encode(&chunk, line::Keys::All, black_box(&mut bytes)).expect("there is room");
                rest = unread;
            }
        });
    }
    let mut pipeline = Pipeline::<CHUNK_SAMPLES>::new(Settings {
        rate_in_hz: 32_000,
        rate_out_hz: 8_000,
        channels: 2,
        channel: 0,
        mode: Mode::Drop,
    })
    .expect("the defaults work");
    let (block, _) = pipeline.push(&input);
    let block = block.expect("a whole chunk");
    let chunk = Chunk { header: header(&block), body: Body::Samples(block.samples) };
    let length = line::encode(&chunk, line::Keys::All, &mut bytes).expect("there is room");
    room.routine("stored line to level", || {
        let chunk = line::decode(black_box(&bytes[..length]), &mut samples).expect("our own line");
        if let Body::Samples(samples) = chunk.body {
            black_box(Level::of(samples));
        }
    });
    room.finish();
}

criterion_group!(benches, pipeline);
criterion_main!(benches);
