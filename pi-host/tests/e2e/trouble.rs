//! A disk that is full, a folder without rights, a limit on a file.

use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::again::again;
use crate::common::*;
use crate::page::socket;

/// A file system of so many KiB, for as long as this lives.
struct Small(PathBuf);

impl Small {
    /// `None` where this process may not mount: then `test` was run by one that may.
    fn mount(folder: &tempfile::TempDir, kib: u32, test: &str) -> Option<Self> {
        let path = folder.path().join("small");
        fs::create_dir(&path).unwrap();
        let size = format!("size={kib}k");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "none"]).arg(&path).output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(Self(path));
        }
        again(&["unshare", "-rm"], &["mount", "-t", "tmpfs", "none", "/tmp"], &format!("trouble::{test}"));
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
    let test = "a_full_disk_ends_a_file_with_a_sentence_and_keeps_whole_lines";
    let Some(small) = Small::mount(&folder, 256, test) else { return };
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
    let test = "a_disk_that_gets_room_again_gets_the_gap_and_what_follows";
    let Some(small) = Small::mount(&folder, 512, test) else { return };
    let filler = small.0.join("filler");
    let running = Running::start(&["--source", "tone:440", "--data-dir", small.0.to_str().unwrap()]);
    let mut socket = socket(&running.address);
    socket.until(|message| message["type"] == "level");
    // As much as there is room for.
    let mut full = fs::File::create(&filler).unwrap();
    while full.write_all(&[1; 512]).is_ok() {}
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

/// Runs as a user to whom `closed` is closed: as another one if it is open to this one, who is root then.
fn run_without_rights(closed: &Path, arguments: &[&str]) -> Option<Ended> {
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
    // By its open file: the folders above it may be closed to the other user too.
    let program = "/proc/self/fd/0";
    if fs::read_dir(closed).is_err() {
        command = Command::new(program);
    } else if Command::new("setpriv")
        .args(command.get_args())
        .arg("true")
        .status()
        .is_ok_and(|it| it.success())
    {
        command.arg(program);
    } else {
        // Past the harness, which swallows what a passing test prints.
        let _ =
            std::io::stderr().write_all(b"SKIPPED: a folder without rights: setpriv does not work here\n");
        return None;
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let binary = fs::File::open(env!("CARGO_BIN_EXE_soundline")).unwrap();
    Some(finish(command.args(arguments).env_clear().env("PATH", path).stdin(binary)))
}

#[test]
fn a_folder_without_rights_is_an_error_and_no_crash() {
    // In the system's own temporary folder, whose path is open to everybody.
    let folder = tempfile::tempdir_in("/tmp").unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    let closed = folder.path().join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, Permissions::from_mode(0o000)).unwrap();
    for data_dir in [closed.clone(), closed.join("below")] {
        let named = data_dir.to_str().unwrap();
        let run = ["run", "--source", "tone:1", "--no-web", "--data-dir", named];
        let out = folder.path().join("out.wav");
        let wav = ["wav", "--archive", named, "--start", "2026-01-01T00:00:00", "--seconds", "1", "--output"];
        for arguments in [&run[..], &[&wav[..], &[out.to_str().unwrap()]].concat()] {
            let Some(ended) = run_without_rights(&closed, arguments) else { return };
            assert_eq!(ended.code, 1, "{}", ended.stderr);
            assert!(ended.last_line().starts_with("error: "), "{}", ended.stderr);
            assert!(ended.last_line().contains(named), "{}", ended.stderr);
            assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
        }
    }
    fs::set_permissions(&closed, Permissions::from_mode(0o700)).unwrap();
}
