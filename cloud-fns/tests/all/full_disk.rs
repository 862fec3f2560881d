//! A full and a read-only disk, on a small tmpfs. Mounting takes root, or a user namespace.

use crate::again::again;
use crate::common::{after, files, header, line, sound, time};
use cloud_fns::archive::{Problem, Settings, Writer};
use std::fs;
use std::path::Path;
use std::process::Command;

/// A tmpfs that goes away with it.
struct Tmpfs {
    dir: tempfile::TempDir,
}

impl Tmpfs {
    /// `None` where this process may not mount: then `test` was run by one that may.
    fn new(size: &str, test: &str) -> Option<Self> {
        let dir = tempfile::tempdir().expect("a folder");
        let options = format!("size={size}");
        if mount(&["-t", "tmpfs", "-o", &options, "tmpfs"], dir.path()) {
            return Some(Self { dir });
        }
        again(&["unshare", "-rm"], &["mount", "-t", "tmpfs", "tmpfs", "/tmp"], &format!("full_disk::{test}"));
        None
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.dir.path()).status();
    }
}

fn mount(arguments: &[&str], at: &Path) -> bool {
    let run = Command::new("mount").args(arguments).arg(at).output();
    run.is_ok_and(|output| output.status.success())
}

fn frame(seq: u64) -> Vec<u8> {
    line(header("mic", time("2021-04-14T13:24:00"), seq, seq * 2_000, 8_000), &sound(seq * 2_000, 2_000))
}

#[test]
fn on_a_full_disk_the_object_ends_with_a_whole_frame_and_goes_on_when_there_is_space() {
    let test = "on_a_full_disk_the_object_ends_with_a_whole_frame_and_goes_on_when_there_is_space";
    let Some(disk) = Tmpfs::new("256k", test) else { return };
    let ballast = disk.dir.path().join("ballast");
    fs::write(&ballast, vec![0; 128 * 1024]).expect("ballast");
    let archive = disk.dir.path().join("archive");
    let now = time("2021-04-14T13:24:00");
    let (mut writer, _) = Writer::open(&archive, Settings::default()).expect("a writer");
    let mut stored = Vec::new();
    let mut seq = 0;
    let error = loop {
        match writer.append(&frame(seq), after(now, seq as i64)) {
            Ok(()) => stored.extend(frame(seq)),
            Err(error) => break error,
        }
        seq += 1;
        assert!(seq < 100, "the disk never filled");
    };
    assert_eq!(error.problem, Problem::Full, "{error}");
    assert!(error.to_string().contains("the disk is full; free some space"), "{error}");
    assert!(writer.append(&frame(seq), now).is_err(), "still full");
    assert_eq!(files(&archive)[0].1, stored, "nothing is left of the frame that did not fit");

    fs::remove_file(&ballast).expect("freed");
    writer.append(&frame(seq), now).expect("goes on");
    stored.extend(frame(seq));
    writer.close().expect("closed");
    let [(name, content)] = &files(&archive)[..] else { panic!("one object") };
    assert!(!name.ends_with(".open"), "{name}");
    assert_eq!(content, &stored);
}

#[test]
fn a_read_only_disk_is_named_and_written_to_again_once_it_is_writable() {
    let test = "a_read_only_disk_is_named_and_written_to_again_once_it_is_writable";
    let Some(disk) = Tmpfs::new("256k", test) else { return };
    let now = time("2021-04-14T13:24:00");
    let settings = Settings { bytes_max: 1, ..Settings::default() };
    let (mut writer, _) = Writer::open(disk.dir.path(), settings.clone()).expect("a writer");
    writer.append(&frame(0), now).expect("appended");
    writer.close().expect("closed");
    let (mut writer, _) = Writer::open(disk.dir.path(), settings.clone()).expect("a writer");
    // With its source: else mount takes options over that a user namespace refuses.
    assert!(mount(&["-o", "remount,ro", "tmpfs"], disk.dir.path()), "remounted");
    let error = writer.append(&frame(1), now).expect_err("read-only");
    assert_eq!(error.problem, Problem::ReadOnly, "{error}");
    let error = Writer::open(&disk.dir.path().join("new"), settings).expect_err("read-only");
    assert_eq!(error.problem, Problem::ReadOnly, "{error}");
    assert!(mount(&["-o", "remount,rw", "tmpfs"], disk.dir.path()), "remounted");
    writer.append(&frame(1), now).expect("goes on");
    writer.close().expect("closed");
    assert_eq!(files(disk.dir.path()).len(), 2);
}
