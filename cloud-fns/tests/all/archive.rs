//! The writer: objects by size and time, whole after a crash at any byte.

use crate::again::again;
use crate::common::{after, export, files, folder, header, line, put, record, sound, time};
use cloud_fns::archive::{Lock, Problem, Recovered, Settings, Writer};
use cloud_fns::wav::Options;
use dsp_core::frame::timestamp::Timestamp;
use std::fs;
use std::path::Path;

const SECOND: i64 = 1_000_000;

fn start() -> Timestamp {
    time("2021-12-31T23:59:58.500000")
}

fn frame(seq: u64) -> Vec<u8> {
    line(header("mic", start(), seq, seq * 20, 8_000), &sound(seq * 20, 20))
}

fn open(dir: &Path, settings: Settings) -> Writer {
    Writer::open(dir, settings).expect("a writer").0
}

#[test]
fn objects_are_named_by_their_hour_and_hold_what_was_appended() {
    let dir = folder();
    let mut writer = open(dir.path(), Settings::default());
    let mut all = Vec::new();
    for seq in 0..5 {
        writer.append(&frame(seq), after(start(), seq as i64 * SECOND)).expect("appended");
        all.extend(frame(seq));
    }
    let [(name, content)] = &files(dir.path())[..] else { panic!("one object") };
    assert!(name.starts_with("2021/12/31/23/soundline-1-2021-12-31-23-59-58-"), "{name}");
    assert!(name.ends_with(".open"), "{name}");
    assert_eq!(content, &all, "readers see every appended frame");
    writer.close().expect("closed");
    let [(closed, content)] = &files(dir.path())[..] else { panic!("one object") };
    assert_eq!(Some(&closed[..]), name.strip_suffix(".open"));
    assert_eq!(content, &all);
}

#[test]
fn objects_are_rolled_by_size() {
    let dir = folder();
    let bytes_max = frame(7).len() as u64 * 3;
    let mut writer = open(dir.path(), Settings { bytes_max, ..Settings::default() });
    for seq in 0..8 {
        writer.append(&frame(seq), after(start(), seq as i64)).expect("appended");
    }
    writer.close().expect("closed");
    let mut sizes: Vec<usize> = files(dir.path())
        .iter()
        .map(|(_, content)| content.iter().filter(|&&byte| byte == b'\n').count())
        .collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [2, 3, 3]);
}

#[test]
fn a_frame_larger_than_an_object_gets_one_of_its_own() {
    let dir = folder();
    let mut writer = open(dir.path(), Settings { bytes_max: 1, ..Settings::default() });
    for seq in 0..3 {
        writer.append(&frame(seq), start()).expect("appended");
    }
    writer.close().expect("closed");
    assert_eq!(files(dir.path()).len(), 3);
}

#[test]
fn objects_are_rolled_by_time_with_or_without_frames_and_by_a_step_of_the_clock() {
    let dir = folder();
    let mut writer = open(dir.path(), Settings { seconds_max: 10, ..Settings::default() });
    let finished = || files(dir.path()).iter().filter(|(name, _)| !name.ends_with(".open")).count();
    writer.append(&frame(0), start()).expect("appended");
    writer.tick(after(start(), 10 * SECOND - 1)).expect("nothing due");
    assert_eq!(finished(), 0);
    writer.tick(after(start(), 10 * SECOND)).expect("rolled");
    assert_eq!(finished(), 1);
    writer.tick(after(start(), 99 * SECOND)).expect("nothing open");
    writer.append(&frame(1), after(start(), 100 * SECOND)).expect("appended");
    writer.append(&frame(2), after(start(), 110 * SECOND)).expect("rolled and appended");
    assert_eq!(finished(), 2);
    writer.append(&frame(3), after(start(), -3_600 * SECOND)).expect("rolled and appended");
    assert_eq!(finished(), 3);
    writer.close().expect("closed");
    assert!(files(dir.path()).iter().any(|(name, _)| name.starts_with("2021/12/31/22/")));
}

