//! Lines cross over between the prototype's Python and the program, both ways.

use crate::program::{export, pcm, prototype, read_wav, soundline};
use crate::twin;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// A sound that no two chunks share, with its full range.
fn sound(samples: usize) -> Vec<i16> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    (0..samples)
        .map(|n| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            // Louder and louder, then silent, four times over.
            let loudness = (n % 10_000).saturating_sub(1_000) as i64 * 4;
            ((state >> 48) as u16 as i16 as i64 * loudness / 36_000) as i16
        })
        .collect()
}

/// The prototype's lines as Firehose stored them.
fn stored(folder: &Path, lines: &str) -> PathBuf {
    let archive = folder.join("archive");
    let hour = archive.join("2021/04/16/00");
    std::fs::create_dir_all(&hour).unwrap();
    let name = "microphone-1-2021-04-16-00-40-06-0f0e0d0c-0b0a-4908-8706-050403020100";
    std::fs::write(hour.join(name), lines).unwrap();
    archive
}

fn objects(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            objects(&path, found);
        } else if path.file_name().is_some_and(|name| name.to_string_lossy().contains("-1-")) {
            found.push(path);
        }
    }
}

#[test]
fn python_lines_have_the_levels_that_python_gave_them() {
    let mut samples = sound(7_950);
    // Its level is the signed maximum, odd as that looks for these two.
    samples[..2_000].fill(-20_000);
    samples[2_000..4_000].fill(-32_768);
    samples[3_000] = 5;
    let lines = prototype(&["write", "2021-04-16T09:40:06.546601", "2000", "1"]).stdin(pcm(&samples)).text();
    let python = prototype(&["level"]).stdin(lines.clone()).text();
    let ours = soundline(["level", "-"]).stdin(lines).text();

    assert_eq!((python.lines().count(), ours.lines().count()), (4, 4));
    let mut peaks = Vec::new();
    for (python, ours) in python.lines().zip(ours.lines()) {
        let (python, ours): (Value, Value) =
            (serde_json::from_str(python).unwrap(), serde_json::from_str(ours).unwrap());
        assert_eq!(ours["timestamp"], python["timestamp"]);
        assert_eq!(ours["level"], python["level"]);
        // A prototype's line names no device and counts nothing.
        assert_eq!((ours.get("device"), ours.get("seq")), (None, None));
        peaks.push(ours["peak"].as_u64().unwrap());
    }
    assert_eq!(peaks[..2], [20_000, 32_768]);
    assert!(ours.starts_with(r#"{"timestamp""#), "the two keys that it knows stand first");
}

#[test]
fn python_lines_become_a_wav_without_seams_although_their_times_jitter() {
    let folder = tempfile::tempdir().unwrap();
    // 250 ms, and the 100 ms of the prototype's recorded event.
    for samples_a_line in ["2000", "800"] {
        let samples = sound(24_321);
        let lines = prototype(&["write", "2021-04-16T09:40:06.546601", samples_a_line, "7"])
            .stdin(pcm(&samples))
            .text();
        let first: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
        let archive = stored(folder.path(), &lines);
        let start = first["timestamp"].as_str().unwrap();
        let wav = export(&archive, start, samples.len(), &["--utc-offset", "+09:00"]);
        assert_eq!(twin::difference_max(&wav, &samples), 0, "{samples_a_line} samples a line");
    }
}

#[test]
fn python_reads_our_compatible_lines() {
    let samples = sound(32_001);
    let lines = soundline(
        [
            "run --source stdin --rate 32000 --channels 1 --channel 0 --decimate drop --sink stdout --compat",
            "--no-web --start-time 2021-04-16T09:40:06.546601 --utc-offset +09:00",
        ]
        .iter()
        .flat_map(|args| args.split(' ')),
    )
    .stdin(pcm(&samples))
    .text();
    assert!(lines.starts_with(r#"{"timestamp": "2021-04-16T09:40:06.546601", "raw_data": ""#));
    assert_eq!(prototype(&["compat"]).stdin(lines).output(), pcm(&twin::drop(&samples, 4)));
}

#[test]
fn python_makes_the_same_wav_of_our_compatible_archive() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let samples = sound(5 * 32_000);
    let mut args = "run --source stdin --rate 32000 --channels 1 --channel 0 --sink local --compat --no-web"
        .split(' ')
        .collect::<Vec<_>>();
    args.extend(["--start-time", "2021-04-14T13:24:00", "--data-dir", data.to_str().unwrap()]);
    soundline(args).stdin(pcm(&samples)).output();

    let archive = data.join("archive");
    let mut found = Vec::new();
    objects(&archive, &mut found);
    let output = folder.path().join("python.wav");
    let mut args = vec!["wav", "2021-04-14T13:24:01.000000", "2.5", output.to_str().unwrap()];
    args.extend(found.iter().map(|path| path.to_str().unwrap()));
    prototype(&args).output();

    let (python, _) = read_wav(&output);
    assert_eq!(python.len(), 20_000);
    let ours = export(&archive, "2021-04-14T13:24:01", python.len(), &[]);
    assert_eq!(twin::difference_max(&ours, &python), 0);
}
