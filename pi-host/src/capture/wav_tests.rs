use std::fs;
use std::path::PathBuf;

use dsp_core::decimate::Mode;
use hound::{WavSpec, WavWriter};
use tempfile::TempDir;

use super::super::rates::tests::WANTED;
use super::*;

const STEREO: WavSpec =
    WavSpec { channels: 2, sample_rate: 32_000, bits_per_sample: 16, sample_format: SampleFormat::Int };

/// A folder, and in it a file of the given format with 0, 1, 2, .. as samples.
fn written(spec: WavSpec, samples: i32) -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("in.wav");
    let mut writer = WavWriter::create(&path, spec).unwrap();
    for sample in 0..samples {
        match spec.sample_format {
            SampleFormat::Int => writer.write_sample(sample).unwrap(),
            SampleFormat::Float => writer.write_sample(sample as f32).unwrap(),
        }
    }
    writer.finalize().unwrap();
    (dir, path)
}

fn refused(path: &Path) -> String {
    refused_by(path, &WANTED)
}

fn refused_by(path: &Path, wanted: &Wanted) -> String {
    let error = Wav::open(path, wanted).err().unwrap();
    assert!(!error.retryable && !error.message.contains('\n'));
    error.message
}

/// Everything that comes, with what came last.
fn read_all(wav: &mut Wav, buffer: &mut [i16]) -> (Vec<i16>, Result<Read, CaptureError>) {
    let mut all = Vec::new();
    loop {
        match wav.read(buffer) {
            Ok(Read::Samples(count)) => all.extend_from_slice(&buffer[..count]),
            last => return (all, last),
        }
    }
}

#[test]
fn every_sample_comes_however_it_is_cut_and_then_the_end_stays() {
    let (_dir, path) = written(STEREO, 1000);
    for length in [2, 3, 64, 999, 1000, 5000] {
        let mut wav = Wav::open(&path, &WANTED).unwrap();
        assert_eq!((wav.spec().rate_hz, wav.spec().channels), (32_000, 2));
        let (all, last) = read_all(&mut wav, &mut vec![0; length]);
        assert_eq!(all, (0..1000).collect::<Vec<i16>>());
        assert_eq!(last, Ok(Read::End));
        assert_eq!(wav.read(&mut [0; 8]), Ok(Read::End));
    }
}

#[test]
fn the_files_own_rate_and_channels_count() {
    let (_dir, path) = written(WavSpec { channels: 1, sample_rate: 48_000, ..STEREO }, 10);
    let wav = Wav::open(&path, &WANTED).unwrap();
    assert_eq!((wav.spec().rate_hz, wav.spec().channels), (48_000, 1));
    let error = refused_by(&path, &Wanted { channel: 1, ..WANTED });
    assert!(error.contains("1 channel,") && error.contains("--channel 0"), "{error}");
}

#[test]
fn an_extensible_header_is_read() {
    // hound writes WAVE_FORMAT_EXTENSIBLE for more than two channels.
    let (_dir, path) = written(WavSpec { channels: 4, ..STEREO }, 40);
    let (all, last) = read_all(&mut Wav::open(&path, &WANTED).unwrap(), &mut [0; 64]);
    assert_eq!((all.len(), last), (40, Ok(Read::End)));
}

#[test]
fn another_format_is_refused_with_the_command_that_converts() {
    let float = WavSpec { bits_per_sample: 32, sample_format: SampleFormat::Float, ..STEREO };
    for (spec, part) in [
        (float, "32-bit float"),
        (WavSpec { bits_per_sample: 24, ..STEREO }, "24-bit whole-number"),
        (WavSpec { bits_per_sample: 8, ..STEREO }, "8-bit whole-number"),
        (WavSpec { sample_rate: 44_100, ..STEREO }, "44100 frames a second"),
    ] {
        let (_dir, path) = written(spec, 10);
        let error = refused(&path);
        assert!(error.contains(part) && error.contains("in.wav -r 32000 -b 16"), "{error}");
    }
    let (_dir, path) = written(WavSpec { sample_rate: 40_000, ..STEREO }, 10);
    assert!(refused(&path).contains("--decimate drop"));
    assert!(Wav::open(&path, &Wanted { mode: Mode::Drop, ..WANTED }).is_ok());
}

