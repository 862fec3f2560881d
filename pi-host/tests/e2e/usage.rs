//! Wrong usage and unusable input: one sentence, the right exit code, no panic.

use std::fs;

use crate::common::*;

#[test]
fn wrong_usage_is_told_in_one_line_with_2() {
    for (arguments, word) in [
        (&["run", "--decimate", "both"][..], "drop"),
        (&["run", "--sink", "kinesis"], "Kinesis"),
        (&["run", "--sink", "nowhere"], "stdout"),
        (&["run", "--source", "microphone"], "alsa:PCM"),
        (&["run", "--source", "stdin", "--chanel", "1"], "--channel"),
        (&["run", "--rate", "0"], "--rate 0"),
        (&["run", "--rate", "many"], "many"),
        (&["run", "--channels", "33"], "32"),
        (&["run", "--utc-offset", "9"], "+09:00"),
        (&["run", "--start-time", "soon"], "soon"),
        (&["run", "--listen", "here"], "127.0.0.1:8080"),
        (&["run", "--device", ""], "--device"),
        (&["run", "--compat", "--format", "record"], "--compat"),
        (&["record"], "record"),
        (&["wav", "--start", "2026-01-01T00:00:00"], "--archive"),
        (
            &["wav", "--archive", "x", "--start", "2026-01-01T00:00:00", "--seconds", "1", "--output", "-"],
            "a file",
        ),
        (&["level", "--prototype-record-bytes", "9"], "9"),
    ] {
        let ended = run(arguments);
        assert_eq!(ended.code, 2, "{arguments:?}: {}", ended.stderr);
        assert!(ended.stdout.is_empty());
        assert!(
            ended.last_line().starts_with("error: ") && ended.last_line().contains(word),
            "{}",
            ended.stderr
        );
        assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
    }
}

#[test]
fn a_file_that_cannot_be_read_is_told_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("text.wav"), "this is no sound").unwrap();
    fs::write(path("empty.wav"), "").unwrap();
    write_wav(&path("44k1.wav"), 44_100, 2, &noise(88_200, 1));
    write_wav(&path("mono.wav"), 32_000, 1, &noise(32_000, 1));
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: 32_000,
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
    };
    let mut float = hound::WavWriter::create(path("float.wav"), spec).unwrap();
    float.write_sample(0.5_f32).unwrap();
    float.write_sample(0.5_f32).unwrap();
    float.finalize().unwrap();
    for (name, more) in [
        ("text.wav", &[][..]),
        ("empty.wav", &[]),
        ("44k1.wav", &[]),
        ("float.wav", &[]),
        ("mono.wav", &["--channel", "1"]),
        ("missing.wav", &[]),
        ("", &[]),
    ] {
        let source = format!("wav:{}", path(name).display());
        let data_dir = path("data");
        let mut arguments = vec!["run", "--source", &source, "--data-dir", data_dir.to_str().unwrap()];
        arguments.extend(more);
        let ended = run(&arguments);
        assert_eq!(ended.code, 1, "{name}: {}", ended.stderr);
        let last = ended.last_line();
        assert!(
            last.starts_with("error: ") && last.contains(&path(name).display().to_string()),
            "{}",
            ended.stderr
        );
        assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
    }
    // Their own rate and channels are taken as they are.
    for (name, more) in [("44k1.wav", &["--output-rate", "11025"][..]), ("mono.wav", &[])] {
        let source = format!("wav:{}", path(name).display());
        let mut arguments = vec!["run", "--source", &source, "--sink", "stdout"];
        arguments.extend(more);
        run(&arguments).assert_done();
    }
    let source = format!("wav:{}", path("mono.wav").display());
    let ended = run(&["run", "--source", &source, "--sink", "stdout", "--rate", "48000"]);
    assert_eq!(ended.code, 2);
    assert!(ended.last_line().contains("32000"), "{}", ended.stderr);
}

#[test]
fn help_teaches_and_goes_to_standard_output() {
    for (arguments, word) in [
        (&["--help"][..], "soundline demo"),
        (&["run", "--help"], "alsa:hw:CARD=Mic"),
        (&["wav", "--help"], "--utc-offset"),
        (&["--version"], env!("CARGO_PKG_VERSION")),
    ] {
        let ended = run(arguments);
        assert_eq!(ended.code, 0);
        assert!(String::from_utf8(ended.stdout).unwrap().contains(word));
    }
    assert_eq!(run(&[]).code, 2);
}

#[test]
fn nothing_to_read_has_no_levels() {
    let ended = run_with(&["level"], b"");
    assert_eq!(ended.code, 1);
    assert!(ended.last_line().contains("empty"), "{}", ended.stderr);
    let ended = run(&["level", "/nonexistent"]);
    assert_eq!(ended.code, 1);
    assert!(ended.last_line().contains("/nonexistent: there is no such file"), "{}", ended.stderr);
    let folder = tempfile::tempdir().unwrap();
    let ended = run(&["level", folder.path().to_str().unwrap()]);
    assert_eq!(ended.code, 1);
    assert!(ended.last_line().contains("this is a folder"), "{}", ended.stderr);
    let file = folder.path().join("in.wav");
    write_wav(&file, 8_000, 1, &noise(100, 1));
    let ended = run(&["level", file.to_str().unwrap()]);
    assert_eq!(ended.code, 1);
    assert!(ended.last_line().contains("this is a WAV file"), "{}", ended.stderr);
}

#[test]
fn many_bad_lines_are_counted() {
    let ended = run_with(&["level"], "nothing\n".repeat(1_000).as_bytes());
    assert_eq!(ended.code, 1);
    assert_eq!(ended.stderr.lines().count(), 22, "{}", ended.stderr);
    assert!(ended.last_line().ends_with("that do not read: 1000 of 1000"), "{}", ended.stderr);
}

#[test]
fn devices_says_what_there_is_or_what_to_do() {
    let ended = run(&["devices"]);
    ended.assert_done();
    assert!(!ended.stdout.is_empty());
}
