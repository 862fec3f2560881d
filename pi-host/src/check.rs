//! `soundline check`: whether a run would find what it needs, one line each.

use std::fs;
use std::io::{self, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use cloud_fns::archive::{Lock, Problem};

use crate::app::settings;
use crate::capture::{self, Read, SourceKind};
use crate::cli::RunArgs;
use crate::clock::{Clock, SystemClock};
use crate::config::Settings;
use crate::disk::room;
use crate::error::{Failure, plain};
use crate::server::Bound;
use crate::worker::wanted;

/// Sound of one day takes 1.9 GB as lines; with less than an hour of room something is wrong already.
const FREE_BYTES_MIN: u64 = 100 << 20;
const BYTES_A_DAY: u64 = 1_866 << 20;
/// A clock before this program was written is wrong: 2026-01-01T00:00:00Z.
const CLOCK_MICROS_MIN: i64 = 1_767_225_600_000_000;
/// Nor will it run, with this version, in 2100.
const CLOCK_MICROS_MAX: i64 = 4_102_444_800_000_000;
/// A device that works gives sound within this.
const SOUND_WITHIN: Duration = Duration::from_secs(3);

/// What one line says.
enum Found {
    Good(String),
    /// Worth knowing, but a run works.
    Note(String),
    Bad(String),
}

/// Checks what `run` with the same arguments needs.
///
/// # Errors
/// Something is not in order.
pub fn check(arguments: RunArgs) -> Result<(), Failure> {
    let mut bad = 0;
    let mut tell = |what: &str, found: Found| {
        let (mark, sentence) = match found {
            Found::Good(sentence) => ("ok  ", sentence),
            Found::Note(sentence) => ("note", sentence),
            Found::Bad(sentence) => {
                bad += 1;
                ("BAD ", sentence)
            }
        };
        // Whoever closed the pipe has seen enough; the exit code still tells.
        let _ = writeln!(io::stdout(), "{mark} {what:<7} {sentence}");
    };
    let file = arguments.config.clone();
    match settings(arguments, None) {
        Err(failure) => {
            tell("config", Found::Bad(failure.message));
            for what in ["device", "disk", "page"] {
                tell(what, Found::Note("skipped: it depends on the config".into()));
            }
        }
        Ok(settings) => {
            let from =
                file.map_or("the default file, if there is one,".into(), |file| file.display().to_string());
            tell("config", Found::Good(format!("{from} and the options fit together")));
            tell("device", device(&settings));
            let locked = is_locked(&settings.data_dir);
            tell("disk", if locked { in_use(&settings.data_dir) } else { disk(&settings.data_dir) });
            tell("page", page(&settings, locked));
        }
    }
    tell("clock", clock());
    match bad {
        0 => Ok(()),
        1 => Err(Failure::failed("one thing is not in order")),
        bad => Err(Failure::failed(format!("{bad} things are not in order"))),
    }
}

fn device(settings: &Settings) -> Found {
    let mut source = match capture::open(&settings.source, &wanted(settings)) {
        Ok(source) => source,
        Err(error) if is_cardless(&settings.source) => {
            tracing::debug!("{error}");
            return Found::Bad("there is no sound card: plug in a USB microphone".into());
        }
        Err(error) => return Found::Bad(error.message),
    };
    let spec = source.spec().clone();
    let about = format!("{}: {} Hz, {} channels", spec.name, spec.rate_hz, spec.channels);
    // What comes by a pipe belongs to the run.
    if settings.source == SourceKind::Stdin {
        return Found::Good(about);
    }
    let mut buffer = vec![0; usize::from(spec.channels) * 1024];
    let began = SystemClock.boot();
    while SystemClock.boot().saturating_sub(began) < SOUND_WITHIN {
        match source.read(&mut buffer) {
            Ok(Read::Samples(_) | Read::End) => return Found::Good(about),
            Ok(Read::Idle | Read::Lost(_)) => {}
            Err(error) => return Found::Bad(error.message),
        }
    }
    Found::Bad(format!("{about}, but no sound comes; is another program using it?"))
}

/// Whether the default device is missing since there is none at all.
fn is_cardless(source: &SourceKind) -> bool {
    matches!(source, SourceKind::Alsa(name) if name == "default") && capture::devices::list().cards == 0
}

/// Whether another soundline is at work on the folder.
fn is_locked(data_dir: &Path) -> bool {
    data_dir.is_dir() && Lock::take(data_dir).is_err_and(|error| error.problem == Problem::Locked)
}

fn in_use(data_dir: &Path) -> Found {
    Found::Note(format!(
        "data folder {} is in use by another soundline (fine if that is the daemon)",
        data_dir.display()
    ))
}

fn disk(data_dir: &Path) -> Found {
    let name = format!("data folder {}", data_dir.display());
    if !data_dir.exists() {
        return Found::Note(format!("{name} is not there yet; a run makes it"));
    }
    let lock = match Lock::take(data_dir) {
        Ok(lock) => lock,
        Err(error) => return Found::Bad(format!("data folder {error}")),
    };
    let probe = tempfile::tempfile_in(data_dir).and_then(|mut file| file.write_all(&[0; 4096]));
    drop(lock);
    if let Err(error) = probe {
        return Found::Bad(format!(
            "{name}: {}; free some space or choose another with --data-dir",
            plain(&error)
        ));
    }
    let free = match room(data_dir) {
        Ok(room) => room.free_bytes,
        Err(error) => return Found::Bad(format!("{name}: {}", plain(&error))),
    };
    let mib = free >> 20;
    if free < FREE_BYTES_MIN {
        return Found::Bad(format!(
            "{name}: only {mib} MiB are free; free some space or choose another with --data-dir"
        ));
    }
    Found::Good(format!(
        "{name}: {mib} MiB are free, {:.1} days of sound at 8 kHz",
        free as f64 / BYTES_A_DAY as f64
    ))
}

fn page(settings: &Settings, locked: bool) -> Found {
    let Some(web) = &settings.web else { return Found::Note("no page is asked for".into()) };
    match Bound::new(web) {
        Ok(_) if web.listen.ip().is_loopback() => {
            Found::Good(format!("http://{} is free; it is for this machine alone", web.listen))
        }
        Ok(_) => Found::Note(format!(
            "http://{} is free; whoever can reach it can listen, without a password",
            web.listen
        )),
        // With both taken, it is the same program most likely.
        Err(_) if locked && TcpStream::connect(web.listen).is_ok() => Found::Note(format!(
            "http://{} is in use, by that soundline most likely (fine if that is the daemon)",
            web.listen
        )),
        Err(failure) => Found::Bad(failure.message),
    }
}

fn clock() -> Found {
    let now = SystemClock.utc_micros();
    let stamp = dsp_core::frame::timestamp::Timestamp::from_micros(now).format();
    let text = String::from_utf8_lossy(&stamp[..19]).into_owned();
    if !(CLOCK_MICROS_MIN..CLOCK_MICROS_MAX).contains(&now) {
        return Found::Bad(format!(
            "it says {text} UTC, which cannot be; set it (sudo timedatectl set-ntp true)"
        ));
    }
    match synchronised() {
        Some(true) => Found::Good(format!("{text} UTC, synchronised")),
        Some(false) => Found::Note(format!(
            "{text} UTC, not synchronised; timestamps are as wrong as it is (sudo timedatectl set-ntp true)"
        )),
        None => Found::Note(format!("{text} UTC; this system does not say whether it is synchronised")),
    }
}

/// What the system says about its clock, if it says anything.
fn synchronised() -> Option<bool> {
    if fs::exists("/run/systemd/timesync/synchronized").unwrap_or(false) {
        return Some(true);
    }
    let asked =
        Command::new("timedatectl").args(["show", "-p", "NTPSynchronized", "--value"]).output().ok()?;
    match asked.stdout.as_slice() {
        b"yes\n" => Some(true),
        b"no\n" => Some(false),
        _ => None,
    }
}
