//! A 250 ms chunk to a line or record and back.
#![allow(missing_docs)]

use std::hint::black_box;

use benches::{Room, noise};
use criterion::{Criterion, criterion_group, criterion_main};
use dsp_core::chunk::{Body, Chunk, Device, Header};
use dsp_core::format::CHUNK_SAMPLES;
use dsp_core::frame::splitter::Splitter;
use dsp_core::frame::timestamp::Timestamp;
use dsp_core::frame::{line, record};

const LINE_BYTES: usize = line::bytes_max(CHUNK_SAMPLES);

fn frame(criterion: &mut Criterion) {
    let samples = noise(CHUNK_SAMPLES);
    let header = Header {
        timestamp: Timestamp::from_micros(1_618_566_006_546_601),
        utc_offset_min: Some(540),
        device: Device::new("raspberrypi").ok(),
        run: Some(Timestamp::from_micros(1_618_560_000_000_000)),
        seq: Some(24_026),
        first_sample: Some(48_052_372),
        rate: Some(8_000),
    };
    let chunk = Chunk { header, body: Body::Samples(&samples) };
    let mut out = [0; LINE_BYTES];
    let bytes = line::encode(&chunk, line::Keys::All, &mut out).expect("it fits");
    let ours = out[..bytes].to_vec();
    let bytes = line::encode(&chunk, line::Keys::Compat, &mut out).expect("it fits");
    let prototype = out[..bytes].to_vec();
    // Off the path by position: what another writer's spacing costs.
    let compact = String::from_utf8_lossy(&ours).replace("\": ", "\":").into_bytes();
    let bytes = record::encode(&chunk, &mut out).expect("it fits");
    let binary = out[..bytes].to_vec();
    let mut back = [0; CHUNK_SAMPLES];

    let mut room = Room::new(criterion, "line", ours.len());
    room.routine("line::encode", || {
        let _ = black_box(line::encode(black_box(&chunk), line::Keys::All, &mut out));
    });
    for (name, line) in [("ours", &ours), ("prototype", &prototype), ("another writer's", &compact)] {
        room.routine(&format!("line::decode, {name}"), || {
            let _ = black_box(line::decode(black_box(line), &mut back));
        });
    }
    let mut splitter = Splitter::<LINE_BYTES>::new();
    room.routine("Splitter::push, a line", || {
        black_box(splitter.push(black_box(&ours)));
    });
    room.finish();

    let mut room = Room::new(criterion, "record", binary.len());
    room.routine("record::encode", || {
        let _ = black_box(record::encode(black_box(&chunk), &mut out));
    });
    room.routine("record::decode", || {
        let _ = black_box(record::decode(black_box(&binary), &mut back));
    });
    let mut splitter = Splitter::<LINE_BYTES>::new();
    room.routine("Splitter::push, a record", || {
        black_box(splitter.push(black_box(&binary)));
    });
    room.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).measurement_time(std::time::Duration::from_secs(2));
    targets = frame
}
criterion_main!(benches);
