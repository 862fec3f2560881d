use std::io::{self, BufRead, BufReader, PipeReader, PipeWriter, pipe};

use dsp_core::chunk::{Body, Chunk, Header};
use dsp_core::frame::line::{self, decode};
use dsp_core::frame::timestamp::Timestamp;

use super::*;
use crate::config::Settings;
use crate::options::Options;

const SAMPLES: [i16; 2_000] = [5; 2_000];

fn queued(out: impl Write + Send + 'static, waits: bool, stop: &Stop) -> Queued {
    let settings = Settings::resolve(Options::default()).unwrap();
    Queued::start(out, Losses::new(&settings), waits, stop).unwrap()
}

fn put(sink: &mut Queued, number: u64) -> Result<(), SinkEnd> {
    let header = Header {
        seq: Some(number),
        first_sample: Some(number * 2_000),
        run: Some(Timestamp::from_micros(0)),
        ..Header::at(Timestamp::from_micros(0))
    };
    let chunk = Chunk { header, body: Body::Samples(&SAMPLES) };
    let mut bytes = vec![0; line::bytes_max(2_000)];
    let length = line::encode(&chunk, line::Keys::All, &mut bytes).unwrap();
    sink.put(Framed { chunk: &chunk, bytes: &bytes[..length] })
}

/// For each line its first sample, its samples, and the gap's reason.
fn read_all(from: PipeReader) -> Vec<(u64, u64, Option<String>)> {
    let mut room = vec![0; 2_000];
    let lines = BufReader::new(from).split(b'\n');
    let mut seen = Vec::new();
    for line in lines {
        let mut line = line.unwrap();
        line.push(b'\n');
        let chunk = decode(&line, &mut room).unwrap();
        let (count, reason) = match chunk.body {
            Body::Samples(samples) => (samples.len() as u64, None),
            Body::Gap { gap_samples, reason } => (gap_samples, Some(reason.as_str().to_owned())),
        };
        seen.push((chunk.header.first_sample.unwrap(), count, reason));
    }
    seen
}

#[test]
fn a_live_source_goes_on_and_a_slow_reader_gets_a_gap() {
    let (from, to): (PipeReader, PipeWriter) = pipe().unwrap();
    let mut sink = queued(to, false, &Stop::default());
    // Far more than a pipe and the queue hold together.
    let count = 2 * FRAMES_MAX as u64;
    for number in 0..count {
        put(&mut sink, number).unwrap();
    }
    let reader = thread::spawn(move || read_all(from));
    sink.finish().unwrap();
    drop(sink);
    let seen = reader.join().unwrap();
    let mut next = 0;
    for (first_sample, samples, _) in &seen {
        assert_eq!(*first_sample, next);
        next += samples;
    }
    assert_eq!(next, count * 2_000);
    let reasons: Vec<_> = seen.iter().filter_map(|(.., reason)| reason.as_deref()).collect();
    assert_eq!(reasons, ["reader busy"]);
}

#[test]
fn a_source_that_can_wait_loses_nothing() {
    let (from, to) = pipe().unwrap();
    let mut sink = queued(to, true, &Stop::default());
    let reader = thread::spawn(move || read_all(from));
    for number in 0..1_000 {
        put(&mut sink, number).unwrap();
    }
    sink.finish().unwrap();
    drop(sink);
    let seen = reader.join().unwrap();
    assert_eq!(seen.len(), 1_000);
    assert!(seen.iter().enumerate().all(|(at, (first, ..))| *first == at as u64 * 2_000));
}

#[test]
fn a_source_that_waits_does_not_wait_for_ever_once_it_shall_stop() {
    let (from, to) = pipe().unwrap();
    let stop = Stop::default();
    stop.store(true, Ordering::Relaxed);
    let mut sink = queued(to, true, &stop);
    for number in 0..2 * FRAMES_MAX as u64 {
        put(&mut sink, number).unwrap();
    }
    let reader = thread::spawn(move || read_all(from));
    sink.finish().unwrap();
    drop(sink);
    assert_eq!(reader.join().unwrap().len(), 2 * FRAMES_MAX);
}

#[test]
fn a_reader_that_has_enough_ends_it_and_a_failure_is_told() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::Error::from_raw_os_error(28))
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let (from, to) = pipe().unwrap();
    drop(from);
    let mut sink = queued(to, true, &Stop::default());
    let _ = put(&mut sink, 0);
    assert_eq!(sink.finish(), Err(SinkEnd::Closed));
    let mut sink = queued(Full, true, &Stop::default());
    let _ = put(&mut sink, 0);
    assert_eq!(sink.finish(), Err(SinkEnd::Failed("standard output: no space left on device".into())));
}
