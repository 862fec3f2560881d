//! Whoever reads standard output, or does not.

use std::fs::{self, OpenOptions};
use std::io::{PipeReader, PipeWriter, Read, Write, pipe};
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::common::*;

/// A pipe that is full already, with how many bytes.
fn full_pipe() -> (PipeReader, PipeWriter, usize) {
    let (from, to) = pipe().unwrap();
    // A second opening, so that only this one does not block.
    let mut filler = OpenOptions::new()
        .write(true)
        .custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed())
        .open(format!("/proc/self/fd/{}", to.as_raw_fd()))
        .unwrap();
    let mut filled = 0;
    while let Ok(written) = filler.write(&[b'x'; 4_096]) {
        filled += written;
    }
    (from, to, filled)
}

fn lines_stored(data_dir: &Path) -> usize {
    let count = |file| fs::read(file).map_or(0, |bytes| bytes.iter().filter(|&&byte| byte == b'\n').count());
    files(&data_dir.join("archive")).iter().map(count).sum()
}

#[test]
fn a_reader_that_pauses_does_not_hold_up_the_archive() {
    let folder = tempfile::tempdir().unwrap();
    let (mut from, to, filled) = full_pipe();
    let arguments = ["--source", "tone:440", "--sink", "stdout", "--sink", "local", "--data-dir"];
    let arguments = [&arguments[..], &[folder.path().to_str().unwrap()]].concat();
    let running = Running::start_into(&arguments, Stdio::from(to));
    wait_for("the archive to go on", || (lines_stored(folder.path()) >= 6).then_some(()));
    running.signal("-TERM");
    wait_for("the archive to be closed", || {
        let open = |file: &std::path::PathBuf| file.extension().is_some();
        (!files(&folder.path().join("archive")).iter().any(open)).then_some(())
    });
    // Only now somebody reads.
    let mut read = Vec::new();
    from.read_to_end(&mut read).unwrap();
    running.end().assert_done();
    let stored = archived(folder.path());
    assert!(assert_seamless(&stored) >= 12_000);
    assert_eq!(json_lines(&read[filled..]), stored);
}

#[test]
fn a_log_that_nobody_reads_holds_up_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (_unread, to, _) = full_pipe();
    let data_dir = folder.path().to_str().unwrap();
    let mut command = soundline(&["run", "--source", "tone:440", "--listen", "127.0.0.1:0"]);
    let mut child = command.args(["--data-dir", data_dir]).stderr(to).spawn().unwrap();
    wait_for("the archive to go on", || (lines_stored(folder.path()) >= 4).then_some(()));
    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    assert!(child.wait().unwrap().success());
    assert!(assert_seamless(&archived(folder.path())) >= 8_000);
}

#[test]
fn a_full_device_is_told_once() {
    let output = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let ended = finish_into(&["run", "--source", "tone:440", "--sink", "stdout"], Stdio::from(output));
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    assert_eq!(ended.stderr.matches("no space left").count(), 1, "{}", ended.stderr);
    assert!(ended.last_line().starts_with("error: standard output: no space left"), "{}", ended.stderr);
}

#[test]
fn a_closed_standard_output_is_refused() {
    let mut command = Command::new("sh");
    command.args(["-c", "exec \"$0\" \"$@\" >&-", env!("CARGO_BIN_EXE_soundline")]);
    command.args(["run", "--source", "tone:440", "--sink", "stdout"]);
    let ended = finish(&mut command);
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    assert!(ended.last_line().starts_with("error: standard output is closed"), "{}", ended.stderr);
}

#[test]
fn a_terminal_that_is_closed_ends_it_well() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(&["--source", "tone:440", "--data-dir", folder.path().to_str().unwrap()]);
    wait_for("sound", || (lines_stored(folder.path()) > 0).then_some(()));
    running.signal("-HUP");
    running.end().assert_done();
    assert!(files(&folder.path().join("archive")).iter().all(|file| file.extension().is_none()));
}

fn finish_into(arguments: &[&str], stdout: Stdio) -> Ended {
    let child = soundline(arguments).stdout(stdout).spawn().unwrap();
    let output = child.wait_with_output().unwrap();
    Ended {
        code: output.status.code().unwrap_or(-1),
        stdout: Vec::new(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