#[test]
fn nothing_appended_leaves_nothing() {
    let dir = folder();
    let mut writer = open(dir.path(), Settings::default());
    writer.tick(start()).expect("nothing due");
    writer.sync().expect("nothing to do");
    writer.close().expect("closed");
    assert_eq!(files(dir.path()), []);
}

#[test]
fn after_a_crash_at_any_byte_the_object_is_whole_up_to_its_last_frame() {
    let first = frame(0);
    let binary = record(header("mic", start(), 1, 20, 8_000), &sound(20, 20));
    let last = frame(2);
    let all = [&first[..], &binary, &last].concat();
    let ends = [0, first.len(), first.len() + binary.len(), all.len()];
    for cut in 0..=all.len() {
        let dir = folder();
        let name = put(dir.path(), start(), 1, &all[..cut]);
        fs::rename(&name, name.with_extension("open")).expect("renamed");

        let (writer, recovered) = Writer::open(dir.path(), Settings::default()).expect("opened again");
        let whole = ends.into_iter().filter(|&end| end <= cut).max().unwrap_or(0);
        let objects = u64::from(whole > 0);
        assert_eq!(recovered, Recovered { objects, bytes_cut: (cut - whole) as u64 }, "cut at {cut}");
        match &files(dir.path())[..] {
            [] => assert_eq!(whole, 0, "cut at {cut}"),
            [(found, content)] => {
                assert_eq!(dir.path().join(found), name);
                assert_eq!(content, &all[..whole], "cut at {cut}");
            }
            more => panic!("{} objects", more.len()),
        }
        writer.close().expect("closed");
    }
}

#[test]
fn the_zeros_that_a_power_cut_leaves_behind_the_last_frame_are_cut_off() {
    let dir = folder();
    let path = put(dir.path(), start(), 1, &[frame(0), vec![0; 4_096]].concat());
    fs::rename(&path, path.with_extension("open")).expect("renamed");
    let (_writer, recovered) = Writer::open(dir.path(), Settings::default()).expect("opened");
    assert_eq!(recovered, Recovered { objects: 1, bytes_cut: 4_096 });
    assert_eq!(fs::read(&path).expect("the object"), frame(0));
}

#[test]
fn a_bad_frame_inside_stays_and_so_do_foreign_files() {
    let dir = folder();
    let content = [frame(0), b"{\"timestamp\": 5}\n".to_vec(), frame(1)].concat();
    let path = put(dir.path(), start(), 1, &content);
    fs::rename(&path, path.with_extension("open")).expect("renamed");
    fs::write(path.with_file_name("notes.open"), b"mine").expect("foreign");
    let (_writer, recovered) = Writer::open(dir.path(), Settings::default()).expect("opened");
    assert_eq!(recovered, Recovered { objects: 1, bytes_cut: 0 });
    assert_eq!(fs::read(&path).expect("the object"), content);
    assert_eq!(fs::read(path.with_file_name("notes.open")).expect("foreign"), b"mine");
}

#[test]
fn a_folder_that_cannot_be_one_is_named_with_the_remedy() {
    let dir = folder();
    let file = dir.path().join("file");
    fs::write(&file, b"").expect("a file");
    let error = Writer::open(&file, Settings::default()).expect_err("a file");
    assert_eq!(error.problem, Problem::NotAFolder);
    assert!(error.to_string().starts_with(&file.display().to_string()), "{error}");
    let error = Writer::open(&file.join("below"), Settings::default()).expect_err("below a file");
    assert_eq!(error.problem, Problem::NotAFolder);
    // A file system that lets nobody write, root neither.
    let error = Writer::open(Path::new("/proc/soundline"), Settings::default()).expect_err("no place");
    assert!(error.to_string().contains("/proc/soundline"), "{error}");
}

