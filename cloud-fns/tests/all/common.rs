//! Frames and archives for the tests.
use cloud_fns::archive::Store;
use cloud_fns::wav::{self, Options, Period, Progress, Report, WavError};
use dsp_core::chunk::{Body, Chunk, Device, Header, Reason};
use dsp_core::frame::line::{self, Keys};
use dsp_core::frame::record;
use dsp_core::frame::timestamp::Timestamp;
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

/// A folder in memory where there is one: what is tested here is not the disk, and each fsync of one
/// takes its time.
pub(crate) fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a folder")
}

pub(crate) fn time(text: &str) -> Timestamp {
    Timestamp::parse(text.as_bytes()).expect("a time")
}

pub(crate) fn after(start: Timestamp, micros: i64) -> Timestamp {
    Timestamp::from_micros(start.micros() + micros)
}

/// A line of ours: `first_sample` of the run that began at `run`.
pub(crate) fn header(device: &str, run: Timestamp, seq: u64, first_sample: u64, rate: u32) -> Header {
    Header {
        timestamp: after(run, (first_sample as i128 * 1_000_000 / i128::from(rate)) as i64),
        utc_offset_min: Some(0),
        device: Some(Device::new(device).expect("a name")),
        run: Some(run),
        seq: Some(seq),
        first_sample: Some(first_sample),
        rate: Some(rate),
    }
}

pub(crate) fn prototype_header(timestamp: Timestamp) -> Header {
    Header {
        timestamp,
        utc_offset_min: None,
        device: None,
        run: None,
        seq: None,
        first_sample: None,
        rate: None,
    }
}

pub(crate) fn line(header: Header, samples: &[i16]) -> Vec<u8> {
    let keys = if header.run.is_some() { Keys::All } else { Keys::Compat };
    let chunk = Chunk { header, body: Body::Samples(samples) };
    let mut out = vec![0; line::bytes_max(samples.len())];
    let bytes = line::encode(&chunk, keys, &mut out).expect("a line");
    out.truncate(bytes);
    out
}

pub(crate) fn record(header: Header, samples: &[i16]) -> Vec<u8> {
    let chunk = Chunk { header, body: Body::Samples(samples) };
    let mut out = vec![0; record::bytes_max(samples.len())];
    let bytes = record::encode(&chunk, &mut out).expect("a record");
    out.truncate(bytes);
    out
}

pub(crate) fn gap_line(header: Header, gap_samples: u64, reason: &str) -> Vec<u8> {
    let reason = Reason::new(reason).expect("a reason");
    let chunk = Chunk { header, body: Body::Gap { gap_samples, reason } };
    let mut out = vec![0; line::bytes_max(0)];
    let bytes = line::encode(&chunk, Keys::All, &mut out).expect("a gap line");
    out.truncate(bytes);
    out
}

/// Samples that tell where they come from.
pub(crate) fn sound(from: u64, count: usize) -> Vec<i16> {
    (from..from + count as u64).map(|at| (at.wrapping_mul(40_503) >> 3) as i16 | 1).collect()
}

/// Puts an object that was opened at `opened` into the archive; the `number` makes its name its own.
pub(crate) fn put(dir: &Path, opened: Timestamp, number: u32, content: &[u8]) -> PathBuf {
    let text = String::from_utf8(opened.format().to_vec()).expect("ASCII");
    let (date, clock) = text[..19].split_once('T').expect("a time");
    let hour = format!("{}/{}", date.replace('-', "/"), &clock[..2]);
    let name = format!("s-1-{date}-{}-00000000-0000-4000-8000-{number:012x}", clock.replace(':', "-"));
    let folder = dir.join(hour);
    fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join(name);
    fs::write(&path, content).expect("an object");
    path
}

/// Every file below `dir`, in order, with its path from there.
pub(crate) fn files(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(dir).expect("below").to_string_lossy().into_owned();
                found.push((name, fs::read(&path).expect("a file")));
            }
        }
    }
    found.sort();
    found
}

/// The WAV of a period as samples, with its report.
pub(crate) fn export(
    dir: &Path,
    start: &str,
    seconds: &str,
    options: &Options,
) -> Result<(Vec<i16>, Report), WavError> {
    export_from(&Store::local(dir).expect("a folder"), start, seconds, options, |_| ())
}

/// As [`export`], from any store.
pub(crate) fn export_from(
    store: &Store,
    start: &str,
    seconds: &str,
    options: &Options,
    progress: impl FnMut(Progress),
) -> Result<(Vec<i16>, Report), WavError> {
    let period = Period::parse(start, seconds, 0).expect("a period");
    let mut wav = Cursor::new(Vec::new());
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let report = runtime.block_on(wav::export(store, period, options, &mut wav, progress))?;
    wav.set_position(0);
    let reader = hound::WavReader::new(wav).expect("a WAV");
    let spec = reader.spec();
    assert_eq!((spec.channels, spec.bits_per_sample, spec.sample_rate), (1, 16, report.rate_hz));
    let samples: Vec<i16> = reader.into_samples().map(|sample| sample.expect("a sample")).collect();
    assert_eq!(samples.len() as u64, report.samples);
    assert_eq!(report.captured_samples + report.gap_samples, report.samples);
    Ok((samples, report))
}
