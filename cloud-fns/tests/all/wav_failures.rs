//! What is no WAV leaves none behind, and says why.

use super::wav::{RUN, run_of};
use crate::common::{after, export, folder, put, time};
use cloud_fns::archive::Store;
use cloud_fns::frames::Form;
use cloud_fns::wav::{self, Options, Period, WavError};
use std::fs;
use std::path::Path;

#[test]
fn nothing_in_the_period_is_an_error_that_names_it() {
    let (dir, run) = (folder(), time(RUN));
    put(dir.path(), run, 1, &run_of("mic", run, 0..4));
    for (start, seconds) in
        [("2021-04-14 13:24:01", "1"), ("2021-04-14 13:23:59", "1"), ("2022-04-14 13:24:00", "1")]
    {
        let error = export(dir.path(), start, seconds, &Options::default()).expect_err(start);
        assert!(matches!(error, WavError::Nothing { .. }), "{error}");
        let wanted = format!("no sound in the archive from {start} UTC for {seconds} s; check the start");
        assert!(error.to_string().starts_with(&wanted), "{error}");
    }
}

#[test]
fn nothing_because_of_the_archive_is_told_apart_from_nothing_in_the_period() {
    let nothing = |dir: &Path, options: &Options| {
        let error = export(dir, "2021-04-14 13:24:00", "1", options).expect_err("nothing");
        assert!(matches!(error, WavError::Nothing { .. }), "{error}");
        error.to_string()
    };
    let (dir, run) = (folder(), time(RUN));
    let sentence = nothing(dir.path(), &Options::default());
    assert!(sentence.ends_with("for 1 s; it is empty; check the folder"), "{sentence}");
    fs::write(dir.path().join("notes.txt"), b"mine").expect("foreign");
    let sentence = nothing(dir.path(), &Options::default());
    assert!(sentence.ends_with("no objects, only 1 other file or folder; check the folder"), "{sentence}");

    let seconds = run.micros() as f64 / 1e6;
    put(dir.path(), run, 1, &[&seconds.to_le_bytes()[..], &[0; 4_000]].concat());
    let sentence = nothing(dir.path(), &Options::default());
    assert!(sentence.contains("; 1 line or record in the 1 object read did not read (first: "), "{sentence}");
    assert!(sentence.ends_with("--prototype-record-bytes"), "{sentence}");
    let options = Options { form: Form::PrototypeBinary { record_bytes: 8_008 }, ..Options::default() };
    let sentence = nothing(dir.path(), &options);
    assert!(sentence.contains("the length given by --prototype-record-bytes"), "{sentence}");

    put(dir.path(), run, 1, b"{\"timestamp\": 5}\n{\"timestamp\": 6}\n");
    let sentence = nothing(dir.path(), &Options::default());
    assert!(sentence.contains("; 2 lines or records in the 1 object read did not read"), "{sentence}");
    assert!(!sentence.contains("prototype"), "{sentence}");
}

#[test]
fn a_period_shorter_than_a_sample_is_refused() {
    let (dir, run) = (folder(), time(RUN));
    put(dir.path(), run, 1, &run_of("mic", run, 0..4));
    let error =
        export(dir.path(), "2021-04-14 13:24:00", "0.00001", &Options::default()).expect_err("too short");
    assert!(matches!(error, WavError::TooShort { rate_hz: 8_000, .. }), "{error}");
    assert!(error.to_string().contains("for 0.00001 s is shorter than a sample at 8000 Hz"), "{error}");
}

#[test]
fn more_than_a_wav_holds_is_refused_with_what_fits() {
    let (dir, run) = (folder(), time(RUN));
    put(dir.path(), run, 1, &run_of("mic", run, 0..4));
    let error =
        export(dir.path(), "2021-04-14 13:24:00", "268435.5", &Options::default()).expect_err("too long");
    assert!(matches!(error, WavError::TooLong { seconds_max: 268_435, .. }), "{error}");
}

