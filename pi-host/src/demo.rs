//! `soundline demo`: everything at once with a made-up sound, for someone who looks around.

use std::fs;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use cloud_fns::archive::Store;
use cloud_fns::wav::{self, Options, Period};
use dsp_core::frame::timestamp::Timestamp;

use crate::capture::SourceKind;
use crate::cli::DemoArgs;
use crate::clock::{Clock, SystemClock};
use crate::config::{self, LISTEN_DEFAULT, Settings};
use crate::error::Failure;
use crate::hint::{quoted, wav_command};
use crate::intake::Stop;
use crate::options::Options as RunOptions;
use crate::run::{self, ARCHIVE};
use crate::server::{Bound, block_on};

/// Length of the WAV that the demo makes by itself, in seconds.
const WAV_S: u64 = 10;
/// How long after the start it is made: what it holds has been captured and stored by then.
const WAV_AFTER: Duration = Duration::from_secs(WAV_S + 2);
/// Ports tried when none is asked for.
const PORTS: u16 = 20;
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Runs until Ctrl-C, or for as long as was said.
///
/// # Errors
/// As [`run::run`].
pub fn demo(arguments: &DemoArgs, stop: &Stop) -> Result<(), Failure> {
    let data_dir = arguments.data_dir.clone().unwrap_or_else(|| config::data_dir_default().join("demo"));
    let settings = Settings::resolve(RunOptions {
        source: Some(SourceKind::Demo),
        device: Some("demo".into()),
        data_dir: Some(data_dir.clone()),
        listen: Some(listen(arguments.listen.as_deref())?),
        ..RunOptions::default()
    })?;
    let began_micros = SystemClock.utc_micros();
    let helper = Helper {
        data_dir: data_dir.clone(),
        stop: Stop::clone(stop),
        seconds: arguments.seconds,
        open: !arguments.no_open,
        began_micros,
    };
    let mut helping = None;
    run::run(&settings, stop, |url| {
        let url = url.to_owned();
        helping = thread::Builder::new().name("demo".into()).spawn(move || helper.help(&url)).ok();
    })?;
    // Whoever ends it early gets a WAV of what there is.
    let wav = helping.and_then(|helping| helping.join().ok()).flatten().or_else(|| {
        let whole_s = u64::try_from(SystemClock.utc_micros() - began_micros).unwrap_or(0) / 1_000_000;
        (whole_s > 1).then(|| make_wav(&data_dir, began_micros, (whole_s - 1).min(WAV_S))).flatten()
    });
    summary(&data_dir, wav.as_deref(), began_micros);
    Ok(())
}

/// The address asked for, or the usual one with the first free port from there on.
fn listen(said: Option<&str>) -> Result<String, Failure> {
    if let Some(said) = said {
        return Ok(said.into());
    }
    let first = config::address(LISTEN_DEFAULT)?;
    let free = (0..PORTS)
        .map(|more| SocketAddr::new(first.ip(), first.port() + more))
        .find(|address| Bound::new(&config::Web { listen: *address, allow_hosts: Vec::new() }).is_ok());
    Ok(free.unwrap_or(first).to_string())
}

/// What goes on beside the run.
struct Helper {
    data_dir: PathBuf,
    stop: Stop,
    seconds: Option<u32>,
    open: bool,
    began_micros: i64,
}

impl Helper {
    /// Tells what to do, makes the WAV when it is time, and ends the run when that was asked for.
    fn help(&self, url: &str) -> Option<PathBuf> {
        say(&format!(
            "\n  A made-up sound is playing into Soundline.\n\n  \
             Meter:    {url}   (open it in a browser)\n  \
             Archive:  {}\n  \
             WAV:      {}\n\n  \
             Ctrl-C ends it.\n",
            self.data_dir.join(ARCHIVE).display(),
            wav_comes(self.seconds)
        ));
        if self.open {
            open_browser(url);
        }
        let began = Instant::now();
        let until = self.seconds.map(|seconds| Duration::from_secs(seconds.into()));
        let mut wav = None;
        let mut tried = false;
        while !self.stop.load(Ordering::Relaxed) {
            if !tried && began.elapsed() >= WAV_AFTER {
                tried = true;
                wav = make_wav(&self.data_dir, self.began_micros, WAV_S);
            }
            if until.is_some_and(|until| began.elapsed() >= until) {
                self.stop.store(true, Ordering::Relaxed);
            }
            thread::sleep(LOOK_EVERY);
        }
        wav
    }
}

