//! What the tests share: the program, sound files, and readers that owe nothing to the program's own.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use serde_json::Value;

/// Far above what anything here takes; a test that waits longer has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

impl Ended {
    /// The last line of standard error, which a failure ends with.
    pub(crate) fn last_line(&self) -> &str {
        self.stderr.lines().last().unwrap_or_default()
    }
    pub(crate) fn assert_done(&self) {
        assert_eq!(self.code, 0, "{}", self.stderr);
        assert!(!self.stderr.contains("error: "), "{}", self.stderr);
    }
    /// Each line of standard output as JSON.
    pub(crate) fn json(&self) -> Vec<Value> {
        json_lines(&self.stdout)
    }
}

/// The program, with nothing of this machine's settings.
pub(crate) fn soundline(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_soundline"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("SOUNDLINE_") {
            command.env_remove(name);
        }
    }
    command.env_remove("STATE_DIRECTORY").env_remove("XDG_DATA_HOME").env("HOME", "/nonexistent/home");
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub(crate) fn run(arguments: &[&str]) -> Ended {
    finish(&mut soundline(arguments))
}

pub(crate) fn finish(command: &mut Command) -> Ended {
    let output = command.output().unwrap();
    Ended {
        code: output.status.code().unwrap_or(-1),
        stdout: output.stdout,
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Runs with `input` on standard input.
pub(crate) fn run_with(arguments: &[&str], input: &[u8]) -> Ended {
    let mut child = soundline(arguments).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // The program may end before it has read everything.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    Ended {
        code: output.status.code().unwrap_or(-1),
        stdout: output.stdout,
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A run with a page.
pub(crate) struct Running {
    pub(crate) child: Child,
    /// `127.0.0.1:PORT`.
    pub(crate) address: String,
    stderr: BufReader<ChildStderr>,
    heard: String,
}

impl Running {
    /// Starts and waits for the page's address.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::start_into(arguments, Stdio::piped())
    }

    /// The same, with its standard output somewhere else.
    pub(crate) fn start_into(arguments: &[&str], stdout: Stdio) -> Self {
        let mut all = vec!["run", "--listen", "127.0.0.1:0"];
        all.extend(arguments);
        let mut child = soundline(&all).stdout(stdout).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let mut this = Self { child, address: String::new(), stderr, heard: String::new() };
        while this.address.is_empty() {
            let mut line = String::new();
            assert!(this.stderr.read_line(&mut line).unwrap() > 0, "no page: {}", this.heard);
            if let Some(url) = line.trim().strip_prefix("page: http://") {
                this.address = url.to_owned();
            }
            this.heard += &line;
        }
        this
    }

    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Waits for the end.
    pub(crate) fn end(mut self) -> Ended {
        let mut stdout = Vec::new();
        if let Some(mut pipe) = self.child.stdout.take() {
            pipe.read_to_end(&mut stdout).unwrap();
        }
        self.stderr.read_to_string(&mut self.heard).unwrap();
        let status = self.child.wait().unwrap();
        Ended { code: status.code().unwrap_or(-1), stdout, stderr: std::mem::take(&mut self.heard) }
    }
}

impl Drop for Running {
    /// A test that failed leaves no process behind, and shows what the program said.
    fn drop(&mut self) {
        if std::thread::panicking() {
            let _ = self.child.kill();
            let _ = self.stderr.read_to_string(&mut self.heard);
            eprintln!("the program ended with {:?} and said: {}", self.child.wait(), self.heard);
        }
    }
}

/// Looks until `found` gives something.
pub(crate) fn wait_for<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(it) = found() {
            return it;
        }
        assert!(began.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::yield_now();
    }
}

/// Samples that look like nothing in particular, the same on every machine.
pub(crate) fn noise(count: usize, seed: u32) -> Vec<i16> {
    let mut state = seed.wrapping_mul(2_654_435_761).max(1);
    (0..count)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) as u16 as i16
        })
        .collect()
}

pub(crate) fn write_wav(path: &Path, rate_hz: u32, channels: u16, samples: &[i16]) {
    let spec = hound::WavSpec {
        channels,
        sample_rate: rate_hz,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    for &sample in samples {
        writer.write_sample(sample).unwrap();
    }
    writer.finalize().unwrap();
}

pub(crate) fn read_wav(path: &Path) -> (u32, Vec<i16>) {
    let mut reader = hound::WavReader::open(path).unwrap();
    let rate_hz = reader.spec().sample_rate;
    assert_eq!((reader.spec().channels, reader.spec().bits_per_sample), (1, 16));
    (rate_hz, reader.samples::<i16>().map(Result::unwrap).collect())
}

pub(crate) fn bytes_of(samples: &[i16]) -> Vec<u8> {
    samples.iter().flat_map(|sample| sample.to_le_bytes()).collect()
}

pub(crate) fn json_lines(bytes: &[u8]) -> Vec<Value> {
    assert!(bytes.is_empty() || bytes.ends_with(b"\n"));
    let text = std::str::from_utf8(bytes).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

pub(crate) fn samples_of(line: &Value) -> Vec<i16> {
    let bytes = base64::engine::general_purpose::STANDARD.decode(line["raw_data"].as_str().unwrap()).unwrap();
    bytes.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect()
}

/// All files below `folder`, in order of their names.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found.into_iter().flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// All lines of an archive.
pub(crate) fn archived(data_dir: &Path) -> Vec<Value> {
    let mut lines: Vec<Value> = files(&data_dir.join("archive"))
        .iter()
        .flat_map(|file| json_lines(&fs::read(file).unwrap()))
        .collect();
    lines.sort_by_key(|line| (line["run"].as_str().map(str::to_owned), line["seq"].as_u64()));
    lines
}

/// Each line of a run begins where the one before ended, gaps included. Gives the number of samples.
pub(crate) fn assert_seamless(lines: &[Value]) -> u64 {
    let mut next = 0;
    for line in lines {
        assert_eq!(line["first_sample"].as_u64(), Some(next), "{line}");
        next += match line["gap_samples"].as_u64() {
            Some(gap) => gap,
            None => samples_of(line).len() as u64,
        };
    }
    next
}
