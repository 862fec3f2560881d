//! Where and how objects are read.

use super::wav::{RUN, run_of};
use crate::common::{after, export, export_from, files, folder, header, line, put, sound, time};
use cloud_fns::archive::{Object, Store};
use cloud_fns::wav::{self, Options, Period, Progress};
use object_store::memory::InMemory;
use object_store::{ObjectStoreExt, path};
use std::fs;
use std::path::Path;
use std::sync::Arc;

#[test]
fn objects_larger_than_what_is_read_at_once_give_every_sample() {
    let (dir, run) = (folder(), time(RUN));
    let other = after(run, 125);
    // 3 MB of two devices, line by line: reads and entries end within frames.
    let mixed = |seq: u64| [run_of("a", run, seq..seq + 1), run_of("b", other, seq..seq + 1)].concat();
    put(dir.path(), run, 1, &(0..300).flat_map(mixed).collect::<Vec<u8>>());
    for (device, start) in [("a", run), ("b", other)] {
        let options = Options { device: Some(device.into()), ..Options::default() };
        let text = String::from_utf8(start.format().to_vec()).expect("ASCII");
        let (samples, report) = export(dir.path(), &text, "75", &options).expect("a WAV");
        assert!(samples == sound(start.micros() as u64, 600_000), "{device}");
        assert_eq!((report.captured_samples, report.duplicate_samples), (600_000, 0));
    }
}

#[test]
fn any_store_gives_the_wav_that_a_folder_gives() {
    let (dir, run) = (folder(), time(RUN));
    put(dir.path(), run, 1, &run_of("mic", run, 2..80));
    put(dir.path(), after(run, 40 * 86_400_000_000), 2, &run_of("mic", run, 0..60));
    put(dir.path(), after(run, 80 * 86_400_000_000), 3, &run_of("mic", after(run, 3_600_000_000), 0..60));
    fs::write(dir.path().join("notes.txt"), b"mine").expect("foreign");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let memory = InMemory::new();
    for (name, content) in files(dir.path()) {
        runtime.block_on(memory.put(&path::Path::from(name), content.into())).expect("put");
    }
    let (start, options) = ("2021-04-14 13:23:59", Options::default());
    let local = export(dir.path(), start, "20", &options).expect("a WAV");
    let any = export_from(&Store::new(Arc::new(memory)), start, "20", &options, |_| ()).expect("a WAV");
    assert_eq!(local.1.objects_read, 2);
    assert_eq!((local.1.foreign_objects, local.1.captured_samples), (1, 152_000));
    assert_eq!(local, any);
}

#[test]
fn an_object_that_is_finished_while_it_is_read_is_found_under_its_final_name() {
    let (dir, run) = (folder(), time(RUN));
    let path = put(dir.path(), run, 1, &run_of("mic", run, 0..4));
    let open = path.with_extension("open");
    for between_the_passes in [false, true] {
        fs::rename(&path, &open).expect("renamed");
        let store = Store::local(dir.path()).expect("a folder");
        let progress = |progress| {
            let now = match progress {
                Progress::Reading { bytes, .. } => between_the_passes && bytes > 0,
                Progress::Choosing { .. } => !between_the_passes,
                Progress::Writing { .. } => false,
            };
            if now {
                fs::rename(&open, &path).expect("renamed");
            }
        };
        let (samples, _) = export_from(&store, RUN, "1", &Options::default(), progress).expect("a WAV");
        assert_eq!(samples, sound(run.micros() as u64, 8_000));
        assert!(path.exists());
    }
}

#[test]
fn objects_that_are_finished_while_they_are_listed_are_listed_under_their_final_names() {
    let (dir, run) = (folder(), time(RUN));
    let paths = [1, 2].map(|number| put(dir.path(), run, number, &run_of("mic", run, 0..4)));
    let open = |path: &Path| path.with_extension("open");
    for path in &paths {
        fs::rename(path, open(path)).expect("renamed");
    }
    let store = Store::local(dir.path()).expect("a folder");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let mut objects = Vec::new();
    // The folder's names are read at once, so both are known when the first object is shown.
    let foreign = runtime.block_on(store.list(|object| {
        if objects.is_empty() {
            for path in &paths {
                fs::rename(open(path), path).expect("renamed");
            }
        }
        objects.push(object);
    }));
    assert_eq!(foreign.expect("listed"), 0);
    let open: Vec<bool> = objects.iter().map(Object::is_open).collect();
    assert_eq!(open, [true, false], "{objects:?}");
    for object in objects {
        let all = 0..object.bytes;
        let read = runtime.block_on(store.read(&object, std::slice::from_ref(&all))).expect("read");
        assert!(read[0] == run_of("mic", run, 0..4), "{object:?}");
    }
}

#[test]
fn an_object_by_both_its_names_is_one() {
    let (dir, run) = (folder(), time(RUN));
    let path = put(dir.path(), run, 1, &run_of("mic", run, 0..4));
    fs::copy(&path, path.with_extension("open")).expect("copied");
    let (_, report) = export(dir.path(), RUN, "1", &Options::default()).expect("a WAV");
    assert_eq!((report.objects_read, report.duplicate_samples), (1, 0));
}

#[test]
fn the_progress_reaches_its_end() {
    let (dir, run) = (folder(), time(RUN));
    put(dir.path(), run, 1, &run_of("mic", run, 0..8));
    let bytes = files(dir.path())[0].1.len() as u64;
    let mut seen = Vec::new();
    let store = Store::local(dir.path()).expect("a folder");
    export_from(&store, RUN, "3", &Options::default(), |progress| seen.push(progress)).expect("a WAV");
    assert!(seen.contains(&Progress::Reading { bytes, bytes_total: bytes }), "{seen:?}");
    assert_eq!(seen.last(), Some(&Progress::Writing { samples: 24_000, samples_total: 24_000 }));
}

#[test]
fn an_object_whose_places_tell_nothing_is_read_whole() {
    let (dir, run) = (folder(), time(RUN));
    // A line of 250 ms at 48 kHz is longer than what is looked at.
    let chunk = |seq: u64| line(header("mic", run, seq, seq * 12_000, 48_000), &sound(seq * 12_000, 12_000));
    put(dir.path(), after(run, 400 * 86_400_000_000), 1, &(0..10).flat_map(chunk).collect::<Vec<u8>>());
    let (samples, report) = export(dir.path(), RUN, "2.5", &Options::default()).expect("a WAV");
    assert!(samples == sound(0, 120_000));
    assert_eq!(report.rate_hz, 48_000);
}

#[test]
fn an_export_may_move_between_threads() {
    fn is_send(_: impl Send) {}
    let dir = folder();
    let store = Store::local(dir.path()).expect("a folder");
    let period = Period::parse(RUN, "1", 0).expect("a period");
    let (path, options) = (dir.path().join("out.wav"), Options::default());
    is_send(wav::export_to_file(&store, period, &options, &path, |_| ()));
}
