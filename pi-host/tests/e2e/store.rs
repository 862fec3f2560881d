//! The local archive and `wav`.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::common::*;

fn record(data_dir: &Path, file: &Path, start: &str, more: &[&str]) {
    let source = format!("wav:{}", file.display());
    let data_dir = data_dir.display().to_string();
    let mut arguments = vec![
        "run",
        "--source",
        &source,
        "--data-dir",
        &data_dir,
        "--start-time",
        start,
        "--decimate",
        "drop",
    ];
    arguments.extend(more);
    run(&arguments).assert_done();
}

fn export(data_dir: &Path, start: &str, seconds: &str, output: &Path) -> Ended {
    let (archive, output) = (data_dir.display().to_string(), output.display().to_string());
    run(&["wav", "--archive", &archive, "--start", start, "--seconds", seconds, "--output", &output])
}

#[test]
fn what_was_recorded_comes_back_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    let (file, output) = (folder.path().join("in.wav"), folder.path().join("out.wav"));
    let input = noise(2 * 32_000 * 3, 6);
    write_wav(&file, 32_000, 2, &input);
    let formula: Vec<i16> = input.iter().step_by(2).step_by(4).copied().collect();
    for format in ["line", "record"] {
        let data_dir = folder.path().join(format);
        record(&data_dir, &file, "2026-01-31T23:59:58.5", &["--format", format]);
        assert!(files(&data_dir.join("archive")).iter().all(|name| name.extension().is_none()));

        let ended = export(&data_dir, "2026-01-31 23:59:58.5", "3", &output);
        ended.assert_done();
        assert_eq!(read_wav(&output), (8_000, formula.clone()));

        // Half a second of silence in front, then the first second: the period is exact, and the rest is told.
        let ended = export(&data_dir, "2026-01-31T23:59:58", "1.5", &output);
        ended.assert_done();
        assert!(ended.stderr.contains("1.000 s captured, 0.500 s silence"), "{}", ended.stderr);
        let (_, samples) = read_wav(&output);
        assert_eq!(samples.len(), 12_000);
        assert!(samples[..4_000].iter().all(|&sample| sample == 0));
        assert_eq!(samples[4_000..], formula[..8_000]);
    }
}

#[test]
fn a_run_ends_with_the_command_that_gets_its_sound() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("it's here");
    let mut arguments = vec!["run", "--source", "stdin", "--no-web", "--utc-offset", "+09:00"];
    arguments.extend(["--decimate", "drop", "--start-time", "2026-03-01T08:00:00.25"]);
    arguments.extend(["--data-dir", data_dir.to_str().unwrap()]);
    let ended = run_with(&arguments, &bytes_of(&noise(2 * 32_000 * 2, 14)));
    ended.assert_done();
    let last = ended.last_line();
    assert!(last.contains("INFO 2 s are stored in "), "{last}");
    let (_, command) = last.split_once("a WAV of it: ").unwrap();
    let ended = finish(Command::new("sh").args(["-c", command]).current_dir(&folder));
    ended.assert_done();
    let sound: Vec<i16> = archived(&data_dir).iter().flat_map(samples_of).collect();
    assert_eq!(read_wav(&folder.path().join("out.wav")), (8_000, sound));
}

#[test]
fn the_prototypes_lines_become_a_wav() {
    let folder = tempfile::tempdir().unwrap();
    let hour = folder.path().join("2021/04/16/00");
    fs::create_dir_all(&hour).unwrap();
    let mut lines = String::new();
    let sound = noise(3 * 2_000, 7);
    for (index, chunk) in sound.chunks(2_000).enumerate() {
        use base64::Engine as _;
        let raw_data = base64::engine::general_purpose::STANDARD.encode(bytes_of(chunk));
        // Written on a clock of +09:00, with the jitter of the prototype's sending.
        let micros = 546_601 + index * 250_000 + [0, 7_000, 2_000][index];
        let (seconds, micros) = (6 + micros / 1_000_000, micros % 1_000_000);
        lines += &format!(
            "{{\"timestamp\": \"2021-04-16T09:40:{seconds:02}.{micros:06}\", \"raw_data\": \"{raw_data}\"}}\n"
        );
    }
    fs::write(hour.join("stream-1-2021-04-16-00-40-07-0f8fad5b-d9cb-469f-a165-70867728950e"), lines).unwrap();
    let output = folder.path().join("out.wav");
    let ended = run(&[
        "wav",
        "--archive",
        folder.path().to_str().unwrap(),
        "--start",
        "2021-04-16 09:40:06.546601",
        "--seconds",
        "0.75",
        "--utc-offset",
        "+09:00",
        "--output",
        output.to_str().unwrap(),
    ]);
    ended.assert_done();
    assert_eq!(read_wav(&output), (8_000, sound));
}

