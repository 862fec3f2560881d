//! `soundline wav`: the WAV of a period.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use cloud_fns::archive::Store;
use cloud_fns::wav::{self, Options, Period, Progress, Report, Scan, WavError};

use crate::cli::WavArgs;
use crate::error::{Failure, plain};
use crate::intake::Stop;
use crate::level::form;
use crate::run::ARCHIVE;
use crate::server::block_on;

/// How often the progress is shown.
const SHOW_EVERY: Duration = Duration::from_millis(200);
/// How often it is asked whether to stop.
const STOP_EVERY: Duration = Duration::from_millis(50);
/// Silent stretches and bad lines listed; the others are counted.
const LISTED_MAX: usize = 5;

/// Exports the period and reports on standard error.
///
/// # Errors
/// Wrong usage, nothing in the period, or what went wrong on the way; there is no new file then.
pub fn export(arguments: &WavArgs, stop: &Stop) -> Result<(), Failure> {
    let usage = |error: wav::PeriodError| Failure::usage(error.to_string());
    let utc_offset_min = arguments.utc_offset.minutes();
    let period = Period::parse(&arguments.start, &arguments.seconds, utc_offset_min).map_err(usage)?;
    if arguments.output == Path::new("-") {
        return Err(Failure::usage("--output -: a WAV's header is written last, so it needs a file"));
    }
    let options = Options {
        device: arguments.device.clone(),
        utc_offset_min,
        form: form(arguments.prototype_record_bytes),
        scan: if arguments.scan_all { Scan::All } else { Scan::default() },
        ..Options::default()
    };
    let store =
        Store::local(&archive(&arguments.archive)?).map_err(|error| Failure::failed(error.to_string()))?;
    let mut shown = Shown::new();
    let export =
        wav::export_to_file(&store, period, &options, &arguments.output, |progress| shown.progress(progress));
    let stopped = async {
        while !stop.load(Ordering::Relaxed) {
            tokio::time::sleep(STOP_EVERY).await;
        }
    };
    // Dropping the export takes its unfinished file away.
    let outcome = block_on(async {
        tokio::select! {
            report = export => Some(report),
            () = stopped => None,
        }
    });
    shown.clear();
    match outcome.map_err(|error| Failure::failed(plain(&error)))? {
        Some(Ok(report)) => {
            // Nobody reading is no failure of the export.
            let _ = tell(&mut io::stderr().lock(), &report, &arguments.output);
            Ok(())
        }
        Some(Err(error)) => Err(failure(&error)),
        None => Err(Failure::failed("stopped; nothing was written")),
    }
}

fn failure(error: &WavError) -> Failure {
    Failure::failed(error.to_string())
}

/// The archive's folder, also if the data folder around it was named.
fn archive(named: &str) -> Result<PathBuf, Failure> {
    if named.starts_with("s3://") {
        return Err(Failure::usage(format!(
            "--archive {named}: this build reads archives on this machine only"
        )));
    }
    let inside = Path::new(named).join(ARCHIVE);
    Ok(if inside.is_dir() { inside } else { named.into() })
}

/// The progress on a terminal; nothing elsewhere.
struct Shown {
    terminal: bool,
    last: Instant,
    visible: bool,
}

impl Shown {
    fn new() -> Self {
        Self { terminal: io::stderr().is_terminal(), last: Instant::now(), visible: false }
    }

    fn progress(&mut self, progress: Progress) {
        if !self.terminal || self.last.elapsed() < SHOW_EVERY {
            return;
        }
        (self.last, self.visible) = (Instant::now(), true);
        let (what, done, total) = match progress {
            Progress::Choosing { objects, objects_total } => ("choosing", objects, objects_total),
            Progress::Reading { bytes, bytes_total } => ("reading", bytes, bytes_total),
            Progress::Writing { samples, samples_total } => ("writing", samples, samples_total),
        };
        let percent = done.saturating_mul(100) / total.max(1);
        let _ = write!(io::stderr(), "\r{what:8} {percent:3} %");
    }

    fn clear(&self) {
        if self.visible {
            let _ = write!(io::stderr(), "\r               \r");
        }
    }
}

/// Writes the report for people.
///
/// # Errors
/// Whatever `to` says.
pub fn tell(to: &mut dyn Write, report: &Report, output: &Path) -> io::Result<()> {
    let seconds = |samples: u64| samples as f64 / f64::from(report.rate_hz.max(1));
    writeln!(
        to,
        "{}: {} samples at {} Hz ({:.3} s), {:.3} s captured, {:.3} s silence",
        output.display(),
        report.samples,
        report.rate_hz,
        seconds(report.samples),
        seconds(report.captured_samples),
        seconds(report.gap_samples)
    )?;
    for hole in report.holes.iter().take(LISTED_MAX) {
        let reason = hole.reason.as_deref().unwrap_or("nothing stored");
        writeln!(
            to,
            "  silence of {:.3} s at {:.3} s: {reason}",
            seconds(hole.samples),
            seconds(hole.start_sample)
        )?;
    }
    more(to, report.holes_total, "stretches of silence")?;
    for (object, bad) in report.bad.iter().take(LISTED_MAX) {
        writeln!(to, "  {object}: {bad}")?;
    }
    more(to, report.bad_lines, "lines that do not read")?;
    if report.duplicate_samples > 0 {
        writeln!(
            to,
            "  {:.3} s are stored more than once and count once",
            seconds(report.duplicate_samples)
        )?;
    }
    if report.foreign_objects > 0 {
        writeln!(
            to,
            "  files in the archive that are none of its objects, left out: {}",
            report.foreign_objects
        )?;
    }
    Ok(())
}

fn more(to: &mut dyn Write, total: u64, what: &str) -> io::Result<()> {
    match total.checked_sub(LISTED_MAX as u64) {
        Some(rest) if rest > 0 => writeln!(to, "  and more {what}: {rest}"),
        _ => Ok(()),
    }
}
