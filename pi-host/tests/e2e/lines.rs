//! `run --sink stdout`, and what `level` makes of it.

use std::io::{BufRead, BufReader};
use std::process::Command;

use serde_json::Value;

use crate::common::*;

const START: [&str; 2] = ["--start-time", "2026-03-01T23:59:59.5"];

/// `timestamp` of a sample at 8 kHz, 125 µs each, of a run that begins half a second before midnight.
fn stamp(first_sample: u64) -> String {
    let micros = 500_000 + first_sample * 125;
    let (seconds, micros) = (micros / 1_000_000, micros % 1_000_000);
    match seconds {
        0 => format!("2026-03-01T23:59:59.{micros:06}"),
        after => format!("2026-03-02T00:00:{:02}.{micros:06}", after - 1),
    }
}

#[test]
fn a_file_gives_the_samples_of_the_formula_and_true_times() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("in.wav");
    let input = noise(2 * (32_000 * 2 + 1_234), 1);
    write_wav(&file, 32_000, 2, &input);
    for channel in [0, 1] {
        let source = format!("wav:{}", file.display());
        let channel_text = channel.to_string();
        let mut arguments = vec!["run", "--source", &source, "--sink", "stdout", "--decimate", "drop"];
        arguments.extend(START);
        arguments.extend(["--device", "Küche 1", "--channel", &channel_text]);
        let ended = run(&arguments);
        ended.assert_done();
        let lines = ended.json();
        let expected: Vec<i16> = input.iter().skip(channel).step_by(2).step_by(4).copied().collect();
        assert_eq!(expected.len(), 16_309);
        assert_eq!(lines.iter().flat_map(samples_of).collect::<Vec<_>>(), expected);
        assert_eq!(lines.len(), 9);
        for (seq, line) in lines.iter().enumerate() {
            assert_eq!(line["seq"], seq);
            assert_eq!(line["first_sample"], seq * 2_000);
            assert_eq!(line["timestamp"], stamp(seq as u64 * 2_000).as_str());
            assert_eq!(line["run"], stamp(0).as_str());
            assert_eq!((&line["device"], &line["rate"]), (&"Küche 1".into(), &8_000.into()));
            assert!(line.get("utc_offset").is_none());
        }
    }
}

#[test]
fn the_filter_keeps_the_count_and_is_the_same_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("in.wav");
    write_wav(&file, 48_000, 1, &noise(48_000 + 5, 2));
    let source = format!("wav:{}", file.display());
    let mut arguments = vec!["run", "--source", &source, "--sink", "stdout"];
    arguments.extend(START);
    let (once, again) = (run(&arguments), run(&arguments));
    once.assert_done();
    assert_eq!(once.stdout, again.stdout);
    // 48,005 frames by 6, rounded up.
    assert_eq!(assert_seamless(&once.json()), 8_001);
}

#[test]
fn compat_lines_have_the_prototypes_two_keys_and_spacing() {
    let mut arguments =
        vec!["run", "--source", "stdin", "--sink", "stdout", "--compat", "--decimate", "drop"];
    arguments.extend(START);
    let ended = run_with(&arguments, &bytes_of(&[1, 0, 0, 0, 0, 0, 0, 0, -2, 0]));
    ended.assert_done();
    let text = String::from_utf8(ended.stdout.clone()).unwrap();
    assert_eq!(text, "{\"timestamp\": \"2026-03-01T23:59:59.500000\", \"raw_data\": \"AQD+/w==\"}\n");
}

#[test]
fn an_offset_is_the_clock_of_what_is_written() {
    let bytes = bytes_of(&noise(64, 3));
    let ask = |more: &[&str]| {
        let mut arguments = vec!["run", "--source", "stdin", "--sink", "stdout"];
        arguments.extend(more);
        let ended = run_with(&arguments, &bytes);
        ended.assert_done();
        ended.json().remove(0)
    };
    let here = ask(&["--utc-offset", "+09:00", "--start-time", "2026-01-01T09:00:00"]);
    assert_eq!(
        (&here["timestamp"], &here["utc_offset"]),
        (&"2026-01-01T09:00:00.000000".into(), &"+09:00".into())
    );
    let exact = ask(&["--utc-offset", "-03:30", "--start-time", "2026-01-01T00:00:00Z"]);
    assert_eq!(
        (&exact["timestamp"], &exact["utc_offset"]),
        (&"2025-12-31T20:30:00.000000".into(), &"-03:30".into())
    );
}