#[test]
fn the_file_has_its_name_only_when_it_is_whole() {
    let (dir, run) = (folder(), time(RUN));
    let archive = dir.path().join("archive");
    put(&archive, run, 1, &run_of("mic", run, 0..4));
    let store = Store::local(&archive).expect("a folder");
    let period = |start| Period::parse(start, "1", 0).expect("a period");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let run = |period, path| {
        runtime.block_on(wav::export_to_file(&store, period, &Options::default(), path, |_| ()))
    };
    let names = || {
        let mut names: Vec<_> = fs::read_dir(dir.path())
            .expect("a folder")
            .map(|entry| entry.expect("one").file_name())
            .collect();
        names.sort();
        names
    };
    let (path, no_folder) = (dir.path().join("out.wav"), dir.path().join("no/out.wav"));
    run(period("2022-01-01 00:00:00"), &path).expect_err("nothing there");
    assert_eq!(names(), ["archive"]);
    run(period("2021-04-14 13:24:00"), &path).expect("a WAV");
    assert_eq!(names(), ["archive", "out.wav"]);
    assert_eq!(hound::WavReader::open(&path).expect("a WAV").len(), 8_000);

    let error = run(period("2021-04-14 13:24:00"), &no_folder).expect_err("no folder");
    assert!(error.to_string().contains("no/out.wav"), "{error}");
    run(period("2021-04-14 13:24:00"), Path::new("/dev/null")).expect_err("no file");

    // The object goes away between the passes.
    let object =
        put(&archive, after(time(RUN), 250_000_000), 2, &run_of("mic", after(time(RUN), 1_000_000), 0..4));
    let options = Options::default();
    let export = wav::export_to_file(&store, period("2021-04-14 13:24:01"), &options, &path, |progress| {
        if matches!(progress, wav::Progress::Reading { bytes, bytes_total } if bytes == bytes_total) {
            fs::remove_file(&object).expect("removed");
        }
    });
    let error = runtime.block_on(export).expect_err("gone");
    assert!(error.to_string().contains("there is no such"), "{error}");
    assert_eq!(names(), ["archive", "out.wav"]);
    assert_eq!(hound::WavReader::open(&path).expect("the old WAV").len(), 8_000);
}

#[test]
fn a_dropped_export_leaves_nothing() {
    let (dir, run) = (folder(), time(RUN));
    let archive = dir.path().join("archive");
    put(&archive, run, 1, &run_of("mic", run, 0..4));
    let store = Store::local(&archive).expect("a folder");
    let period = Period::parse("2021-04-14 13:24:00", "1", 0).expect("a period");
    let (path, options) = (dir.path().join("out.wav"), Options::default());
    // After the first pass the only thread that reads is kept busy, so the second one waits.
    let runtime =
        tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).build().expect("a runtime");
    let (release, held) = std::sync::mpsc::channel::<()>();
    let mut held = Some(held);
    let _inside = runtime.enter();
    let mut export = Box::pin(wav::export_to_file(&store, period, &options, &path, |progress| {
        let read = matches!(progress, wav::Progress::Reading { bytes, bytes_total } if bytes == bytes_total);
        if let Some(held) = held.take_if(|_| read) {
            runtime.spawn_blocking(move || held.recv());
        }
    }));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let partial = dir.path().join("out.wav.partial");
    while !partial.exists() {
        assert!(export.as_mut().poll(&mut context).is_pending());
        std::thread::yield_now();
    }
    drop(export);
    assert!(!partial.exists() && !path.exists());
    drop(release);
}

#[test]
fn an_archive_that_is_none_is_named() {
    let dir = folder();
    let missing = dir.path().join("missing");
    let error = Store::local(&missing).expect_err("missing");
    assert!(error.to_string().contains("missing") && error.to_string().contains("check the path"), "{error}");
    fs::write(&missing, b"").expect("a file");
    let error = Store::local(&missing).expect_err("a file");
    assert!(error.to_string().contains("a file where a folder is needed"), "{error}");
}