/// When there will be a WAV, in a demo of so many seconds.
fn wav_comes(seconds: Option<u32>) -> String {
    match seconds.map(u64::from) {
        // The first second is left out.
        Some(..=1) => "none, the demo is too short for one".into(),
        Some(seconds) if seconds <= WAV_AFTER.as_secs() => "comes at the end".into(),
        _ => format!("comes in {} s", WAV_AFTER.as_secs()),
    }
}

/// Exports the demo's sound from its second second on.
fn make_wav(data_dir: &Path, began_micros: i64, seconds: u64) -> Option<PathBuf> {
    let path = data_dir.join("demo.wav");
    let start = Timestamp::from_micros(began_micros + 1_000_000);
    let made =
        Period::new(start, seconds * 1_000_000).map_err(|error| error.to_string()).and_then(|period| {
            let store = Store::local(&data_dir.join(ARCHIVE)).map_err(|error| error.to_string())?;
            let options = Options { device: Some("demo".into()), ..Options::default() };
            let export = wav::export_to_file(&store, period, &options, &path, |_| {});
            block_on(export).map_err(|error| error.to_string())?.map_err(|error| error.to_string())
        });
    match made {
        Ok(_) => {
            say(&format!(
                "  WAV:      {} has {seconds} s of it; listen with: aplay {}\n  \
                 Another one, of any period:\n    {}\n",
                path.display(),
                quoted(&path),
                command(data_dir, began_micros)
            ));
            Some(path)
        }
        Err(why) => {
            say(&format!("  WAV:      none: {why}\n"));
            None
        }
    }
}

/// The command that gets a WAV, to copy.
fn command(data_dir: &Path, began_micros: i64) -> String {
    // The first whole second that was captured from its beginning.
    let start = Timestamp::from_micros((began_micros / 1_000_000 + 2) * 1_000_000).format();
    let start = String::from_utf8_lossy(&start[..19]).into_owned();
    wav_command(data_dir, &start, "5")
}

fn summary(data_dir: &Path, wav: Option<&Path>, began_micros: i64) {
    let archive = data_dir.join(ARCHIVE);
    let (objects, bytes) = size(&archive);
    let mut text = format!("\n  Archive:  {} ({objects} files, {} KiB)\n", archive.display(), bytes / 1024);
    if let Some(wav) = wav {
        text += &format!("  WAV:      {}\n", wav.display());
    }
    text += &format!("  A WAV of any period:\n    {}\n", command(data_dir, began_micros));
    say(&text);
}

/// Files and bytes below `folder`.
fn size(folder: &Path) -> (u64, u64) {
    let Ok(entries) = fs::read_dir(folder) else { return (0, 0) };
    entries.flatten().fold((0, 0), |(files, bytes), entry| match entry.metadata() {
        Ok(about) if about.is_dir() => {
            let (more_files, more_bytes) = size(&entry.path());
            (files + more_files, bytes + more_bytes)
        }
        Ok(about) => (files + 1, bytes + about.len()),
        Err(_) => (files, bytes),
    })
}

fn open_browser(url: &str) {
    let display = ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some());
    if display {
        // Without a browser the address above is enough.
        let _ = Command::new("xdg-open")
            .arg(url)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
    }
}

fn say(text: &str) {
    // Nobody reading is no reason to end the demo.
    let _ = writeln!(io::stdout(), "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_can_be_copied_into_a_shell() {
        let line = command(Path::new("/tmp/it's here"), 1_700_000);
        assert!(line.ends_with(
            r"wav --archive '/tmp/it'\''s here' --start 1970-01-01T00:00:03 --seconds 5 --output out.wav"
        ));
    }

    #[test]
    fn no_wav_is_promised_for_after_the_end() {
        assert_eq!(wav_comes(None), "comes in 12 s");
        assert_eq!(wav_comes(Some(60)), "comes in 12 s");
        assert_eq!(wav_comes(Some(5)), "comes at the end");
        assert!(wav_comes(Some(1)).starts_with("none"));
    }

    #[test]
    fn a_folder_is_measured_with_all_below_it() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("a/b")).unwrap();
        fs::write(folder.path().join("a/b/c"), [0; 10]).unwrap();
        fs::write(folder.path().join("d"), [0; 5]).unwrap();
        assert_eq!(size(folder.path()), (2, 15));
        assert_eq!(size(Path::new("/nonexistent")), (0, 0));
    }
}