#[test]
fn standard_input_may_be_cut_anywhere() {
    let bytes = bytes_of(&noise(2 * 40_000, 4));
    let cuts = [0, 1, 2, 3, 4, 5, 15, 16, 17, 20, 31_999, 32_000, 32_001, 32_004, 64_007, 159_999, 160_000];
    for cut in cuts {
        let arguments =
            ["run", "--source", "stdin", "--sink", "stdout", "--decimate", "drop", "--device", "d"];
        let ended = run_with(&arguments, &bytes[..cut]);
        // As the formula has it, a last frame counts if it holds the channel kept.
        let whole = noise(2 * 40_000, 4).into_iter().take(cut / 2);
        let expected: Vec<i16> = whole.step_by(2).step_by(4).collect();
        let lines = ended.json();
        assert_eq!(lines.iter().flat_map(samples_of).collect::<Vec<_>>(), expected, "cut at {cut}");
        assert_eq!(lines.len(), expected.len().div_ceil(2_000), "cut at {cut}");
        // Part of a frame hints at wrong settings: that is told, and what came before it is kept.
        // So is that nothing came at all.
        assert_eq!(ended.code, i32::from(cut % 4 != 0 || cut == 0), "cut at {cut}: {}", ended.stderr);
    }
}

#[test]
fn standard_input_without_sound_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().to_str().unwrap();
    for closed in ["</dev/null", "<&-"] {
        let mut command = Command::new("sh");
        let script = format!("exec \"$0\" \"$@\" {closed}");
        command.args(["-c", &script, env!("CARGO_BIN_EXE_soundline")]);
        command.args(["run", "--source", "stdin", "--no-web", "--data-dir", data_dir]);
        let ended = finish(&mut command);
        assert_eq!(ended.code, 1, "{}", ended.stderr);
        assert!(ended.last_line().starts_with("error: standard input gave no sound"), "{}", ended.stderr);
        assert!(!ended.stderr.contains("is stored"), "{}", ended.stderr);
    }
    assert!(archived(folder.path()).is_empty());
}

#[test]
fn lines_and_records_have_the_same_levels() {
    let bytes = bytes_of(&noise(2 * 32_000, 5));
    let ask = |format: &str| {
        let mut arguments =
            vec!["run", "--source", "stdin", "--sink", "stdout", "--device", "d", "--format", format];
        arguments.extend(START);
        let ended = run_with(&arguments, &bytes);
        ended.assert_done();
        let levels = run_with(&["level"], &ended.stdout);
        levels.assert_done();
        (ended.stdout, levels.stdout)
    };
    let ((lines, from_lines), (records, from_records)) = (ask("line"), ask("record"));
    assert_eq!(json_lines(&from_lines).len(), 4);
    assert_eq!(String::from_utf8_lossy(&from_lines), String::from_utf8_lossy(&from_records));
    assert!(records.len() * 13 < lines.len() * 10, "{} to {} bytes", records.len(), lines.len());
    // A file and standard input are the same to it.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("records");
    std::fs::write(&file, records).unwrap();
    assert_eq!(run(&["level", file.to_str().unwrap()]).stdout, from_lines);
}

