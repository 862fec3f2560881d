//! A spoken sentence through `run`, the archive and `wav`, and back.

use crate::program::{channel, export, read_wav, soundline, tool};
use crate::twin;
use std::path::{Path, PathBuf};

const SENTENCE: &str = "Every two hundred and fifty milliseconds of sound is one line. \
    She sells sea shells; six sharp sticks. Zero, one, two, three, four, five.";

/// Speech as a USB microphone would give it: 32 kHz, two channels that differ.
fn speech(folder: &Path) -> PathBuf {
    let (spoken, resampled) = (folder.join("spoken.wav"), folder.join("speech.wav"));
    tool("espeak-ng", ["-w".as_ref(), spoken.as_os_str(), SENTENCE.as_ref()]).output();
    let mut args = vec!["-D".as_ref(), spoken.as_os_str()];
    args.extend(["-b", "16", "-r", "32000"].map(std::ffi::OsStr::new));
    args.push(resampled.as_os_str());
    // The second channel is half as loud and upside down, so that a swap is heard and seen.
    args.extend(["remix", "1v0.9", "1v-0.45"].map(std::ffi::OsStr::new));
    tool("sox", args).output();
    resampled
}

/// What comes back from the archive after `run` with `options`, and what went in, by channel.
fn through_the_archive(options: &[&str], keep: usize) -> (Vec<i16>, Vec<i16>) {
    let folder = tempfile::tempdir().unwrap();
    let file = speech(folder.path());
    let (interleaved, channels) = read_wav(&file);
    assert_eq!(channels, 2);
    let input = channel(&interleaved, channels, keep);
    assert!(input.len() > 5 * 32_000, "espeak-ng said only {} frames", input.len());
    assert!(input.iter().any(|sample| sample.unsigned_abs() > 4_000), "espeak-ng whispered");

    let data = folder.path().join("data");
    let keep = keep.to_string();
    let source = format!("wav:{}", file.display());
    let mut args = vec!["run", "--source", &source, "--sink", "local", "--no-web", "--channel", &keep];
    args.extend(["--start-time", "2026-01-31T23:59:58", "--data-dir", data.to_str().unwrap()]);
    args.extend(options);
    soundline(args).output();

    // Over midnight and the month's end.
    let archive = data.join("archive");
    let output = export(&archive, "2026-01-31 23:59:58", input.len().div_ceil(4), &[]);
    (input, output)
}

#[test]
fn dropped_speech_comes_back_bit_for_bit() {
    for (format, keep) in [("line", 0), ("record", 1)] {
        let (input, output) = through_the_archive(&["--decimate", "drop", "--format", format], keep);
        assert_eq!(twin::difference_max(&output, &twin::drop(&input, 4)), 0, "{format}, channel {keep}");
    }
}

#[test]
fn dropped_speech_in_the_prototypes_own_lines_comes_back_bit_for_bit() {
    let (input, output) = through_the_archive(&["--decimate", "drop", "--compat"], 1);
    assert_eq!(twin::difference_max(&output, &twin::drop(&input, 4)), 0);
}

#[test]
fn filtered_speech_is_the_double_precision_twin_within_one_step() {
    for (format, keep) in [("line", 1), ("record", 0)] {
        let (input, output) = through_the_archive(&["--decimate", "fir", "--format", format], keep);
        assert!(twin::difference_max(&output, &twin::fir(&input, 4)) <= 1, "{format}, channel {keep}");
    }
}
