//! A whole day: how long its WAV takes, and how much memory. In a program of its own, so that nothing
//! else counts. Takes 4 GB in the folder for temporary files:
//!
//! `cargo test --release -p cloud-fns --test day -- --ignored --nocapture`

use cloud_fns::archive::{Settings, Store, Writer};
use cloud_fns::wav::{self, Options, Period, Progress};
use dsp_core::chunk::{Body, Chunk, Device, Header};
use dsp_core::frame::line::{self, Keys};
use dsp_core::frame::timestamp::Timestamp;
use std::time::Instant;

/// 24 h of four lines a second.
const LINES: u64 = 345_600;
const CHUNK_SAMPLES: u64 = 2_000;
const RATE_HZ: u32 = 8_000;
const SECONDS_MAX: u64 = 10;
const MEMORY_KIB_MAX: u64 = 64 * 1024;

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Ours,
    Prototype,
}

fn day(kind: Kind) {
    let dir = tempfile::tempdir().expect("a folder");
    let start = Timestamp::parse(b"2021-04-14T00:00:00").expect("a time");
    let (mut writer, _) =
        Writer::open(dir.path(), Settings { sync_seconds: 86_400, ..Settings::default() }).expect("a writer");
    let mut out = vec![0; line::bytes_max(CHUNK_SAMPLES as usize)];
    let mut samples = [0; CHUNK_SAMPLES as usize];
    let (mut bytes, mut state) = (0, 1_u32);
    for seq in 0..LINES {
        for sample in &mut samples {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *sample = (state >> 16) as i16;
        }
        let ours = (kind == Kind::Ours).then_some(());
        // The prototype's times jitter: here by up to 16 ms.
        let jitter = if ours.is_some() { 0 } else { i64::from(state >> 18) };
        let timestamp = Timestamp::from_micros(start.micros() + seq as i64 * 250_000 + jitter);
        let header = Header {
            timestamp,
            utc_offset_min: ours.map(|()| 0),
            device: ours.and_then(|()| Device::new("mic").ok()),
            run: ours.map(|()| start),
            seq: ours.map(|()| seq),
            first_sample: ours.map(|()| seq * CHUNK_SAMPLES),
            rate: ours.map(|()| RATE_HZ),
        };
        let keys = if ours.is_some() { Keys::All } else { Keys::Compat };
        let length =
            line::encode(&Chunk { header, body: Body::Samples(&samples) }, keys, &mut out).expect("a line");
        writer.append(&out[..length], timestamp).expect("appended");
        bytes += length as u64;
    }
    writer.close().expect("closed");
    // What was written just now shall not take the disk's time while the WAV is made.
    let _ = std::process::Command::new("sync").status();

    let store = Store::local(dir.path()).expect("a folder");
    let period = Period::parse("2021-04-14 00:00:00", "86400", 0).expect("a period");
    let path = dir.path().join("day.wav");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let before = Instant::now();
    let (mut read, mut written) = (before, before);
    let progress = |progress| match progress {
        Progress::Writing { .. } => written = Instant::now(),
        _ => read = Instant::now(),
    };
    let report = runtime
        .block_on(wav::export_to_file(&store, period, &Options::default(), &path, progress))
        .expect("a WAV");
    let seconds = before.elapsed();
    let (reading, writing, syncing) = (read - before, written - read, before + seconds - written);
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak_kib: u64 = peak.and_then(|text| text.split_whitespace().next()?.parse().ok()).unwrap_or(0);
    println!("{LINES} lines, {bytes} bytes, {} objects: {seconds:.2?}", report.objects_read);
    println!("reading {reading:.2?}, writing {writing:.2?}, to the disk {syncing:.2?}; peak {peak_kib} KiB");
    assert_eq!(report.samples, LINES * CHUNK_SAMPLES);
    // The prototype's first line stands where its jitter put it.
    assert!(report.gap_samples < CHUNK_SAMPLES / 8, "{}", report.gap_samples);
    assert!(seconds.as_secs() < SECONDS_MAX, "{seconds:?}");
    assert!(peak_kib < MEMORY_KIB_MAX, "{peak_kib} KiB");
}

#[test]
#[ignore = "takes a minute, 4 GB of disk and a release build"]
fn a_day_of_our_lines() {
    day(Kind::Ours);
}

#[test]
#[ignore = "takes a minute, 4 GB of disk and a release build"]
fn a_day_of_the_prototype_s_lines() {
    day(Kind::Prototype);
}