#[test]
fn a_folder_without_rights_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let dir = folder();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o500)).expect("rights taken");
    if fs::write(dir.path().join("probe"), b"").is_ok() {
        // Root may write everywhere, so somebody else has to try.
        let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
        return again(&nobody, &["true"], "archive::a_folder_without_rights_is_named");
    }
    let (mut writer, _) = Writer::open(dir.path(), Settings::default()).expect("readable");
    let error = writer.append(&frame(0), start()).expect_err("no rights");
    assert_eq!(error.problem, Problem::Denied);
    assert_eq!(Lock::take(dir.path()).expect_err("no rights").problem, Problem::Denied);
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o000)).expect("rights taken");
    let error = export(dir.path(), "2021-12-31 23:59:58", "1", &Options::default()).expect_err("no rights");
    assert!(error.to_string().contains("no permission to read"), "{error}");
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o700)).expect("rights given");
}

#[test]
fn an_object_or_folder_deleted_meanwhile_is_told_once_and_the_archive_goes_on_in_a_new_one() {
    let archive = folder();
    let dir = archive.path().join("archive");
    let object = || dir.join(&files(&dir)[0].0);
    let delete: [&dyn Fn(); 4] = [
        &|| fs::remove_file(object()).expect("deleted"),
        &|| fs::remove_dir_all(dir.join("2021")).expect("deleted"),
        &|| fs::remove_dir_all(&dir).expect("deleted"),
        &|| fs::rename(object(), archive.path().join("elsewhere")).expect("moved"),
    ];
    // Found when the bytes are written through, or when the object is finished.
    for settings in
        [Settings::default(), Settings { seconds_max: 6, sync_seconds: 60, ..Settings::default() }]
    {
        for delete in delete {
            let mut writer = open(&dir, settings.clone());
            writer.append(&frame(0), start()).expect("appended");
            writer.tick(after(start(), 5 * SECOND)).expect("synced, if due");
            let path = object();
            delete();
            writer.append(&frame(1), after(start(), 5 * SECOND)).expect("not known yet");
            let error = writer.tick(after(start(), 10 * SECOND)).expect_err("gone");
            assert_eq!((&error.problem, &error.path), (&Problem::Gone, &path), "{error}");
            writer.tick(after(start(), 11 * SECOND)).expect("told once");
            writer.append(&frame(2), after(start(), 12 * SECOND)).expect("goes on");
            writer.close().expect("closed");
            let [(name, content)] = &files(&dir)[..] else { panic!("one object") };
            assert!(!name.ends_with(".open"), "{name}");
            assert_eq!(content, &frame(2));
            fs::remove_dir_all(&dir).expect("cleared");
        }
    }
}

#[test]
fn an_object_deleted_before_the_end_is_told_by_close() {
    let dir = folder();
    let mut writer = open(dir.path(), Settings::default());
    writer.append(&frame(0), start()).expect("appended");
    writer.sync().expect("synced");
    fs::remove_dir_all(dir.path().join("2021")).expect("deleted");
    assert_eq!(writer.close().expect_err("gone").problem, Problem::Gone);
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let dir = folder();
    for settings in [
        Settings { stream: "a/b".into(), ..Settings::default() },
        Settings { stream: String::new(), ..Settings::default() },
        Settings { bytes_max: 0, ..Settings::default() },
        Settings { seconds_max: 0, ..Settings::default() },
    ] {
        let error = Writer::open(dir.path(), settings).expect_err("a setting");
        assert!(matches!(error.problem, Problem::Setting(_)), "{error}");
    }
}

#[test]
fn one_writer_has_a_data_folder_until_it_lets_go() {
    let dir = folder();
    let data = dir.path().join("new/data");
    let lock = Lock::take(&data).expect("free");
    let error = Lock::take(&data).expect_err("taken");
    assert_eq!(error.problem, Problem::Locked);
    assert!(error.to_string().contains("another soundline"), "{error}");
    drop(lock);
    Lock::take(&data).expect("free again");
}