#[test]
fn a_cut_off_file_gives_its_whole_frames_and_then_says_so() {
    let (_dir, path) = written(STEREO, 1000);
    let whole = fs::read(&path).unwrap();
    // 44 bytes of header, 100 samples, half a sample; then 101 samples, which is half a frame.
    for length in [44 + 201, 44 + 202] {
        fs::write(&path, &whole[..length]).unwrap();
        let mut wav = Wav::open(&path, &WANTED).unwrap();
        let (all, last) = read_all(&mut wav, &mut [0; 64]);
        assert_eq!(all, (0..100).collect::<Vec<i16>>());
        let error = last.unwrap_err();
        assert!(error.message.contains("50 of the 500 frames"), "{error}");
        assert!(error.message.contains("--ignore-length") && !error.retryable, "{error}");
        assert!(wav.read(&mut [0; 64]).is_err());
    }
}

#[test]
fn a_length_that_a_pipe_made_is_no_promise() {
    let (_dir, path) = written(STEREO, 1000);
    let mut bytes = fs::read(&path).unwrap();
    bytes[40..44].copy_from_slice(&0x7fff_f000_u32.to_le_bytes());
    fs::write(&path, bytes).unwrap();
    let (all, last) = read_all(&mut Wav::open(&path, &WANTED).unwrap(), &mut [0; 64]);
    assert_eq!((all.len(), last), (1000, Ok(Read::End)));
}

#[test]
fn what_is_no_wav_file_is_told_apart() {
    let (dir, path) = written(STEREO, 1000);
    let whole = fs::read(&path).unwrap();
    let mut endless = whole.clone();
    endless[40..44].fill(0xff);
    let mut compressed = whole.clone();
    compressed[20] = 2;
    for (bytes, part) in [
        (&b""[..], "is empty"),
        (b"Dear diary,\nit was quiet.\n", "no WAV file"),
        (b"RI", "ends within its header"),
        (&whole[..30], "ends within its header"),
        (b"RIFF\0\0\0\0AVI LIST", "no WAV file"),
        (&endless, "--ignore-length"),
        (&compressed, "compressed"),
    ] {
        fs::write(&path, bytes).unwrap();
        let error = refused(&path);
        assert!(error.contains(part) && error.contains("in.wav"), "{error}");
    }
    let (_dir, silent) = written(STEREO, 0);
    assert!(refused(&silent).contains("no sound"));
    assert!(refused(dir.path()).contains("is a folder"));
    assert!(refused(&dir.path().join("none.wav")).contains("no file"));
    assert!(refused(Path::new("/dev/null")).contains("no plain file"));
}

#[test]
fn every_shortened_header_is_refused_without_a_panic() {
    let (_dir, path) = written(STEREO, 4);
    let whole = fs::read(&path).unwrap();
    for length in 0..44 {
        fs::write(&path, &whole[..length]).unwrap();
        assert!(Wav::open(&path, &WANTED).is_err(), "{length}");
    }
    // Every byte of the header damaged, each in turn: any answer will do, but an answer.
    for (place, mask) in (0..44).flat_map(|place| [0x01, 0x80, 0xff].map(|mask| (place, mask))) {
        let mut bytes = whole.clone();
        bytes[place] ^= mask;
        fs::write(&path, &bytes).unwrap();
        if let Ok(mut wav) = Wav::open(&path, &WANTED) {
            read_all(&mut wav, &mut [0; 64]).1.ok();
        }
    }
}

#[test]
fn a_name_is_quoted_for_the_shell_where_it_must_be() {
    assert_eq!(quoted("a/b-1.wav"), "a/b-1.wav");
    assert_eq!(quoted("it's here.wav"), r"'it'\''s here.wav'");
    assert_eq!(quoted("-x.wav"), "'-x.wav'");
}
