//! ALSA without a sound card: a configuration of our own, in a process of its own.
//!
//! alsa-lib reads its configuration once in a process, from where the environment says. So each test
//! starts this very program again for itself alone, with that environment.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, str};

use dsp_core::decimate::Mode;
use pi_host::capture::{Read, Source, Wanted};

/// Says to the second process where the first one put its files.
const DIR: &str = "SOUNDLINE_TEST_ALSA_DIR";

/// What a run asks for by default.
pub(crate) const WANTED: Wanted =
    Wanted { rate_hz: 32_000, channels: 2, channel: 0, output_rate_hz: 8_000, mode: Mode::Fir };

/// Runs `body` in a process that knows the PCMs of `config`; `{dir}` stands for the test's folder there.
///
/// `test` is the calling test's name with its module. With an empty `config` it is the system's own that counts.
pub(crate) fn alone(test: &str, config: &str, set_up: impl FnOnce(&Path), body: impl FnOnce(&Path)) {
    if let Some(dir) = env::var_os(DIR) {
        return body(Path::new(&dir));
    }
    let dir = tempfile::tempdir().unwrap();
    set_up(dir.path());
    let path = dir.path().join("asound.conf");
    fs::write(&path, config.replace("{dir}", dir.path().to_str().unwrap())).unwrap();
    let mut child = Command::new(env::current_exe().unwrap());
    child.args(["--exact", test, "--nocapture"]).env(DIR, dir.path());
    if !config.is_empty() {
        child.env("ALSA_CONFIG_PATH", &path);
    }
    let output = child.output().unwrap();
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{stdout}\n{stderr}");
    assert!(stdout.contains("1 passed"), "{test} is not this test's name:\n{stdout}");
}

/// A device that the test steers, see `device.c`.
#[derive(Clone)]
pub(crate) struct Scripted {
    dir: PathBuf,
}

impl Scripted {
    /// Configuration of the PCM `mic` with more settings of the plugin.
    pub(crate) fn config(settings: &str) -> String {
        format!(
            "pcm_type.scripted.lib \"{{dir}}/device.so\"\n\
             pcm.mic {{ type scripted dir \"{{dir}}\" {settings} }}\n"
        )
    }

    /// Builds the plugin into `dir` and plugs the device in.
    pub(crate) fn build(dir: &Path) {
        let run = |program: &str, arguments: &[&str]| {
            let output = Command::new(program).args(arguments).output().unwrap_or_else(|error| {
                panic!("{program} does not start ({error}): install gcc and pkg-config")
            });
            assert!(output.status.success(), "{program}: {}", str::from_utf8(&output.stderr).unwrap());
            String::from_utf8(output.stdout).unwrap()
        };
        let flags = run("pkg-config", &["--cflags", "--libs", "alsa"]);
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/alsa/device.c");
        let object = dir.join("device.so");
        let mut arguments = vec!["-shared", "-fPIC", "-DPIC", "-Wall", "-Wextra", "-Werror", "-o"];
        arguments.extend([object.to_str().unwrap(), source]);
        arguments.extend(flags.split_whitespace());
        run("cc", &arguments);
        File::create(dir.join("clock")).unwrap();
        Self::at(dir).plug();
    }

    /// The device of a folder.
    pub(crate) fn at(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    /// Lets so many frames' time go by.
    pub(crate) fn tick(&self, frames: u64) {
        let clock = File::options().write(true).open(self.dir.join("clock")).unwrap();
        clock.set_len(clock.metadata().unwrap().len() + frames).unwrap();
    }

    /// From now on this goes wrong; an empty word ends it.
    pub(crate) fn fault(&self, word: &str) {
        fs::write(self.dir.join("fault"), word).unwrap();
    }

    /// Plugs it in, whole.
    pub(crate) fn plug(&self) {
        self.fault("");
        File::create(self.dir.join("present")).unwrap();
    }

    /// Pulls it.
    pub(crate) fn pull(&self) {
        self.fault("gone");
        fs::remove_file(self.dir.join("present")).unwrap();
    }
}

/// Reads until something other than `Idle` comes.
pub(crate) fn next(source: &mut dyn Source, buffer: &mut [i16]) -> Result<Read, String> {
    for _ in 0..1000 {
        match source.read(buffer) {
            Ok(Read::Idle) => {}
            Ok(read) => return Ok(read),
            Err(error) => return Err(error.message),
        }
    }
    panic!("nothing but Idle came");
}

/// Reads until `samples` came; anything but samples is an error of the test.
pub(crate) fn take(source: &mut dyn Source, samples: usize) -> Vec<i16> {
    let mut all = Vec::new();
    let mut buffer = [0; 4096];
    while all.len() < samples {
        let room = buffer.len().min(samples - all.len());
        match next(source, &mut buffer[..room]) {
            Ok(Read::Samples(count)) => all.extend_from_slice(&buffer[..count]),
            other => panic!("{other:?} after {} samples", all.len()),
        }
    }
    all
}

/// The frames from `first` to before `end` of the device's clock.
pub(crate) fn frames(first: u64, end: u64) -> Vec<i16> {
    (first..end).map(|frame| (frame & 0x7fff) as i16).flat_map(|left| [left, !left]).collect()
}
