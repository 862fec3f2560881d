//! Ctrl-C, `systemctl stop`, and a terminal that is closed.

use std::fs;
use std::io;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::iterator::Signals;

use crate::error::{Failure, plain};
use crate::intake::Stop;
use crate::log;

/// How long the end may take once it was asked for. systemd kills after 90 s; a person has less patience.
pub const END_MAX: Duration = Duration::from_secs(5);

/// The first SIGINT, SIGTERM or SIGHUP sets `stop`; a second one, or an end that takes longer than
/// [`END_MAX`], ends the process at once with 1.
///
/// # Errors
/// The system refuses.
pub fn install(stop: &Stop) -> Result<(), Failure> {
    let refused = |error: io::Error| Failure::failed(format!("signals cannot be caught: {}", plain(&error)));
    // A file that reached its size limit shall be an error of the write, not the end of the process.
    signal_hook::flag::register(SIGXFSZ, Stop::default()).map_err(refused)?;
    let mut asked = vec![SIGINT, SIGTERM];
    // Whoever started it with `nohup` wants it to go on.
    if !ignores(SIGHUP) {
        asked.push(SIGHUP);
    }
    let mut signals = Signals::new(asked).map_err(refused)?;
    let stop = Stop::clone(stop);
    let watch = move || {
        let mut signals = signals.forever();
        if signals.next().is_none() {
            return;
        }
        stop.store(true, Ordering::Relaxed);
        let _ = thread::Builder::new().name("deadline".into()).spawn(|| {
            thread::sleep(END_MAX);
            give_up("something held up the end for 5 s (standard output or the disk); the last sound may be missing");
        });
        if signals.next().is_some() {
            give_up("ended at once; the last sound may be missing");
        }
    };
    thread::Builder::new().name("signals".into()).spawn(watch).map_err(refused)?;
    Ok(())
}

/// Whether the process was started with this signal ignored.
fn ignores(signal: i32) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    // Signals count from 1, bits from 0.
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}

fn give_up(why: &str) -> ! {
    log::say(&format!("error: {why}"));
    log::flush();
    std::process::exit(1)
}