#[test]
fn a_level_is_that_of_the_formula() {
    // The prototype's spacing, no zone, no further keys.
    let line = |raw_data: &str| {
        format!("{{\"timestamp\": \"2021-04-16T09:40:06.546601\", \"raw_data\": \"{raw_data}\"}}\n")
    };
    // -32768, 5; then silence; then a half-scale square wave.
    let input = line("AIAFAA==") + &line("AAAAAA==") + &line("AEAAwA==");
    let ended = run_with(&["level", "-"], input.as_bytes());
    ended.assert_done();
    let text = String::from_utf8(ended.stdout.clone()).unwrap();
    assert!(
        text.starts_with(r#"{"timestamp":"2021-04-16T09:40:06.546601","level":5,"peak":32768,"#),
        "{text}"
    );
    let levels = ended.json();
    assert_eq!((&levels[0]["peak_dbfs"], &levels[0]["rms_dbfs"]), (&0.0.into(), &(-3.01).into()));
    assert_eq!(levels[0]["clipped"], 1);
    assert_eq!((&levels[1]["peak_dbfs"], &levels[1]["rms_dbfs"]), (&Value::Null, &Value::Null));
    assert_eq!((&levels[2]["peak_dbfs"], &levels[2]["rms_dbfs"]), (&(-6.02).into(), &(-6.02).into()));
    assert!(levels.iter().all(|level| level.get("device").is_none() && level.get("seq").is_none()));
}

#[test]
fn bad_lines_are_told_and_their_neighbours_read() {
    let good = "{\"timestamp\": \"2021-04-16T09:40:06.546601\", \"raw_data\": \"AQACAA==\"}\n";
    for bad in [
        "{\"timestamp\": \"2021-04-16T09:40:06.546601\", \"raw_data\": \"AQAC\"}\n",
        "{\"timestamp\": \"2021-04-16T09:40:06.546601\", \"raw_data\": \"A*==\"}\n",
        "{\"timestamp\": \"2021-04-16T09:40:06.5\n",
        "{\"timestamp\": \"yesterday\", \"raw_data\": \"AQACAA==\"}\n",
        "{\"timestamp\": \"2021-04-16T09:40:06.546601\"}\n",
        "{\"timestamp\": \"2021-04-16T09:40:06.546601\", \"raw_data\": 7}\n",
        "hello\n",
        "[]\n",
    ] {
        let ended = run_with(&["level"], format!("{good}{bad}{good}").as_bytes());
        assert_eq!(ended.code, 1, "{bad}");
        assert_eq!(ended.json().len(), 2, "{bad}");
        assert!(ended.last_line().ends_with("that do not read: 1 of 3"), "{bad}: {}", ended.stderr);
        assert_eq!(ended.stderr.lines().count(), 2, "{}", ended.stderr);
    }
    let long = format!("{good}{}\n{good}", "x".repeat(1 << 20));
    let ended = run_with(&["level"], long.as_bytes());
    assert_eq!((ended.code, ended.json().len()), (1, 2), "{}", ended.stderr);
}

#[test]
fn whoever_has_enough_ends_an_endless_run_quietly() {
    let arguments = ["run", "--source", "tone:1000", "--pace", "fast", "--sink", "stdout"];
    let mut child = soundline(&arguments).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with("{\"timestamp\""));
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0), "{}", String::from_utf8_lossy(&ended.stderr));
}

#[test]
fn an_endless_run_ends_whole_at_a_signal() {
    let arguments = ["run", "--source", "tone:1000", "--sink", "stdout"];
    let mut child = soundline(&arguments).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut text = String::new();
    stdout.read_line(&mut text).unwrap();
    let killed = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    std::io::Read::read_to_string(&mut stdout, &mut text).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(assert_seamless(&json_lines(text.as_bytes())) >= 2_000);
}

#[test]
fn a_second_signal_ends_a_run_that_is_held_up() {
    let folder = tempfile::tempdir().unwrap();
    // A pipe that is full and that nobody reads: whatever is captured, the run cannot end by itself.
    let (reader, mut writer) = std::io::pipe().unwrap();
    std::io::Write::write_all(&mut writer, &[0; 65_536]).unwrap();
    let data_dir = folder.path().to_str().unwrap();
    let arguments = ["--source", "tone:1000", "--sink", "local,stdout", "--data-dir", data_dir];
    let running = Running::start_into(&arguments, writer.into());
    crate::page::socket(&running.address).until(|message| message["type"] == "level");
    running.signal("-INT");
    running.signal("-TERM");
    let ended = running.end();
    assert_eq!(ended.code, 1);
    assert!(ended.last_line().starts_with("error: ended at once"), "{}", ended.stderr);
    drop(reader);
}
