//! Stored lines to their levels, and to the WAV of a period out of a local archive.
#![allow(missing_docs)]

use std::hint::black_box;
use std::io::Cursor;

use benches::{Room, noise};
use cloud_fns::archive::{Settings, Store, Writer};
use cloud_fns::frames::Form;
use cloud_fns::level::Meter;
use cloud_fns::wav::{self, Options, Period};
use criterion::{Criterion, criterion_group, criterion_main};
use dsp_core::chunk::{Body, Chunk, Device, Header};
use dsp_core::format::{CHUNK_SAMPLES, RATE_OUT_HZ_DEFAULT};
use dsp_core::frame::line::{self, Keys};
use dsp_core::frame::timestamp::Timestamp;

/// Two minutes: long enough that opening the archive does not count.
const LINES: u64 = 480;
const SECONDS: &str = "120";

fn stored_line(start: Timestamp, seq: u64, samples: &[i16]) -> Vec<u8> {
    let header = Header {
        timestamp: Timestamp::from_micros(start.micros() + seq as i64 * 250_000),
        utc_offset_min: Some(0),
        device: Some(Device::new("mic").expect("a name")),
        run: Some(start),
        seq: Some(seq),
        first_sample: Some(seq * CHUNK_SAMPLES as u64),
        rate: Some(RATE_OUT_HZ_DEFAULT),
    };
    let mut out = vec![0; line::bytes_max(samples.len())];
    let bytes =
        line::encode(&Chunk { header, body: Body::Samples(samples) }, Keys::All, &mut out).expect("a line");
    out.truncate(bytes);
    out
}

fn level(criterion: &mut Criterion) {
    let start = Timestamp::parse(b"2021-04-14T13:24:00").expect("a time");
    let stored = stored_line(start, 1, &noise(CHUNK_SAMPLES));
    let mut room = Room::new(criterion, "level of a stored line", stored.len());
    let mut meter = Meter::new(Form::LinesAndRecords).expect("a form");
    room.routine("stored line to its level message", || {
        let mut bytes = black_box(&stored[..]);
        while let Some(event) = meter.next(&mut bytes) {
            black_box(event.expect("a level"));
        }
    });
    room.finish();
}

fn wav(criterion: &mut Criterion) {
    let start = Timestamp::parse(b"2021-04-14T13:24:00").expect("a time");
    let dir = tempfile::tempdir().expect("a folder");
    let (mut writer, _) = Writer::open(dir.path(), Settings::default()).expect("a writer");
    let samples = noise(CHUNK_SAMPLES);
    let mut bytes = 0;
    for seq in 0..LINES {
        let stored = stored_line(start, seq, &samples);
        writer.append(&stored, start).expect("appended");
        bytes += stored.len();
    }
    writer.close().expect("closed");
    let store = Store::local(dir.path()).expect("an archive");
    let period = Period::parse("2021-04-14 13:24:00", SECONDS, 0).expect("a period");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let options = Options::default();

    let mut room = Room::new(criterion, "WAV of two minutes", bytes);
    let mut out = Cursor::new(Vec::new());
    room.routine("archive to WAV in memory", || {
        out.set_position(0);
        let export = wav::export(&store, period, &options, &mut out, |_| ());
        black_box(runtime.block_on(export).expect("a WAV"));
    });
    room.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = level, wav
}
criterion_main!(benches);
