//! Runs the program and the tools beside it.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A command whose failure is told with everything that it said.
pub(crate) struct Run {
    command: Command,
    stdin: Vec<u8>,
}

/// The program, with no setting but those that the test gives.
pub(crate) fn soundline<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Run {
    let mut run = tool(env!("CARGO_BIN_EXE_soundline"), args);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("SOUNDLINE_") {
            run.command.env_remove(name);
        }
    }
    run
}

/// A program that `scripts/setup test` installs.
pub(crate) fn tool<S: AsRef<OsStr>>(name: &str, args: impl IntoIterator<Item = S>) -> Run {
    let mut command = Command::new(name);
    command.args(args);
    Run { command, stdin: Vec::new() }
}

/// The Python that stands in for the prototype, with one of its commands.
pub(crate) fn prototype(args: &[&str]) -> Run {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/whole_path/prototype.py");
    let mut run = tool("python3", [script.as_os_str()]);
    run.command.args(args);
    run
}

impl Run {
    pub(crate) fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    /// Its standard output.
    #[track_caller]
    pub(crate) fn output(mut self) -> Vec<u8> {
        let shown = format!("{:?}", self.command);
        let child = self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child =
            child.unwrap_or_else(|error| panic!("{shown}: {error}; install it with: scripts/setup test"));
        let mut pipe = child.stdin.take().unwrap();
        let stdin = self.stdin;
        // From a thread of its own, since the program may answer before it has read everything.
        let writer = std::thread::spawn(move || pipe.write_all(&stdin));
        let output = child.wait_with_output().unwrap();
        assert!(
            output.status.success(),
            "{shown}: {}\n{}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
        writer.join().unwrap().unwrap();
        output.stdout
    }

    #[track_caller]
    pub(crate) fn text(self) -> String {
        String::from_utf8(self.output()).unwrap()
    }
}

/// Interleaved samples of a 16-bit WAV file, and its channels.
pub(crate) fn read_wav(file: &Path) -> (Vec<i16>, u16) {
    let reader = hound::WavReader::open(file).unwrap();
    let spec = reader.spec();
    assert_eq!((spec.bits_per_sample, spec.sample_format), (16, hound::SampleFormat::Int));
    (reader.into_samples().collect::<Result<_, _>>().unwrap(), spec.channels)
}

/// One channel of interleaved samples.
pub(crate) fn channel(interleaved: &[i16], channels: u16, channel: usize) -> Vec<i16> {
    interleaved.iter().copied().skip(channel).step_by(usize::from(channels)).collect()
}

/// Little-endian bytes of samples.
pub(crate) fn pcm(samples: &[i16]) -> Vec<u8> {
    samples.iter().flat_map(|sample| sample.to_le_bytes()).collect()
}

/// Seconds that `samples` last at 8 kHz, as the command line takes them: 125 us each, so exact.
pub(crate) fn seconds(samples: usize) -> String {
    format!("{}.{:06}", samples / 8_000, samples % 8_000 * 125)
}

/// `wav` of an archive, from `start` for `samples` samples at 8 kHz.
#[track_caller]
pub(crate) fn export(archive: &Path, start: &str, samples: usize, more: &[&str]) -> Vec<i16> {
    let folder = tempfile::tempdir().unwrap();
    let output: PathBuf = folder.path().join("out.wav");
    let length = seconds(samples);
    let mut args: Vec<&OsStr> = vec!["wav".as_ref(), "--archive".as_ref(), archive.as_os_str()];
    args.extend(["--start", start, "--seconds", &length].map(OsStr::new));
    args.extend(["--output".as_ref(), output.as_os_str()]);
    args.extend(more.iter().map(OsStr::new));
    soundline(args).output();
    let (wav, channels) = read_wav(&output);
    assert_eq!(channels, 1);
    wav
}