#[test]
fn a_stopped_export_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("in.wav");
    write_wav(&file, 32_000, 2, &noise(2 * 32_000, 9));
    let data_dir = folder.path().join("data");
    record(&data_dir, &file, "2026-01-01T00:00:00", &[]);
    let (archive, output) = (data_dir.display().to_string(), folder.path().join("out.wav"));
    let partial = folder.path().join("out.wav.partial");
    for signal in ["-INT", "-TERM"] {
        // Nearly all of it is silence.
        let arguments = ["--start", "2026-01-01T00:00:00", "--seconds", "200000"];
        let mut all = vec!["wav", "--archive", &archive, "--output", output.to_str().unwrap()];
        all.extend(arguments);
        let mut child = soundline(&all).spawn().unwrap();
        wait_for("the unfinished file", || {
            assert_eq!(child.try_wait().unwrap(), None);
            partial.exists().then_some(())
        });
        let pid = child.id().to_string();
        assert!(std::process::Command::new("kill").args([signal, &pid]).status().unwrap().success());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(String::from_utf8_lossy(&output.stderr), "error: stopped; nothing was written\n");
        assert!(!partial.exists() && !folder.path().join("out.wav").exists());
    }
}

#[test]
fn a_wav_that_cannot_be_leaves_no_file_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("in.wav");
    write_wav(&file, 32_000, 2, &noise(2 * 32_000, 8));
    let data_dir = folder.path().join("data");
    record(&data_dir, &file, "2026-01-01T00:00:00", &[]);
    let output = folder.path().join("out.wav");
    for (start, seconds, code, word) in [
        ("2026-01-02T00:00:00", "1", 1, "no sound"),
        ("2026-01-01T00:00:00", "0", 2, "no length"),
        ("2026-01-01T00:00:00", "-5", 2, "before it begins"),
        ("2026-01-01T00:00:00", "many", 2, "many"),
        ("yesterday", "1", 2, "yesterday"),
        ("2026-02-30T00:00:00", "1", 2, "2026-02-30"),
        ("2026-01-01T00:00:00", "999999999", 1, "WAV"),
    ] {
        let ended = export(&data_dir, start, seconds, &output);
        assert_eq!(ended.code, code, "{start} {seconds}: {}", ended.stderr);
        assert!(
            ended.last_line().starts_with("error: ") && ended.last_line().contains(word),
            "{}",
            ended.stderr
        );
        assert_eq!(
            files(folder.path()).iter().filter(|path| path.to_string_lossy().contains("out.wav")).count(),
            0
        );
    }
    fs::write(&output, "kept").unwrap();
    assert_eq!(export(&data_dir, "2027-01-01T00:00:00", "1", &output).code, 1);
    assert_eq!(fs::read(&output).unwrap(), b"kept");

    let ended = export(&folder.path().join("nowhere"), "2026-01-01T00:00:00", "1", &output);
    assert_eq!(ended.code, 1);
    assert!(ended.last_line().contains("nowhere"), "{}", ended.stderr);
    let ended = export(Path::new("s3://bucket/prefix"), "2026-01-01T00:00:00", "1", &output);
    assert_eq!(ended.code, 2);
    assert!(ended.last_line().contains("this machine only"), "{}", ended.stderr);
}

#[test]
fn one_folder_has_one_writer() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().to_str().unwrap();
    let first = Running::start(&["--source", "tone:440", "--data-dir", data_dir]);
    let second = run(&["run", "--source", "tone:440", "--no-web", "--data-dir", data_dir]);
    assert_eq!(second.code, 1, "{}", second.stderr);
    assert!(second.last_line().contains("another soundline"), "{}", second.stderr);
    first.signal("-TERM");
    let first = first.end();
    first.assert_done();
    assert_seamless(&archived(folder.path()));
}

#[test]
fn a_killed_run_leaves_whole_lines_and_the_next_one_finishes_its_object() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().to_str().unwrap();
    let archive = folder.path().join("archive");
    let running = Running::start(&["--source", "tone:440", "--data-dir", data_dir]);
    let open = wait_for("two lines in the archive", || {
        let open =
            files(&archive).into_iter().find(|path| path.extension().is_some_and(|end| end == "open"))?;
        let lines = fs::read(&open).ok()?.iter().filter(|&&byte| byte == b'\n').count();
        (lines >= 2).then_some(open)
    });
    running.signal("-KILL");
    let _ = running.end();
    // What a power cut may leave behind the last whole line.
    let mut bytes = fs::read(&open).unwrap();
    let whole = bytes.iter().rposition(|&byte| byte == b'\n').unwrap() + 1;
    bytes.truncate(whole);
    let kept = bytes.clone();
    bytes.extend(b"{\"timestamp\": \"2026-01-01T00:00:00.0000");
    fs::write(&open, bytes).unwrap();

    run_with(&["run", "--source", "stdin", "--data-dir", data_dir], &bytes_of(&noise(640, 9))).assert_done();
    assert!(!open.exists());
    assert_eq!(fs::read(open.with_extension("")).unwrap(), kept);
    let lines = archived(folder.path());
    let runs: std::collections::BTreeSet<_> =
        lines.iter().map(|line| line["run"].as_str().unwrap()).collect();
    assert_eq!(runs.len(), 2);
}
