//! A disk that is full, a folder without rights, a limit on a file.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::common::*;
use crate::page::socket;

/// A file system of so many KiB, for as long as this lives; `None` where this user may not mount.
struct Small(PathBuf);

impl Small {
    fn mount(folder: &tempfile::TempDir, kib: u32) -> Option<Self> {
        let path = folder.path().join("small");
        fs::create_dir(&path).unwrap();
        let size = format!("size={kib}k");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "none"]).arg(&path).output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(Self(path));
        }
        eprintln!("skipped: only root can mount a small file system");
        None
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_ends_a_file_with_a_sentence_and_keeps_whole_lines() {
    let folder = tempfile::tempdir().unwrap();
    let Some(small) = Small::mount(&folder, 256) else { return };
    let data_dir = small.0.to_str().unwrap();
    let input = bytes_of(&noise(2 * 32_000 * 30, 10));
    let ended = run_with(&["run", "--source", "stdin", "--decimate", "drop", "--data-dir", data_dir], &input);
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    assert!(ended.last_line().contains("the disk is full"), "{}", ended.stderr);
    assert!(ended.last_line().contains("are missing in the archive"), "{}", ended.stderr);
    // One sentence when it begins, and this one; nothing works again, and nobody has a page.
    assert_eq!(ended.stderr.matches("the disk is full").count(), 2, "{}", ended.stderr);
    assert_eq!(ended.stderr.matches("are missing").count(), 1, "{}", ended.stderr);
    assert!(!ended.stderr.contains("works again") && !ended.stderr.contains("page"), "{}", ended.stderr);
    let lines = archived(&small.0);
    assert!(assert_seamless(&lines) >= 8_000);
    let sound: Vec<i16> =
        lines.iter().take_while(|line| line.get("gap_samples").is_none()).flat_map(samples_of).collect();
    let formula: Vec<i16> = noise(2 * 32_000 * 30, 10).iter().step_by(2).step_by(4).copied().collect();
    assert_eq!(sound, formula[..sound.len()]);
}

#[test]
fn a_disk_that_gets_room_again_gets_the_gap_and_what_follows() {
    let folder = tempfile::tempdir().unwrap();
    let Some(small) = Small::mount(&folder, 512) else { return };
    let filler = small.0.join("filler");
    let running = Running::start(&["--source", "tone:440", "--data-dir", small.0.to_str().unwrap()]);
    let mut socket = socket(&running.address);
    socket.until(|message| message["type"] == "level");
    // As much as there is room for.
    let mut full = fs::File::create(&filler).unwrap();
    while std::io::Write::write_all(&mut full, &[1; 512]).is_ok() {}
    // An open file keeps its room even when its name is gone.
    drop(full);
    let failing = socket.until(|message| message["archive"] == "failing");
    assert!(failing["archive_detail"].as_str().unwrap().contains("full"), "{failing}");
    // The meter goes on meanwhile.
    socket.until(|message| message["type"] == "level");
    fs::remove_file(&filler).unwrap();
    socket.until(|message| message["archive"] == "ok");
    running.signal("-TERM");
    running.end().assert_done();
    let lines = archived(&small.0);
    assert_seamless(&lines);
    let gaps: Vec<_> = lines.iter().filter(|line| line.get("gap_samples").is_some()).collect();
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    assert_eq!((&gaps[0]["reason"], &gaps[0]["raw_data"]), (&"disk full".into(), &"".into()));
}

#[test]
fn a_file_size_limit_is_an_error_and_no_crash() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new("sh");
    // 64 blocks of 512 or 1,024 bytes.
    command.args(["-c", "ulimit -f 64; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_soundline")]);
    command.args(["run", "--source", "stdin", "--data-dir"]).arg(folder.path());
    let input = folder.path().join("input");
    fs::write(&input, bytes_of(&noise(2 * 32_000 * 10, 11))).unwrap();
    let ended = finish(command.stdin(fs::File::open(&input).unwrap()));
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    assert!(ended.last_line().starts_with("error: "), "{}", ended.stderr);
    assert_seamless(&archived(folder.path()));
}

#[test]
fn a_folder_that_cannot_be_is_refused_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    for data_dir in [file.clone(), file.join("below"), PathBuf::from("/proc/nothing")] {
        let ended = run(&["run", "--source", "tone:1", "--no-web", "--data-dir", data_dir.to_str().unwrap()]);
        assert_eq!(ended.code, 1, "{}", ended.stderr);
        assert!(ended.last_line().starts_with("error: data folder "), "{}", ended.stderr);
    }
}
